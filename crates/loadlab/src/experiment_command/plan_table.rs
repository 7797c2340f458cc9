//! A plan as a table for the terminal.

use std::fmt::Write as _;

use anyhow::Context as _;
use experiment::plan::{Load, Round};
use experiment::{Plan, duration_text};
use mina::Amount;

const HEADINGS: [&str; 9] = [
    "round",
    "begins",
    "tps",
    "payments",
    "zkApps",
    "",
    "stops",
    "pause",
    "funding, MINA",
];

/// The plan: what it needs, and a line for each round.
pub(super) fn table(plan: &Plan) -> anyhow::Result<String> {
    let mut text = String::new();
    let setup = &plan.setup;
    let estimate = plan
        .funding_estimate()
        .context("the funding is too large")?;
    let rounds = plan.rounds.len();
    let transactions: u64 = plan.rounds.iter().map(Round::transactions).sum();
    writeln!(text, "experiment  {}", setup.experiment_name)?;
    writeln!(text, "seed        {}", plan.seed)?;
    writeln!(
        text,
        "duration    {} for {rounds} rounds of {} min, without funding and scheduling",
        duration_text(plan.duration_sec()),
        setup.round_duration_min
    )?;
    writeln!(text, "intended    {transactions} transactions")?;
    writeln!(
        text,
        "funding     {estimate} MINA from {} for {} accounts (an estimate that is several times \
         what is spent)",
        setup.priv_keys.join(", "),
        plan.accounts()
    )?;
    write_raised(&mut text, plan)?;
    write_crowded(&mut text, plan)?;
    text.push('\n');
    let mut rows: Vec<[String; 9]> = vec![HEADINGS.map(str::to_owned)];
    for round in &plan.rounds {
        rows.push(row(round)?);
    }
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| {
            let widths = rows
                .iter()
                .map(|row| row.get(column).map_or(0, |cell| cell.chars().count()));
            widths.max().unwrap_or(0)
        })
        .collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect();
        writeln!(text, "{}", cells.join("  ").trim_end())?;
    }
    Ok(text)
}

/// Loads of which the reason for more money is shown.
const RAISED_MAX: usize = 8;

/// Where and why the plan asks for more than the original does.
fn write_raised(text: &mut String, plan: &Plan) -> anyhow::Result<()> {
    let raised: Vec<String> = plan
        .rounds
        .iter()
        .flat_map(|round| round.loads().map(move |(kind, load)| (round, kind, load)))
        .filter_map(|(round, kind, load)| {
            let raised = load.raised_funding.as_ref()?;
            let (index, amount) = (round.index, load.funding.amount);
            Some(format!("round {index}, {kind}: {amount} MINA; {raised}"))
        })
        .collect();
    if raised.is_empty() {
        return Ok(());
    }
    let formula = plan
        .formula_estimate()
        .context("the funding is too large")?;
    writeln!(
        text,
        "            the original asks for {formula} MINA, with which fee payers run dry:"
    )?;
    for line in raised.iter().take(RAISED_MAX) {
        writeln!(text, "            {line}")?;
    }
    if let Some(more) = raised
        .len()
        .checked_sub(RAISED_MAX)
        .filter(|more| *more > 0)
    {
        writeln!(text, "            and {more} loads more: see --format json")?;
    }
    Ok(())
}

/// From how many nodes on fee payers can run dry; of all loads the one with the fewest nodes.
fn write_crowded(text: &mut String, plan: &Plan) -> anyhow::Result<()> {
    let crowded = plan.rounds.iter().flat_map(|round| {
        let loads = round.loads();
        loads.filter_map(move |(kind, load)| Some((round.index, kind, load.crowded?)))
    });
    let Some((round, kind, found)) = crowded.min_by_key(|(.., found)| found.nodes) else {
        return Ok(());
    };
    let payers = match found.fee_payers {
        1 => "1 fee payer".to_owned(),
        many => format!("{many} fee payers"),
    };
    writeln!(
        text,
        "warning     with {} to {} nodes that may send, only {} are asked, with {payers} each: at the \
         greatest fees one may need {} MINA and has {} (round {round}, {kind}); a smaller \
         sender_ratio or min_tps avoids it",
        found.nodes, found.nodes_most, found.asked, found.spends, found.holds
    )?;
    Ok(())
}

fn row(round: &Round) -> anyhow::Result<[String; 9]> {
    let funding = round
        .loads()
        .try_fold(Amount::ZERO, |sum, (_, load)| {
            sum.checked_add(load.funding.amount)
        })
        .context("the funding of a round is too large")?;
    let stops = round.stop_waits_sec.len();
    let percent = 100.0 * (round.stop_clean_ratio + round.stop_keep_ratio);
    let pause_min = round.pause_min + round.large_pause_min;
    Ok([
        round.index.to_string(),
        clock(round.start_sec),
        format!("{:.4}", round.tps),
        load(round.payments.as_ref()),
        load(round.zkapps.as_ref()),
        if round.max_cost { "max-cost" } else { "" }.to_owned(),
        if stops == 0 {
            "-".to_owned()
        } else {
            format!("{stops} of {percent:.1}%")
        },
        if pause_min == 0 {
            "-".to_owned()
        } else {
            format!("{pause_min} min")
        },
        funding.to_string(),
    ])
}

/// How many, and at which rate.
fn load(load: Option<&Load>) -> String {
    load.map_or_else(
        || "-".to_owned(),
        |load| format!("{} at {:.4}/s", load.transactions, load.tps),
    )
}

/// Hours, minutes and seconds since the first round.
fn clock(seconds: u64) -> String {
    format!(
        "{}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

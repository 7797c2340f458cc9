//! `loadlab trace diff`: two block traces beside each other.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use store::read::{OUTSIDE, StoredBlockTrace};
use store::{ConnectOptions, Database};
use trace::diff::{Excess, Pair, Step, align, delta_own_s, excess, steps};
use trace::flat::FlatCheckpoint;
use trace::tree::TreeNode;
use trace::{Compatibility, Process};

use super::choose;
use super::layout::duration;
use super::show::checkpoint_tree;
use crate::choice::Connection;
use crate::output::{OutputFormat, print, print_json};

/// Share of all differences below which a row is left out.
const SHARE_MIN: f64 = 0.02;
/// Checkpoints of the ranking.
const RANKED_MAX: usize = 10;
/// Checkpoints of the line that says how much they explain.
const TOP: usize = 3;

/// Arguments of `trace diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "The same block on two nodes, then two blocks of one node:\n  \
    loadlab trace diff node-1/3NK… node-7/3NK…\n  \
    loadlab trace diff node-1/3NK… node-1/3NL…"
)]
pub(crate) struct DiffArguments {
    /// The first trace, as `BLOCK`, `NODE/BLOCK` or `DEPLOYMENT/NODE/BLOCK`. The beginning
    /// of a hash is enough. Default: the newest deployment, and the first node by name
    /// that has the block.
    #[arg(value_name = "A", value_parser = parse_name)]
    a: TraceName,
    /// The second trace. Default: the deployment and, if it has the block, the node of the
    /// first.
    #[arg(value_name = "B", value_parser = parse_name)]
    b: TraceName,
    /// Show the calls of prover and verifier, too. Calls that overlap mix their steps.
    #[arg(long)]
    calls: bool,
    /// Show all steps, also those that hardly differ.
    #[arg(long)]
    all: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// Which trace.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TraceName {
    deployment: Option<i32>,
    node: Option<String>,
    /// The beginning of the hash.
    hash: String,
}

fn parse_name(text: &str) -> Result<TraceName, String> {
    let wrong = || "a trace is written as BLOCK, NODE/BLOCK or DEPLOYMENT/NODE/BLOCK".to_owned();
    let (rest, hash) = match text.rsplit_once('/') {
        Some((rest, hash)) => (Some(rest), hash),
        None => (None, text),
    };
    if hash.is_empty() || rest.is_some_and(str::is_empty) {
        return Err(wrong());
    }
    let (deployment, node) = match rest.and_then(|rest| rest.split_once('/')) {
        Some((id, node)) => {
            let id = id.parse().map_err(|_| wrong())?;
            (Some(id), Some(node).filter(|node| !node.is_empty()))
        }
        None => (None, rest),
    };
    if deployment.is_some() && node.is_none() {
        return Err(wrong());
    }
    Ok(TraceName {
        deployment,
        node: node.map(str::to_owned),
        hash: hash.to_owned(),
    })
}

/// A trace with its tree.
struct Tree {
    stored: StoredBlockTrace,
    checkpoints: Vec<FlatCheckpoint>,
    nodes: Vec<TreeNode>,
}

pub(super) async fn run(
    arguments: &DiffArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let trees = both(&opened.database, arguments).await;
    opened.close().await?;
    let (one, other) = trees?;
    let (a, b) = (
        steps(&one.checkpoints, &one.nodes),
        steps(&other.checkpoints, &other.nodes),
    );
    let rows = align(&a, &b);
    let ranked = excess(&a, &b);
    match arguments.format {
        OutputFormat::Json => print_json(&object((&one, &a), (&other, &b), &rows, &ranked))?,
        OutputFormat::Text => {
            let mut text = format!("A  {}\nB  {}\n\n", head(&one), head(&other));
            text.push_str(&table(&a, &b, &rows, arguments.all)?);
            text.push_str(&ranking(&ranked)?);
            print(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn both(database: &Database, arguments: &DiffArguments) -> anyhow::Result<(Tree, Tree)> {
    let one = tree(database, &arguments.a, None, arguments.calls).await?;
    let other = tree(database, &arguments.b, Some(&one), arguments.calls).await?;
    let name = |tree: &Tree| {
        let row = &tree.stored.row;
        (
            row.deployment_id,
            row.node_name.clone(),
            row.block_id.clone(),
        )
    };
    if name(&one) == name(&other) {
        bail!(
            "both are block {} of node {}: name another block, or another node as NODE/BLOCK",
            one.stored.row.block_id,
            one.stored.row.node_name
        );
    }
    Ok((one, other))
}

/// The tree of a trace. What is not named is as in `like`.
async fn tree(
    database: &Database,
    name: &TraceName,
    like: Option<&Tree>,
    calls: bool,
) -> anyhow::Result<Tree> {
    let usual = like.map(|tree| &tree.stored.row);
    let deployment = name.deployment.or(usual.map(|row| row.deployment_id));
    let deployment_id = choose::deployment(database, deployment).await?;
    let (node, block) = choose::block(
        database,
        deployment_id,
        &name.hash,
        name.node.as_deref(),
        usual.map(|row| row.node_name.as_str()),
        "as NODE/BLOCK",
    )
    .await?;
    if block == OUTSIDE {
        bail!("what happened outside of blocks has no end: it cannot be compared");
    }
    let Some(mut stored) = database.block_trace(deployment_id, &node, &block).await? else {
        bail!("node `{node}` has no block `{block}` in deployment {deployment_id}");
    };
    let mut entries = std::mem::take(&mut stored.entries);
    entries.retain(|entry| calls || entry.process == Process::Main);
    let (checkpoints, nodes) = checkpoint_tree(entries, Compatibility::Corrected);
    Ok(Tree {
        stored,
        checkpoints,
        nodes,
    })
}

fn head(tree: &Tree) -> String {
    let row = &tree.stored.row;
    format!(
        "block {} of node {} (deployment {}), height {}, {}, {}, total {}",
        row.block_id,
        row.node_name,
        row.deployment_id,
        row.blockchain_length,
        row.source,
        row.status,
        duration(row.total_time)
    )
}

/// A difference with its sign.
fn signed(seconds: f64) -> String {
    match duration(seconds.abs()).as_str() {
        "0" => "0".to_owned(),
        text if seconds < 0.0 => format!("-{text}"),
        text => format!("+{text}"),
    }
}

/// The rows that differ by enough, with their parents.
fn shown(a: &[Step<'_>], b: &[Step<'_>], rows: &[Pair]) -> Vec<bool> {
    let deltas: Vec<f64> = rows.iter().map(|row| delta_own_s(a, b, row)).collect();
    let least = SHARE_MIN * deltas.iter().map(|delta| delta.abs()).sum::<f64>();
    let mut shown = vec![false; rows.len()];
    // The depth of the last shown row whose parent is still to come.
    let mut wanted: Option<usize> = None;
    for (at, row) in rows.iter().enumerate().rev() {
        let is_parent = wanted.is_some_and(|depth| row.depth < depth);
        if is_parent || (deltas[at] != 0.0 && deltas[at].abs() >= least) {
            shown[at] = true;
            wanted = Some(row.depth);
        }
    }
    shown
}

fn table(
    a: &[Step<'_>],
    b: &[Step<'_>],
    rows: &[Pair],
    all: bool,
) -> Result<String, std::fmt::Error> {
    let shown = if all {
        vec![true; rows.len()]
    } else {
        shown(a, b, rows)
    };
    let mut lines = Vec::new();
    for (row, _) in rows.iter().zip(&shown).filter(|(_, shown)| **shown) {
        let (of_a, of_b) = (
            row.a.and_then(|at| a.get(at)).copied(),
            row.b.and_then(|at| b.get(at)).copied(),
        );
        let name = of_a.or(of_b).map_or("", |step| step.name);
        let total = |step: Option<Step<'_>>| {
            step.map_or_else(|| "–".to_owned(), |step| duration(step.total_s))
        };
        let of = |step: Option<Step<'_>>| step.map_or(0.0, |step| step.total_s);
        lines.push([
            format!("{}{name}", "  ".repeat(row.depth)),
            total(of_a),
            total(of_b),
            signed(of(of_b) - of(of_a)),
            signed(delta_own_s(a, b, row)),
        ]);
    }
    let width = lines
        .iter()
        .map(|[name, ..]| name.chars().count())
        .max()
        .unwrap_or(0)
        .max("checkpoint".len());
    let mut text = String::new();
    let head = ["checkpoint", "A", "B", "B - A", "own B - A"].map(str::to_owned);
    for [name, a, b, total, own] in [head].into_iter().chain(lines) {
        writeln!(text, "{name:<width$} {a:>12} {b:>12} {total:>13} {own:>13}")?;
    }
    let hidden = shown.iter().filter(|shown| !**shown).count();
    if hidden > 0 {
        let percent = SHARE_MIN * 100.0;
        writeln!(
            text,
            "\nnot shown: {hidden} steps with less than {percent} % of the difference; --all shows them"
        )?;
    }
    Ok(text)
}

/// The names that take longer, by their own time.
fn ranking(ranked: &[Excess<'_>]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let slower: Vec<&Excess<'_>> = ranked.iter().filter(|row| row.delta_s > 0.0).collect();
    if slower.is_empty() {
        text.push_str("\nno checkpoint takes longer in B\n");
        return Ok(text);
    }
    let top: f64 = slower.iter().take(TOP).map(|row| row.share).sum();
    writeln!(
        text,
        "\nwhat takes longer in B, in own time: {:.0} % of it in {}",
        top * 100.0,
        match slower.len() {
            1 => "1 checkpoint".to_owned(),
            many => format!("{} checkpoints", many.min(TOP)),
        }
    )?;
    let width = slower
        .iter()
        .take(RANKED_MAX)
        .map(|row| row.name.chars().count())
        .max()
        .unwrap_or(0);
    for row in slower.into_iter().take(RANKED_MAX) {
        let (name, share) = (row.name, row.share * 100.0);
        writeln!(
            text,
            "  {name:<width$} {:>13} {share:>5.1} %",
            signed(row.delta_s)
        )?;
    }
    Ok(text)
}

/// The rows as columns, times in microseconds, as `trace-diff` of the log API has them.
fn object(
    (one, a): (&Tree, &[Step<'_>]),
    (other, b): (&Tree, &[Step<'_>]),
    rows: &[Pair],
    ranked: &[Excess<'_>],
) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "durations of traces")]
    let micros = |seconds: f64| (seconds * 1e6).round() as i64;
    let head = |tree: &Tree| {
        let row = &tree.stored.row;
        json!({
            "deployment_id": row.deployment_id, "node": row.node_name, "hash": row.block_id,
            "height": row.blockchain_length, "slot": row.global_slot, "source": row.source,
            "status": row.status, "total_s": row.total_time,
        })
    };
    let mut names: Vec<&str> = a.iter().chain(b).map(|step| step.name).collect();
    names.sort_unstable();
    names.dedup();
    let name = |row: &Pair| {
        let step = row.a.and_then(|at| a.get(at));
        let step = step.or_else(|| row.b.and_then(|at| b.get(at)));
        step.and_then(|step| names.binary_search(&step.name).ok())
    };
    let total = |steps: &[Step<'_>], at: Option<usize>| {
        at.and_then(|at| steps.get(at))
            .map(|step| micros(step.total_s))
    };
    let column = |value: &dyn Fn(&Pair) -> Value| rows.iter().map(value).collect::<Vec<Value>>();
    let explained: Vec<Value> = ranked
        .iter()
        .map(|row| json!({"name": row.name, "delta_s": row.delta_s, "share": row.share}))
        .collect();
    json!({"diff": {
        "a": head(one), "b": head(other), "names": names,
        "columns": {
            "name": column(&|row| json!(name(row))),
            "depth": column(&|row| json!(row.depth)),
            "a_index": column(&|row| json!(row.a)),
            "b_index": column(&|row| json!(row.b)),
            "a_total_us": column(&|row| json!(total(a, row.a))),
            "b_total_us": column(&|row| json!(total(b, row.b))),
            "delta_own_us": column(&|row| json!(micros(delta_own_s(a, b, row)))),
        },
        "explained": explained,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &'static str, depth: usize, total_s: f64, own_s: f64) -> Step<'static> {
        Step {
            name,
            depth,
            total_s,
            own_s,
        }
    }

    #[test]
    fn traces_are_named_by_block_node_and_deployment() {
        let name = |deployment, node: Option<&str>, hash: &str| TraceName {
            deployment,
            node: node.map(str::to_owned),
            hash: hash.to_owned(),
        };
        assert_eq!(parse_name("3Nx"), Ok(name(None, None, "3Nx")));
        assert_eq!(parse_name("n-1/3Nx"), Ok(name(None, Some("n-1"), "3Nx")));
        assert_eq!(parse_name("7/n/3Nx"), Ok(name(Some(7), Some("n"), "3Nx")));
        for text in ["", "/3Nx", "n/", "x/n/3Nx", "7//3Nx"] {
            let error = parse_name(text).unwrap_err();
            assert!(error.contains("NODE/BLOCK"), "{text}: {error}");
        }
    }

    #[test]
    fn rows_that_hardly_differ_are_counted_and_parents_kept() {
        let a = [
            step("Receive", 0, 0.25, 0.25),
            step("Build", 0, 1.5, 0.5),
            step("Verify", 1, 0.5, 0.5),
            step("Apply", 1, 0.5, 0.5),
            step("Done", 0, 0.0, 0.0),
        ];
        let b = [
            step("Receive", 0, 0.25, 0.25),
            step("Build", 0, 4.5, 0.5),
            step("Verify", 1, 0.5, 0.5),
            step("Apply", 1, 3.0, 3.0),
            step("Wait", 1, 0.5, 0.5),
            step("Done", 0, 0.0, 0.0),
        ];
        let rows = align(&a, &b);
        assert_eq!(
            table(&a, &b, &rows, false).unwrap(),
            "checkpoint            A            B         B - A     own B - A
Build           1.500 s      4.500 s      +3.000 s             0
  Apply      500.000 ms      3.000 s      +2.500 s      +2.500 s
  Wait                –   500.000 ms   +500.000 ms   +500.000 ms

not shown: 3 steps with less than 2 % of the difference; --all shows them
"
        );
        assert_eq!(table(&a, &b, &rows, true).unwrap().lines().count(), 7);
        assert_eq!(
            ranking(&excess(&a, &b)).unwrap(),
            "
what takes longer in B, in own time: 100 % of it in 2 checkpoints
  Apply      +2.500 s  83.3 %
  Wait    +500.000 ms  16.7 %
"
        );
        let nothing = ranking(&excess(&b, &a)).unwrap();
        assert_eq!(nothing, "\nno checkpoint takes longer in B\n");
    }
}

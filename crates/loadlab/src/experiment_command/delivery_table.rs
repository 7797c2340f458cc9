//! What became of the transactions of a run, as a table for the terminal.

use std::fmt::{self, Write as _};

use store::experiment_runs::{RoundTransactions, TransactionCounts, unsent_reasons};

const HEADINGS: [&str; 9] = [
    "round", "kind", "intended", "accepted", "unsent", "seen", "included", "applied", "failed",
];

/// A line for each kind of each round, and why nodes did not send all that they accepted; nothing
/// without rounds. The rows are in the order of rounds and kinds.
pub(crate) fn delivery_table(rows: &[RoundTransactions]) -> Result<String, fmt::Error> {
    let mut rounds = Vec::new();
    for round in rows.chunk_by(|row, next| row.round == next.round && row.kind == next.kind) {
        let Some(first) = round.first() else { continue };
        let mut sum = TransactionCounts::default();
        for row in round {
            sum += row.delivery;
        }
        rounds.push((first.round.to_string(), first.kind.clone(), sum));
    }
    let unsent = unsent_reasons(rows);
    let unsent = unsent
        .iter()
        .map(|unsent| (unsent.kind.as_str(), unsent.reason));
    table_of(&rounds, &unsent.collect::<Vec<_>>())
}

/// A line for each round and kind, then the kinds and reasons of what was not sent.
pub(crate) fn table_of(
    rounds: &[(String, String, TransactionCounts)],
    unsent: &[(&str, &str)],
) -> Result<String, fmt::Error> {
    let mut text = String::new();
    if rounds.is_empty() {
        return Ok(text);
    }
    line(&mut text, HEADINGS.map(str::to_owned))?;
    for (round, kind, delivery) in rounds {
        line(&mut text, cells(round, kind, *delivery))?;
    }
    for (kind, reason) in unsent {
        writeln!(text, "unsent {kind}: {reason}")?;
    }
    Ok(text)
}

fn cells(round: &str, kind: &str, delivery: TransactionCounts) -> [String; 9] {
    let numbers = [
        delivery.intended,
        delivery.accepted,
        delivery.unsent,
        delivery.seen,
        delivery.included,
        delivery.applied,
        delivery.failed,
    ]
    .map(|number| number.to_string());
    let [intended, accepted, unsent, seen, included, applied, failed] = numbers;
    let (round, kind) = (round.to_owned(), kind.to_owned());
    [
        round, kind, intended, accepted, unsent, seen, included, applied, failed,
    ]
}

fn line(text: &mut String, cells: [String; 9]) -> fmt::Result {
    let [round, kind, numbers @ ..] = cells;
    write!(text, "{round:>5} {kind:<9}")?;
    for number in numbers {
        write!(text, " {number:>8}")?;
    }
    writeln!(text)
}

#[cfg(test)]
mod tests {
    use store::experiment_runs::RequestStatus;

    use super::*;

    fn row(kind: &str, unsent: i64, is_stopped: bool) -> RoundTransactions {
        RoundTransactions {
            round: 0,
            kind: kind.to_owned(),
            batch: 0,
            node: "a:1".to_owned(),
            outcome: Some(RequestStatus::Accepted),
            is_stopped,
            delivery: TransactionCounts {
                intended: 10,
                accepted: 10,
                unsent,
                seen: 10 - unsent,
                included: 10 - unsent,
                applied: 7,
                failed: 3 - unsent,
            },
            failures: [("Overflow".to_owned(), 3 - unsent)].into(),
        }
    }

    #[test]
    fn the_table_says_what_failed_and_why_load_was_not_sent() {
        let rows = [
            row("payments", 0, false),
            row("payments", 0, false),
            row("zkapps", 2, false),
            row("zkapps", 1, true),
        ];
        assert_eq!(
            delivery_table(&rows).unwrap(),
            "round kind      intended accepted   unsent     seen included  applied   failed
    0 payments        20       20        0       20       20       14        6
    0 zkapps          20       20        3       17       17       14        3
unsent zkapps: a node deploys its zkApps first and sends the load once these are in the ledger; it does not make up for that time
unsent zkapps: the load was stopped at the node before its time was over
"
        );
        assert_eq!(delivery_table(&[]).unwrap(), "");
    }
}

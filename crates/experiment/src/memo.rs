//! Memos of scheduled transactions: `{name}-{round}-{batch}-{ix}`, at most 32 bytes.
//!
//! The orchestrator sends the first three parts as prefix, the daemon counts transactions. A
//! daemon checks the prefix only; the memo itself may then break in the middle of a run, so
//! a plan has to know the greatest number of each part.

use mina::Memo;

/// What fits into a memo, in bytes.
pub const BYTES_MAX: usize = Memo::CONTENT_BYTES_MAX;

/// What the actions of a round give as `experimentName`.
#[must_use]
pub fn experiment_name(name: &str, round: u32) -> String {
    format!("{name}-{round}")
}

/// The prefix that a node gets for one batch.
#[must_use]
pub fn prefix(experiment_name: &str, batch: usize) -> String {
    format!("{experiment_name}-{batch}")
}

/// Bytes of the memo of the transaction numbered `counter` of this batch.
#[must_use]
pub fn bytes(experiment_name: &str, batch: u64, counter: u64) -> usize {
    experiment_name.len() + 1 + digits(batch) + 1 + digits(counter)
}

/// Bytes of the shortest possible memo of the last round.
#[must_use]
pub(crate) fn bytes_least(name: &str, rounds: i64) -> usize {
    let last_round = u64::try_from(rounds.saturating_sub(1)).unwrap_or(0);
    name.len() + 1 + digits(last_round) + 2 + 2
}

/// Bytes of the longest memo of a load of `tps` over `seconds`, whatever the number of nodes
/// that take part: with `n` of the most that the least rate permits, the greatest batch is
/// 2n − 1 (each node refused once), and the greatest counter is what one node sends.
#[must_use]
pub fn bytes_most(experiment_name: &str, tps: f64, min_tps: f64, seconds: u64) -> usize {
    let nodes_most = (tps / min_tps).floor().max(1.0);
    let mut longest = 0;
    let mut nodes = 1.0;
    // numbers of digits change at five times powers of ten only
    let mut next = 5.0;
    loop {
        // saturating casts of positive numbers
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let batch = (2.0 * nodes - 1.0) as u64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let counter = (tps / nodes * seconds as f64).ceil() as u64;
        longest = longest.max(bytes(experiment_name, batch, counter));
        if nodes >= nodes_most {
            return longest;
        }
        nodes = nodes_most.min(next);
        next *= 10.0;
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memo_has_name_round_batch_and_number() {
        let experiment_name = experiment_name("exp", 3);
        let prefix = prefix(&experiment_name, 12);
        assert_eq!(prefix, "exp-3-12");
        let memo = format!("{prefix}-1799");
        assert_eq!(memo.len(), bytes(&experiment_name, 12, 1799));
        assert_eq!(bytes("a", 0, 0), "a-0-0".len());
        assert_eq!(bytes("a", 9, 10), "a-9-10".len());
    }

    #[test]
    fn the_longest_memo_is_that_of_any_number_of_nodes() {
        // one node: batch 1, number 1800; 50 nodes: batch 99, number 36
        assert_eq!(bytes_most("e", 1.0, 0.01, 1_800), "e-1-1800".len());
        // 1,000 nodes: batch 1999, number 2
        assert_eq!(
            bytes_most("e", 10.0, 0.01, 180),
            "e-1999-2".len().max("e-99-36".len())
        );
        assert_eq!(bytes_most("e", 0.003, 0.01, 1_800), "e-1-6".len());
    }
}

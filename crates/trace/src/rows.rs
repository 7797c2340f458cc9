//! A checkpoint tree as rows: each step with its parent, its time with and without its parts, in
//! whole microseconds, so that sums are exact.

use crate::Compatibility;
use crate::tree;

/// A step of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which of the given checkpoints it is.
    pub index: usize,
    /// 0 at the top level.
    pub depth: usize,
    /// The row that it is a part of; none at the top level.
    pub parent: Option<usize>,
    /// Microseconds since the origin.
    pub start_us: i64,
    /// Microseconds with all parts.
    pub total_us: i64,
    /// Microseconds without its parts. Those of all rows sum to the totals of the top level.
    pub own_us: i64,
}

/// The rows of checkpoints, given as names and times (seconds) oldest first, in depth-first order.
/// Starts count from `origin`, in seconds.
#[must_use]
pub fn rows<N: AsRef<str>>(
    checkpoints: &[(N, f64)],
    origin: f64,
    compatibility: Compatibility,
) -> Vec<Row> {
    let nodes = tree::build(checkpoints, compatibility);
    let mut rows: Vec<Row> = Vec::with_capacity(nodes.len());
    // The open rows, each a part of the one before it.
    let mut open: Vec<usize> = Vec::new();
    for node in nodes {
        let start = checkpoints
            .get(node.index)
            .map_or(origin, |(_, started_at)| *started_at);
        let start_us = micros(start - origin);
        let total_us = micros(start - origin + node.duration).saturating_sub(start_us);
        open.truncate(node.depth);
        let parent = open.last().copied();
        if let Some(parent) = parent {
            let own_us = &mut rows[parent].own_us;
            *own_us = own_us.saturating_sub(total_us);
        }
        open.push(rows.len());
        rows.push(Row {
            index: node.index,
            depth: node.depth,
            parent,
            start_us,
            total_us,
            own_us: total_us,
        });
    }
    rows
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and no time is near the ends"
)]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn own_times_leave_parts_out() {
        let checkpoints = [
            ("External_block_received", 100.0),
            ("Build_breadcrumb", 100.3),
            ("Validate_staged_ledger_diff", 100.301),
            ("Check_completed_works", 100.302),
            ("Create_breadcrumb", 100.5),
            ("Breadcrumb_integrated", 101.0),
        ];
        let rows = rows(&checkpoints, 100.0, Compatibility::Corrected);
        let shown: Vec<(usize, Option<usize>, i64, i64, i64)> = rows
            .iter()
            .map(|row| {
                (
                    row.depth,
                    row.parent,
                    row.start_us,
                    row.total_us,
                    row.own_us,
                )
            })
            .collect();
        let expected = [
            (0, None, 0, 300_000, 300_000),
            (0, None, 300_000, 700_000, 1_000),
            (1, Some(1), 301_000, 199_000, 1_000),
            (2, Some(2), 302_000, 198_000, 198_000),
            (1, Some(1), 500_000, 500_000, 500_000),
            (0, None, 1_000_000, 0, 0),
        ];
        assert_eq!(shown, expected);
    }

    proptest! {
        #[test]
        fn own_times_sum_to_the_time_of_the_trace(
            steps in proptest::collection::vec((0..8_usize, 0..3_000_000_u32), 1..40)
        ) {
            const NAMES: [&str; 8] = [
                "Build_breadcrumb", "Validate_staged_ledger_diff", "Prediff", "Verify_commands",
                "Apply_diff", "Update_coinbase_stack", "Add_and_finalize", "other",
            ];
            let mut time = 1_769_850_000.0;
            let checkpoints: Vec<(&str, f64)> = steps
                .iter()
                .map(|(name, micros)| {
                    time += f64::from(*micros) / 1e6;
                    (NAMES[*name], time)
                })
                .collect();
            let rows = rows(&checkpoints, checkpoints[0].1, Compatibility::Corrected);
            let own: i64 = rows.iter().map(|row| row.own_us).sum();
            prop_assert_eq!(own, rows.last().unwrap().start_us);
            prop_assert!(rows.iter().all(|row| row.own_us >= 0));
        }
    }
}

//! The figures of a round, or of a run as a whole.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fates::Fates;

/// Least share of log entries that must be stored for a verdict.
pub const COMPLETENESS_MIN: f64 = 0.99;

/// Percentiles of durations, in seconds. None where nothing was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quantiles {
    /// Median.
    pub p50: Option<f64>,
    /// 90 % are at most this.
    pub p90: Option<f64>,
    /// 95 % are at most this.
    pub p95: Option<f64>,
    /// 99 % are at most this.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// What a round, or a run, came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Seconds of network time between its first and its last transaction.
    pub load_seconds: Option<f64>,
    /// What became of its transactions.
    pub fates: Fates,
    /// From first seen to in a block.
    pub latency: Quantiles,
    /// Total times of block traces.
    pub block_application: Quantiles,
    /// Blocks of its time.
    pub blocks: u64,
    /// Those that are not on the best chain.
    pub orphans: u64,
    /// Slots of its time without a block; none if slots are not known.
    pub missed_slots: Option<u64>,
    /// Restarts of nodes.
    pub restarts: u64,
    /// Stored log entries as a share of all; none if nothing is stored.
    pub completeness: Option<f64>,
    /// Entries that are known to be lost.
    pub lost_entries: i64,
    /// Gaps of a size that nobody can know.
    pub unknown_gaps: i64,
    /// Seconds in a slot, if blocks carry them.
    pub slot_seconds: Option<f64>,
}

impl Figures {
    /// Transactions a minute while the load lasted. None for loads without duration.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn rate_min(&self, transactions: u64) -> Option<f64> {
        let seconds = self.load_seconds.filter(|seconds| *seconds > 0.0)?;
        Some(transactions as f64 * 60.0 / seconds)
    }

    /// Whether enough of the log is there for a verdict.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.completeness
            .is_some_and(|share| share >= COMPLETENESS_MIN)
    }
}

/// The percentiles of sorted values, each a value that occurs: at least that share is at most it.
#[must_use]
pub fn quantiles(sorted: &[f64]) -> Quantiles {
    Quantiles {
        p50: quantile(sorted, 50),
        p90: quantile(sorted, 90),
        p95: quantile(sorted, 95),
        p99: quantile(sorted, 99),
        max: sorted.last().copied(),
    }
}

/// The value of sorted ones that `percent` of them do not exceed. As `percentile_disc` of
/// PostgreSQL.
#[must_use]
pub fn quantile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The same of values in any order, which it moves.
#[must_use]
pub fn quantile_of(values: &mut [f64], percent: usize) -> Option<f64> {
    let rank = (values.len() * percent).div_ceil(100);
    let at = rank.saturating_sub(1);
    if at >= values.len() {
        return None;
    }
    let (_, value, _) = values.select_nth_unstable_by(at, f64::total_cmp);
    Some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_occurs() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        let found = quantiles(&values);
        assert_eq!((found.p50, found.p99), (Some(100.0), Some(198.0)));
        assert_eq!((found.p90, found.p95), (Some(180.0), Some(190.0)));
        assert_eq!(quantile(&[7.0], 1), Some(7.0));
        assert_eq!(quantiles(&[]), Quantiles::default());
        let mut mixed: Vec<f64> = values.iter().rev().copied().collect();
        mixed.swap(3, 90);
        for percent in [0, 1, 50, 95, 100] {
            assert_eq!(quantile_of(&mut mixed, percent), quantile(&values, percent));
        }
        assert_eq!(quantile_of(&mut [], 50), None);
    }

    #[test]
    fn a_load_of_one_moment_has_no_rate() {
        let mut figures = Figures {
            load_seconds: Some(90.0),
            ..Figures::default()
        };
        assert_eq!(figures.rate_min(3), Some(2.0));
        figures.load_seconds = Some(0.0);
        assert_eq!(figures.rate_min(3), None);
    }

    #[test]
    fn without_entries_nothing_is_complete() {
        let mut figures = Figures::default();
        assert!(!figures.is_complete());
        figures.completeness = Some(0.989);
        assert!(!figures.is_complete());
        figures.completeness = Some(0.99);
        assert!(figures.is_complete());
    }
}

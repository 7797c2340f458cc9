//! The figures that thresholds may name.

use super::unit::Unit;

/// A figure of a round or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "METRICS says what each is")]
pub enum Metric {
    Accepted,
    Seen,
    Included,
    Applied,
    Failed,
    Missed,
    NeverSeen,
    RateIntended,
    RateAccepted,
    RateIncluded,
    RateApplied,
    LatencyP50,
    LatencyP90,
    LatencyP95,
    LatencyP99,
    LatencyMax,
    ApplicationP50,
    ApplicationP90,
    ApplicationP95,
    ApplicationP99,
    ApplicationMax,
    Blocks,
    Orphans,
    MissedSlots,
    Restarts,
    Completeness,
}

/// What kind of number a figure is, which gives its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    Share,
    Rate,
    Time,
    Count,
}

impl Dimension {
    /// The units that a bound may have; the first is that of a bare number, if it may be bare.
    pub(super) const fn units(self) -> &'static [Unit] {
        match self {
            Self::Share => &[Unit::Share, Unit::Percent],
            Self::Rate => &[Unit::PerMinute, Unit::PerSecond],
            Self::Time => &[
                Unit::Seconds,
                Unit::Milliseconds,
                Unit::Minutes,
                Unit::Slots,
            ],
            Self::Count => &[Unit::Count],
        }
    }
}

/// Every figure with its name and what it is.
pub const METRICS: [(Metric, &str, &str); 26] = [
    (
        Metric::Accepted,
        "accepted",
        "share of intended transactions that nodes accepted",
    ),
    (
        Metric::Seen,
        "seen",
        "share of intended transactions that traces have",
    ),
    (
        Metric::Included,
        "included",
        "share of intended transactions that are in blocks",
    ),
    (
        Metric::Applied,
        "applied",
        "share of intended transactions that the ledger applied",
    ),
    (
        Metric::Failed,
        "failed",
        "share of intended transactions that failed in blocks",
    ),
    (
        Metric::Missed,
        "missed",
        "share of intended transactions that no block took",
    ),
    (
        Metric::NeverSeen,
        "never_seen",
        "share of intended transactions that no trace has",
    ),
    (
        Metric::RateIntended,
        "rate.intended",
        "transactions a minute that were asked for",
    ),
    (
        Metric::RateAccepted,
        "rate.accepted",
        "transactions a minute that nodes accepted",
    ),
    (
        Metric::RateIncluded,
        "rate.included",
        "transactions a minute that came into blocks",
    ),
    (
        Metric::RateApplied,
        "rate.applied",
        "transactions a minute that the ledger applied",
    ),
    (
        Metric::LatencyP50,
        "latency.p50",
        "median time from first seen to in a block",
    ),
    (
        Metric::LatencyP90,
        "latency.p90",
        "90th percentile of that time",
    ),
    (
        Metric::LatencyP95,
        "latency.p95",
        "95th percentile of that time",
    ),
    (
        Metric::LatencyP99,
        "latency.p99",
        "99th percentile of that time",
    ),
    (Metric::LatencyMax, "latency.max", "the longest such time"),
    (
        Metric::ApplicationP50,
        "block_application.p50",
        "median time of nodes for a block",
    ),
    (
        Metric::ApplicationP90,
        "block_application.p90",
        "90th percentile of that time",
    ),
    (
        Metric::ApplicationP95,
        "block_application.p95",
        "95th percentile of that time",
    ),
    (
        Metric::ApplicationP99,
        "block_application.p99",
        "99th percentile of that time",
    ),
    (
        Metric::ApplicationMax,
        "block_application.max",
        "the longest such time",
    ),
    (Metric::Blocks, "blocks", "blocks of its time"),
    (Metric::Orphans, "orphans", "blocks beside the best chain"),
    (Metric::MissedSlots, "missed_slots", "slots without a block"),
    (Metric::Restarts, "restarts", "restarts of nodes"),
    (
        Metric::Completeness,
        "completeness",
        "share of log entries that are stored",
    ),
];

impl Metric {
    /// The figure of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        METRICS
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(metric, ..)| *metric)
    }

    /// The name, as in `latency.p95`.
    #[must_use]
    pub fn name(self) -> &'static str {
        METRICS
            .iter()
            .find(|(metric, ..)| *metric == self)
            .map_or("", |(_, name, _)| name)
    }

    pub(super) const fn dimension(self) -> Dimension {
        match self {
            Self::Accepted
            | Self::Seen
            | Self::Included
            | Self::Applied
            | Self::Failed
            | Self::Missed
            | Self::NeverSeen
            | Self::Completeness => Dimension::Share,
            Self::RateIntended | Self::RateAccepted | Self::RateIncluded | Self::RateApplied => {
                Dimension::Rate
            }
            Self::LatencyP50
            | Self::LatencyP90
            | Self::LatencyP95
            | Self::LatencyP99
            | Self::LatencyMax
            | Self::ApplicationP50
            | Self::ApplicationP90
            | Self::ApplicationP95
            | Self::ApplicationP99
            | Self::ApplicationMax => Dimension::Time,
            Self::Blocks | Self::Orphans | Self::MissedSlots | Self::Restarts => Dimension::Count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_its_figure() {
        for (metric, name, _) in METRICS {
            assert_eq!(Metric::named(name), Some(metric));
            assert_eq!(metric.name(), name);
        }
    }
}

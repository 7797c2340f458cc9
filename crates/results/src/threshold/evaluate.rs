//! What a threshold comes to for the figures of a round or run.

use super::{Metric, Operator, Threshold, Unit};
use crate::Verdict;
use crate::figures::Figures;

/// A value that lies between two ends, which are equal once it is final.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The least that it can be.
    pub low: f64,
    /// The most that it can be.
    pub high: f64,
}

impl Span {
    fn exact(value: f64) -> Self {
        Self {
            low: value,
            high: value,
        }
    }
}

/// What a threshold came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// The value as it is now, in the unit of the bound; none if nothing was measured.
    pub value: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

impl Threshold {
    /// Compares the figure with the bound. Without complete traces there is not enough data,
    /// whatever the figure says.
    #[must_use]
    pub fn evaluate(&self, figures: &Figures) -> Evaluation {
        let now = self.metric.span(figures);
        let in_unit = |value: f64| self.in_unit(value, figures);
        // What has happened so far is shown: counts only grow.
        let value = now.and_then(|span| in_unit(span.low));
        let span = now.map(|span| self.metric.final_span(span, figures));
        let ends = span.and_then(|span| Some((in_unit(span.low)?, in_unit(span.high)?)));
        let rests_on_traces = self.metric != Metric::Completeness;
        let verdict = match ends {
            Some((low, high)) if figures.is_complete() || !rests_on_traces => {
                match (self.holds_within(low, high), self.fails_within(low, high)) {
                    (true, _) => Verdict::Pass,
                    (_, true) => Verdict::Fail,
                    _ => Verdict::NotEnoughData,
                }
            }
            _ => Verdict::NotEnoughData,
        };
        Evaluation { value, verdict }
    }

    fn holds(&self, value: f64) -> bool {
        match self.operator {
            Operator::Less => value < self.bound,
            Operator::AtMost => value <= self.bound,
            Operator::Greater => value > self.bound,
            Operator::AtLeast => value >= self.bound,
            Operator::Equal => is_equal(value, self.bound),
            Operator::NotEqual => !is_equal(value, self.bound),
        }
    }

    fn holds_within(&self, low: f64, high: f64) -> bool {
        let covers_bound = low <= self.bound && self.bound <= high && !is_equal(low, high);
        self.holds(low)
            && self.holds(high)
            && !(self.operator == Operator::NotEqual && covers_bound)
    }

    fn fails_within(&self, low: f64, high: f64) -> bool {
        let covers_bound = low <= self.bound && self.bound <= high && !is_equal(low, high);
        let may_hold = self.operator == Operator::Equal && covers_bound;
        !(self.holds(low) || self.holds(high) || may_hold)
    }

    /// A value of the metric's base unit in the unit of the bound.
    fn in_unit(&self, value: f64, figures: &Figures) -> Option<f64> {
        Some(match self.unit {
            Unit::Count | Unit::Share | Unit::PerMinute | Unit::Seconds => value,
            Unit::Percent => value * 100.0,
            Unit::PerSecond | Unit::Minutes => value / 60.0,
            Unit::Milliseconds => value * 1000.0,
            Unit::Slots => value / figures.slot_seconds?,
        })
    }
}

/// Shares are sums of parts, so that the last digits are chance.
fn is_equal(a: f64, b: f64) -> bool {
    b.is_finite() && (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

impl Metric {
    /// Where the figure can end, from where it is now. Transactions that wait, or come later, may
    /// still change it: counts and maxima grow, the others move both ways. Shares know their ends.
    fn final_span(self, now: Span, figures: &Figures) -> Span {
        if figures.fates.waiting == 0 {
            return now;
        }
        match self {
            Self::Accepted
            | Self::Seen
            | Self::Included
            | Self::Applied
            | Self::Failed
            | Self::Missed
            | Self::NeverSeen => now,
            Self::LatencyMax
            | Self::ApplicationMax
            | Self::Blocks
            | Self::Orphans
            | Self::MissedSlots
            | Self::Restarts => Span {
                high: f64::INFINITY,
                ..now
            },
            Self::RateIntended
            | Self::RateAccepted
            | Self::RateIncluded
            | Self::RateApplied
            | Self::LatencyP50
            | Self::LatencyP90
            | Self::LatencyP95
            | Self::LatencyP99
            | Self::ApplicationP50
            | Self::ApplicationP90
            | Self::ApplicationP95
            | Self::ApplicationP99
            | Self::Completeness => Span {
                low: 0.0,
                high: f64::INFINITY,
            },
        }
    }

    /// The figure in its base unit: a count, a share, transactions a minute, or seconds.
    fn span(self, figures: &Figures) -> Option<Span> {
        let fates = &figures.fates;
        let open = fates.undecided();
        let share = |low: u64, high: u64| share(low, high, fates.total());
        let rate = |count: u64| figures.rate_min(count).map(Span::exact);
        let exact = |value: Option<f64>| value.map(Span::exact);
        match self {
            Self::Accepted => share(fates.accepted?, fates.accepted?),
            Self::Seen => share(
                fates.seen,
                fates.seen + (open - fates.waiting_seen - fates.unknown_seen),
            ),
            Self::Included => share(fates.included(), fates.included() + open),
            Self::Applied => share(fates.applied, fates.applied + open),
            Self::Failed => share(fates.failed, fates.failed + open),
            Self::Missed => share(fates.missed, fates.missed + open),
            Self::NeverSeen => share(
                fates.never_seen,
                fates.never_seen + (open - fates.waiting_seen - fates.unknown_seen),
            ),
            Self::RateIntended => rate(fates.intended?),
            Self::RateAccepted => rate(fates.accepted?),
            Self::RateIncluded => rate(fates.included()),
            Self::RateApplied => rate(fates.applied),
            Self::LatencyP50 => exact(figures.latency.p50),
            Self::LatencyP90 => exact(figures.latency.p90),
            Self::LatencyP95 => exact(figures.latency.p95),
            Self::LatencyP99 => exact(figures.latency.p99),
            Self::LatencyMax => exact(figures.latency.max),
            Self::ApplicationP50 => exact(figures.block_application.p50),
            Self::ApplicationP90 => exact(figures.block_application.p90),
            Self::ApplicationP95 => exact(figures.block_application.p95),
            Self::ApplicationP99 => exact(figures.block_application.p99),
            Self::ApplicationMax => exact(figures.block_application.max),
            Self::Blocks => Some(count(figures.blocks)),
            Self::Orphans => Some(count(figures.orphans)),
            Self::MissedSlots => figures.missed_slots.map(count),
            Self::Restarts => Some(count(figures.restarts)),
            Self::Completeness => exact(figures.completeness),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of events")]
fn count(count: u64) -> Span {
    Span::exact(count as f64)
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn share(low: u64, high: u64, total: u64) -> Option<Span> {
    (total > 0).then(|| Span {
        low: low as f64 / total as f64,
        high: high as f64 / total as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fates::Fates;
    use crate::figures::Quantiles;

    fn figures() -> Figures {
        Figures {
            load_seconds: Some(120.0),
            fates: Fates {
                intended: Some(200),
                accepted: Some(200),
                seen: 200,
                applied: 196,
                failed: 2,
                missed: 2,
                ..Fates::none()
            },
            latency: Quantiles {
                p95: Some(900.0),
                ..Quantiles::default()
            },
            completeness: Some(1.0),
            slot_seconds: Some(180.0),
            restarts: 1,
            ..Figures::default()
        }
    }

    #[track_caller]
    fn check(figures: &Figures, text: &str, value: Option<f64>, verdict: Verdict) {
        let found = Threshold::parse(text).unwrap().evaluate(figures);
        assert_eq!(found, Evaluation { value, verdict }, "{text}");
    }

    #[test]
    fn a_final_value_passes_or_fails() {
        let figures = figures();
        check(&figures, "included >= 99%", Some(99.0), Verdict::Pass);
        check(&figures, "included > 0.99", Some(0.99), Verdict::Fail);
        check(&figures, "applied >= 99%", Some(98.0), Verdict::Fail);
        check(&figures, "missed == 1%", Some(1.0), Verdict::Pass);
        check(&figures, "missed != 1%", Some(1.0), Verdict::Fail);
        check(&figures, "latency.p95 < 6 slots", Some(5.0), Verdict::Pass);
        check(&figures, "latency.p95 <= 15min", Some(15.0), Verdict::Pass);
        check(
            &figures,
            "latency.p95 < 899999ms",
            Some(900_000.0),
            Verdict::Fail,
        );
        check(&figures, "restarts == 0", Some(1.0), Verdict::Fail);
        check(&figures, "rate.included >= 99", Some(99.0), Verdict::Pass);
        check(
            &figures,
            "rate.accepted < 2 tps",
            Some(100.0 / 60.0),
            Verdict::Pass,
        );
        check(&figures, "completeness == 1", Some(1.0), Verdict::Pass);
    }

    #[test]
    fn what_was_not_measured_is_not_enough_data() {
        let figures = figures();
        check(
            &figures,
            "latency.p99 < 6 slots",
            None,
            Verdict::NotEnoughData,
        );
        check(&figures, "missed_slots < 6", None, Verdict::NotEnoughData);
        let no_slots = Figures {
            slot_seconds: None,
            ..figures
        };
        check(
            &no_slots,
            "latency.p95 < 6 slots",
            None,
            Verdict::NotEnoughData,
        );
        check(
            &Figures::default(),
            "included > 1%",
            None,
            Verdict::NotEnoughData,
        );
    }

    #[test]
    fn what_is_open_decides_only_where_it_matters() {
        let mut figures = figures();
        figures.fates.missed = 0;
        figures.fates.waiting = 2;
        figures.fates.waiting_seen = 2;
        check(&figures, "included >= 99%", Some(99.0), Verdict::Pass);
        check(
            &figures,
            "included >= 99.5%",
            Some(99.0),
            Verdict::NotEnoughData,
        );
        check(&figures, "included > 100%", Some(99.0), Verdict::Fail);
        check(&figures, "seen == 100%", Some(100.0), Verdict::Pass);
        check(
            &figures,
            "missed == 0.5%",
            Some(0.0),
            Verdict::NotEnoughData,
        );
        check(
            &figures,
            "missed != 0.5%",
            Some(0.0),
            Verdict::NotEnoughData,
        );
    }

    #[test]
    fn while_transactions_wait_only_what_cannot_change_any_more_fails() {
        let mut figures = figures();
        figures.fates.missed = 0;
        figures.fates.waiting = 2;
        for open in [
            "latency.p50 < 1s",
            "latency.p95 < 6 slots",
            "latency.max < 60min",
            "block_application.p95 > 1000s",
            "rate.included >= 1000",
            "rate.included > 0",
            "blocks >= 1000",
            "blocks < 1000",
            "restarts == 7",
            "restarts != 7",
            "completeness == 1",
        ] {
            let Ok(threshold) = Threshold::parse(open) else {
                panic!("{open}");
            };
            let found = threshold.evaluate(&figures).verdict;
            assert_eq!(found, Verdict::NotEnoughData, "{open}");
        }
        // Counts and maxima only grow; shares know their ends.
        check(&figures, "restarts == 0", Some(1.0), Verdict::Fail);
        check(&figures, "restarts >= 1", Some(1.0), Verdict::Pass);
        check(&figures, "included > 100%", Some(99.0), Verdict::Fail);
        // What is shown is where it is now.
        check(
            &figures,
            "latency.p95 < 6 slots",
            Some(5.0),
            Verdict::NotEnoughData,
        );
    }

    #[test]
    fn incomplete_traces_give_no_verdict() {
        let figures = Figures {
            completeness: Some(0.98),
            ..figures()
        };
        check(
            &figures,
            "included >= 99%",
            Some(99.0),
            Verdict::NotEnoughData,
        );
        check(&figures, "completeness >= 99%", Some(98.0), Verdict::Fail);
    }
}

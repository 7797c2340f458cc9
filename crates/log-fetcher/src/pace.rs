//! How often a node is asked: often enough that its queue does not wrap, and
//! no oftener. Takes what was seen as input and reads no clock.

use std::time::Duration;

/// The part of a queue that may fill up between two polls. The rest is for
/// bursts: a rebroadcast of snark work makes hundreds of entries at once.
const FILL: f64 = 0.4;
/// The same while answers cannot be stored: polls only keep the queue from
/// wrapping.
const FILL_UNDER_PRESSURE: f64 = 0.8;
/// Longest pause while answers cannot be stored, as a multiple of the usual.
const PRESSURE_STRETCH: u32 = 4;
/// How fast a rate that was higher once is forgotten, per answer.
const FORGET: f64 = 0.1;
/// First pause after a failure; it doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Bounds of the pauses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaceLimits {
    /// Shortest pause.
    pub interval_min: Duration,
    /// Longest pause; the usual one of a quiet node.
    pub interval_max: Duration,
    /// Longest pause after failures.
    pub retry_max: Duration,
    /// Entries that a node's queue holds, as far as is known.
    pub queue_capacity: u64,
}

impl Default for PaceLimits {
    /// Twice a second to once in five; half a minute after failures; the
    /// queue of a daemon that was started without `--itn-max-logs`.
    fn default() -> Self {
        Self {
            interval_min: Duration::from_millis(250),
            interval_max: Duration::from_secs(5),
            retry_max: Duration::from_secs(30),
            queue_capacity: 500,
        }
    }
}

/// The pace of one node.
#[derive(Debug, Clone)]
pub struct Pace {
    limits: PaceLimits,
    capacity: f64,
    /// Entries per second, rather too high than too low.
    rate: f64,
    hurry: bool,
    failures: u32,
}

impl Pace {
    /// The pace of a node of which nothing is known.
    #[must_use]
    pub fn new(limits: PaceLimits) -> Self {
        Self {
            limits,
            capacity: count(limits.queue_capacity),
            rate: 0.0,
            hurry: false,
            failures: 0,
        }
    }

    /// The node gave `entries` new entries, `elapsed` after the time before.
    pub fn answered(&mut self, entries: u64, elapsed: Duration) {
        let entries = count(entries);
        self.failures = 0;
        self.capacity = self.capacity.max(entries);
        self.hurry = entries > self.capacity / 2.0;
        let rate = entries / elapsed.as_secs_f64().max(0.001);
        // A first answer covers more than the time since it was asked for.
        self.rate = rate.max(self.rate + FORGET * (rate - self.rate));
    }

    /// The node had entries before it was first asked: their number says
    /// nothing about its rate.
    pub fn first_answered(&mut self, entries: u64) {
        self.failures = 0;
        self.capacity = self.capacity.max(count(entries));
        self.hurry = count(entries) > self.capacity / 2.0;
    }

    /// The node did not answer, or not as a node does.
    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// Failures since the last answer.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The pause from one poll to the next. `pressure` says that answers
    /// cannot be stored at the moment.
    #[must_use]
    pub fn interval(&self, pressure: bool) -> Duration {
        let limits = &self.limits;
        if self.failures > 0 {
            let doublings = (self.failures - 1).min(16);
            return (FIRST_RETRY * 2_u32.pow(doublings)).min(limits.retry_max);
        }
        let (fill, longest) = if pressure {
            (FILL_UNDER_PRESSURE, limits.interval_max * PRESSURE_STRETCH)
        } else {
            (FILL, limits.interval_max)
        };
        if self.hurry {
            return limits.interval_min;
        }
        let seconds = fill * self.capacity / self.rate.max(1e-6);
        Duration::try_from_secs_f64(seconds)
            .unwrap_or(longest)
            .clamp(limits.interval_min, longest)
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn count(entries: u64) -> f64 {
    entries as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at_rate(per_second: u64) -> Pace {
        let mut pace = Pace::new(PaceLimits::default());
        for _ in 0..50 {
            pace.answered(per_second, SECOND);
        }
        pace
    }

    #[test]
    fn a_quiet_node_is_asked_at_the_usual_interval() {
        assert_eq!(
            at_rate(0).interval(false),
            PaceLimits::default().interval_max
        );
        assert_eq!(
            at_rate(12).interval(false),
            PaceLimits::default().interval_max
        );
    }

    #[test]
    fn a_busy_node_is_asked_before_its_queue_is_half_full() {
        let interval = at_rate(100).interval(false).as_secs_f64();
        assert!((interval - 2.0).abs() < 0.1, "{interval}");
        assert_eq!(
            at_rate(100_000).interval(false),
            PaceLimits::default().interval_min
        );
    }

    #[test]
    fn a_burst_is_followed_by_hurry_and_then_forgotten() {
        let mut pace = at_rate(1);
        pace.answered(300, 5 * SECOND);
        assert_eq!(pace.interval(false), PaceLimits::default().interval_min);
        pace.answered(0, SECOND);
        let after = pace.interval(false);
        assert!(after > SECOND && after < 5 * SECOND, "{after:?}");
        for _ in 0..50 {
            pace.answered(1, SECOND);
        }
        assert_eq!(pace.interval(false), PaceLimits::default().interval_max);
    }

    #[test]
    fn a_backlog_does_not_count_as_rate_but_shows_the_capacity() {
        let mut pace = Pace::new(PaceLimits::default());
        pace.first_answered(10_000);
        pace.answered(100, SECOND);
        // 40 % of a queue of 10,000 is far away.
        assert_eq!(pace.interval(false), PaceLimits::default().interval_max);
    }

    #[test]
    fn failures_stretch_the_pause_to_a_bound_and_an_answer_ends_that() {
        let mut pace = at_rate(1);
        let mut pauses = Vec::new();
        for _ in 0..40 {
            pace.failed();
            pauses.push(pace.interval(false).as_secs());
        }
        assert_eq!(pauses[..6], [1, 2, 4, 8, 16, 30]);
        assert_eq!(pauses[39], 30);
        pace.answered(1, SECOND);
        assert_eq!(pace.interval(false), PaceLimits::default().interval_max);
    }

    #[test]
    fn under_pressure_polls_just_keep_the_queue_from_wrapping() {
        assert_eq!(
            at_rate(1).interval(true),
            4 * PaceLimits::default().interval_max
        );
        let interval = at_rate(100).interval(true).as_secs_f64();
        assert!((interval - 4.0).abs() < 0.1, "{interval}");
    }

    proptest! {
        /// A node of any steady rate that can be followed at all never fills
        /// its queue between two polls.
        #[test]
        fn a_steady_queue_never_wraps(rate in 0.0_f64..1_500.0, polls in 1..60) {
            let mut pace = Pace::new(PaceLimits::default());
            let mut interval = PaceLimits::default().interval_min;
            let mut owed = 0.0;
            for poll in 0..polls {
                owed += rate * interval.as_secs_f64();
                let entries = owed.floor();
                owed -= entries;
                prop_assert!(poll == 0 || entries <= 500.0, "{entries} entries");
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                pace.answered(entries as u64, interval);
                interval = pace.interval(false);
            }
        }
    }
}

//! When the next transaction of a run is due.

use crate::time::{SimTime, Span};

/// Moments at equal distances.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks {
    pub(crate) next: SimTime,
    wait: Span,
}

/// Longer than any run: what a rate of zero, below zero or of no number amounts to.
const NEVER: Span = Span::from_seconds(10_000_000_000);

/// How long to wait at this rate.
pub(crate) fn wait(tps: f64) -> Span {
    // Division is rounded alike on all machines.
    let micros = 1_000_000.0 / tps;
    if !micros.is_finite() || micros <= 0.0 {
        return NEVER;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and is limited below"
    )]
    let micros = micros.round() as i64;
    Span::from_micros(micros.clamp(1, NEVER.micros()))
}

impl Ticks {
    /// The first at `first`, then one after each `wait`.
    pub(crate) fn new(first: SimTime, wait: Span) -> Self {
        Self { next: first, wait }
    }

    /// Moves to the next tick; those that are past already are skipped, not bunched.
    pub(crate) fn advance(&mut self, now: SimTime) {
        self.next += self.wait;
        if self.next <= now {
            let behind = now.since(self.next).micros();
            let wait = self.wait.micros();
            let skipped = behind / wait + 1;
            self.next += self.wait.times(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(micros: i64) -> SimTime {
        SimTime::from_unix_micros(micros)
    }

    #[test]
    fn missed_ticks_are_skipped_and_the_phase_is_kept() {
        let mut ticks = Ticks::new(time(100), Span::from_micros(10));
        ticks.advance(time(100));
        assert_eq!(ticks.next, time(110));
        ticks.advance(time(137));
        assert_eq!(ticks.next, time(140));
        // A tick that is due right now counts as past: it would bunch with this one.
        ticks.advance(time(150));
        assert_eq!(ticks.next, time(160));
    }

    #[test]
    fn waits_are_the_inverse_of_rates() {
        assert_eq!(wait(2.0), Span::from_millis(500));
        assert_eq!(wait(0.1), Span::from_seconds(10));
        assert_eq!(wait(1e12), Span::from_micros(1));
        for undefined in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let _ = wait(undefined);
        }
        assert_eq!(wait(0.0), NEVER);
        assert_eq!(wait(-3.0), NEVER);
        assert_eq!(wait(f64::NAN), NEVER);
    }
}

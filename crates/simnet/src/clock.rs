//! Network time: real time, scaled.
//!
//! Slots, traces and schedulers of the network live in network time, which begins at genesis, the
//! moment the network starts, and runs `scale` times as fast as real time. Everything that
//! touches services outside, such as the time of a submission, stays in real time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The fastest network: a slot of three minutes in 0.18 s.
pub const TIME_SCALE_MAX: u32 = 1_000;

/// The clock that all nodes of a network share.
#[derive(Debug, Clone, Copy)]
pub struct NetworkClock {
    origin: Instant,
    genesis_unix_micros: i64,
    scale: u32,
}

impl NetworkClock {
    /// A clock that stands at genesis now, which is also when it is in real time. `scale` is
    /// between 1 and [`TIME_SCALE_MAX`].
    #[must_use]
    pub fn start(scale: u32) -> Self {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            origin: Instant::now(),
            // Whole milliseconds: configuration files name genesis in them. A second would be
            // several slots of a fast network.
            genesis_unix_micros: i64::try_from(since_1970.as_millis()).unwrap_or_default() * 1_000,
            scale: scale.clamp(1, TIME_SCALE_MAX),
        }
    }

    /// How much faster than real time it runs.
    #[must_use]
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// Genesis, in microseconds since 1970.
    #[must_use]
    pub fn genesis_unix_micros(&self) -> i64 {
        self.genesis_unix_micros
    }

    /// Network time since genesis.
    #[must_use]
    pub fn since_genesis(&self) -> Duration {
        self.origin.elapsed() * self.scale
    }

    /// Network time now, in microseconds since 1970.
    #[must_use]
    pub fn now_unix_micros(&self) -> i64 {
        self.unix_micros(self.since_genesis())
    }

    /// That long after genesis, in microseconds since 1970.
    #[must_use]
    pub fn unix_micros(&self, since_genesis: Duration) -> i64 {
        i64::try_from(since_genesis.as_micros())
            .unwrap_or(i64::MAX)
            .saturating_add(self.genesis_unix_micros)
    }

    /// How long to wait in real time for a span of network time.
    #[must_use]
    pub fn real(&self, network: Duration) -> Duration {
        network / self.scale
    }

    /// The moment of real time at which it is that long after genesis.
    #[must_use]
    pub fn instant(&self, since_genesis: Duration) -> Instant {
        self.origin + self.real(since_genesis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_time_begins_at_genesis_and_runs_scaled() {
        let clock = NetworkClock::start(600);
        std::thread::sleep(Duration::from_millis(5));
        let (before, passed) = (clock.origin.elapsed(), clock.since_genesis());
        let after = clock.origin.elapsed();
        assert!(before * 600 <= passed && passed <= after * 600);
        assert_eq!(clock.real(Duration::from_mins(10)), Duration::from_secs(1));
        assert_eq!(
            clock.unix_micros(Duration::from_millis(1)),
            clock.genesis_unix_micros() + 1_000
        );
        let slot = Duration::from_mins(3);
        assert_eq!(
            clock.instant(slot).duration_since(clock.origin),
            Duration::from_millis(300)
        );
    }

    #[test]
    fn the_scale_stays_within_its_limits() {
        assert_eq!(NetworkClock::start(0).scale(), 1);
        assert_eq!(NetworkClock::start(u32::MAX).scale(), TIME_SCALE_MAX);
    }
}

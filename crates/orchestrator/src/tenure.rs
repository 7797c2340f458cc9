//! For how long this process may act on the world: as long as it holds the lease, by its own clocks.
//!
//! The database refuses what a process writes after it has lost the lease. Nodes, webhooks and
//! executables do not: so whatever is sent to them asks here first, right before it is sent. A process
//! that was paused finds its time over when it wakes, before another thread has told it so.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The time of one lease. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Tenure(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// None for what needs no lease.
    until: Mutex<Option<Moment>>,
    over: CancellationToken,
}

/// A moment by two clocks: one that cannot be set, and one that runs while the machine sleeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// None if it is later than time can tell.
    fn after(self, duration: Duration) -> Option<Self> {
        Some(Self {
            monotonic: self.monotonic.checked_add(duration)?,
            wall: self.wall.checked_add(duration)?,
        })
    }

    /// How long until then by the clock that gets there first.
    fn left(self) -> Duration {
        let now = Self::now();
        let wall = self.wall.duration_since(now.wall).unwrap_or_default();
        self.monotonic
            .saturating_duration_since(now.monotonic)
            .min(wall)
    }
}

impl Tenure {
    /// That of a lease which was asked for at `asked` and is valid for `ttl` from then on at least.
    pub(crate) fn new(asked: Moment, ttl: Duration) -> Self {
        Self::until(asked.after(ttl))
    }

    /// That of a process which needs no lease: a script from the command line, or the kill switch.
    pub(crate) fn unlimited() -> Self {
        Self::until(None)
    }

    fn until(until: Option<Moment>) -> Self {
        Self(Arc::new(Shared {
            until: Mutex::new(until),
            over: CancellationToken::new(),
        }))
    }

    /// Whether something may still be done. Once it may not, it never may again.
    pub(crate) fn holds(&self) -> bool {
        if self.left().is_zero() {
            self.end();
        }
        !self.0.over.is_cancelled()
    }

    /// How long it lasts unless it is extended.
    pub(crate) fn left(&self) -> Duration {
        let until = self.0.until.lock();
        until.map_or(Duration::MAX, Moment::left)
    }

    /// The lease was renewed, which was asked for at `asked`.
    pub(crate) fn extend(&self, asked: Moment, ttl: Duration) {
        let mut until = self.0.until.lock();
        *until = asked.after(ttl);
    }

    /// Ends it.
    pub(crate) fn end(&self) {
        self.0.over.cancel();
    }

    /// Waits until a task has found that it is over.
    pub(crate) async fn ended(&self) {
        self.0.over.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(10);

    fn ago(seconds: u64) -> Moment {
        let now = Moment::now();
        let ago = Duration::from_secs(seconds);
        Moment {
            monotonic: now.monotonic.checked_sub(ago).unwrap(),
            wall: now.wall - ago,
        }
    }

    #[test]
    fn it_lasts_as_long_as_the_lease() {
        assert!(Tenure::new(ago(9), TTL).holds());
        assert!(!Tenure::new(ago(10), TTL).holds());
        assert!(Tenure::unlimited().holds());
        let tenure = Tenure::new(ago(9), TTL);
        tenure.extend(ago(0), TTL);
        assert!(tenure.left() > Duration::from_secs(9));
    }

    #[test]
    fn a_machine_that_slept_has_lost_it() {
        let asleep = Moment {
            wall: ago(11).wall,
            ..ago(1)
        };
        assert!(!Tenure::new(asleep, TTL).holds());
    }

    #[test]
    fn what_was_found_over_stays_over() {
        let tenure = Tenure::new(ago(10), TTL);
        assert!(!tenure.clone().holds());
        tenure.extend(ago(0), TTL);
        assert!(!tenure.holds());
    }
}

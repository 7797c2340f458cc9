//! How often each key may submit: a fixed number of times in any hour.
//!
//! Counts accepted submissions only. Kept in memory, per process; at start it
//! is filled from the database, so that a restart gives nobody a new hour.
//! With several backends on one database each counts those it accepted itself
//! and those stored before it started.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use mina::PublicKey;
use parking_lot::{Mutex, MutexGuard};

/// The period that is counted over.
pub(crate) const WINDOW: Duration = Duration::from_hours(1);

/// Points in time as the time since an arbitrary beginning.
pub(crate) type Time = Duration;

/// The accepted submissions of each key in the last hour. Clones share them.
///
/// Its memory is bounded by the limit times the number of keys that were ever
/// on the whitelist.
#[derive(Debug, Clone)]
pub(crate) struct RateLimit {
    per_window_max: u32,
    accepted: Arc<Mutex<HashMap<PublicKey, VecDeque<Time>>>>,
}

/// A place among a key's submissions, given back unless it is kept.
#[derive(Debug)]
#[must_use = "the place is given back at once"]
pub(crate) struct Reservation {
    limit: RateLimit,
    key: PublicKey,
    at: Time,
    kept: bool,
}

impl RateLimit {
    pub(crate) fn new(per_window_max: u32) -> Self {
        Self {
            per_window_max,
            accepted: Arc::default(),
        }
    }

    /// Counts a submission that was accepted earlier. To be called in order of
    /// time, before anything else.
    pub(crate) fn count_earlier(&self, key: PublicKey, at: Time) {
        self.lock().entry(key).or_default().push_back(at);
    }

    /// A place for a submission of `key` at `now`, none if the key has used up
    /// its places. Checking and taking are one step: of submissions at the same
    /// time no more than allowed get a place.
    pub(crate) fn reserve(&self, key: PublicKey, now: Time) -> Option<Reservation> {
        let mut accepted = self.lock();
        let times = accepted.entry(key).or_default();
        while times
            .front()
            .is_some_and(|&time| now.saturating_sub(time) >= WINDOW)
        {
            times.pop_front();
        }
        if times.len() >= usize::try_from(self.per_window_max).unwrap_or(usize::MAX) {
            return None;
        }
        times.push_back(now);
        drop(accepted);
        Some(Reservation {
            limit: self.clone(),
            key,
            at: now,
            kept: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PublicKey, VecDeque<Time>>> {
        // Every change is a single push or pop: nothing can be left half done.
        self.accepted.lock()
    }
}

impl Reservation {
    /// The submission is stored: it counts.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Some(times) = self.limit.lock().get_mut(&self.key)
            && let Some(index) = times.iter().rposition(|&time| time == self.at)
        {
            times.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> [PublicKey; 2] {
        [
            "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq",
            "B62qoJC4KuLXgTEX2uwQGPNZSnqRTvJHzcEzkWTDFTXMsqdXPNKxJLs",
        ]
        .map(|key| key.parse().unwrap())
    }

    const BEGIN: Time = Duration::from_hours(10);

    fn accept(limit: &RateLimit, key: PublicKey, at: Time) -> bool {
        limit.reserve(key, at).map(Reservation::keep).is_some()
    }

    #[test]
    fn the_hour_slides_and_each_key_has_its_own() {
        let limit = RateLimit::new(2);
        let [a, b] = keys();
        let minutes = |minutes| BEGIN + Duration::from_mins(minutes);
        assert!(accept(&limit, a, minutes(0)));
        assert!(accept(&limit, a, minutes(30)));
        assert!(!accept(&limit, a, minutes(59)));
        assert!(accept(&limit, b, minutes(59)));
        assert!(accept(&limit, a, minutes(60)));
        assert!(!accept(&limit, a, minutes(61)));
        assert!(accept(&limit, a, minutes(90)));
    }

    #[test]
    fn what_is_not_stored_does_not_count() {
        let limit = RateLimit::new(1);
        let [a, _] = keys();
        let reservation = limit.reserve(a, BEGIN);
        assert!(reservation.is_some());
        assert!(limit.reserve(a, BEGIN).is_none());
        drop(reservation);
        assert!(accept(&limit, a, BEGIN));
    }

    #[test]
    fn earlier_submissions_count() {
        let limit = RateLimit::new(2);
        let [a, _] = keys();
        limit.count_earlier(a, BEGIN);
        limit.count_earlier(a, BEGIN + Duration::from_mins(30));
        assert!(!accept(&limit, a, BEGIN + Duration::from_mins(45)));
        assert!(accept(&limit, a, BEGIN + Duration::from_hours(1)));
    }

    #[test]
    fn of_many_at_once_no_more_than_allowed_get_a_place() {
        let limit = RateLimit::new(120);
        let [a, _] = keys();
        let accepted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..100).filter(|_| accept(&limit, a, BEGIN)).count()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(accepted, 120);
    }
}

//! The newest events, for browsers that were away.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How many events are kept, and for how long.
const EVENTS_MAX: usize = 10_000;
const AGE_MAX: Duration = Duration::from_mins(10);

/// Something has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) number: u64,
    pub(super) topic: String,
    /// When, RFC 3339.
    pub(super) at: String,
}

/// The newest events, oldest first, without a hole.
#[derive(Debug)]
pub(super) struct History {
    events: VecDeque<(Instant, Event)>,
    next: u64,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            events: VecDeque::new(),
            next: 1,
        }
    }

    /// Takes in a change and gives the event.
    pub(super) fn add(&mut self, topic: &str, at: String, now: Instant) -> Event {
        let event = Event {
            number: self.next,
            topic: topic.to_owned(),
            at,
        };
        self.next += 1;
        self.events.push_back((now, event.clone()));
        while self.events.len() > EVENTS_MAX || self.is_oldest_too_old(now) {
            self.events.pop_front();
        }
        event
    }

    fn is_oldest_too_old(&self, now: Instant) -> bool {
        self.events
            .front()
            .is_some_and(|(at, _)| now.saturating_duration_since(*at) > AGE_MAX)
    }

    /// All events after a number; nothing if some of them are not kept, or if none has that number
    /// yet.
    pub(super) fn after(&self, number: u64) -> Option<Vec<Event>> {
        let first = self
            .events
            .front()
            .map_or(self.next, |(_, event)| event.number);
        if number >= self.next || number.saturating_add(1) < first {
            return None;
        }
        let missed = self
            .events
            .iter()
            .filter(|(_, event)| event.number > number);
        Some(missed.map(|(_, event)| event.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(events: Option<Vec<Event>>) -> Option<Vec<u64>> {
        events.map(|events| events.iter().map(|event| event.number).collect())
    }

    #[test]
    fn what_was_missed_comes_again_and_what_is_gone_is_a_gap() {
        let mut history = History::new();
        let begin = Instant::now();
        for _ in 0..3 {
            history.add("nodes", String::new(), begin);
        }
        assert_eq!(numbers(history.after(0)), Some(vec![1, 2, 3]));
        assert_eq!(numbers(history.after(2)), Some(vec![3]));
        assert_eq!(numbers(history.after(3)), Some(vec![]));
        assert_eq!(history.after(4), None, "of another server");
        let later = begin + AGE_MAX + Duration::from_secs(1);
        history.add("nodes", String::new(), later);
        assert_eq!(history.after(2), None, "event 3 is too old");
        assert_eq!(numbers(history.after(3)), Some(vec![4]));
    }

    #[test]
    fn the_number_of_events_is_bounded() {
        let mut history = History::new();
        let now = Instant::now();
        for _ in 0..=EVENTS_MAX {
            history.add("nodes", String::new(), now);
        }
        assert_eq!(history.after(0), None);
        assert_eq!(
            history.after(1).map(|events| events.len()),
            Some(EVENTS_MAX)
        );
    }
}

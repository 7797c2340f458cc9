//! Polls topics while a stream subscribes to them, and sends changes to all streams.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::fingerprint;
use super::history::{Event, History};
use super::topic::{self, Source};
use crate::lab::Lab;

/// How often it is seen which topics are due.
const TICK: Duration = Duration::from_millis(250);
/// How long a topic is still looked up after the last stream that wanted it: a page that is loaded
/// anew misses nothing.
const LINGER: Duration = Duration::from_mins(1);
/// Most topics that are looked up at once.
const TOPICS_MAX: usize = 128;
/// Events that a slow stream may be behind.
const BEHIND_MAX: usize = 1024;

/// Shared by all streams.
#[derive(Clone)]
pub(crate) struct Hub {
    shared: Arc<Mutex<Shared>>,
    events: broadcast::Sender<Event>,
    /// Tells events of this process from those of former ones.
    start: String,
    stop: CancellationToken,
}

struct Shared {
    topics: HashMap<String, Watched>,
    history: History,
}

struct Watched {
    source: Source,
    every: Duration,
    streams: usize,
    wanted_at: Instant,
    looked_at: Option<Instant>,
    is_asked: bool,
    fingerprint: Option<u64>,
}

/// The topics of one stream; they are given back when it is dropped.
pub(super) struct Subscription {
    hub: Hub,
    pub(super) topics: Vec<String>,
    pub(super) events: broadcast::Receiver<Event>,
}

/// Why a stream cannot begin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SubscribeError {
    #[error("there is no topic \"{0}\"; topics are {names}", names = topic::names())]
    Unknown(String),
    #[error("too many topics are looked up at once; try again later")]
    TooMany,
}

impl Hub {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        let shared = Shared {
            topics: HashMap::new(),
            history: History::new(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            events: broadcast::Sender::new(BEHIND_MAX),
            start: format!("{:x}", Timestamp::now().as_microsecond()),
            stop,
        }
    }

    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// How an event is named in streams.
    pub(super) fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.start)
    }

    /// What was missed since the event with this name; nothing if that cannot be known.
    pub(super) fn missed(&self, id: &str) -> Option<Vec<Event>> {
        let (start, number) = id.split_once('-')?;
        if start != self.start {
            return None;
        }
        self.with(|shared| shared.history.after(number.parse().ok()?))
    }

    pub(super) fn subscribe(&self, topics: Vec<String>) -> Result<Subscription, SubscribeError> {
        let sources = topics
            .iter()
            .map(|name| topic::source(name).ok_or_else(|| SubscribeError::Unknown(name.clone())));
        let sources: Vec<(Source, Duration)> = sources.collect::<Result<_, _>>()?;
        let events = self.events.subscribe();
        self.with(|shared| {
            let new = topics
                .iter()
                .filter(|name| !shared.topics.contains_key(*name));
            if shared.topics.len() + new.count() > TOPICS_MAX {
                return Err(SubscribeError::TooMany);
            }
            for (name, (source, every)) in topics.iter().zip(sources) {
                let watched = shared
                    .topics
                    .entry(name.clone())
                    .or_insert_with(|| Watched {
                        source,
                        every,
                        streams: 0,
                        wanted_at: Instant::now(),
                        looked_at: None,
                        is_asked: false,
                        fingerprint: None,
                    });
                watched.streams += 1;
            }
            Ok(())
        })?;
        Ok(Subscription {
            hub: self.clone(),
            topics,
            events,
        })
    }

    /// Looks topics up until it is stopped.
    pub(crate) async fn look(self, lab: Lab) {
        let mut asking: JoinSet<(String, u64)> = JoinSet::new();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                Some(answer) = asking.join_next() => {
                    if let Ok((topic, print)) = answer {
                        self.take(&topic, print);
                    }
                }
                _ = tick.tick() => {
                    for (topic, source) in self.due(Instant::now()) {
                        let lab = lab.clone();
                        asking.spawn(async move {
                            let print = look_up(&lab, &source).await;
                            (topic, print)
                        });
                    }
                }
            }
        }
    }

    /// The topics that are to be looked up now. Those that nobody has wanted for a while are
    /// forgotten.
    fn due(&self, now: Instant) -> Vec<(String, Source)> {
        self.with(|shared| {
            shared.topics.retain(|_, watched| {
                let lingers = now.saturating_duration_since(watched.wanted_at) < LINGER;
                watched.streams > 0 || watched.is_asked || lingers
            });
            let due = shared.topics.iter_mut().filter(|(_, watched)| {
                let last = watched.looked_at;
                let rests = |at: Instant| now.saturating_duration_since(at) < watched.every;
                !watched.is_asked && !last.is_some_and(rests)
            });
            due.map(|(name, watched)| {
                watched.is_asked = true;
                watched.looked_at = Some(now);
                (name.clone(), watched.source.clone())
            })
            .collect()
        })
    }

    /// Takes in what a topic looks like, and informs all streams if it has changed.
    fn take(&self, topic: &str, print: u64) {
        let event = self.with(|shared| {
            let watched = shared.topics.get_mut(topic)?;
            watched.is_asked = false;
            let before = watched.fingerprint.replace(print);
            if before.is_none_or(|before| before == print) {
                return None;
            }
            let at = Timestamp::now().to_string();
            Some(shared.history.add(topic, at, Instant::now()))
        });
        if let Some(event) = event {
            // Nobody listens: fine.
            let _sent = self.events.send(event);
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Shared) -> T) -> T {
        // What a thread leaves behind that panics meanwhile is whole: each step is one change.
        let mut shared = self.shared.lock();
        work(&mut shared)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let topics = std::mem::take(&mut self.topics);
        self.hub.with(|shared| {
            for topic in &topics {
                if let Some(watched) = shared.topics.get_mut(topic) {
                    watched.streams = watched.streams.saturating_sub(1);
                    watched.wanted_at = Instant::now();
                }
            }
        });
    }
}

/// What a topic looks like. A service that is away looks like itself until it is back.
async fn look_up(lab: &Lab, source: &Source) -> u64 {
    match source {
        Source::Services => {
            let services = lab.services().await;
            fingerprint::of(&serde_json::to_vec(&services).unwrap_or_default())
        }
        Source::Route(service, path) => match lab.bytes(*service, path).await {
            Ok(answer) => fingerprint::of(&answer),
            Err(_) => fingerprint::of(b"away"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Hub {
        Hub::new(CancellationToken::new())
    }

    fn topics(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test]
    async fn only_changes_become_events() {
        let hub = hub();
        let mut subscription = hub.subscribe(topics(&["nodes"])).unwrap();
        hub.take("nodes", 1);
        hub.take("nodes", 1);
        assert!(
            subscription.events.try_recv().is_err(),
            "nothing has changed"
        );
        hub.take("nodes", 2);
        assert_eq!(subscription.events.try_recv().unwrap().topic, "nodes");
        assert_eq!(hub.missed(&hub.id(0)).unwrap().len(), 1);
        assert_eq!(hub.missed("0-0"), None, "of another process");
        assert_eq!(hub.missed("x"), None);
    }

    #[tokio::test]
    async fn a_topic_is_looked_up_while_it_is_wanted_once_for_all() {
        tokio::time::pause();
        let hub = hub();
        let first = hub.subscribe(topics(&["nodes"])).unwrap();
        let second = hub.subscribe(topics(&["nodes", "runs"])).unwrap();
        assert_eq!(hub.due(Instant::now()).len(), 2);
        assert_eq!(hub.due(Instant::now()).len(), 0, "they are being asked");
        hub.take("nodes", 1);
        hub.take("runs", 1);
        assert_eq!(hub.due(Instant::now()).len(), 0, "they rest");
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(hub.due(Instant::now()).len(), 2);
        hub.take("nodes", 1);
        hub.take("runs", 1);
        drop((first, second));
        tokio::time::advance(LINGER + Duration::from_secs(1)).await;
        assert_eq!(hub.due(Instant::now()).len(), 0);
    }

    #[tokio::test]
    async fn unknown_topics_and_too_many_are_refused() {
        let hub = hub();
        let refused = hub.subscribe(topics(&["nodes", "knots"])).err().unwrap();
        assert!(refused.to_string().contains("overview"), "{refused}");
        let mut kept = Vec::new();
        for number in 0..TOPICS_MAX {
            kept.push(hub.subscribe(vec![format!("run:{number}")]).unwrap());
        }
        let refused = hub.subscribe(topics(&["nodes"])).err();
        assert_eq!(refused, Some(SubscribeError::TooMany));
    }
}

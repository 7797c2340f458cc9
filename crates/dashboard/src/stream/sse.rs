//! The stream as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as SseEvent, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use service::ErrorBody;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Interval, MissedTickBehavior};

use super::history::Event;
use super::hub::{Hub, SubscribeError, Subscription};

/// How often the stream says that it is there.
const BEAT: Duration = Duration::from_secs(15);
/// Most topics of one stream.
const TOPICS_MAX: usize = 32;

/// What a stream is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    /// Topics with commas between.
    topics: String,
    /// The last event that was received; the header `Last-Event-ID` says the same.
    after: Option<String>,
}

/// The stream. First comes what was missed; `reset` where that cannot be known.
pub(crate) fn answer(
    hub: &Hub,
    wanted: &Wanted,
    headers: &HeaderMap,
    streams: &Arc<Semaphore>,
) -> Response {
    match begin(hub, wanted, headers, streams) {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

fn begin(
    hub: &Hub,
    wanted: &Wanted,
    headers: &HeaderMap,
    streams: &Arc<Semaphore>,
) -> Result<Response, ErrorBody> {
    let mut topics: Vec<String> = wanted.topics.split(',').map(str::to_owned).collect();
    topics.sort();
    topics.dedup();
    if topics.len() > TOPICS_MAX {
        let message = format!("a stream has at most {TOPICS_MAX} topics");
        return Err(ErrorBody::new(
            StatusCode::BAD_REQUEST,
            "too_many_topics",
            message,
        ));
    }
    let Ok(permit) = Arc::clone(streams).try_acquire_owned() else {
        return Err(busy("too many streams are open; try again later"));
    };
    let subscription = hub.subscribe(topics).map_err(|error| match error {
        SubscribeError::Unknown(_) => {
            ErrorBody::new(StatusCode::BAD_REQUEST, "unknown_topic", error.to_string())
        }
        SubscribeError::TooMany => busy(&error.to_string()),
    })?;
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let mut ready = VecDeque::from([beat()]);
    if let Some(last) = last
        .or(wanted.after.as_deref())
        .filter(|last| !last.is_empty())
    {
        match hub.missed(last) {
            Some(missed) => {
                let mine = missed
                    .into_iter()
                    .filter(|event| subscription.topics.contains(&event.topic));
                ready.extend(mine.map(|event| changed(hub, &event)));
            }
            None => ready.push_back(reset(&subscription.topics, "restart")),
        }
    }
    let mut beats = tokio::time::interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats.reset();
    let following = Following {
        hub: hub.clone(),
        subscription,
        ready,
        beats,
        _permit: permit,
    };
    let events = stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok::<_, Infallible>(event), following))
    });
    Ok(Sse::new(events).into_response())
}

fn busy(message: &str) -> ErrorBody {
    ErrorBody::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", message)
}

struct Following {
    hub: Hub,
    subscription: Subscription,
    ready: VecDeque<SseEvent>,
    beats: Interval,
    _permit: OwnedSemaphorePermit,
}

impl Following {
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            tokio::select! {
                () = self.hub.stop().cancelled() => return None,
                _ = self.beats.tick() => return Some(beat()),
                event = self.subscription.events.recv() => match event {
                    Ok(event) if self.subscription.topics.contains(&event.topic) => {
                        return Some(changed(&self.hub, &event));
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return Some(reset(&self.subscription.topics, "gap")),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}

fn beat() -> SseEvent {
    SseEvent::default().event("beat").data("{}")
}

fn changed(hub: &Hub, event: &Event) -> SseEvent {
    let data = json!({ "v": 1, "at": event.at, "stale": true });
    // A line break would end the field: names of runs come from outside.
    let topic = event.topic.replace(['\r', '\n'], " ");
    SseEvent::default()
        .id(hub.id(event.number))
        .event(topic)
        .data(data.to_string())
}

fn reset(topics: &[String], reason: &str) -> SseEvent {
    let data = json!({ "topics": topics, "reason": reason });
    SseEvent::default().event("reset").data(data.to_string())
}

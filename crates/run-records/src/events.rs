//! What happens in a run, as it happens: server-sent events, from the beginning or from where a
//! reader was.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use service::ErrorBody;
use service::extract::{Path, Query};
use service::refusals::ReadRefusals;
use store::Time;
use store::experiment_runs::Event;
use utoipa::{IntoParams, ToSchema};

use crate::{Runs, failed, unknown};

/// How often the database is looked at for new events.
const POLL: Duration = Duration::from_millis(250);
/// Most readers at the same time.
const READERS_MAX: usize = 256;

static READERS: AtomicUsize = AtomicUsize::new(0);

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// Only events with greater numbers; the header `Last-Event-ID` says the same.
    after: Option<i64>,
}

/// The data of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventData {
    /// When, RFC 3339.
    #[schema(value_type = String)]
    at: Time,
    /// Of a log line: `debug`, `info`, `warning` or `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    /// The step.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<i32>,
    /// The text.
    message: String,
}

struct Reader;

impl Reader {
    fn admit() -> Result<Self, ErrorBody> {
        let readers = READERS.fetch_add(1, Ordering::Relaxed);
        let reader = Self;
        if readers < READERS_MAX {
            return Ok(reader);
        }
        Err(ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_readers",
            "too many readers of events; try again later",
        ))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        READERS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Events of a run: `log`, `step` and `status`. The stream ends when the run has ended and all its
/// events were sent.
#[utoipa::path(get, path = "/api/v1/experiments/{name}/events",
    params(("name" = String, Path, description = "Name of the run"), After),
    responses((status = 200, content_type = "text/event-stream", body = EventData), ReadRefusals))]
pub async fn stream(
    State(runs): State<Runs>,
    Path(name): Path<String>,
    Query(query): Query<After>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>, ErrorBody> {
    let reader = Reader::admit()?;
    let exists = runs.database.experiment_exists(&name).await;
    if !exists.map_err(failed)? {
        return Err(unknown());
    }
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let after = last.or(query.after).unwrap_or(0);
    let follow = Follow {
        runs,
        name,
        after,
        ready: VecDeque::new(),
        _reader: reader,
    };
    let events = futures_util::stream::unfold(follow, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok(event), follow))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Follow {
    runs: Runs,
    name: String,
    after: i64,
    ready: VecDeque<Event>,
    _reader: Reader,
}

impl Follow {
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.after = event.event;
                return to_sse(event);
            }
            // Looked at before the events, so that none is missed.
            let run = self.runs.database.experiment_run(&self.name).await.ok()??;
            let events = self
                .runs
                .database
                .experiment_events(&self.name, self.after)
                .await
                .ok()?;
            let is_over = matches!(
                run.summary.status.as_str(),
                "success" | "error" | "cancelled"
            );
            if events.is_empty() && is_over {
                return None;
            }
            if events.is_empty() {
                tokio::select! {
                    () = self.runs.shutdown.cancelled() => return None,
                    () = tokio::time::sleep(POLL) => {}
                }
            }
            self.ready.extend(events);
        }
    }
}

fn to_sse(event: Event) -> Option<SseEvent> {
    let data = EventData {
        at: event.at,
        level: event.level,
        step: event.step,
        message: event.message,
    };
    SseEvent::default()
        .id(event.event.to_string())
        .event(event.kind)
        .json_data(data)
        .ok()
}

//! Nodes whose log grows with the clock: what an entry says follows from its
//! id, so a node is a few numbers and no work happens until it is asked.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use itn::{SigningKey, Uuid, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Entries of one block; a real one makes about as many.
const BLOCK_ENTRIES: u64 = 100;
/// Names of checkpoints of a block, in their order.
const NAMES: [&str; 8] = [
    "Begin_external_block_processing",
    "Validate_transition",
    "Build_breadcrumb",
    "Verify_transaction_snarks",
    "Validate_staged_ledger_diff",
    "Check_completed_works",
    "Apply_diff",
    "Hash_new_staged_ledger",
];

pub(super) fn key() -> SigningKey {
    SigningKey::from_seed(&[3; 32])
}

/// How a node behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    Well,
    /// It takes requests and never answers.
    Hangs,
    /// Its answers never end.
    NeverEnds,
    /// Its answers are nonsense.
    Nonsense,
    /// It does not listen any more.
    Dead,
}

/// The clock that all nodes share: when their logs began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    began: Instant,
    began_micros: u64,
    lines_per_second: f64,
    /// Entries that each had at the beginning.
    backlog: u64,
}

impl Clock {
    pub(super) fn start(lines_per_second: f64, backlog: u64) -> Self {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            began: Instant::now(),
            began_micros: u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX),
            lines_per_second,
            backlog,
        }
    }

    /// The id of the newest entry, `after` the beginning.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    fn newest_at(&self, after: Duration) -> u64 {
        self.backlog + (after.as_secs_f64() * self.lines_per_second) as u64
    }

    pub(super) fn newest(&self) -> u64 {
        self.newest_at(self.began.elapsed())
    }

    /// Seconds from the beginning until an entry was written.
    #[expect(clippy::cast_precision_loss, reason = "a time")]
    pub(super) fn written(&self, id: u64) -> f64 {
        (id as f64 - self.backlog as f64) / self.lines_per_second.max(1e-9)
    }

    pub(super) fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a time in this century")]
    fn micros(&self, id: u64) -> i64 {
        let after = (self.written(id) * 1e6) as i64;
        i64::try_from(self.began_micros)
            .unwrap_or(i64::MAX)
            .saturating_add(after)
    }
}

struct NodeState {
    number: usize,
    clock: Clock,
    capacity: u64,
    verifier: Mutex<Verifier>,
    flushed: Mutex<u64>,
    behaviour: Mutex<Behaviour>,
}

/// A node that listens.
pub(super) struct BenchNode {
    pub(super) address: SocketAddr,
    state: Arc<NodeState>,
    task: tokio::task::JoinHandle<()>,
}

impl BenchNode {
    pub(super) async fn start(number: usize, clock: Clock, capacity: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let uuid = Uuid::from_random_bytes(rand::random());
        let state = Arc::new(NodeState {
            number,
            clock,
            capacity,
            verifier: Mutex::new(Verifier::new(uuid, [key().verifying_key()])),
            flushed: Mutex::new(0),
            behaviour: Mutex::new(Behaviour::Well),
        });
        let router = Router::new()
            .route("/graphql", post(answer))
            .with_state(Arc::clone(&state));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            state,
            task,
        })
    }

    pub(super) fn behave(&self, behaviour: Behaviour) {
        *self
            .state
            .behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = behaviour;
        if behaviour == Behaviour::Dead {
            self.task.abort();
        }
    }
}

impl Drop for BenchNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(node): State<Arc<NodeState>>, headers: HeaderMap, body: Bytes) -> Response {
    let behaviour = *node
        .behaviour
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match behaviour {
        Behaviour::Well => {}
        Behaviour::Hangs | Behaviour::Dead => std::future::pending().await,
        Behaviour::NeverEnds => {
            let pieces = futures_util::stream::repeat_with(|| {
                Ok::<_, Infallible>(Bytes::from_static(&[b' '; 65_536]))
            });
            return Body::from_stream(pieces).into_response();
        }
        Behaviour::Nonsense => {
            return r#"{"data":{"internalLogs":[[[[{"id":-1}]]]]}}"#.into_response();
        }
    }
    let authorization = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.as_bytes());
    let (uuid, number) = {
        let mut verifier = node.verifier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(refusal) = verifier.authenticate(authorization, &body) {
            let status = StatusCode::from_u16(refusal.status());
            let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
            return (status, refusal.to_string()).into_response();
        }
        (verifier.server_uuid(), verifier.signer_sequence_number())
    };
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let argument = |name: &str| request["variables"][name].as_u64().unwrap_or(0);
    match request["operationName"].as_str() {
        Some("InternalLogs") => node.logs(argument("startLogId")).into_response(),
        Some("FlushInternalLogs") => {
            let id = argument("endLogId");
            let mut flushed = node.flushed.lock().unwrap_or_else(PoisonError::into_inner);
            *flushed = (*flushed).max(id);
            r#"{"data":{"flushInternalLogs":"Deleted"}}"#.into_response()
        }
        _ => json!({"data": {"auth": {
            "serverUuid": uuid.as_str(), "signerSequenceNumber": number.to_string(),
            "libp2pPort": "8302", "peerId": format!("12D3{:08}", node.number),
            "isBlockProducer": false,
        }}})
        .to_string()
        .into_response(),
    }
}

impl NodeState {
    fn logs(&self, from: u64) -> String {
        let newest = self.clock.newest();
        let flushed = *self.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = newest.saturating_sub(self.capacity).max(flushed) + 1;
        let mut text = String::from(r#"{"data":{"internalLogs":["#);
        for id in from.max(oldest)..=newest {
            if !text.ends_with('[') {
                text.push(',');
            }
            self.write_entry(&mut text, id);
        }
        text.push_str("]}}");
        text
    }

    fn write_entry(&self, text: &mut String, id: u64) {
        let (block, place) = ((id - 1) / BLOCK_ENTRIES, (id - 1) % BLOCK_ENTRIES);
        let time = UtcText(self.clock.micros(id));
        let _ = write!(text, r#"{{"id":{id},"timestamp":"{time}","message":""#);
        let control = |text: &mut String, item: &str, value: &str| {
            let _ = write!(
                text,
                r#"@control","metadata":[{{"item":"{item}","value":{value}}}],"process":null}}"#
            );
        };
        let checkpoint = |text: &mut String, name: &str| {
            let _ = write!(text, r#"{name}","metadata":[],"process":null}}"#);
        };
        match place {
            0 => control(text, "current_block", &format!(r#""3NKbench{block:040}""#)),
            1 => checkpoint(text, "External_block_received"),
            2 => control(
                text,
                "block_metadata",
                &format!(r#"{{"blockchain_length":"{block}","global_slot":"{block}"}}"#),
            ),
            97 => checkpoint(text, "Breadcrumb_integrated"),
            99 => control(text, "current_block", r#""0""#),
            _ if place % 4 == 3 => control(text, "metadata", r#"{"count":1}"#),
            _ => {
                let name = NAMES[usize::try_from(place).unwrap_or(0) * NAMES.len() / 100];
                checkpoint(text, name);
            }
        }
    }
}

/// A time as nodes write it: `2025-05-07 14:30:22.361262Z`.
struct UtcText(i64);

impl std::fmt::Display for UtcText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, micros) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Howard Hinnant, "chrono-compatible low-level date algorithms".
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{micros:06}Z",
            second / 3_600,
            second / 60 % 60,
            second % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_nodes_write_them() {
        assert_eq!(
            UtcText(1_746_628_222_361_262).to_string(),
            "2025-05-07 14:30:22.361262Z"
        );
        assert_eq!(
            UtcText(951_782_400_000_000).to_string(),
            "2000-02-29 00:00:00.000000Z"
        );
    }

    #[tokio::test]
    async fn every_entry_can_be_read_by_the_tracer() {
        let node = NodeState {
            number: 1,
            clock: Clock::start(0.0, 250),
            capacity: 1_000,
            verifier: Mutex::new(Verifier::new(Uuid::from_random_bytes([1; 16]), [])),
            flushed: Mutex::new(20),
            behaviour: Mutex::new(Behaviour::Well),
        };
        let answer: Value = serde_json::from_str(&node.logs(1)).unwrap();
        let logs = answer["data"]["internalLogs"].as_array().unwrap();
        assert_eq!((logs.len(), &logs[0]["id"]), (230, &json!(21)));
        for log in logs {
            let entry = trace::log_entry::parse(log.to_string().as_bytes()).unwrap();
            assert!(!matches!(entry.entry, trace::entry::Entry::Unknown(_)));
        }
    }
}

//! A node that knows the truth about its log: every entry it ever made, in
//! which run and with which id.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as AxumState;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use itn::testing::FakeIdentity;
use itn::{SigningKey, Uuid, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// One run of a daemon.
pub(crate) struct Daemon {
    identity: FakeIdentity,
    capacity: usize,
    queue: VecDeque<(u64, String)>,
    pub(crate) last_id: u64,
    /// How often it has begun to count from 1 again.
    counts_anew: u32,
    /// Names of all entries of this run, by id from 1.
    pub(crate) made: Vec<String>,
}

/// What a node does to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Hang,
    Error,
    Slow(Duration),
}

pub(crate) struct State {
    pub(crate) daemon: Daemon,
    /// What was made in runs that ended.
    pub(crate) former: Vec<Vec<String>>,
    pub(crate) fault: Fault,
    pub(crate) requests: u64,
    permits: bool,
}

#[derive(Clone)]
pub(crate) struct TestNode {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Daemon {
    pub(crate) fn new(capacity: usize) -> Self {
        let uuid = Uuid::from_random_bytes(rand::random());
        Self {
            identity: FakeIdentity {
                peer_id: Some(format!("12D3{:016x}", rand::random::<u64>())),
                ..FakeIdentity::new(uuid, key().verifying_key())
            },
            capacity,
            queue: VecDeque::new(),
            last_id: 0,
            counts_anew: 0,
            made: Vec::new(),
        }
    }

    /// Writes entries, each a checkpoint with a name of its own.
    pub(crate) fn write(&mut self, entries: u64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = trace::Timestamp::from_nanoseconds(i64::try_from(now.as_nanos()).unwrap());
        let micros = now.unwrap().microseconds();
        for _ in 0..entries {
            let uuid = self.identity.verifier.server_uuid();
            let (run, anew) = (&uuid.as_str()[..13], self.counts_anew);
            let name = format!("{run}_{anew}_{}", self.last_id + 1);
            self.queue(&utc_text(micros), &name, &json!([]));
            self.made.push(name);
        }
    }

    /// Puts the entry with the next id into the queue.
    pub(crate) fn queue(&mut self, timestamp: &str, message: &str, metadata: &Value) {
        self.last_id += 1;
        let json = json!({
            "id": self.last_id, "timestamp": timestamp, "message": message,
            "metadata": metadata, "process": null,
        });
        self.queue.push_back((self.last_id, json.to_string()));
        while self.queue.len() > self.capacity {
            self.queue.pop_front();
        }
    }
}

fn utc_text(micros: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(micros).unwrap();
    time.strftime("%Y-%m-%d %H:%M:%S.%6fZ").to_string()
}

impl TestNode {
    pub(crate) async fn start(capacity: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let node = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(State {
                daemon: Daemon::new(capacity),
                former: Vec::new(),
                fault: Fault::None,
                requests: 0,
                permits: true,
            })),
        };
        let router = Router::new()
            .route("/graphql", post(answer))
            .with_state(node.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        node
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn write(&self, entries: u64) {
        self.state().daemon.write(entries);
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// From now on the node does not permit the fetcher's key.
    pub(crate) fn refuse_key(&self) {
        self.state().permits = false;
    }

    /// A new run: another uuid, ids from 1, an empty queue.
    pub(crate) fn restart(&self) {
        let mut state = self.state();
        let peer_id = state.daemon.identity.peer_id.clone();
        let capacity = state.daemon.capacity;
        let mut new = Daemon::new(capacity);
        new.identity.peer_id = peer_id;
        let old = std::mem::replace(&mut state.daemon, new);
        state.former.push(old.made);
    }

    /// Whether everything that it has made was flushed.
    pub(crate) fn is_flushed(&self) -> bool {
        self.state().daemon.queue.is_empty()
    }

    /// The same run counts from 1 again, with an empty queue.
    pub(crate) fn reset_ids(&self) {
        let mut state = self.state();
        let daemon = &mut state.daemon;
        daemon.last_id = 0;
        daemon.queue.clear();
        daemon.counts_anew += 1;
        let made = std::mem::take(&mut daemon.made);
        state.former.push(made);
    }

    /// Another client uses the key: the next request has the wrong number.
    pub(crate) fn lose_sequence(&self) {
        let mut state = self.state();
        let uuid = state.daemon.identity.verifier.server_uuid();
        state.daemon.identity.verifier = Verifier::new(uuid, [key().verifying_key()]);
    }

    /// The daemons of two addresses change places.
    pub(crate) fn swap(&self, other: &Self) {
        let (mut one, mut two) = (self.state(), other.state());
        std::mem::swap(&mut one.daemon, &mut two.daemon);
        std::mem::swap(&mut one.former, &mut two.former);
    }

    /// As the online list has it.
    pub(crate) fn name(&self) -> String {
        format!("-{}-{}", self.address.ip(), self.address.port())
    }
}

async fn answer(AxumState(node): AxumState<TestNode>, headers: HeaderMap, body: Bytes) -> Response {
    let fault = {
        let mut state = node.state();
        state.requests += 1;
        state.fault
    };
    match fault {
        Fault::None => {}
        Fault::Hang => std::future::pending().await,
        Fault::Error => return StatusCode::BAD_GATEWAY.into_response(),
        Fault::Slow(time) => tokio::time::sleep(time).await,
    }
    let mut state = node.state();
    if !state.permits {
        return (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
    }
    let daemon = &mut state.daemon;
    let authorization = headers
        .get(header::AUTHORIZATION)
        .map(axum::http::HeaderValue::as_bytes);
    let asked = match daemon.identity.judge(authorization, &body) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let argument = |name: &str| asked.variables[name].as_u64().unwrap();
    let data = match asked.operation.as_str() {
        "Auth" => daemon.identity.auth(),
        "InternalLogs" => {
            let id = argument("startLogId");
            let entries = daemon.queue.iter().filter(|(entry, _)| *entry >= id);
            let texts: Vec<&str> = entries.map(|(_, json)| json.as_str()).collect();
            let text = format!(r#"{{"data":{{"internalLogs":[{}]}}}}"#, texts.join(","));
            return text.into_response();
        }
        "FlushInternalLogs" => {
            let id = argument("endLogId");
            daemon.queue.retain(|(entry, _)| *entry > id);
            json!({"flushInternalLogs": "Deleted"})
        }
        other => panic!("the fetcher does not send {other}"),
    };
    json!({"data": data}).to_string().into_response()
}

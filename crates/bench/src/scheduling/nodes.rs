//! Many nodes that verify requests as daemons do, and take their time to answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use itn::testing::{FakeIdentity, answer as answered};
use itn::{SigningKey, Uuid};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The orchestrator's key: 32 bytes from 0 to 31.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// All nodes, and what was asked of them.
pub(super) struct SlowNodes {
    online_url: String,
    seen: Arc<Mutex<Seen>>,
}

/// What was asked of all nodes together.
#[derive(Default)]
struct Seen {
    first_request: Option<Instant>,
    last_acceptance: Option<Instant>,
    accepted: usize,
    running: BTreeSet<String>,
    stopped: usize,
}

struct Node {
    identity: Mutex<FakeIdentity>,
    answer: Duration,
    seen: Arc<Mutex<Seen>>,
}

impl SlowNodes {
    pub(super) async fn start(count: usize, answer: Duration) -> anyhow::Result<Self> {
        let key = SigningKey::from_base64(KEY)?.verifying_key();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut online = Vec::new();
        for number in 0..count {
            let listener = TcpListener::bind("127.0.0.1:0")
                .await
                .with_context(|| format!("cannot open a port for node {number}: see ulimit -n"))?;
            let address = listener.local_addr()?;
            online.push(json!({
                "remote_addr": address.ip().to_string(),
                "submitter": "B62qbench",
                "graphql_control_port": address.port(),
            }));
            let mut uuid = [9; 16];
            uuid[..8].copy_from_slice(&u64::try_from(number)?.to_be_bytes());
            let node = Arc::new(Node {
                identity: Mutex::new(FakeIdentity {
                    is_block_producer: false,
                    ..FakeIdentity::new(Uuid::from_random_bytes(uuid), key)
                }),
                answer,
                seen: Arc::clone(&seen),
            });
            let router = Router::new()
                .route("/graphql", post(answer_request))
                .with_state(node);
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let online_url = format!("http://{}/v1/online", listener.local_addr()?);
        let list = Router::new().route("/v1/online", get(async move || axum::Json(online.clone())));
        tokio::spawn(async move { axum::serve(listener, list).await });
        Ok(Self { online_url, seen })
    }

    /// The configuration of an orchestrator that commands them.
    pub(super) fn config(&self) -> String {
        json!({"key": KEY, "onlineURL": self.online_url}).to_string()
    }

    /// Whether any request has come.
    pub(super) fn is_asked(&self) -> bool {
        self.seen.lock().first_request.is_some()
    }

    /// How many have load running.
    pub(super) fn running(&self) -> usize {
        self.seen.lock().running.len()
    }

    /// How many stops were taken.
    pub(super) fn stopped(&self) -> usize {
        self.seen.lock().stopped
    }

    /// From the first request of all, the authentication of the first node, to the last load that
    /// was accepted; and how many were.
    pub(super) fn scheduled(&self) -> Option<(Duration, usize)> {
        let seen = self.seen.lock();
        Some((seen.last_acceptance? - seen.first_request?, seen.accepted))
    }
}

impl Node {
    fn execute(&self, name: &str, variables: &Value) -> Result<Value, String> {
        let handle = variables["handle"].as_str().unwrap_or_default();
        match name {
            "Auth" => Ok(self.identity.lock().auth()),
            "CommitId" => Ok(json!({ "auth": { "commitId": "83b4654" } })),
            "ScheduledTransactions" => Ok(json!({ "scheduledTransactions": [] })),
            "SchedulePaymentsWithHandle" => {
                let mut seen = self.seen.lock();
                if seen.running.insert(handle.to_owned()) {
                    seen.accepted += 1;
                    seen.last_acceptance = Some(Instant::now());
                }
                Ok(json!({ "schedulePayments": handle }))
            }
            "StopScheduledTransactions" => {
                let mut seen = self.seen.lock();
                if !seen.running.remove(handle) {
                    return Err(format!(
                        "Could not find scheduled transactions with handle {handle}"
                    ));
                }
                seen.stopped += 1;
                Ok(json!({ "stopScheduledTransactions": "ok" }))
            }
            "UpdateGating" => Ok(json!({ "updateGating": "success" })),
            _ => Err(format!("unknown operation {name}")),
        }
    }
}

async fn answer_request(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    node.seen
        .lock()
        .first_request
        .get_or_insert_with(Instant::now);
    tokio::time::sleep(node.answer).await;
    let authorization = headers.get("authorization").map(HeaderValue::as_bytes);
    let judged = node.identity.lock().judge(authorization, &body);
    match judged {
        Ok(asked) => {
            let result = node.execute(&asked.operation, &asked.variables);
            axum::Json(answered(result)).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

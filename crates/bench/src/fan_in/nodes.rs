//! Nodes that speak the ITN protocol and have a log that follows from the
//! clock: one is a few numbers, and no work happens until it is asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use itn::{SigningKey, Uuid, Verifier};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::log::SharedLog;

/// A public key, so that nodes have names.
pub(super) const SUBMITTER: &str = "B62qoTqMG41DFgkyQmY2Pos1x671Gfzs9k8NKqUdSg7wQasEV6qnXQP";

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
    /// It is gone: connections are cut, new ones refused.
    Dead,
}

struct NodeState {
    number: usize,
    log: Arc<SharedLog>,
    capacity: u64,
    verifier: Mutex<Verifier>,
    flushed: AtomicU64,
    behaviour: Mutex<Behaviour>,
    /// When any node was first asked for its log.
    first_asked: Arc<OnceLock<Instant>>,
}

/// A node that listens.
pub(super) struct BenchNode {
    pub(super) address: SocketAddr,
    state: Arc<NodeState>,
    task: JoinHandle<()>,
}

/// What is read of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    operation_name: String,
    #[serde(default)]
    variables: Option<Variables>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variables {
    #[serde(default)]
    start_log_id: u64,
    #[serde(default)]
    end_log_id: u64,
}

impl BenchNode {
    pub(super) async fn start(
        number: usize,
        log: Arc<SharedLog>,
        capacity: u64,
        first_asked: Arc<OnceLock<Instant>>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let uuid = Uuid::from_random_bytes(rand::random());
        let state = Arc::new(NodeState {
            number,
            log,
            capacity,
            verifier: Mutex::new(Verifier::new(uuid, [key().verifying_key()])),
            flushed: AtomicU64::new(0),
            behaviour: Mutex::new(Behaviour::Well),
            first_asked,
        });
        let router = Router::new()
            .route("/graphql", post(answer))
            .with_state(Arc::clone(&state));
        Ok(Self {
            address,
            state,
            task: tokio::spawn(listen(listener, router)),
        })
    }

    /// As it is called in the database.
    pub(super) fn name(&self) -> String {
        let tail = &SUBMITTER[SUBMITTER.len() - 8..];
        format!("{tail}-{}-{}", self.address.ip(), self.address.port())
    }

    pub(super) fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock() = behaviour;
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

/// Ends all connections when it is dropped.
async fn listen(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let service = TowerToHyperService::new(router.clone());
                let connection = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move {
                    let _ = connection.await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(State(node): State<Arc<NodeState>>, headers: HeaderMap, body: Bytes) -> Response {
    let behaviour = *node.behaviour.lock();
    match behaviour {
        Behaviour::Well => {}
        Behaviour::Hangs | Behaviour::Dead => std::future::pending().await,
        Behaviour::NeverEnds => {
            static SPACES: [u8; 65_536] = [b' '; 65_536];
            let pieces = futures_util::stream::repeat_with(|| {
                Ok::<_, Infallible>(Bytes::from_static(&SPACES))
            });
            return Body::from_stream(pieces).into_response();
        }
        Behaviour::Nonsense => {
            return r#"{"data":{"internalLogs":[[[[{"id":-1}]]]]}}"#.into_response();
        }
    }
    let authorization = headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes);
    let (uuid, number) = {
        let mut verifier = node.verifier.lock();
        if let Err(refusal) = verifier.authenticate(authorization, &body) {
            let status = StatusCode::from_u16(refusal.status());
            let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
            return (status, refusal.to_string()).into_response();
        }
        (verifier.server_uuid(), verifier.signer_sequence_number())
    };
    let Ok(asked) = serde_json::from_slice::<Asked>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let variables = asked.variables.unwrap_or_default();
    match asked.operation_name.as_str() {
        "InternalLogs" => {
            node.first_asked.get_or_init(Instant::now);
            node.logs(variables.start_log_id).into_response()
        }
        "FlushInternalLogs" => {
            node.flushed
                .fetch_max(variables.end_log_id, Ordering::Relaxed);
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
        let newest = self.log.newest();
        let flushed = self.flushed.load(Ordering::Relaxed);
        let oldest = newest.saturating_sub(self.capacity).max(flushed) + 1;
        self.log.answer(from.max(oldest), newest)
    }
}

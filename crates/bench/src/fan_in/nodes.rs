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
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use itn::testing::{FakeIdentity, answer as answered};
use itn::{SigningKey, Uuid};
use parking_lot::Mutex;
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
    log: Arc<SharedLog>,
    capacity: u64,
    identity: Mutex<FakeIdentity>,
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
            log,
            capacity,
            identity: Mutex::new(FakeIdentity {
                peer_id: Some(format!("12D3{number:08}")),
                is_block_producer: false,
                ..FakeIdentity::new(uuid, key().verifying_key())
            }),
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
    let judged = node.identity.lock().judge(authorization, &body);
    let asked = match judged {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let argument = |name: &str| asked.variables[name].as_u64().unwrap_or(0);
    match asked.operation.as_str() {
        "InternalLogs" => {
            node.first_asked.get_or_init(Instant::now);
            node.logs(argument("startLogId")).into_response()
        }
        "FlushInternalLogs" => {
            node.flushed
                .fetch_max(argument("endLogId"), Ordering::Relaxed);
            r#"{"data":{"flushInternalLogs":"Deleted"}}"#.into_response()
        }
        _ => {
            let auth = node.identity.lock().auth();
            answered(Ok(auth)).to_string().into_response()
        }
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

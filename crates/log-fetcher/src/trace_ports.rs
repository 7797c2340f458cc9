//! A port for each node, on which the log API answers for that node without
//! being told its name: what `internal_trace_port` of `/nodes` leads to.
//!
//! Requests are handed to the log API as they are, with a header that names
//! the node.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use service::layers::{self, Limits};
use service::{ErrorBody, request_id};
use store::Database;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use url::Url;

use service::error_chain;

/// Names the node that a request is about, unless the request does.
const NODE_HEADER: &str = "x-loadlab-node";
/// How often the list of nodes is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// The log API gives up earlier.
const ANSWER_TIME: Duration = Duration::from_mins(2);
const BODY_BYTES_MAX: usize = 1 << 20;

/// Serves the ports of all active nodes.
pub(crate) struct TracePorts {
    pub(crate) database: Database,
    pub(crate) host: IpAddr,
    pub(crate) log_api: Url,
}

#[derive(Clone)]
struct PortState {
    http: reqwest::Client,
    log_api: Url,
    node: HeaderValue,
}

struct OpenPort {
    node: String,
    close: CancellationToken,
}

impl TracePorts {
    /// Opens and closes ports as nodes come and go, until `shutdown`.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let client = service::proxy::direct()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_TIME)
            .build();
        let http = match client {
            Ok(http) => http,
            Err(error) => {
                tracing::error!(%error, "the trace ports cannot be served");
                return;
            }
        };
        let mut open: HashMap<u16, OpenPort> = HashMap::new();
        let mut serving = JoinSet::new();
        let mut taken = std::collections::HashSet::new();
        let mut tick = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(ended) = serving.join_next() => panic_again(ended),
                _ = tick.tick() => {}
            }
            let Ok(nodes) = self.database.fetched_nodes().await else {
                continue;
            };
            let wanted: HashMap<u16, String> = nodes
                .into_iter()
                .filter_map(|node| Some((node.trace_port?, node.node_name)))
                .collect();
            open.retain(|port, open| {
                let keep = wanted.get(port) == Some(&open.node);
                if !keep {
                    open.close.cancel();
                }
                keep
            });
            for (port, node) in wanted {
                if open.contains_key(&port) {
                    continue;
                }
                let Ok(name) = HeaderValue::from_str(&node) else {
                    continue;
                };
                let address = SocketAddr::new(self.host, port);
                let listener = match service::bind(address, "--trace-ports").await {
                    Ok(listener) => listener,
                    Err(error) => {
                        if taken.insert(port) {
                            tracing::warn!(error = %error_chain(&error), "a trace port cannot be had");
                        }
                        continue;
                    }
                };
                taken.remove(&port);
                let state = PortState {
                    http: http.clone(),
                    log_api: self.log_api.clone(),
                    node: name,
                };
                let close = shutdown.child_token();
                serving.spawn(service::serve(listener, routes(state), close.clone()));
                open.insert(port, OpenPort { node, close });
            }
        }
        while let Some(ended) = serving.join_next().await {
            panic_again(ended);
        }
    }
}

/// A panic in the server of a port is one of the task that owns it.
fn panic_again(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

fn routes(state: PortState) -> Router {
    let routes = Router::new()
        .route("/graphql", any(forward))
        .with_state(state);
    let limits = Limits {
        body_bytes: BODY_BYTES_MAX,
        time: ANSWER_TIME,
    };
    layers::standard("log-fetcher", routes, limits)
}

/// Headers that are handed on, there and back. The log API judges the token of the sender.
const THERE: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::ACCEPT,
    header::ORIGIN,
];
const BACK: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
];

async fn forward(State(state): State<PortState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut url = state.log_api.clone();
    url.set_query(parts.uri.query());
    let mut forwarded = state
        .http
        .request(parts.method, url)
        .header(NODE_HEADER, state.node)
        .body(body);
    for name in THERE {
        if let Some(value) = parts.headers.get(&name) {
            forwarded = forwarded.header(name, value);
        }
    }
    if let Some(id) = request_id::to_forward() {
        forwarded = forwarded.header(request_id::HEADER, id);
    }
    let answer = match forwarded.send().await {
        Ok(answer) => answer,
        Err(error) => {
            let error = error.without_url();
            tracing::warn!(error = %error_chain(&error), "the log API does not answer");
            return ErrorBody::new(
                StatusCode::BAD_GATEWAY,
                "log_api",
                "the log API does not answer",
            )
            .into_response();
        }
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    for name in BACK {
        if let Some(value) = answer.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    // In pieces: structured traces can be large.
    let pieces = futures_util::stream::try_unfold(answer, async |mut answer| {
        let piece = answer.chunk().await?;
        Ok::<_, reqwest::Error>(piece.map(|piece| (piece, answer)))
    });
    *response.body_mut() = Body::from_stream(pieces);
    response
}

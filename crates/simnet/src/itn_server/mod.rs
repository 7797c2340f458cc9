//! The ITN server of a node: HTTP, authentication and GraphQL of a daemon's `--itn-graphql-port`.
//!
//! Order of judging: the whole body is read; the request is authenticated, and counted if it is
//! sequenced; only then does its method, its content type or its content matter. So a GraphQL
//! error, a 400 and a 404 below `/graphql` all use up a number, and 401 and 412 do not.

mod logs;
mod mutation;
mod node;
mod query;
mod scalars;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use itn::Authenticated;

pub(crate) use node::{ItnNode, LogLine, NodeIdentity, SchemaGeneration};

use crate::graphql::http::{self, Action};
use crate::graphql::{self, Engine, SchemaError};

/// Longest request: room for some 50,000 senders. A daemon has no limit.
const BODY_BYTES_MAX: usize = 4 << 20;
/// Until a request must have arrived as a whole.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

type SharedEngine = LazyLock<Result<Engine, SchemaError>>;

/// The schemas, which all nodes share.
static CURRENT: SharedEngine = LazyLock::new(|| Engine::new(itn::SCHEMA, false, scalars::read));
static NEWEST: SharedEngine = LazyLock::new(|| Engine::new(itn::SCHEMA, true, scalars::read));

/// What answers at the ITN port of a node. It does not keep the node alive.
pub(crate) fn router<N: ItnNode>(node: &Arc<N>) -> Router {
    Router::new()
        .route("/graphql", any(answer::<N>))
        .route("/", any(notice))
        .route("/status", any(status::<N>))
        .route("/status/performance", any(status::<N>))
        .fallback(|| async { (StatusCode::NOT_FOUND, "Route not found") })
        .with_state(Arc::downgrade(node))
}

async fn notice() -> &'static str {
    "This page is intentionally left blank. The graphql endpoint can be found at `/graphql`."
}

async fn status<N: ItnNode>(State(node): State<Weak<N>>) -> Response {
    let Some(node) = node.upgrade() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let content_type = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, content_type)], node.status().to_string()).into_response()
}

async fn answer<N: ItnNode>(State(node): State<Weak<N>>, request: Request<Body>) -> Response {
    let Some(node) = node.upgrade() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_TIME_MAX, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let authorization = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let authenticated = match node.authenticate(authorization, &body) {
        Ok(authenticated) => authenticated,
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            return (status, refusal.to_string()).into_response();
        }
    };
    let request = match http::action(&head.method, &head.uri, &head.headers, &body) {
        Action::Execute(request) => request,
        Action::Answer(answer) => return answer,
    };
    match execute(&*node, authenticated, &request) {
        Some(body) => http::executed(body),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Executes an authenticated request and gives the body of the answer; none without a schema, which
/// tests exclude.
fn execute<N: ItnNode>(
    node: &N,
    authenticated: Authenticated,
    request: &graphql::Request,
) -> Option<Vec<u8>> {
    let engine = match node.generation() {
        SchemaGeneration::Current => &CURRENT,
        SchemaGeneration::Newest => &NEWEST,
    };
    let engine = engine.as_ref().ok()?;
    let query = query::Query::new(node, authenticated);
    let mutation = mutation::Mutation::new(node, authenticated);
    Some(engine.execute(request, [&query, &mutation]))
}

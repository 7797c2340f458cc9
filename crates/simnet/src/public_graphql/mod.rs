//! The public GraphQL of a node, with the names, types and nullability of the daemon's: what
//! wallets, balance rotation, dashboards and smoke checks ask. Without authentication, as in the
//! daemon.
//!
//! The answers come from the simulation. What it does not model is answered as a daemon without it
//! does: with null, an empty list, or an error.

mod account;
mod block;
mod command;
mod config;
mod daemon;
mod hashes;
mod keys;
mod mutation;
mod protocol_state;
mod query;
mod scalars;
mod snark_work;
mod submit;
mod zkapp;

use std::sync::{Arc, LazyLock, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::graphql::http::{self, Action};
use crate::graphql::{Engine, SchemaError};
use crate::node::Node;

/// Longest request.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Until a request must have arrived as a whole.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// The schema, in parts.
const SDL: &str = concat!(
    include_str!("schema/root.graphql"),
    include_str!("schema/daemon.graphql"),
    include_str!("schema/ledger.graphql"),
    include_str!("schema/block.graphql"),
    include_str!("schema/command.graphql"),
    include_str!("schema/zkapp.graphql"),
    include_str!("schema/payload.graphql"),
    include_str!("schema/input.graphql"),
    include_str!("schema/zkapp_input.graphql"),
    include_str!("schema/scalar.graphql"),
);

/// The schema, which all nodes share.
static ENGINE: LazyLock<Result<Engine, SchemaError>> =
    LazyLock::new(|| Ok(Engine::new(SDL, true, scalars::read)?.with_null_variables()));

/// What answers at the public port of a node. It does not keep the node alive.
pub(crate) fn router(node: &Arc<Node>) -> Router {
    Router::new()
        .route("/graphql", any(answer))
        .with_state(Arc::downgrade(node))
}

async fn answer(State(node): State<Weak<Node>>, request: Request<Body>) -> Response {
    let Some(node) = node.upgrade() else {
        // The network has ended.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_TIME_MAX, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let request = match http::action(&head.method, &head.uri, &head.headers, &body) {
        Action::Execute(request) => request,
        Action::Answer(answer) => return answer,
    };
    let Ok(engine) = ENGINE.as_ref() else {
        // Tests exclude a schema that cannot be read.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let query = query::Query(&node);
    let mutation = mutation::Mutation(&node);
    http::executed(engine.execute(&request, [&query, &mutation]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_can_be_read() {
        assert!(ENGINE.is_ok(), "{ENGINE:?}");
    }
}

//! The public GraphQL of a node: what wallets, balance rotation and smoke checks ask.
//!
//! A part of the daemon's schema, with its names. Without authentication, as in the daemon.

mod inputs;
mod mutations;
mod queries;
mod scalars;

use std::sync::Arc;

use async_graphql::{EmptySubscription, Schema};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;

use crate::node::Node;

/// Longest request.
const BODY_BYTES_MAX: usize = 1 << 20;

/// The schema, which all nodes share.
pub(crate) type PublicSchema = Schema<queries::Query, mutations::Mutation, EmptySubscription>;

/// The schema.
pub(crate) fn schema() -> PublicSchema {
    Schema::build(queries::Query, mutations::Mutation, EmptySubscription)
        .limit_depth(20)
        .limit_complexity(1_000)
        .finish()
}

/// What answers at the public port of a node.
pub(crate) fn router(schema: PublicSchema, node: &Arc<Node>) -> Router {
    Router::new()
        .route("/graphql", post(execute))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        // Weak: the node holds its routers.
        .with_state((schema, Arc::downgrade(node)))
}

async fn execute(
    State((schema, node)): State<(PublicSchema, std::sync::Weak<Node>)>,
    request: GraphQLRequest,
) -> GraphQLResponse {
    let request = request.into_inner();
    match node.upgrade() {
        Some(node) => schema.execute(request.data(node)).await.into(),
        // The network has ended.
        None => schema.execute(request).await.into(),
    }
}

//! The reading API: `/api/v1`. One block trace, its checkpoints, two traces beside each other. Every
//! answer has `meta`, which says what it rests on, and an `ETag`.

mod diff;
mod openapi;
mod parts;
mod stored;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use store::Database;
use tokio::sync::Semaphore;

use crate::limits;

pub use openapi::openapi;

/// What all routes share.
#[derive(Clone)]
pub(crate) struct Reading {
    database: Database,
    /// Bounds what is laid out at once.
    running: Arc<Semaphore>,
}

/// The routes over a database.
pub(crate) fn routes(database: Database) -> Router {
    let running = Arc::new(Semaphore::new(limits::CONCURRENT_REQUESTS));
    Router::new()
        .route(
            "/api/v1/traces/{deployment}/{node}/{hash}",
            get(traces::trace),
        )
        .route(
            "/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}",
            get(traces::checkpoint),
        )
        .route("/api/v1/trace-diff", get(diff::trace_diff))
        .merge(service::openapi::routes(openapi::document()))
        .with_state(Reading { database, running })
}

//! The reading API: `/api/v1`. One block trace, its checkpoints, two traces beside each other. Every
//! answer has `meta`, which says what it rests on, and an `ETag`.

mod diff;
mod openapi;
mod parts;
mod reading;
mod stored;
mod traces;

use axum::Router;
use axum::routing::get;
use store::Database;

pub(crate) use openapi::document;
pub use openapi::openapi;
use reading::Reading;

/// The routes over a database.
pub(crate) fn routes(database: Database) -> Router {
    // Long traces take long to read, and depend on rows alone.
    let looked_at = database.clone();
    let costly = Router::new().route(
        "/api/v1/traces/{deployment}/{node}/{hash}",
        get(traces::trace),
    );
    let costly = service::kept_answers::keep(costly, move || {
        let database = looked_at.clone();
        async move { database.state_of_rows().await.ok() }
    });
    Router::new()
        .merge(costly)
        .route(
            "/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}",
            get(traces::checkpoint),
        )
        .route("/api/v1/trace-diff", get(diff::trace_diff))
        .merge(service::openapi::routes(openapi::document()))
        .with_state(Reading::new(database))
}

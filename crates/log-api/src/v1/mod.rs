//! The reading API: `/api/v1`. One block trace, its checkpoints, two traces beside each other. Every
//! answer has `meta`, which says what it rests on, and an `ETag`.

mod diff;
mod openapi;
mod parts;
mod reading;
mod stored;
mod traces;

use axum::Router;
use axum::extract::{FromRequestParts as _, Path};
use axum::routing::get;
use store::Database;

pub(crate) use openapi::document;
pub use openapi::openapi;
use reading::Reading;

/// The routes over a database.
pub(crate) fn routes(database: Database) -> Router {
    // Long traces take long to read. Nodes write all the time, but seldom into this trace.
    let looked_at = database.clone();
    let costly = Router::new().route(
        "/api/v1/traces/{deployment}/{node}/{hash}",
        get(traces::trace),
    );
    let costly = service::kept_answers::keep(costly, move |mut request| {
        let database = looked_at.clone();
        async move {
            let name = Path::<(i32, String, String)>::from_request_parts(&mut request, &()).await;
            let Path((deployment_id, node, hash)) = name.ok()?;
            let state = database.state_of_trace(deployment_id, &node, &hash).await;
            state.ok()
        }
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

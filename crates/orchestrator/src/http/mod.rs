//! The HTTP interface: the one that users know, below `/api/v0`, and the new one, below `/api/v1`.

mod answers;
mod intake;
mod openapi;
mod parameters;
mod permits;
mod refusals;
mod shared;
mod v0;
mod v1;

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use service::layers::{self, Limits};

pub use openapi::openapi;
pub(crate) use permits::Permits;
pub(crate) use shared::Shared;

/// All routes, those for operators included.
pub(crate) fn routes(shared: Shared) -> Router {
    let guard = shared.config.guard.clone();
    // What costs much and knows of files and addresses.
    let asking = Router::new()
        .route("/api/v0/experiment/test", post(v0::test))
        .route("/api/v1/experiments/plan", post(v1::plan));
    let changing = Router::new()
        .route("/api/v0/experiment/run", post(v0::run))
        .route("/api/v0/experiment/cancel", post(v0::cancel))
        .route("/api/v1/experiments", post(v1::start))
        .route("/api/v1/experiments/{name}/cancel", post(v1::cancel));
    let reading = Router::new()
        .route("/api/v0/experiment/status", get(v0::status))
        .route("/api/v1/experiments", get(run_records::runs::list))
        .route("/api/v1/experiments/{name}", get(run_records::runs::get))
        .route(
            "/api/v1/experiments/{name}/journal",
            get(run_records::journal::journal),
        )
        .route("/api/v1/parameters", get(parameters::list));
    let strict = |routes| service::openapi::refuse_unknown_parameters(routes, openapi::document());
    let routes = guard
        .protect(strict(changing))
        .merge(guard.protect_asking(strict(asking)))
        .merge(guard.protect_reading(strict(reading)))
        .merge(service::openapi::routes(openapi::document()))
        .with_state(shared.clone());
    let limits = Limits {
        // Setups have a limit of their own, with an answer of the known form; nothing else is read.
        body_bytes: usize::MAX,
        time: Duration::from_mins(1),
    };
    // The stream of events lasts as long as its reader wants.
    let streaming = Router::new().route(
        "/api/v1/experiments/{name}/events",
        get(run_records::events::stream),
    );
    let streaming = layers::streaming(
        "orchestrator",
        guard
            .protect_reading(strict(streaming))
            .with_state(shared.clone()),
    );
    let database = shared.database;
    let ready = move || {
        let database = database.clone();
        async move { database.ping().await }
    };
    layers::standard("orchestrator", routes, limits)
        .merge(streaming)
        .merge(service::health::routes_with_tasks(shared.tasks, ready))
}

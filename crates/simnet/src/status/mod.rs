//! The status page of a network, its figures as JSON, and the control endpoint.

mod accounts;
mod control;
mod state;

pub(crate) use accounts::{CreateAccounts, CreatedAccounts};
pub(crate) use state::Status;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use service::extract::Path;
use service::layers::Limits;
use service::{ErrorBody, Guard, TaskHealth};

use crate::truth::{NetworkTruth, SchedulerRun};
use state::unknown_node;

/// A page that asks for the figures every second.
const PAGE: &str = include_str!("page.html");

pub(crate) fn router(status: Arc<Status>, guard: &Guard, tasks: TaskHealth) -> Router {
    let changing = Router::new()
        .route("/api/v1/faults", post(control::fault))
        .route(
            "/api/v1/nodes/{name}/created-accounts",
            post(accounts::create),
        );
    let reading = Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/api/v1/network", get(truth))
        .route(
            "/api/v1/nodes/{name}/scheduled-transactions",
            get(accounts::scheduled),
        )
        .route("/api/v1/nodes/{name}/scheduler-runs", get(scheduler_runs));
    let routes = guard
        .protect(changing)
        .merge(guard.protect_reading(reading))
        .merge(service::openapi::routes(include_str!(
            "../../../../openapi/simnet.json"
        )))
        .with_state(status);
    let ready = async || Ok::<(), std::convert::Infallible>(());
    service::layers::standard("simnet", routes, Limits::default())
        .merge(service::health::routes_with_tasks(tasks, ready))
}

/// `GET /api/v1/nodes/{name}/scheduler-runs`: what the node's schedulers were told to do.
async fn scheduler_runs(
    State(status): State<Arc<Status>>,
    Path(name): Path<String>,
) -> Result<Json<Vec<SchedulerRun>>, ErrorBody> {
    let node = status
        .network
        .node(&name)
        .map_err(|error| unknown_node(&error))?;
    Ok(Json(SchedulerRun::of(node)))
}

async fn truth(State(status): State<Arc<Status>>) -> Json<NetworkTruth> {
    Json(NetworkTruth::of(&status.network, &status.common))
}

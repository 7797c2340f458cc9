//! The routes.

use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, patch, post};
use metrics::counter;
use run_records::Runs;
use serde_json::{Value, json};
use service::Guard;
use service::extract::Path;
use service::layers::{self, Limits};
use store::Database;
use store::deployments::Cleaned;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use crate::access_routes;
use crate::body::{self, object};
use crate::encoding;
use crate::error::{Refused, Unread};
use crate::experiments::{self, Page};
use crate::node_restart;
use crate::rounds_list::RoundsList;
use crate::{openapi, v1};

/// The service in figures.
const SERVICE: &str = "experiments-api";

/// Reading a body and answering from the database; the view may take long over
/// a very large one.
const TIME_MAX: Duration = Duration::from_mins(3);

/// Deleting from large deployments takes its time.
const CLEANUP_TIME_MAX: Duration = Duration::from_mins(30);

pub(crate) fn routes(database: Database, guard: &Guard, shutdown: CancellationToken) -> Router {
    let limits = |time| Limits {
        // Bodies have a limit of their own, with an answer of the known form.
        body_bytes: usize::MAX,
        time,
    };
    let writing = Router::new()
        .route("/api/deployments", post(create_deployment))
        .route("/api/node-restarts", post(record_node_restart));
    let cleaning = Router::new()
        .route("/api/tracing/cleanup", post(clean_up))
        .route(
            "/api/v1/deployments/{id}",
            patch(v1::deployments::note).delete(v1::deployments::drop_one),
        );
    let listing = Router::new()
        .route("/api/experiments", get(list_experiments))
        .route("/api/experiments/", get(list_experiments))
        .with_state(RoundsList::new(database.clone()));
    let reading = Router::new()
        .route("/api/experiment/{name}", get(experiment_state))
        .merge(service::openapi::refuse_unknown_parameters(
            v1::routes(&database),
            openapi::document(),
        ))
        .with_state(database.clone())
        .merge(listing);
    let runs = Runs::new(database.clone(), shutdown);
    let strict = |router| service::openapi::refuse_unknown_parameters(router, openapi::document());
    let records = Router::new()
        .route("/api/v1/experiments/{name}", get(run_records::runs::get))
        .route(
            "/api/v1/experiments/{name}/journal",
            get(run_records::journal::journal),
        );
    let reading = reading.merge(strict(records).with_state(runs.clone()));
    // The stream of events lasts as long as its reader wants.
    let streaming = Router::new().route(
        "/api/v1/experiments/{name}/events",
        get(run_records::events::stream),
    );
    let streaming = guard.protect_reading(strict(streaming)).with_state(runs);
    let routes = guard
        .protect(writing)
        .merge(access_routes::routes(guard, openapi::document()))
        .merge(service::openapi::routes(openapi::document()))
        .fallback(async || Refused::NotFound)
        .with_state(database.clone())
        .merge(guard.protect_reading(reading));
    let cleaning = guard.protect(cleaning).with_state(database);
    layers::standard(SERVICE, routes, limits(TIME_MAX))
        .merge(layers::streaming(SERVICE, streaming))
        .merge(layers::standard(
            SERVICE,
            cleaning,
            limits(CLEANUP_TIME_MAX),
        ))
        .layer(any_origin())
}

/// As the original: pages of any origin may read answers, and send what the
/// guard permits.
fn any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers(AllowHeaders::mirror_request())
}

async fn list_experiments(
    State(list): State<RoundsList>,
    RawQuery(query): RawQuery,
) -> Result<Response, Unread> {
    let page = experiments::page(query.as_deref().unwrap_or_default())?;
    if page == Page::ALL {
        return Ok(encoding::written(StatusCode::OK, list.json().await?));
    }
    let rounds = list
        .database()
        .experiment_rounds(page.limit, page.offset)
        .await
        .map_err(|error| Unread::failed(&error))?;
    let rounds: Vec<_> = rounds.iter().map(encoding::RoundRow::from).collect();
    Ok(encoding::json(StatusCode::OK, &rounds))
}

async fn experiment_state(
    State(database): State<Database>,
    Path(name): Path<String>,
) -> Result<Response, Unread> {
    let state = database
        .experiment_state(&name)
        .await
        .map_err(|error| Unread::failed(&error))?;
    // An array, as any result of a query: of one element or none.
    let rows: Vec<_> = state.iter().map(encoding::StateRow::from).collect();
    Ok(encoding::json(StatusCode::OK, &rows))
}

async fn create_deployment(
    State(database): State<Database>,
    request: Request,
) -> Result<Response, Refused> {
    let body = object(request).await?;
    let metadata = match body.get("data").filter(|data| !body::is_falsy(data)) {
        Some(Value::Object(metadata)) => metadata,
        Some(_) => {
            return Err(Refused::Invalid(
                "\"data\" must be a JSON object".to_owned(),
            ));
        }
        None => {
            return Err(Refused::Invalid(
                "Missing \"data\" in request body".to_owned(),
            ));
        }
    };
    let deployment_id = database.create_deployment(metadata).await?;
    tracing::info!(deployment_id, "deployment created");
    let answer = json!({"message": "Deployment created", "deployment_id": deployment_id});
    Ok(encoding::json(StatusCode::CREATED, &answer))
}

async fn record_node_restart(
    State(database): State<Database>,
    request: Request,
) -> Result<Response, Refused> {
    let restart = node_restart::from_body(&object(request).await?)?;
    let stored = database.record_node_restart(&restart).await?;
    let answer = json!({
        "message": "Node restart recorded",
        "id": stored.id,
        "time": encoding::iso(stored.time),
    });
    Ok(encoding::json(StatusCode::CREATED, &answer))
}

/// Whether a query string asks what a clean-up would delete. A misspelt answer must not delete.
fn is_rehearsal(query: &str) -> Result<bool, Refused> {
    let given = query.split('&').find_map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (name == "dry_run").then_some(value)
    });
    match given {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refused::Invalid(
            "\"dry_run\" must be true or false".to_owned(),
        )),
    }
}

async fn clean_up(
    State(database): State<Database>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let is_rehearsal = is_rehearsal(query.as_deref().unwrap_or_default())?;
    // Continues if the client goes away.
    let cleaning =
        store::access::spawn(async move { database.clean_up_traces(is_rehearsal).await });
    let cleaned = cleaning.await.map_err(|_| Refused::Internal)??;
    let sum = |count: fn(&Cleaned) -> u64| cleaned.values().map(count).sum::<u64>();
    let (traces, checkpoints) = (
        sum(|cleaned| cleaned.traces),
        sum(|cleaned| cleaned.checkpoints),
    );
    let counts = json!({
        "deployments": cleaned.len(),
        "traces": traces,
        "checkpoints": checkpoints,
    });
    if is_rehearsal {
        let answer = json!({"message": "Nothing was deleted", "would_delete": counts});
        return Ok(encoding::json(StatusCode::OK, &answer));
    }
    counter!("experiments_api_traces_deleted_total").increment(traces);
    tracing::info!(
        traces,
        checkpoints,
        deployments = ?cleaned.keys().collect::<Vec<_>>(),
        "pending traces of old deployments deleted"
    );
    let answer = json!({
        "message": "Historical data cleaned up",
        "deleted": counts,
    });
    Ok(encoding::json(StatusCode::CREATED, &answer))
}

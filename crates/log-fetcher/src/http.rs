//! The HTTP interface: the routes of the original, by GET and POST, and
//! completeness below `/api/v1`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
use axum::{Json, Router};
use serde::Deserialize;
use service::extract::Query;
use service::layers::{self, Limits};
use service::{ErrorBody, TaskHealth};
use store::fetch::FreezeProgress;
use store::{Database, StoreError};
use tokio::sync::Mutex;
use trace::Timestamp;

use crate::config::Config;
use crate::nodes_answer::{self, NodeAnswer};
use service::error_chain;

/// How often is looked whether all have.
const FREEZE_LOOK: Duration = Duration::from_millis(100);
/// More than a freeze takes.
const REQUEST_TIME: Duration = Duration::from_mins(1);
/// For how long an answer of `/nodes` is given again.
const NODES_AGE: Duration = Duration::from_secs(1);
/// The description of the routes for programs.
const DESCRIPTION: &str = include_str!("../../../openapi/log-fetcher.json");
/// Sessions that are listed at most.
const SESSIONS_MAX: i64 = 1_000;

/// An answer and when it was made.
type KnownNodes = (Instant, Arc<Vec<NodeAnswer>>);

#[derive(Clone)]
struct HttpState {
    database: Database,
    names: Arc<HashMap<String, String>>,
    nodes: Arc<Mutex<Option<KnownNodes>>>,
    freeze_time: Duration,
}

/// All routes, health and metrics included.
pub(crate) fn routes(database: Database, config: &Config, tasks: TaskHealth) -> Router {
    let state = HttpState {
        database: database.clone(),
        names: Arc::new(config.node_names.clone()),
        nodes: Arc::default(),
        freeze_time: config.freeze_time,
    };
    let changing = Router::new()
        .route("/freeze", both(any(freeze)))
        .route("/unfreeze", both(any(unfreeze)))
        .route("/reset", both(any(reset)));
    let reading = Router::new()
        .route("/nodes", get(nodes).fallback(not_allowed))
        .route("/api/v1/completeness", get(completeness))
        .route("/api/v1/sessions", get(sessions))
        .route("/api/v1/summary", get(summary));
    let reading = service::openapi::refuse_unknown_parameters(reading, DESCRIPTION);
    let routes = config
        .guard
        .protect(changing)
        .merge(config.guard.protect_reading(reading))
        .merge(service::openapi::routes(DESCRIPTION))
        .fallback(async || StatusCode::NOT_FOUND)
        .with_state(state);
    let limits = Limits {
        time: REQUEST_TIME,
        ..Limits::default()
    };
    let health = service::health::routes_with_tasks(tasks, move || {
        let database = database.clone();
        async move { database.ping().await }
    });
    layers::standard("log-fetcher", routes, limits)
        .merge(health)
        .layer(middleware::from_fn(allow_any_origin))
}

/// Only GET and POST; the original knows no others.
fn both(router: MethodRouter<HttpState>) -> MethodRouter<HttpState> {
    router.layer(middleware::from_fn(
        async |request: Request, next: Next| match *request.method() {
            Method::GET | Method::POST => next.run(request).await,
            _ => not_allowed().await,
        },
    ))
}

async fn not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, "HTTP method not allowed").into_response()
}

/// Pages of any origin may read, as with the original; the guard keeps them
/// from changing anything.
async fn allow_any_origin(request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_preflight = request.method() == Method::OPTIONS && origin.is_some();
    let mut response = if is_preflight {
        StatusCode::OK.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if is_preflight {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET"),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-type"),
        );
    }
    response
}

/// A failure of the database, as an answer.
struct Unavailable(StoreError);

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Unavailable {
    fn into_response(self) -> Response {
        tracing::warn!(error = %error_chain(&self.0), "a request needs the database, which fails");
        let mut response = ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "database",
            "the database does not answer at the moment; try again later",
        )
        .into_response();
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        response
    }
}

impl HttpState {
    /// All active nodes, as they were a moment ago.
    async fn known_nodes(&self) -> Result<Arc<Vec<NodeAnswer>>, StoreError> {
        // One question to the database for all who ask at the same time.
        let mut known = self.nodes.lock().await;
        if let Some((at, nodes)) = &*known
            && at.elapsed() < NODES_AGE
        {
            return Ok(Arc::clone(nodes));
        }
        let nodes = Arc::new(nodes_answer::nodes(&self.database, &self.names).await?);
        *known = Some((Instant::now(), Arc::clone(&nodes)));
        Ok(nodes)
    }
}

async fn nodes(State(state): State<HttpState>) -> Result<Response, Unavailable> {
    Ok(Json(state.known_nodes().await?).into_response())
}

async fn summary(State(state): State<HttpState>) -> Result<Response, Unavailable> {
    let nodes = state.known_nodes().await?;
    let control = state.database.fetch_control().await?;
    Ok(Json(nodes_answer::summary(&nodes, &control)).into_response())
}

/// Answers when every session has ended with everything committed. Those that
/// do not end in time, of a fetcher that is gone for example, are ended here,
/// and their writers are fenced out. Sessions that began after an
/// unfreeze are left alone, and this freeze is answered with 409.
async fn freeze(State(state): State<HttpState>) -> Result<Response, Unavailable> {
    let database = &state.database;
    let freeze = database.freeze().await?;
    let begun = Instant::now();
    loop {
        let is_late = begun.elapsed() > state.freeze_time;
        let progress = if is_late {
            database.end_frozen_sessions(freeze).await?
        } else {
            database.freeze_progress(freeze).await?
        };
        match progress {
            FreezeProgress::Over => {
                tracing::info!("fetching was unfrozen before all sessions had ended");
                let message = "fetching was unfrozen before this freeze was complete";
                let refusal = ErrorBody::new(StatusCode::CONFLICT, "unfrozen", message);
                return Ok(refusal.into_response());
            }
            FreezeProgress::Open(0) => break,
            FreezeProgress::Open(ended) if is_late => {
                tracing::warn!(
                    ended,
                    "sessions that did not end in time were ended by force"
                );
                break;
            }
            FreezeProgress::Open(_) => tokio::time::sleep(FREEZE_LOOK).await,
        }
    }
    tracing::info!("fetching is frozen");
    Ok(StatusCode::OK.into_response())
}

async fn unfreeze(State(state): State<HttpState>) -> Result<StatusCode, Unavailable> {
    state.database.unfreeze().await?;
    tracing::info!("fetching is no longer frozen");
    Ok(StatusCode::OK)
}

async fn reset(State(state): State<HttpState>) -> Result<StatusCode, Unavailable> {
    state.database.request_fetch_reset().await?;
    tracing::info!("all sessions begin anew");
    Ok(StatusCode::OK)
}

/// What completeness is asked for.
#[derive(Debug, Deserialize)]
struct CompletenessQuery {
    deployment: Option<i32>,
    node: Option<String>,
    block: Option<String>,
    /// Seconds since 1970.
    from: Option<f64>,
    until: Option<f64>,
}

fn bad_request(message: &str) -> Response {
    ErrorBody::new(StatusCode::BAD_REQUEST, "bad_request", message).into_response()
}

fn timestamp(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_seconds_text(&format!("{seconds:.6}")).ok()
}

async fn completeness(
    State(state): State<HttpState>,
    Query(query): Query<CompletenessQuery>,
) -> Result<Response, Unavailable> {
    let database = &state.database;
    let Some(deployment_id) = deployment(database, query.deployment).await? else {
        return Ok(Json([(); 0]).into_response());
    };
    let node = query.node.as_deref();
    if let Some(block) = &query.block {
        let mut nodes = database.block_completeness(deployment_id, block).await?;
        nodes.retain(|found| node.is_none_or(|node| node == found.node_name));
        return Ok(Json(nodes).into_response());
    }
    let nodes = match (query.from, query.until) {
        (None, None) => database.completeness(deployment_id, node).await?,
        (from, until) => {
            let from = timestamp(from.unwrap_or(0.0));
            let until = timestamp(until.unwrap_or(9_000_000_000.0));
            match (from, until) {
                (Some(from), Some(until)) if from < until => {
                    if let Some(refusal) = refuse_old(database, from).await? {
                        return Ok(refusal.into_response());
                    }
                    let time = from..until;
                    database
                        .completeness_within(deployment_id, node, time)
                        .await?
                }
                _ => {
                    return Ok(bad_request(
                        "`from` and `until` are seconds since 1970, and `from` is the smaller one",
                    ));
                }
            }
        }
    };
    Ok(Json(nodes).into_response())
}

/// What was stored by the minute is not known any more before the oldest one that is kept.
async fn refuse_old(database: &Database, from: Timestamp) -> Result<Option<ErrorBody>, StoreError> {
    let since = database.minutes_since().await?;
    let since = since.filter(|since| from.seconds() < *since);
    Ok(since.map(|since| {
        ErrorBody::new(
            StatusCode::GONE,
            "deleted",
            format!("what was stored by the minute is kept from {since:.0} on; ask from there"),
        )
    }))
}

#[derive(Debug, Deserialize)]
struct SessionsQuery {
    deployment: Option<i32>,
    node: Option<String>,
}

async fn sessions(
    State(state): State<HttpState>,
    Query(query): Query<SessionsQuery>,
) -> Result<Response, Unavailable> {
    let database = &state.database;
    let Some(deployment_id) = deployment(database, query.deployment).await? else {
        return Ok(Json([(); 0]).into_response());
    };
    let node = query.node.as_deref();
    let sessions = database
        .session_completeness(deployment_id, node, SESSIONS_MAX)
        .await?;
    Ok(Json(sessions).into_response())
}

async fn deployment(database: &Database, given: Option<i32>) -> Result<Option<i32>, StoreError> {
    match given {
        Some(id) => Ok(Some(id)),
        None => database.newest_deployment().await,
    }
}

//! All routes of the dashboard.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use service::extract::Query;
use service::layers::{self, Limits};
use service::{ErrorBody, Tasks};
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::config::Config;
use crate::forward::Forward;
use crate::lab::Lab;
use crate::session::Sessions;
use crate::stream::{Hub, Wanted, answer};
use crate::upstreams::ClientError;
use crate::{assets, headers, upstreams};

/// Most bytes of a request: setups of experiments are the largest.
const BODY_BYTES: usize = 1 << 20;
/// Time for an answer's headers: a little more than a service has.
const TIME: Duration = Duration::from_secs(30);
/// Most streams at once.
const STREAMS_MAX: usize = 512;
/// Most characters that are searched for.
const SEARCH_CHARACTERS: usize = 200;
const SEARCH_LIMIT: usize = 50;

#[derive(Clone)]
struct Shared {
    access: Access,
    forward: Forward,
    lab: Lab,
    hub: Hub,
    streams: Arc<Semaphore>,
}

/// The routes, with the work behind the stream as a task.
pub(crate) fn all(config: &Config, tasks: &mut Tasks) -> Result<Router, ClientError> {
    let client = upstreams::client()?;
    let sessions = Sessions::new(config.token.as_ref());
    let access = Access::new(config.guard.clone(), sessions);
    let stop = tasks.stop_token();
    let lab = Lab::new(client.clone(), config.upstreams.clone());
    let hub = Hub::new(stop.clone());
    tasks.spawn("dashboard: what has changed", hub.clone().look(lab.clone()));
    let shared = Shared {
        forward: Forward::new(
            client,
            config.upstreams.clone(),
            access.clone(),
            config.token.clone(),
            stop,
        ),
        access,
        lab,
        hub,
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
    };
    let api = Router::new()
        .route(
            "/api/lab/v1/session",
            get(session).post(sign_in).delete(sign_out),
        )
        .route("/api/lab/v1/clock", get(clock))
        .route("/api/lab/v1/state", get(state))
        .route("/api/lab/v1/services", get(services))
        .route("/api/lab/v1/search", get(search))
        .route("/api/lab/v1/stream", get(stream))
        .route_layer(middleware::from_fn_with_state(shared.clone(), may_read))
        // Everything else is the page's: requests to services, its files, its own paths.
        .fallback(rest)
        .with_state(shared);
    let routes = api.merge(service::openapi::routes(include_str!("../openapi.json")));
    let limits = Limits {
        body_bytes: BODY_BYTES,
        time: TIME,
    };
    let health = service::health::routes_with_tasks(tasks.health(), async || Ok::<(), &str>(()));
    Ok(layers::standard(routes, limits)
        .merge(health)
        .layer(middleware::from_fn(headers::add)))
}

async fn may_read(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.access.may_read(request.headers()) {
        Ok(()) => not_kept(next.run(request).await),
        Err(refusal) => refusal.into_response(),
    }
}

/// What services say may change at any time.
fn not_kept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}

async fn rest(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path();
    if path == "/api" || path.starts_with("/api/") {
        return match shared.access.may_read(&headers) {
            Ok(()) => not_kept(shared.forward.answer(method, &uri, &headers, body).await),
            Err(refusal) => refusal.into_response(),
        };
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match path.strip_prefix('/') {
        Some(file) if file.starts_with("assets/") || file == "favicon.svg" => {
            assets::file(file, &headers)
        }
        // The page knows itself which paths there are.
        _ => assets::page(path),
    }
}

async fn session(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let role = shared.access.role(&headers).as_str();
    let end = shared.access.sessions().end(&headers);
    Json(json!({ "role": role, "expires": end.and_then(moment) })).into_response()
}

fn moment(unix_seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(unix_seconds).ok()?).ok()
}

#[derive(Deserialize)]
struct SignIn {
    token: String,
}

async fn sign_in(State(shared): State<Shared>, Json(given): Json<SignIn>) -> Response {
    let begun = shared.access.is_token(&given.token);
    let Some((cookie, end)) = begun.then(|| shared.access.sessions().begin()).flatten() else {
        return ErrorBody::new(
            StatusCode::UNAUTHORIZED,
            "wrong_token",
            "this is not the token of the lab",
        )
        .into_response();
    };
    let body = Json(json!({ "role": "operator", "expires": moment(end) }));
    ([(header::SET_COOKIE, cookie)], body).into_response()
}

async fn sign_out(State(shared): State<Shared>) -> Response {
    // The cookie is gone: what is left is the role of a request without one.
    let role = shared.access.role(&HeaderMap::new()).as_str();
    let body = Json(json!({ "role": role, "expires": null }));
    ([(header::SET_COOKIE, Sessions::ended())], body).into_response()
}

async fn clock(State(shared): State<Shared>) -> Response {
    Json(shared.lab.clock().await).into_response()
}

async fn state(State(shared): State<Shared>) -> Response {
    match shared.lab.state().await {
        Ok(state) => Json(state).into_response(),
        Err(error) => {
            tracing::debug!(%error, "no summary of the nodes");
            ErrorBody::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "service_away",
                "The log fetcher does not answer.",
            )
            .into_response()
        }
    }
}

async fn services(State(shared): State<Shared>) -> Response {
    let services = shared.lab.services().await;
    Json(json!({ "services": services })).into_response()
}

#[derive(Deserialize)]
struct Search {
    q: String,
    limit: Option<usize>,
}

async fn search(State(shared): State<Shared>, Query(search): Query<Search>) -> Response {
    let wanted: String = search.q.trim().chars().take(SEARCH_CHARACTERS).collect();
    let limit = search.limit.unwrap_or(12).min(SEARCH_LIMIT);
    let hits = if wanted.is_empty() {
        Vec::new()
    } else {
        shared.lab.search(&wanted, limit).await
    };
    Json(json!({ "hits": hits })).into_response()
}

async fn stream(
    State(shared): State<Shared>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    answer(&shared.hub, &wanted, &headers, &shared.streams)
}

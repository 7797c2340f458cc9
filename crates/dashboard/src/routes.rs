//! All routes of the dashboard.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use service::extract::Query;
use service::layers::{self, Limits};
use service::{ErrorBody, Guard, Role, Tasks, Token};
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::allowed::Service;
use crate::book::LabBook;
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
    let access = Access::new(guard(config, client.clone()), sessions);
    let stop = tasks.stop_token();
    let mut own = HeaderMap::new();
    if let (Some(token), true) = (&config.token, config.guard.reading_needs_token()) {
        own.insert(header::AUTHORIZATION, token.bearer());
    }
    let lab = Lab::new(
        upstreams::client_with(own)?,
        config.upstreams.clone(),
        config.address,
    );
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
    let open = Router::new()
        .route(
            "/api/lab/v1/session",
            get(session).post(sign_in).delete(sign_out),
        )
        .route_layer(middleware::from_fn_with_state(shared.clone(), may_see));
    let api = Router::new()
        .route("/api/lab/v1/clock", get(clock))
        .route("/api/lab/v1/state", get(state))
        .route("/api/lab/v1/services", get(services))
        .route("/api/lab/v1/search", get(search))
        .route("/api/lab/v1/stream", get(stream))
        .route_layer(middleware::from_fn_with_state(shared.clone(), may_read))
        .merge(open)
        // Everything else is the page's: requests to services, its files, its own paths.
        .fallback(rest)
        .with_state(shared);
    let routes = api.merge(service::openapi::routes(include_str!(
        "../../../openapi/dashboard.json"
    )));
    let limits = Limits {
        body_bytes: BODY_BYTES,
        time: TIME,
    };
    let health = service::health::routes_with_tasks(tasks.health(), async || Ok::<(), &str>(()));
    Ok(layers::standard("dashboard", routes, limits)
        .merge(health)
        .layer(middleware::from_fn(headers::add)))
}

/// The guard of the lab: it knows the tokens that the experiments API knows.
pub(crate) fn guard(config: &Config, client: reqwest::Client) -> Guard {
    if !config.guard.wants_book() {
        return config.guard.clone();
    }
    let upstreams = &config.upstreams;
    let url = upstreams.address(Service::Results, "/api/v1/session", None);
    config
        .guard
        .clone()
        .with_book(Arc::new(LabBook::new(client, url)))
}

async fn may_see(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.access.may_see(request.headers()).await {
        Ok(()) => not_kept(next.run(request).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn may_read(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.access.may_read(request.headers()).await {
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
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path();
    if path == "/api" || path.starts_with("/api/") {
        let peer = peer.map(|Extension(ConnectInfo(peer))| peer.ip());
        return match shared.access.may_read(&headers).await {
            Ok(()) => {
                let forward = &shared.forward;
                not_kept(forward.answer(method, &uri, &headers, peer, body).await)
            }
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
    let (role, name) = shared.access.role(&headers).await;
    let session = shared.access.sessions().of(&headers);
    // The session of a token that holds no more is none.
    let end = session
        .filter(|_| name.is_some())
        .map(|session| session.end);
    answered(role, name.as_deref(), end).into_response()
}

/// Who the client is. `name` is that of the token, if one is presented.
fn answered(role: Role, name: Option<&str>, end: Option<u64>) -> Json<serde_json::Value> {
    Json(json!({ "role": role.as_str(), "name": name, "expires": end.and_then(moment) }))
}

fn moment(unix_seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(unix_seconds).ok()?).ok()
}

#[derive(Deserialize)]
struct SignIn {
    token: String,
}

async fn sign_in(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Json(given): Json<SignIn>,
) -> Result<Response, ErrorBody> {
    let wrong = || {
        ErrorBody::new(
            StatusCode::UNAUTHORIZED,
            "wrong_token",
            "this is not the token of the lab",
        )
    };
    let token = Token::new(&given.token).map_err(|_| wrong())?;
    let holder = shared.access.holder(&token).await?.ok_or_else(wrong)?;
    let token_end = holder.expires_at.map(Timestamp::as_second);
    let token_end = token_end.map(|end| u64::try_from(end).unwrap_or(0));
    let by_https = headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let sessions = shared.access.sessions();
    let (cookie, end) = sessions
        .begin(&token, token_end, by_https)
        .ok_or_else(wrong)?;
    tracing::info!(actor = holder.name, "a session has begun");
    let body = answered(holder.role, Some(&holder.name), Some(end));
    Ok(([(header::SET_COOKIE, cookie)], body).into_response())
}

async fn sign_out(State(shared): State<Shared>) -> Response {
    // The cookie is gone: what is left is the role of a request without one.
    let (role, _) = shared.access.role(&HeaderMap::new()).await;
    let body = answered(role, None, None);
    ([(header::SET_COOKIE, Sessions::ended())], body).into_response()
}

async fn clock(State(shared): State<Shared>) -> Response {
    Json(shared.lab.clock().await).into_response()
}

async fn state(State(shared): State<Shared>) -> Response {
    match shared.lab.bytes(Service::Fetcher, "/api/v1/summary").await {
        Ok(state) => ([(header::CONTENT_TYPE, "application/json")], state).into_response(),
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

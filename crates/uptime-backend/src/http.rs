//! The HTTP side: routes, and the bodies of answers as the original has them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use metrics::counter;
use serde::Serialize;
use service::error_chain;
use service::layers::{self, Limits};
use store::uptime::OnlineNode;

use crate::Refusal;
use crate::remote_address::remote_address;
use crate::shared::Shared;

const ROOT_TEXT: &str = "delegation backend service";

/// More than receiving the largest body, checking and storing take together:
/// each has a limit of its own.
const REQUEST_TIME_MAX: Duration = Duration::from_mins(5);

/// Retry delay for nodes. They wait 4 s by themselves.
const RETRY_AFTER: (HeaderName, HeaderValue) = (header::RETRY_AFTER, HeaderValue::from_static("2"));

#[derive(Serialize)]
struct Success {
    status: &'static str,
}

#[derive(Serialize)]
struct Failure {
    error: &'static str,
}

/// An element of the online list.
#[derive(Serialize)]
struct Online {
    remote_addr: String,
    submitter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    graphql_control_port: Option<u16>,
}

impl From<OnlineNode> for Online {
    fn from(node: OnlineNode) -> Self {
        Self {
            remote_addr: node.remote_addr,
            submitter: node.submitter,
            graphql_control_port: node.graphql_control_port,
        }
    }
}

/// All routes. As in the original, methods make no difference and every other
/// path answers with the text of `/`.
pub(crate) fn routes(shared: Shared) -> Router {
    let routes = Router::new()
        .route("/v1/submit", any(submit))
        .route("/v1/online", any(online))
        .merge(service::openapi::routes(include_str!(
            "../../../openapi/uptime-backend.json"
        )))
        .fallback(async || ROOT_TEXT)
        .with_state(shared.clone());
    let limits = Limits {
        // The route has a limit of its own, with the answer of the original.
        body_bytes: usize::MAX,
        time: REQUEST_TIME_MAX,
    };
    let health = service::health::routes_with_tasks(shared.tasks.clone(), move || {
        let shared = shared.clone();
        async move { shared.ready().await }
    });
    layers::standard("uptime-backend", routes, limits).merge(health)
}

async fn submit(State(shared): State<Shared>, request: Request) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let (parts, body) = request.into_parts();
    let remote_addr = remote_address(peer, &parts.headers, &shared.trusted_proxies);
    let result = async {
        let body = shared.bodies.receive(remote_addr, &parts.headers, body);
        let body = body.await?;
        shared.submit(body, remote_addr).await
    };
    let result = result.await;
    let outcome = result.map_or_else(Refusal::label, |()| "accepted");
    counter!("uptime_submissions_total", "outcome" => outcome).increment(1);
    match result {
        Ok(()) => Json(Success { status: "ok" }).into_response(),
        Err(refusal) => {
            tracing::debug!(%remote_addr, outcome, "submission refused");
            refusal.into_response()
        }
    }
}

async fn online(State(shared): State<Shared>) -> Response {
    match shared.online().await {
        Ok(nodes) => {
            let nodes: Vec<Online> = nodes.into_iter().map(Online::from).collect();
            Json(nodes).into_response()
        }
        Err(error) => {
            tracing::error!(error = %error_chain(&error), "the online list could not be read");
            Refusal::Internal.into_response()
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = match self.text() {
            Some(error) => (self.status(), Json(Failure { error })).into_response(),
            None => self.status().into_response(),
        };
        if self == Self::Busy {
            response.headers_mut().extend([RETRY_AFTER]);
        }
        response
    }
}

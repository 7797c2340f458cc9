//! The layers around a service's routes: request figures and log lines, a net for panics, a time
//! limit and a bound on request bodies.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::{ErrorBody, observe};

/// What one request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request body; a larger one is answered with 413.
    pub body_bytes: usize,
    /// Time until the answer's headers; a slower one is answered with 503 (code `timeout`) and its
    /// handler is dropped.
    pub time: Duration,
}

impl Default for Limits {
    /// 1 MiB and 30 s: ample for every JSON request of people and scripts.
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            time: Duration::from_secs(30),
        }
    }
}

/// Puts the standard layers around `router`, from the outside in: figures and log lines, panic
/// net (500, code `internal`), time limit, body limit. The routes must be there already: layers do
/// not cover routes added later. `service` names the service in figures: several may share a process.
pub fn standard(service: &'static str, router: Router, limits: Limits) -> Router {
    router
        // the limit below holds for extractors as well; axum's own default would be a second one
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(limits.body_bytes))
        .layer(middleware::from_fn_with_state(limits.time, limit_time))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn_with_state(service, observe::observe))
}

/// As [`standard`] for routes whose answers last as long as their readers want, such as streams of
/// events: without a time limit.
pub fn streaming(service: &'static str, router: Router) -> Router {
    router
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn_with_state(service, observe::observe))
}

async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            format!("no answer within {} s", limit.as_secs_f64()),
        )
        .into_response(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is set by the panic layer"
)]
fn answer_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic.message = message, "a request handler panicked");
    ErrorBody::internal().into_response()
}

#[cfg(test)]
pub(crate) mod test_client {
    //! Requests to a router without a network.

    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::response::Response;
    use tower::ServiceExt;

    pub(crate) async fn get(router: Router, path: &str) -> Response {
        send(router, Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send(router: Router, request: Request<Body>) -> Response {
        router.oneshot(request).await.unwrap()
    }

    pub(crate) async fn body_text(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use axum::http::Request;
    use axum::routing::{get, post};

    use super::test_client::{body_text, get as get_path, send};
    use super::*;

    fn limits() -> Limits {
        Limits {
            body_bytes: 10,
            time: Duration::from_secs(3),
        }
    }

    #[tokio::test]
    async fn a_panic_becomes_an_answer_without_its_text() {
        async fn handler() {
            panic!("secret detail");
        }
        let router = standard("test", Router::new().route("/", get(handler)), limits());
        let response = get_path(router, "/").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = body_text(response).await;
        assert!(body.contains(r#""code":"internal""#), "{body}");
        assert!(!body.contains("secret"), "{body}");
    }

    #[tokio::test]
    async fn a_handler_that_takes_too_long_is_cut() {
        tokio::time::pause();
        let router = standard(
            "test",
            Router::new().route("/", get(std::future::pending::<()>)),
            limits(),
        );
        let request = Request::get("/").header("x-request-id", "slow-1");
        let response = send(router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            body_text(response).await,
            r#"{"error":{"code":"timeout","message":"no answer within 3 s","request_id":"slow-1"}}"#
        );
    }

    #[tokio::test]
    async fn a_body_is_bounded_whether_or_not_its_length_is_announced() {
        let router = standard(
            "test",
            Router::new().route("/", post(async |body: Bytes| body.len().to_string())),
            limits(),
        );
        for (size, announced, wanted) in [
            (10, true, StatusCode::OK),
            (11, true, StatusCode::PAYLOAD_TOO_LARGE),
            (10, false, StatusCode::OK),
            (11, false, StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let mut request = Request::post("/");
            if announced {
                request = request.header("content-length", size);
            }
            let body = Body::from(vec![b'x'; size]);
            let response = send(router.clone(), request.body(body).unwrap()).await;
            assert_eq!(
                response.status(),
                wanted,
                "{size} bytes, announced: {announced}"
            );
        }
    }
}

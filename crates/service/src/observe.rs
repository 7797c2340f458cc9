//! Figures and log lines of requests.
//!
//! Labels are bounded: the route is its template (`/nodes/{name}`), never the path, and unknown
//! methods are one label, so that no client can make a process count without end.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::request_id;

/// Counts a request (`http_requests_total` by method, route and status;
/// `http_request_duration_seconds` by method and route; `service_request_duration_seconds` by
/// service; `http_requests_in_progress`) and logs its end: failures of the server as warnings, all
/// else on level debug. Everything that happens meanwhile belongs to the request's id, which the
/// answer has as well.
pub(crate) async fn observe(
    State(service): State<&'static str>,
    request: Request,
    next: Next,
) -> Response {
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let id = request_id::of(request.headers());
    let span = tracing::info_span!(
        "request",
        request_id = id,
        http.method = method,
        http.route = route,
        actor = tracing::field::Empty
    );

    let in_progress = InProgress::begin();
    let begin = Instant::now();
    let answering = next.run(request).instrument(span.clone());
    let mut response = request_id::within(id.clone(), answering).await;
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(request_id::HEADER, id);
    }
    let duration = begin.elapsed();
    drop(in_progress);

    let status = response.status();
    span.in_scope(|| log_end(status, duration));
    metrics::counter!(
        "http_requests_total",
        "method" => method,
        "route" => route.clone(),
        "status" => status.as_u16().to_string(),
    )
    .increment(1);
    metrics::histogram!(
        "http_request_duration_seconds",
        "method" => method,
        "route" => route,
    )
    .record(duration);
    metrics::histogram!("service_request_duration_seconds", "service" => service).record(duration);
    response
}

fn log_end(status: axum::http::StatusCode, duration: Duration) {
    let duration_ms = duration.as_secs_f64() * 1000.0;
    if status.is_server_error() {
        tracing::warn!(http.status = status.as_u16(), duration_ms, "request failed");
    } else {
        tracing::debug!(
            http.status = status.as_u16(),
            duration_ms,
            "request answered"
        );
    }
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// One running request in the gauge; a guard, because a client that goes away drops the request
/// in the middle.
struct InProgress(metrics::Gauge);

impl InProgress {
    fn begin() -> Self {
        let gauge = metrics::gauge!("http_requests_in_progress");
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;

    use crate::layers::test_client::{get as get_path, send};
    use crate::layers::{Limits, standard};

    use super::*;

    #[tokio::test]
    async fn requests_are_counted_by_route_template_and_status() {
        crate::metrics::install().unwrap();
        let router = standard(
            "test-observed",
            Router::new()
                .route("/observed/{name}", get(async || "here"))
                .route("/observed-teapot", get(async || StatusCode::IM_A_TEAPOT)),
            Limits::default(),
        );
        get_path(router.clone(), "/observed/a").await;
        get_path(router.clone(), "/observed/b").await;
        get_path(router.clone(), "/observed-teapot").await;
        get_path(router.clone(), "/observed-nowhere-1").await;
        let strange = Request::builder()
            .method("BREW")
            .uri("/observed-teapot")
            .body(Body::empty())
            .unwrap();
        send(router, strange).await;

        let text = crate::metrics::render().unwrap();
        for line in [
            r#"http_requests_total{method="GET",route="/observed/{name}",status="200"} 2"#,
            r#"http_requests_total{method="GET",route="/observed-teapot",status="418"} 1"#,
            r#"http_requests_total{method="other",route="/observed-teapot",status="405"} 1"#,
            r#"http_requests_total{method="GET",route="unmatched",status="404"}"#,
            r#"http_request_duration_seconds_count{method="GET",route="/observed/{name}"} 2"#,
            r#"service_request_duration_seconds_count{service="test-observed"} 5"#,
            "http_requests_in_progress ",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert!(!text.contains("observed-nowhere"), "{text}");
    }

    #[tokio::test]
    async fn a_dropped_request_is_no_longer_in_progress() {
        crate::metrics::install().unwrap();
        let router = standard(
            "test-slow",
            Router::new().route("/observed-slow", get(std::future::pending::<()>)),
            Limits::default(),
        );
        let running = get_path(router, "/observed-slow");
        let gone = tokio::time::timeout(Duration::from_millis(50), running).await;
        assert!(gone.is_err());
        let text = crate::metrics::render().unwrap();
        assert!(text.contains("http_requests_in_progress 0"), "{text}");
    }
}

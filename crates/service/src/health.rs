//! The three routes every service has for its operators: `/healthz`, `/readyz`, `/metrics`.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::{ErrorBody, TaskHealth, metrics};

/// Time for the readiness check. Clients (a load balancer, an orchestrator) give up after a
/// few seconds as well, and a database that needs longer for a ping cannot serve anybody.
const READINESS_LIMIT: Duration = Duration::from_secs(2);

/// Routes to merge into a service's router:
///
/// - `GET /healthz`: 200 `ok` while the process answers at all
/// - `GET /readyz`: 200 `ready` if `ready` says so within two seconds, else 503 with an error body
///   (code `not_ready`)
/// - `GET /metrics`: the process's figures as Prometheus text; 503 (code `no_metrics`) before
///   [`metrics::install`]
///
/// The error of `ready` is shown to clients and logged: it must not hold secrets.
///
/// Merge these outside [`crate::layers::standard`]: being asked every few seconds, they should
/// neither fill the log nor the request figures.
pub fn routes<Check, Checking, Reason>(ready: Check) -> Router
where
    Check: Fn() -> Checking + Clone + Send + Sync + 'static,
    Checking: Future<Output = Result<(), Reason>> + Send + 'static,
    Reason: Display + Send + 'static,
{
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(move || readiness(ready())))
        .route("/metrics", get(prometheus_text))
}

/// As [`routes`], for a service with background tasks: `/readyz` fails as soon as one has failed,
/// whatever `ready` says.
pub fn routes_with_tasks<Check, Checking, Reason>(tasks: TaskHealth, ready: Check) -> Router
where
    Check: Fn() -> Checking + Clone + Send + Sync + 'static,
    Checking: Future<Output = Result<(), Reason>> + Send + 'static,
    Reason: Display + Send + 'static,
{
    routes(move || {
        let failure = tasks.check();
        let checking = ready();
        async move {
            failure.map_err(|failure| failure.to_string())?;
            checking.await.map_err(|reason| reason.to_string())
        }
    })
}

async fn readiness<Reason: Display>(
    checking: impl Future<Output = Result<(), Reason>> + Send,
) -> Result<&'static str, ErrorBody> {
    let message = match tokio::time::timeout(READINESS_LIMIT, checking).await {
        Ok(Ok(())) => return Ok("ready"),
        Ok(Err(reason)) => format!("not ready: {reason}"),
        Err(_) => format!(
            "not ready: the check took longer than {} s",
            READINESS_LIMIT.as_secs()
        ),
    };
    tracing::warn!("{message}");
    Err(ErrorBody::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not_ready",
        message,
    ))
}

async fn prometheus_text() -> Response {
    /// The media type of Prometheus' text format, version 0.0.4.
    const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
    match metrics::render() {
        Some(text) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        None => ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no_metrics",
            "this process counts no metrics",
        )
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::test_client::{body_text, get};

    fn ready() -> Router {
        routes(async || Ok::<(), &str>(()))
    }

    #[tokio::test]
    async fn a_live_process_is_healthy_and_ready() {
        let response = get(ready(), "/healthz").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(body_text(response).await, "ok");
        assert_eq!(get(ready(), "/readyz").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn an_unready_service_says_why_but_stays_healthy() {
        let router = routes(async || Err::<(), _>("the database does not answer"));
        let response = get(router.clone(), "/readyz").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            body_text(response).await,
            r#"{"error":{"code":"not_ready","message":"not ready: the database does not answer"}}"#
        );
        assert_eq!(get(router, "/healthz").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_service_with_a_failed_task_is_not_ready() {
        let mut tasks = crate::Tasks::new(&tokio_util::sync::CancellationToken::new());
        let router = routes_with_tasks(tasks.health(), async || Ok::<(), &str>(()));
        assert_eq!(
            get(router.clone(), "/readyz").await.status(),
            StatusCode::OK
        );
        tasks.spawn("discovery", async {});
        tasks.health().failed().await;
        let response = get(router, "/readyz").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = body_text(response).await;
        assert!(body.contains("discovery"), "{body}");
    }

    #[tokio::test]
    async fn a_check_that_hangs_counts_as_unready() {
        tokio::time::pause();
        let router = routes(async || std::future::pending::<Result<(), &str>>().await);
        let response = get(router, "/readyz").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(body_text(response).await.contains("longer than 2 s"));
    }

    #[tokio::test]
    async fn metrics_are_prometheus_text() {
        metrics::install().unwrap();
        ::metrics::counter!("test_health_total").increment(7);
        let response = get(ready(), "/metrics").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(
            response.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/plain; version=0.0.4")
        );
        assert!(body_text(response).await.contains("test_health_total 7"));
    }
}

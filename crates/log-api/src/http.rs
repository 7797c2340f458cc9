//! The HTTP side: which request is a GraphQL request, and how answers look.

mod parse;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use service::Guard;
use service::layers::{self, Limits};

use crate::export::Exporting;
use crate::graphql::{Answer, GraphQl};
use crate::request_error::RequestError;
use crate::{default_node, export, graphiql, limits, v1};

const ROOT_TEXT: &str = "This page is intentionally left blank. \
     The graphql endpoint can be found at `/graphql`.";

/// All routes, those of `reading` and `health` included.
pub(crate) fn routes(
    graphql: GraphQl,
    exporting: Exporting,
    reading: Router,
    guard: &Guard,
    health: Router,
) -> Router {
    let strict = service::openapi::refuse_unknown_parameters(
        reading.merge(export::routes(exporting)),
        v1::document(),
    );
    let asking = Router::new()
        .route("/graphql", any(graphql_route))
        .route("/graphiql/{file}", get(graphiql::file))
        .with_state(graphql);
    let routes = guard
        .protect_reading(asking.merge(strict))
        .route("/", any(async || ROOT_TEXT))
        .fallback(async || (StatusCode::NOT_FOUND, "Route not found"));
    let limits = Limits {
        body_bytes: limits::BODY_BYTES,
        time: limits::REQUEST_TIME,
    };
    layers::standard("log-api", routes, limits)
        .merge(health)
        .layer(middleware::from_fn(allow_all_origins))
}

/// Lets pages of any origin read every answer, errors included, and answers
/// their pre-flight requests.
async fn allow_all_origins(request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, HeaderValue); 3] = [
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PATCH, PUT, DELETE, OPTIONS"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Content-Type, Authorization"),
        ),
    ];
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::OK.into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().extend(HEADERS);
    response
}

async fn graphql_route(State(graphql): State<GraphQl>, request: Request) -> Response {
    match *request.method() {
        Method::GET if accepts_html(request.headers()) => graphiql::page(),
        Method::GET | Method::POST => execute(&graphql, request).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

async fn execute(graphql: &GraphQl, request: Request) -> Response {
    let default_node = default_node::of_headers(request.headers());
    let request = match parse::request(request).await {
        Ok(request) => request,
        Err(parse::ParseError::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(parse::ParseError::Request(error)) => return refuse(&error),
    };
    match graphql.answer(request, default_node.as_deref()).await {
        Ok(answer) => write(answer).await,
        Err(error) => refuse(&error),
    }
}

/// Answers of megabytes are written beside the threads that serve connections.
async fn write(Answer { response, permit }: Answer) -> Response {
    let written = tokio::task::spawn_blocking(move || serde_json::to_vec(&response)).await;
    match written {
        Ok(Ok(body)) => json(StatusCode::OK, service::held_body(body, permit)),
        Ok(Err(error)) => internal(&error),
        Err(error) => internal(&error),
    }
}

fn internal(error: &dyn std::error::Error) -> Response {
    tracing::error!("cannot write an answer: {error}");
    service::ErrorBody::internal().into_response()
}

fn refuse(error: &RequestError) -> Response {
    json(StatusCode::BAD_REQUEST, error.body().to_string())
}

fn json(status: StatusCode, body: impl IntoResponse) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (status, content_type, body).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_graphql::Response as GraphQlResponse;
    use futures_util::StreamExt as _;
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn the_permit_of_a_request_is_held_until_its_answer_is_taken() {
        let running = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&running).acquire_owned().await.ok();
        let response = GraphQlResponse::new("x".repeat(1 << 20));
        let response = write(Answer { response, permit }).await;
        let mut pieces = response.into_body().into_data_stream();
        let mut bytes = 0;
        while let Some(piece) = pieces.next().await {
            assert_eq!(running.available_permits(), 0);
            bytes += piece.unwrap().len();
        }
        assert!(bytes > 1 << 20, "{bytes}");
        drop(pieces);
        assert_eq!(running.available_permits(), 1);
    }
}

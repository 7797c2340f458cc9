//! The description of the interface, generated from the code.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

use super::{events, v1};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "loadlab orchestrator",
        description = "Durable runs of experiments. Requests that change something need the \
                       service's token, unless it listens on loopback only.",
        license(name = "Apache-2.0")
    ),
    paths(
        v1::list,
        v1::get,
        v1::plan,
        v1::start,
        v1::cancel,
        v1::journal,
        events::stream
    )
)]
struct Api;

/// The description as JSON.
#[must_use]
pub fn openapi() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

pub(crate) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi()).into_response()
}

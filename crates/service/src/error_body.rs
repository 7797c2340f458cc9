//! The body of every error answer of the new APIs: `{ "error": { "code", "message" } }`.
//!
//! APIs that existed before keep the bodies their clients know.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error as a client sees it. Causes that are nobody's business outside (SQL, addresses, paths)
/// belong in the log, never in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ErrorBody {
    /// An error answer. `code` is a stable word for programs (`snake_case`); `message` is one
    /// sentence for people.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// The answer to a failure that is ours: 500, code `internal`, without any detail.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed to answer this request; its log says why",
        )
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    code: &'a str,
    message: &'a str,
}

impl IntoResponse for ErrorBody {
    fn into_response(self) -> Response {
        let envelope = Envelope {
            error: Content {
                code: self.code,
                message: &self.message,
            },
        };
        (self.status, Json(envelope)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::test_client::body_text;

    #[tokio::test]
    async fn the_body_has_code_and_message_under_error() {
        let response = ErrorBody::new(
            StatusCode::NOT_FOUND,
            "unknown_block",
            "no block \"3NK\" here",
        )
        .into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(
            body_text(response).await,
            r#"{"error":{"code":"unknown_block","message":"no block \"3NK\" here"}}"#
        );
    }
}

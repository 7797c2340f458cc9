//! The body of every error answer of the new APIs:
//! `{ "error": { "code", "message", "details", "request_id" } }`.
//!
//! APIs that existed before keep the bodies their clients know.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::request_id;

/// What is wrong with one parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErrorDetail {
    /// The parameter; none if it is about the request as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// One sentence for people.
    pub message: String,
    /// The known value or name that may be meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

/// An error as a client sees it. Causes that are nobody's business outside (SQL, addresses, paths)
/// belong in the log, never in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Vec<ErrorDetail>,
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
            details: Vec::new(),
        }
    }

    /// The answer to a parameter that cannot be used: 400, code `bad_request`. The message begins
    /// with the parameter's name in quotes.
    #[must_use]
    pub fn parameter(parameter: &str, message: &str, nearest: Option<String>) -> Self {
        let hint = nearest
            .as_ref()
            .map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_request",
            format!("\"{parameter}\" {message}{hint}"),
        )
        .with_detail(ErrorDetail {
            parameter: Some(parameter.to_owned()),
            message: message.to_owned(),
            nearest,
        })
    }

    /// Adds what is wrong with one parameter.
    #[must_use]
    pub fn with_detail(mut self, detail: ErrorDetail) -> Self {
        self.details.push(detail);
        self
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
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    details: &'a [ErrorDetail],
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl IntoResponse for ErrorBody {
    fn into_response(self) -> Response {
        let envelope = Envelope {
            error: Content {
                code: self.code,
                message: &self.message,
                details: &self.details,
                request_id: request_id::current(),
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
    async fn within_a_request_the_body_has_its_id() {
        let refused = async { ErrorBody::internal().into_response() };
        let response = request_id::within("a-1".to_owned(), refused).await;
        let body = body_text(response).await;
        assert!(body.ends_with(r#","request_id":"a-1"}}"#), "{body}");
    }

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

    #[tokio::test]
    async fn details_name_the_parameter_and_the_request_has_an_id() {
        let error =
            ErrorBody::new(StatusCode::BAD_REQUEST, "bad_request", "no").with_detail(ErrorDetail {
                parameter: Some("sort".to_owned()),
                message: "must be name".to_owned(),
                nearest: Some("name".to_owned()),
            });
        let response = request_id::within("r1".to_owned(), async { error.into_response() }).await;
        assert_eq!(
            body_text(response).await,
            concat!(
                r#"{"error":{"code":"bad_request","message":"no","details":[{"parameter":"sort","#,
                r#""message":"must be name","nearest":"name"}],"request_id":"r1"}}"#
            )
        );
    }
}

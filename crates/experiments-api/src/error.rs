//! Answers that are not what was asked for, with the bodies that clients of the
//! original know: `error` after a change, `message` after a query.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use service::ErrorBody;
use store::StoreError;

use crate::encoding;

/// Longest body, Express' default of 100 kB.
pub const BODY_BYTES_MAX: usize = 100 * 1024;

/// Why nothing was changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The request is wrong, and how.
    Invalid(String),
    /// The body is larger than any of these requests.
    TooLarge,
    /// The body is not JSON, and says so itself.
    NotJson,
    /// There is no deployment yet.
    NoDeployment,
    /// No such route.
    NotFound,
    /// Something failed here; the log says what.
    Internal,
}

/// Why a query has no rows to show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The request is wrong, and how.
    Invalid(String),
    /// The database failed; the log says how.
    Failed,
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoDeployment => Self::NoDeployment,
            StoreError::UnstorableText => Self::Invalid(error.to_string()),
            error => {
                log(&error, "a change could not be stored");
                Self::Internal
            }
        }
    }
}

impl Refused {
    /// The same as the new routes say it.
    pub(crate) fn in_new_form(self) -> ErrorBody {
        let (status, code, message) = match self {
            Self::Invalid(text) => (StatusCode::BAD_REQUEST, "bad_request", text),
            Self::TooLarge => {
                let text = format!("the body has more than {BODY_BYTES_MAX} bytes");
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
            }
            Self::NotJson => {
                let text = "the body must be JSON, with Content-Type: application/json";
                (
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "not_json",
                    text.to_owned(),
                )
            }
            Self::NoDeployment => {
                let text = "there is no deployment yet";
                (StatusCode::CONFLICT, "no_deployment", text.to_owned())
            }
            Self::NotFound => {
                let text = "there is no such route";
                (StatusCode::NOT_FOUND, "unknown_route", text.to_owned())
            }
            Self::Internal => return ErrorBody::internal(),
        };
        ErrorBody::new(status, code, message)
    }
}

impl Unread {
    pub(crate) fn failed(error: &StoreError) -> Self {
        log(error, "a query failed");
        Self::Failed
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Invalid(text) => (StatusCode::BAD_REQUEST, text),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The body has more than {BODY_BYTES_MAX} bytes"),
            ),
            Self::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON, with Content-Type: application/json and without \
                 Content-Encoding"
                    .to_owned(),
            ),
            Self::NoDeployment => (
                StatusCode::CONFLICT,
                "There is no deployment yet: POST /api/deployments first".to_owned(),
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not Found".to_owned()),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal Server Error".to_owned(),
            ),
        };
        encoding::json(status, &json!({"error": text}))
    }
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(text) => Refused::Invalid(text).into_response(),
            Self::Failed => encoding::json(
                StatusCode::INTERNAL_SERVER_ERROR,
                &json!({"message": "Error executing query"}),
            ),
        }
    }
}

fn log(error: &StoreError, what: &str) {
    tracing::error!(error = service::error_chain(error), "{what}");
}

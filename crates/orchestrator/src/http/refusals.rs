//! What routes answer instead of what was asked for, and how that is described.

use service::ErrorBody;
pub(super) use service::refusals::Error;
use store::StoreError;
use utoipa::{IntoResponses, ToSchema};

use service::error_chain;

/// What every route of `/api/v1` may answer instead.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes answers")]
pub(super) enum Refusals {
    /// A parameter or the path cannot be read, or the body is not what is asked for.
    #[response(status = 400)]
    Malformed(Error),
    /// The service needs a token, which the request lacks.
    #[response(status = 401)]
    NoToken(Error),
    /// A page of another machine, or a request that is not for this service.
    #[response(status = 403)]
    Foreign(Error),
    /// The service failed; its log says why.
    #[response(status = 500)]
    Internal(Error),
    /// Too much is asked for at the same time, or the answer took too long. Try again later.
    #[response(status = 503)]
    Busy(Error),
}

/// An answer of `/api/v0`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes answers")]
pub(super) struct Outcome {
    /// What is wrong, if anything is.
    errors: Option<Vec<String>>,
    /// A word, or what was asked for.
    #[schema(value_type = Option<serde_json::Value>)]
    result: Option<()>,
}

/// What the routes of `/api/v0` may answer instead.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes answers")]
pub(super) enum OldRefusals {
    /// The body cannot be read, breaks rules, or names an experiment that exists.
    #[response(status = 400)]
    Invalid(Outcome),
    /// The service needs a token, which the request lacks.
    #[response(status = 401)]
    NoToken(Error),
    /// A page of another machine, or a request that is not for this service.
    #[response(status = 403)]
    Foreign(Error),
    /// The database failed.
    #[response(status = 500)]
    Internal(Outcome),
    /// Too much is asked for at the same time, or the answer took too long. Try again later.
    #[response(status = 503)]
    Busy(Error),
}

#[expect(clippy::needless_pass_by_value, reason = "the end of an error")]
pub(super) fn internal(error: StoreError) -> ErrorBody {
    tracing::error!("a request failed: {}", error_chain(&error));
    ErrorBody::internal()
}

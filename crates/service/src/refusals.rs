//! How descriptions of services say what a route may answer instead of what was asked for.

use utoipa::{IntoResponses, ToSchema};

/// The body of every refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `ErrorBody` writes")]
pub struct Error {
    /// What went wrong.
    error: ErrorContent,
}

/// What went wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `ErrorBody` writes")]
pub struct ErrorContent {
    /// A stable word for programs.
    code: String,
    /// One sentence for people.
    message: String,
    /// What is wrong with which parameter; absent where nothing more is known.
    #[schema(required = false)]
    details: Vec<ErrorDetail>,
    /// The id of the request in the service's log; absent outside of requests.
    #[schema(required = false)]
    request_id: String,
}

/// What is wrong with one parameter.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `ErrorBody` writes")]
pub struct ErrorDetail {
    /// The parameter; absent if it is about the request as a whole.
    #[schema(required = false)]
    parameter: String,
    /// One sentence for people.
    message: String,
    /// The known value or name that may be meant.
    #[schema(required = false)]
    nearest: String,
}

/// What every route that reads may answer instead.
#[derive(IntoResponses)]
pub enum ReadRefusals {
    /// The answer is the one that the client has.
    #[response(status = 304)]
    Unchanged,
    /// A parameter or the path cannot be read.
    #[response(status = 400)]
    Malformed(Error),
    /// Reading needs a token here, and the request has none that is valid.
    #[response(status = 401)]
    NoToken(Error),
    /// The token does not permit this, or the request is a page's of a stranger.
    #[response(status = 403)]
    Forbidden(Error),
    /// There is no such thing, or no such route.
    #[response(status = 404)]
    Unknown(Error),
    /// The service failed; its log says why.
    #[response(status = 500)]
    Internal(Error),
    /// The answer took too long, or is too long.
    #[response(status = 503)]
    Busy(Error),
}

//! The description of the interface, generated from the code.

use std::sync::LazyLock;

use utoipa::{IntoResponses, OpenApi, ToSchema};

use super::{events, parameters, v0, v1};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "loadlab orchestrator",
        description = "Durable runs of experiments. Requests that change something need the \
                       service's token, unless it listens on loopback only.",
        license(name = "Apache-2.0")
    ),
    servers((
        url = "../..",
        description = "Where this document was read from, whatever the path before it."
    )),
    paths(
        v0::run,
        v0::test,
        v0::status,
        v0::cancel,
        v1::list,
        v1::get,
        v1::plan,
        v1::start,
        v1::cancel,
        v1::journal,
        parameters::list,
        events::stream
    )
)]
struct Api;

/// The body of every refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `service::ErrorBody` writes")]
pub(super) struct Error {
    /// What went wrong.
    error: ErrorContent,
}

/// What went wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `service::ErrorBody` writes")]
pub(super) struct ErrorContent {
    /// A stable word for programs.
    code: String,
    /// One sentence for people.
    message: String,
}

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

/// The description as JSON.
#[must_use]
pub fn openapi() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The same, made once.
pub(super) fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(openapi);
    &DOCUMENT
}

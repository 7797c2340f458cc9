//! Refusals of the reading API.

use axum::http::StatusCode;
use service::{ErrorBody, ErrorDetail};
use store::StoreError;

pub(crate) use service::etag::answer;

/// A failure of the database.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(crate) fn failed(error: StoreError) -> ErrorBody {
    tracing::error!(error = &error as &dyn std::error::Error, "a query failed");
    ErrorBody::internal()
}

/// Nothing has this name.
pub(crate) fn unknown(code: &'static str, message: impl Into<String>) -> ErrorBody {
    ErrorBody::new(StatusCode::NOT_FOUND, code, message)
}

/// A parameter is wrong; the message says what it must be.
pub(crate) fn invalid(parameter: &str, message: &str) -> ErrorBody {
    ErrorBody::parameter(parameter, message, None)
}

/// A parameter is wrong, in the words of what reads it.
pub(crate) fn unreadable(parameter: &str, message: &str, nearest: Option<String>) -> ErrorBody {
    ErrorBody::new(StatusCode::BAD_REQUEST, "bad_request", message).with_detail(ErrorDetail {
        parameter: Some(parameter.to_owned()),
        message: message.to_owned(),
        nearest,
    })
}

/// What the name that a parameter gives stands for; none if it is not given.
pub(crate) fn choice<T: Copy>(
    parameter: &str,
    given: Option<&str>,
    known: &[(&str, T)],
) -> Result<Option<T>, ErrorBody> {
    let Some(given) = given else { return Ok(None) };
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == given) {
        return Ok(Some(*value));
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let message = match &names[..] {
        [one, other] => format!("must be {one} or {other}"),
        _ => format!("must be one of {}", names.join(", ")),
    };
    Err(ErrorBody::parameter(
        parameter,
        &message,
        nearest::nearest(given, names).map(str::to_owned),
    ))
}

/// Whether the greatest comes first; `default` unless the parameter `order` says.
pub(crate) fn is_descending(order: Option<&str>, default: bool) -> Result<bool, ErrorBody> {
    let order = choice("order", order, &[("asc", false), ("desc", true)])?;
    Ok(order.unwrap_or(default))
}

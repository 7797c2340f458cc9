//! Every answer of `/v1/submit` but success, with status and text as nodes
//! and operators of the original service know them.

use axum::http::StatusCode;

/// Why a submission is not accepted. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The request does not say how long its body is.
    NoLength,
    /// The body is longer than [`BODY_BYTES_MAX`](crate::BODY_BYTES_MAX).
    TooLarge,
    /// Too much is being received or checked already. Not an answer of the
    /// original, which had no bounds; nodes repeat on any 5xx.
    Busy,
    /// The body ended early, is longer than announced, or came too slowly.
    UnreadableBody,
    /// Not JSON of the right form.
    Undecodable,
    /// A required field is absent or empty.
    MissingField,
    /// The submitter is not on the whitelist.
    NotRegistered,
    /// Made more than five minutes in the future.
    InFuture,
    /// Made longer ago than configured. Not an answer of the original, which
    /// accepts any age.
    TooOld,
    /// The signature does not belong to the data, the key and the network.
    InvalidSignature,
    /// The key has used up its submissions of the last hour.
    TooManyRequests,
    /// The submission could not be stored.
    Internal,
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoLength => StatusCode::LENGTH_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnreadableBody
            | Self::Undecodable
            | Self::MissingField
            | Self::InFuture
            | Self::TooOld => StatusCode::BAD_REQUEST,
            Self::NotRegistered | Self::InvalidSignature => StatusCode::UNAUTHORIZED,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The text of the answer's `error`; without one the body is empty.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        Some(match self {
            Self::NoLength | Self::TooLarge => return None,
            Self::Busy => "Server is busy",
            Self::UnreadableBody => "Error reading the body",
            Self::Undecodable => "Error decoding payload",
            Self::MissingField => "One of required fields wasn't provided",
            Self::NotRegistered => "Submitter is not registered",
            Self::InFuture => "Field created_at is a timestamp in future",
            Self::TooOld => "Field created_at is too far in the past",
            Self::InvalidSignature => "Invalid signature",
            Self::TooManyRequests => "Too many requests per hour",
            Self::Internal => "Unexpected server error",
        })
    }

    /// The value of label `outcome` in the figures.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NoLength => "no_length",
            Self::TooLarge => "too_large",
            Self::Busy => "busy",
            Self::UnreadableBody => "unreadable_body",
            Self::Undecodable => "undecodable",
            Self::MissingField => "missing_field",
            Self::NotRegistered => "not_registered",
            Self::InFuture => "in_future",
            Self::TooOld => "too_old",
            Self::InvalidSignature => "invalid_signature",
            Self::TooManyRequests => "too_many_requests",
            Self::Internal => "internal",
        }
    }
}

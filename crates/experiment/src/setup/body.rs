//! The body of a request to run or test an experiment: wrapped, flat, or both.

use serde_json::value::RawValue;

use super::decode::{DecodeError, Decoded, Strictness, from_members};
use crate::json::Members;

/// Most bytes of a body.
pub const BYTES_MAX: usize = 1_048_576;

/// Which of the two forms a body has. Clients of the older one expect older answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The setup is the body.
    Flat,
    /// The setup is the member `experiment_setup`.
    Wrapped,
}

/// A request to run or test an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentRequest {
    /// What it says.
    pub decoded: Decoded,
    /// How it says it.
    pub form: Form,
}

/// Why a body is no request. Each is answered with status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Announced or sent too much.
    #[error("request body too large: {bytes} bytes (max {BYTES_MAX})")]
    TooLarge {
        /// How much.
        bytes: u64,
    },
    /// It did not come, or there was no end to it.
    #[error("failed to read request body: {0}")]
    Unreadable(String),
    /// Not JSON, or values of wrong types.
    #[error("failed to decode request body: {0}")]
    Malformed(DecodeError),
    /// The name is absent, null or empty.
    #[error("experiment_name is required")]
    NoName,
}

/// The request in a body. The wrapper wins whenever `experiment_setup` is present and not null.
/// `orchestrator_config` is ignored, as it always was.
///
/// # Errors
///
/// The body is no request, or a request that may not be taken.
pub fn from_body(body: &[u8], strictness: Strictness) -> Result<ExperimentRequest, BodyError> {
    if body.len() > BYTES_MAX {
        return Err(BodyError::TooLarge {
            bytes: body.len() as u64,
        });
    }
    let malformed =
        |error: serde_json::Error| BodyError::Malformed(DecodeError::one(error.to_string()));
    if body.trim_ascii().is_empty() {
        return Err(BodyError::Malformed(DecodeError::one(
            "it is empty".to_owned(),
        )));
    }
    let Members(mut members) = serde_json::from_slice(body).map_err(malformed)?;
    let wrapper = take_wrapper(&mut members);
    let (members, form) = match wrapper {
        Some(setup) => {
            let Members(inner) = serde_json::from_str(setup.get()).map_err(|_| {
                BodyError::Malformed(DecodeError::one(
                    "experiment_setup: expected an object".to_owned(),
                ))
            })?;
            (inner, Form::Wrapped)
        }
        None => (members, Form::Flat),
    };
    let decoded = from_members(&members, strictness).map_err(BodyError::Malformed)?;
    if decoded.setup.experiment_name.is_empty() {
        return Err(BodyError::NoName);
    }
    Ok(ExperimentRequest { decoded, form })
}

/// Takes the members of the wrapper out; the last `experiment_setup` that is not null.
fn take_wrapper(members: &mut Vec<(String, Box<RawValue>)>) -> Option<Box<RawValue>> {
    let mut wrapper = None;
    members.retain(|(name, value)| {
        if name.eq_ignore_ascii_case("experiment_setup") {
            if value.get() != "null" {
                wrapper = Some(value.clone());
            }
            return false;
        }
        !name.eq_ignore_ascii_case("orchestrator_config")
    });
    wrapper
}

//! Answers of the interface that users know, in its older and its newer shape.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use store::Time;
use store::experiment_runs::{RunSummary, RunView};

use super::permits::Permit;
use crate::clock::short_duration;

/// Bytes that are given to the connection at once.
const PIECE_BYTES: usize = 64 << 10;

/// Any value as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match experiment::to_text(value) {
        Ok(text) => (status, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => {
            tracing::error!("cannot write an answer: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A text that holds a permit.
struct Held {
    text: String,
    _permit: Permit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// Any value as JSON with status 200. The permit is held until all of it is written, or the client is
/// gone.
pub(crate) fn holding(value: &impl Serialize, permit: Permit) -> Response {
    let text = match experiment::to_text(value) {
        Ok(text) => text,
        Err(error) => {
            tracing::error!("cannot write an answer: {error}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let length = text.len();
    let all = Bytes::from_owner(Held {
        text,
        _permit: permit,
    });
    let pieces = (0..length).step_by(PIECE_BYTES).map(move |begin| {
        let end = length.min(begin + PIECE_BYTES);
        Ok::<_, std::convert::Infallible>(all.slice(begin..end))
    });
    let mut response = Body::from_stream(futures_util::stream::iter(pieces)).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// `{"errors":[…],"result":"…"}`.
pub(crate) fn outcome(status: StatusCode, errors: &[String], result: &str) -> Response {
    let body = if errors.is_empty() {
        json!({ "result": result })
    } else {
        json!({ "errors": errors, "result": result })
    };
    json(status, &body)
}

/// The older shape of broken rules.
pub(crate) fn validation_failed(errors: &[String]) -> Response {
    let body = json!({ "validation_errors": errors, "result": "validation_failed" });
    json(StatusCode::BAD_REQUEST, &body)
}

/// `{"result": …}`.
#[derive(Serialize)]
pub(crate) struct Data<T> {
    pub(crate) result: T,
}

/// A text and a newline, as the first version answers some failures.
pub(crate) fn text(status: StatusCode, text: &str) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        format!("{text}\n"),
    )
        .into_response()
}

/// Who has the slot, and where it is.
pub(crate) fn busy(run: &RunSummary) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "truncated to seconds"
    )]
    let age = short_duration(run.age_seconds.max(0.0) as u64);
    format!(
        "an experiment is already running: {:?}, started {age} ago, at step {} ({})",
        run.name, run.step, run.step_name
    )
}

/// The state object.
#[derive(Serialize)]
pub(crate) struct State {
    name: String,
    description: String,
    created_at: Time,
    updated_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Time>,
    status: String,
    step: i32,
    step_name: String,
    setup_json: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logs: Vec<String>,
}

impl From<RunView> for State {
    fn from(run: RunView) -> Self {
        let summary = run.summary;
        Self {
            name: summary.name,
            description: String::new(),
            created_at: summary.created_at,
            updated_at: summary.updated_at,
            ended_at: summary.ended_at,
            status: summary.status.to_string(),
            step: summary.step,
            step_name: summary.step_name,
            setup_json: run.setup,
            warnings: run.warnings,
            errors: run.errors,
            logs: run.logs,
        }
    }
}

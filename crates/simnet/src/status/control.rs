//! Making things happen from outside.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde_json::{Value, json};
use service::ErrorBody;

use super::state::Status;
use crate::faults::{FaultError, FaultRequest};

/// `POST /api/v1/faults`: a fault now or at its time. Answers when it has happened or is planned.
pub(super) async fn fault(
    State(status): State<Arc<Status>>,
    request: Result<Json<FaultRequest>, JsonRejection>,
) -> Result<Json<Value>, ErrorBody> {
    let Json(request) = request
        .map_err(|error| ErrorBody::new(error.status(), "bad_request", error.body_text()))?;
    let scheduled = status.timetable.schedule(request).await;
    scheduled.map_err(|error| {
        let (code, name) = match &error {
            FaultError::UnknownNode(_) => (StatusCode::NOT_FOUND, "unknown_node"),
            FaultError::Address(_) => (StatusCode::CONFLICT, "address_taken"),
            _ => (StatusCode::BAD_REQUEST, "bad_fault"),
        };
        ErrorBody::new(code, name, error.to_string())
    })?;
    Ok(Json(json!({"status": "ok"})))
}

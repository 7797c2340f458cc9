//! Changing deployments: their note, and dropping them.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use service::ErrorBody;
use service::extract::Path;
use service::refusals::Error;
use store::old_data::DropError;
use store::{Database, StoreError};
use utoipa::ToSchema;

use super::answer::{failed, unknown};
use crate::BODY_BYTES_MAX;

/// Longest note, in bytes.
const NOTE_BYTES_MAX: usize = 10_000;

/// A deployment's note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// The text, at most 10,000 bytes; null takes the note away.
    #[schema(required = true)]
    note: Option<String>,
}

/// Changes the note of a deployment.
#[utoipa::path(patch, path = "/api/v1/deployments/{id}", operation_id = "note_deployment",
    params(("id" = i32, Path, description = "The deployment")),
    request_body = Note,
    responses((status = 200, body = Note), ChangeRefusals))]
pub(crate) async fn note(
    State(database): State<Database>,
    Path(id): Path<i32>,
    body: Body,
) -> Result<axum::Json<Note>, ErrorBody> {
    let malformed =
        |message: String| ErrorBody::new(StatusCode::BAD_REQUEST, "bad_request", message);
    let bytes = to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| malformed(format!("the body has more than {BODY_BYTES_MAX} bytes")))?;
    let note: Note = serde_json::from_slice(&bytes)
        .map_err(|error| malformed(format!("the body is not {{\"note\": \"…\"}}: {error}")))?;
    if note
        .note
        .as_ref()
        .is_some_and(|text| text.len() > NOTE_BYTES_MAX)
    {
        let message = "must have at most 10000 bytes";
        return Err(ErrorBody::parameter("note", message, None));
    }
    let found = database.note_deployment(id, note.note.as_deref()).await;
    match found {
        Ok(true) => Ok(axum::Json(note)),
        Ok(false) => Err(missing(id)),
        Err(StoreError::UnstorableText) => Err(ErrorBody::parameter(
            "note",
            "has the character NUL, which cannot be stored",
            None,
        )),
        Err(error) => Err(failed(error)),
    }
}

/// Drops a deployment that is not the newest, with everything that belongs to it.
#[utoipa::path(delete, path = "/api/v1/deployments/{id}", operation_id = "drop_deployment",
    params(("id" = i32, Path, description = "The deployment")),
    responses((status = 204, description = "It is gone."), ChangeRefusals))]
pub(crate) async fn drop_one(
    State(database): State<Database>,
    Path(id): Path<i32>,
) -> Result<StatusCode, ErrorBody> {
    // Continues if the client goes away.
    let dropping = store::access::spawn(async move { database.drop_deployment(id, false).await });
    let dropped = dropping.await.map_err(|_| ErrorBody::internal())?;
    match dropped {
        Ok(()) => {
            tracing::info!(deployment_id = id, "deployment dropped");
            Ok(StatusCode::NO_CONTENT)
        }
        Err(DropError::Store(StoreError::UnknownDeployment { .. })) => Err(missing(id)),
        Err(error @ DropError::Newest(_)) => Err(ErrorBody::new(
            StatusCode::CONFLICT,
            "newest_deployment",
            format!("{error}; begin a new one first"),
        )),
        Err(error @ DropError::OpenSessions { .. }) => Err(ErrorBody::new(
            StatusCode::CONFLICT,
            "open_sessions",
            format!("{error}; freeze tracing first"),
        )),
        Err(error @ DropError::InUse(_)) => Err(ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "in_use",
            error.to_string(),
        )),
        Err(DropError::Store(error)) => Err(failed(error)),
    }
}

fn missing(id: i32) -> ErrorBody {
    unknown("unknown_deployment", format!("there is no deployment {id}"))
}

/// What these routes may answer instead.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "it describes answers")]
pub(crate) enum ChangeRefusals {
    /// The path or the body cannot be read.
    #[response(status = 400)]
    Malformed(Error),
    /// The token is missing or wrong.
    #[response(status = 401)]
    TokenRequired(Error),
    /// This page may not change anything.
    #[response(status = 403)]
    Foreign(Error),
    /// There is no such deployment.
    #[response(status = 404)]
    Unknown(Error),
    /// It is the newest, into which services write.
    #[response(status = 409)]
    Newest(Error),
    /// The service failed; its log says why.
    #[response(status = 500)]
    Internal(Error),
    /// It is read or written all the time.
    #[response(status = 503)]
    InUse(Error),
}

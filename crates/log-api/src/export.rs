//! A block trace as a file for other tools: Perfetto, OpenTelemetry, JSON.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use service::ErrorBody;
use service::extract::{Path, Query};
use service::refusals::ReadRefusals;
use store::read::{EntriesPage, ReadBudget};
use store::{Database, StoreError};
use tokio::sync::Semaphore;
use trace::Compatibility;
use trace_export::{BlockTrace, Format};
use utoipa::IntoParams;

/// Entries and bytes of texts of one trace: as many as are read of one trace anywhere, and far more
/// than a block has.
const ROWS_MAX: u64 = 100_001;
const TEXT_BYTES_MAX: u64 = 64 << 20;
/// Files that are made at once; further requests wait within their time.
const AT_ONCE: usize = 4;

/// What the route needs.
#[derive(Debug, Clone)]
pub(crate) struct Exporting {
    database: Database,
    compatibility: Compatibility,
    running: Arc<Semaphore>,
}

impl Exporting {
    pub(crate) fn new(database: Database, compatibility: Compatibility) -> Self {
        Self {
            database,
            compatibility,
            running: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// The route.
pub(crate) fn routes(exporting: Exporting) -> Router {
    Router::new()
        .route(
            "/api/v1/traces/{deployment}/{node}/{hash}/export",
            get(export),
        )
        .with_state(exporting)
}

/// Which format.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParameters {
    /// `perfetto`, which is the default, `otlp` or `json`.
    format: Option<String>,
}

/// The newest trace of a block at a node, as an attachment.
#[utoipa::path(get, path = "/api/v1/traces/{deployment}/{node}/{hash}/export",
    params(("deployment" = i32, Path, description = "The deployment"),
           ("node" = String, Path, description = "Name of the node"),
           ("hash" = String, Path, description = "State hash of the block"), ExportParameters),
    responses((status = 200, description = "The file",
               content((serde_json::Value = "application/json"),
                       (Vec<u8> = "application/octet-stream"))), ReadRefusals))]
pub(crate) async fn export(
    State(exporting): State<Exporting>,
    Path((deployment_id, node, hash)): Path<(i32, String, String)>,
    Query(parameters): Query<ExportParameters>,
) -> Result<Response, ErrorBody> {
    let format = parameters
        .format
        .as_deref()
        .unwrap_or(Format::Perfetto.name());
    let format: Format = format.parse().map_err(|_| {
        let message = "\"format\" must be perfetto, otlp or json";
        ErrorBody::new(StatusCode::BAD_REQUEST, "bad_request", message)
    })?;
    let Ok(_permit) = exporting.running.acquire().await else {
        return Err(ErrorBody::internal());
    };
    let budget = ReadBudget::new(ROWS_MAX, TEXT_BYTES_MAX);
    let stored = exporting
        .database
        .block_trace_within(deployment_id, &node, &hash, EntriesPage::LONGEST, &budget)
        .await
        .map_err(failed)?;
    let Some(stored) = stored else {
        return Err(ErrorBody::new(
            StatusCode::NOT_FOUND,
            "unknown_trace",
            format!("node \"{node}\" has no trace of \"{hash}\" in deployment {deployment_id}"),
        ));
    };
    let compatibility = exporting.compatibility;
    // Files of megabytes are made beside the threads that serve connections.
    let made = tokio::task::spawn_blocking(move || {
        let trace = BlockTrace::new(stored, compatibility);
        (trace.file_name(format), trace.write(format))
    });
    let (name, bytes) = made.await.map_err(|_| ErrorBody::internal())?;
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// A failure of the database, or a trace that is too large.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: StoreError) -> ErrorBody {
    if matches!(error, StoreError::OverBudget) {
        return ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_large",
            "the texts of this trace have more than 64 MiB; `loadlab trace export` writes it",
        );
    }
    if matches!(error, StoreError::Archived { .. }) {
        return ErrorBody::new(StatusCode::GONE, "archived", error.to_string());
    }
    tracing::error!(error = &error as &dyn std::error::Error, "a query failed");
    ErrorBody::internal()
}

//! What has happened in a run, step by step and request by request.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::ErrorBody;
use service::extract::Path;
use service::refusals::ReadRefusals;
use store::Time;
use store::experiment_runs::{RequestRow, RequestStatus, StepRow};
use utoipa::ToSchema;

use crate::{Runs, failed, unknown};

/// The journal of a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct Journal {
    /// Steps that began, in order.
    steps: Vec<JournalStep>,
    /// What was asked of nodes, in order.
    requests: Vec<JournalRequest>,
}

/// A step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Step)]
pub struct JournalStep {
    /// Its number.
    step: u32,
    /// Of a batch the number of its last command.
    last_step: u32,
    /// The action.
    action: String,
    /// When it began.
    #[schema(value_type = String)]
    started_at: Time,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Time>,
    /// Why it failed.
    error: Option<String>,
}

impl From<StepRow> for JournalStep {
    fn from(row: StepRow) -> Self {
        Self {
            step: row.step,
            last_step: row.last_step,
            action: row.action,
            started_at: row.started_at,
            ended_at: row.ended_at,
            error: row.error,
        }
    }
}

/// A request to a node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request)]
pub struct JournalRequest {
    /// The step.
    step: u32,
    /// Position within the step; of load the batch.
    request: u32,
    /// `host:port`.
    node: String,
    /// What was asked.
    kind: String,
    /// The round.
    round: Option<i32>,
    /// Rate asked for, transactions per second.
    tps: Option<f64>,
    /// Transactions intended.
    intended: Option<i64>,
    /// When it was written down.
    #[schema(value_type = String)]
    asked_at: Time,
    /// `accepted`, `unconfirmed`, `unanswered` or `refused`.
    outcome: Option<&'static str>,
    /// The handle.
    handle: Option<String>,
    /// Why it was refused.
    error: Option<String>,
    /// When it was undone.
    #[schema(value_type = Option<String>)]
    undone_at: Option<Time>,
}

impl From<RequestRow> for JournalRequest {
    fn from(row: RequestRow) -> Self {
        Self {
            step: row.step,
            request: row.request,
            node: row.node,
            kind: row.kind,
            round: row.round,
            tps: row.tps,
            intended: row.intended,
            asked_at: row.asked_at,
            outcome: row.outcome.map(RequestStatus::as_str),
            handle: row.handle,
            error: row.error,
            undone_at: row.undone_at,
        }
    }
}

/// What has happened in a run so far.
#[utoipa::path(get, path = "/api/v1/experiments/{name}/journal",
    params(("name" = String, Path, description = "Name of the run")),
    responses((status = 200, body = Journal), ReadRefusals))]
pub async fn journal(
    State(runs): State<Runs>,
    Path(name): Path<String>,
) -> Result<Json<Journal>, ErrorBody> {
    let state = runs.database.read_journal(&name).await;
    let state = state.map_err(failed)?.ok_or_else(unknown)?;
    Ok(Json(Journal {
        steps: state.steps.into_iter().map(JournalStep::from).collect(),
        requests: state
            .requests
            .into_iter()
            .map(JournalRequest::from)
            .collect(),
    }))
}

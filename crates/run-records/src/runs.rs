//! All runs, and one with everything.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::ErrorBody;
use service::extract::{Path, Query};
use service::refusals::ReadRefusals;
use store::Time;
use store::experiment_runs::{Outcome, RunChoice, RunStatus, RunSummary};
use utoipa::{IntoParams, ToSchema};

use crate::counts::{InBlocks, RoundCounts, Total, count};
use crate::remaining_funds::RemainingFunds;
use crate::{Runs, failed, unknown};

/// Most runs of one page.
const PAGE_MAX: u32 = 500;

/// A run in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    /// Its name.
    name: String,
    /// `queued`, `running`, `cancelling`, `cancelled`, `success` or `error`.
    status: String,
    /// When it was taken in, RFC 3339.
    #[schema(value_type = String)]
    created_at: Time,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Time>,
    /// The step that began last.
    step: i32,
    /// Its action.
    step_name: String,
    /// What the plan was drawn from.
    seed: Option<i64>,
    /// What it waits for, if it waits.
    waiting_for: Option<String>,
    /// Until when at most.
    #[schema(value_type = Option<String>)]
    waiting_until: Option<Time>,
    /// `pending`, `delivered` or `failed`, if a webhook reports its end.
    webhook: Option<String>,
    /// Later runs have greater numbers.
    number: i64,
}

impl From<RunSummary> for Summary {
    fn from(run: RunSummary) -> Self {
        Self {
            name: run.name,
            status: run.status.to_string(),
            created_at: run.created_at,
            ended_at: run.ended_at,
            step: run.step,
            step_name: run.step_name,
            seed: run.seed,
            waiting_for: run.waiting_for,
            waiting_until: run.waiting_until,
            webhook: run.webhook.map(|state| state.as_str().to_owned()),
            number: run.number,
        }
    }
}

/// A run in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed {
    /// The run in short.
    #[serde(flatten)]
    summary: Summary,
    /// What became of its transactions that are in blocks.
    transactions: InBlocks,
    /// The warning about transactions that failed in blocks, if any did.
    warning: Option<String>,
}

/// A run with everything.
#[derive(Debug, Serialize, ToSchema)]
pub struct Experiment {
    /// The run in short.
    #[serde(flatten)]
    summary: Summary,
    /// The setup, keys as in the original.
    #[schema(value_type = Object)]
    setup: Value,
    /// The rounds as planned.
    #[schema(value_type = Vec<Object>)]
    rounds: Value,
    /// Transactions of the whole run.
    transactions: Total,
    /// Transactions by round and kind.
    delivery: Vec<RoundCounts>,
    /// What is left of the money, once the run has ended.
    leftover: Option<RemainingFunds>,
    /// What still has to be undone at nodes that could not be reached.
    clean_up: Vec<CleanUp>,
    /// Warnings.
    warnings: Vec<String>,
    /// Errors.
    errors: Vec<String>,
}

/// Something that still has to be undone at a node.
#[derive(Debug, Serialize, ToSchema)]
pub struct CleanUp {
    /// `host:port`.
    node: String,
    /// What was asked.
    kind: String,
    /// Its handle.
    handle: Option<String>,
    /// Attempts so far.
    attempts: i32,
    /// Why the last one failed.
    error: Option<String>,
}

/// Which page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Only runs with smaller numbers.
    before: Option<i64>,
    /// Part of a name.
    q: Option<String>,
    /// `queued`, `running`, `cancelling`, `cancelled`, `success` or `error`.
    status: Option<String>,
    /// How many at most; 100 unless given. More than 500 count as 500.
    limit: Option<u32>,
}

/// All runs, the newest first.
#[utoipa::path(get, path = "/api/v1/experiments", params(Page),
    responses((status = 200, body = Vec<Listed>), ReadRefusals))]
pub async fn list(
    State(runs): State<Runs>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<Listed>>, ErrorBody> {
    let limit = page.limit.unwrap_or(100).min(PAGE_MAX);
    let choice = RunChoice {
        before: page.before,
        text: page.q,
        status: page.status.map(RunStatus::from),
    };
    let found = runs.database.experiment_runs(&choice, limit).await;
    let found = found.map_err(failed)?;
    let names: Vec<String> = found.iter().map(|run| run.name.clone()).collect();
    let outcomes = runs.outcomes.of(&runs.database, &names).await;
    let outcomes = outcomes.map_err(failed)?;
    let rows = found
        .into_iter()
        .zip(outcomes)
        .map(|(run, outcome)| Listed {
            summary: run.into(),
            warning: outcome.warning(),
            transactions: outcome.into(),
        });
    Ok(Json(rows.collect()))
}

/// One run.
#[utoipa::path(get, path = "/api/v1/experiments/{name}",
    params(("name" = String, Path, description = "Name of the run")),
    responses((status = 200, body = Experiment), ReadRefusals))]
pub async fn get(
    State(runs): State<Runs>,
    Path(name): Path<String>,
) -> Result<Json<Experiment>, ErrorBody> {
    let run = runs.database.experiment_run(&name).await;
    let run = run.map_err(failed)?.ok_or_else(unknown)?;
    let rows = runs.database.experiment_delivery(&name).await;
    let rows = rows.map_err(failed)?;
    let (transactions, delivery) = count(&rows);
    let undo = runs.database.undo_rows(Some(&name)).await;
    let clean_up = undo
        .map_err(failed)?
        .into_iter()
        .map(|row| CleanUp {
            node: row.node,
            kind: row.kind,
            handle: row.handle,
            attempts: row.attempts,
            error: row.error,
        })
        .collect();
    Ok(Json(Experiment {
        summary: run.summary.into(),
        setup: run.setup,
        rounds: run.rounds,
        transactions,
        delivery,
        leftover: run
            .remaining_funds
            .and_then(|left| serde_json::from_value(left).ok()),
        clean_up,
        warnings: Outcome::of(&rows).warnings(run.warnings),
        errors: run.errors,
    }))
}

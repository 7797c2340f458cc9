//! Runs of experiments as people and the orchestrator read them.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::journal::OutputRow;
use crate::{Database, StoreError};

/// Most events that one query gives.
const EVENTS_MAX: i64 = 1_000;

/// A run in short. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Its name.
    pub name: String,
    /// `queued`, `running`, `cancelling`, `cancelled`, `success` or `error`.
    pub status: String,
    /// When it was taken in.
    pub created_at: String,
    /// When it changed last.
    pub updated_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// The step that began last.
    pub step: i32,
    /// Its action.
    pub step_name: String,
    /// Seconds since it began.
    pub age_seconds: f64,
    /// What its plan was drawn from.
    pub seed: Option<i64>,
    /// What it waits for.
    pub waiting_for: Option<String>,
    /// Until when at most.
    pub waiting_until: Option<String>,
    /// `pending`, `delivered` or `failed`, if somebody is to be told of its end.
    pub webhook: Option<String>,
    /// Later ones have greater numbers; 0 for runs of the existing system.
    pub number: i64,
}

/// A run with everything that clients are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// The run in short.
    pub summary: RunSummary,
    /// The setup.
    pub setup: Value,
    /// The rounds as planned; null for runs of the existing system.
    pub rounds: Value,
    /// What is left of its money, once it has ended; as it was written.
    pub leftover: Option<Value>,
    /// Log lines of level debug and info.
    pub logs: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Errors.
    pub errors: Vec<String>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// Its number.
    pub step: u32,
    /// Of a batch the number of its last command.
    pub last_step: u32,
    /// The action.
    pub action: String,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// What it has decided.
    pub decided: Option<Value>,
}

/// A request to a node.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a table")]
pub struct RequestRow {
    /// The step.
    pub step: u32,
    /// Position among the requests of the step.
    pub request: u32,
    /// `host:port`.
    pub node: String,
    /// What was asked.
    pub kind: String,
    /// The round.
    pub round: Option<i32>,
    /// The handle.
    pub handle: Option<String>,
    /// Whether the orchestrator chose the handle.
    pub handle_is_ours: bool,
    /// The run of the daemon that was asked.
    pub server_uuid: Option<String>,
    /// The number that the request carried.
    pub sequence_number: Option<u16>,
    /// Rate asked for.
    pub tps: Option<f64>,
    /// Transactions intended.
    pub intended: Option<i64>,
    /// The first of its keys.
    pub first_key: Option<u32>,
    /// How many keys.
    pub keys: Option<u32>,
    /// When it was asked first.
    pub asked_at: String,
    /// How many seconds before it was read that was.
    pub asked_seconds_ago: f64,
    /// Whether what was started has ended by itself by now.
    pub is_over: bool,
    /// What became of it.
    pub outcome: Option<String>,
    /// Why it was refused.
    pub error: Option<String>,
    /// Whether it was refused for good, so that the step ends.
    pub is_permanent: bool,
    /// Whether it has to be undone.
    pub undo_wanted: bool,
    /// When it was undone.
    pub undone_at: Option<String>,
    /// Attempts so far.
    pub undo_attempts: i32,
    /// Why the last attempt failed.
    pub undo_error: Option<String>,
}

/// A request that has to be undone at its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRow {
    /// The run.
    pub name: String,
    /// The step.
    pub step: u32,
    /// Position among the requests of the step.
    pub request: u32,
    /// `host:port`.
    pub node: String,
    /// What was asked.
    pub kind: String,
    /// The handle.
    pub handle: Option<String>,
    /// The run of the daemon that was asked.
    pub server_uuid: Option<String>,
    /// The number that the request carried.
    pub sequence_number: Option<u16>,
    /// Attempts so far.
    pub attempts: i32,
    /// Seconds since the request was made.
    pub age_seconds: i64,
}

/// Everything a process needs to go on with a run.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalState {
    /// The script.
    pub script: String,
    /// Whether it is to be cancelled.
    pub cancel_requested: bool,
    /// Steps that began, ascending.
    pub steps: Vec<StepRow>,
    /// Outputs of steps that ended, in order.
    pub outputs: Vec<OutputRow>,
    /// Requests, in order.
    pub requests: Vec<RequestRow>,
    /// Number of the last event.
    pub event_count: i64,
    /// Whom to tell of the end, encrypted.
    pub sealed_webhook: Option<Vec<u8>>,
}

/// An event of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number within the run, from 1.
    pub event: i64,
    /// When.
    pub at: String,
    /// `log`, `step` or `status`.
    pub kind: String,
    /// Of a log line.
    pub level: Option<String>,
    /// The step.
    pub step: Option<i32>,
    /// The text.
    pub message: String,
}

pub(super) fn run_summary(row: &PgRow) -> Result<RunSummary, StoreError> {
    Ok(RunSummary {
        name: row.try_get("name")?,
        status: row.try_get("status")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        ended_at: row.try_get("ended_at")?,
        step: row.try_get("step")?,
        step_name: row.try_get("step_name")?,
        age_seconds: row.try_get("age")?,
        seed: row.try_get("seed")?,
        waiting_for: row.try_get("waiting_for")?,
        waiting_until: row.try_get("waiting_until")?,
        webhook: row.try_get("webhook_state")?,
        number: row.try_get("queue_number")?,
    })
}

impl Database {
    /// The run that runs, or else the one that began last.
    pub async fn current_experiment(&self) -> Result<Option<RunView>, StoreError> {
        let name: Option<String> = sqlx::query_scalar(
            "SELECT name FROM loadlab.experiment_run WHERE started_at IS NOT NULL
              ORDER BY holds_slot DESC, started_at DESC LIMIT 1",
        )
        .fetch_optional(self.pool())
        .await?;
        match name {
            Some(name) => self.experiment_run(&name).await,
            None => Ok(None),
        }
    }

    /// The run of this name.
    pub async fn experiment_run(&self, name: &str) -> Result<Option<RunView>, StoreError> {
        let row = sqlx::query(concat!(
            include_str!("sql/run_summary.sql"),
            " WHERE state.name = $1"
        ))
        .bind(name)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let more = sqlx::query(include_str!("sql/run_view.sql"))
            .bind(name)
            .fetch_one(self.pool())
            .await?;
        Ok(Some(RunView {
            summary: run_summary(&row)?,
            setup: more.try_get("setup_json")?,
            rounds: more.try_get("rounds")?,
            leftover: more.try_get("leftover")?,
            logs: more.try_get("logs")?,
            warnings: more.try_get("warnings")?,
            errors: more.try_get("errors")?,
        }))
    }

    /// Runs, the newest first, those with numbers below `before` if it is given.
    pub async fn experiment_runs(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RunSummary>, StoreError> {
        let rows = sqlx::query(concat!(
            include_str!("sql/run_summary.sql"),
            " WHERE $1::bigint IS NULL OR coalesce(run.queue_number, 0) < $1
              ORDER BY run.queue_number DESC NULLS LAST, state.created_at DESC
              LIMIT $2"
        ))
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(run_summary).collect()
    }

    /// Everything a process needs to go on with a run.
    pub async fn read_journal(&self, name: &str) -> Result<Option<JournalState>, StoreError> {
        let run = sqlx::query(
            "SELECT script, cancel_requested_at IS NOT NULL, event_count, sealed_webhook
               FROM loadlab.experiment_run WHERE name = $1",
        )
        .bind(name)
        .fetch_optional(self.pool())
        .await?;
        let Some(run) = run else {
            return Ok(None);
        };
        Ok(Some(JournalState {
            script: run.try_get(0)?,
            cancel_requested: run.try_get(1)?,
            event_count: run.try_get(2)?,
            sealed_webhook: run.try_get(3)?,
            steps: self.experiment_steps(name).await?,
            outputs: self.experiment_outputs(name).await?,
            requests: self.experiment_requests(name).await?,
        }))
    }

    async fn experiment_steps(&self, name: &str) -> Result<Vec<StepRow>, StoreError> {
        let rows = sqlx::query(include_str!("sql/steps.sql"))
            .bind(name)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(StepRow {
                    step: number(row.try_get("step")?)?,
                    last_step: number(row.try_get("last_step")?)?,
                    action: row.try_get("action")?,
                    started_at: row.try_get("started_at")?,
                    ended_at: row.try_get("ended_at")?,
                    error: row.try_get("error")?,
                    decided: row.try_get("decided")?,
                })
            })
            .collect()
    }

    async fn experiment_outputs(&self, name: &str) -> Result<Vec<OutputRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT step, position, output, multi, value
               FROM loadlab.experiment_output WHERE name = $1 ORDER BY step, position",
        )
        .bind(name)
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(OutputRow {
                    step: number(row.try_get("step")?)?,
                    position: number(row.try_get("position")?)?,
                    output: row.try_get("output")?,
                    multi: row.try_get("multi")?,
                    value: row.try_get("value")?,
                })
            })
            .collect()
    }

    async fn experiment_requests(&self, name: &str) -> Result<Vec<RequestRow>, StoreError> {
        let rows = sqlx::query(include_str!("sql/requests.sql"))
            .bind(name)
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(request_row).collect()
    }

    /// What has to be undone at nodes, of all runs or of one.
    pub async fn undo_rows(&self, name: Option<&str>) -> Result<Vec<UndoRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, step, request, node, kind, handle, undo_attempts,
                    extract(epoch FROM clock_timestamp() - asked_at)::bigint,
                    server_uuid, sequence_number
               FROM loadlab.experiment_request
              WHERE undo_wanted AND undone_at IS NULL AND ($1::text IS NULL OR name = $1)
                AND (runs_until IS NULL OR runs_until > clock_timestamp())
              ORDER BY undo_attempts, node LIMIT 10000",
        )
        .bind(name)
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(UndoRow {
                    name: row.try_get(0)?,
                    step: number(row.try_get(1)?)?,
                    request: number(row.try_get(2)?)?,
                    node: row.try_get(3)?,
                    kind: row.try_get(4)?,
                    handle: row.try_get(5)?,
                    attempts: row.try_get(6)?,
                    age_seconds: row.try_get(7)?,
                    server_uuid: row.try_get(8)?,
                    sequence_number: sequence_number(row.try_get(9)?),
                })
            })
            .collect()
    }

    /// Events of a run after the one with this number, in order, some hundreds at most.
    pub async fn experiment_events(
        &self,
        name: &str,
        after: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query(include_str!("sql/events.sql"))
            .bind(name)
            .bind(after)
            .bind(EVENTS_MAX)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Event {
                    event: row.try_get("event")?,
                    at: row.try_get("at")?,
                    kind: row.try_get("kind")?,
                    level: row.try_get("level")?,
                    step: row.try_get("step")?,
                    message: row.try_get("message")?,
                })
            })
            .collect()
    }

    /// The release that the newest deployment says it is, if it does.
    pub async fn newest_release(&self) -> Result<Option<String>, StoreError> {
        let release: Option<Option<String>> = sqlx::query_scalar(
            "SELECT metadata_json ->> 'release' FROM public.deployment
              ORDER BY deployment_id DESC LIMIT 1",
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(release.flatten())
    }

    /// Runs whose end somebody is still to be told of: name, how it ended, the
    /// sealed address.
    pub async fn pending_webhooks(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, sealed_webhook FROM loadlab.experiment_run
              WHERE webhook_state = 'pending' AND ended_at IS NOT NULL
                AND sealed_webhook IS NOT NULL AND cancel_requested_at IS NULL
              ORDER BY queue_number LIMIT 100",
        )
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }
}

fn request_row(row: &PgRow) -> Result<RequestRow, StoreError> {
    let sequence: Option<i32> = row.try_get("sequence_number")?;
    let optional = |column: &str| -> Result<Option<u32>, StoreError> {
        row.try_get::<Option<i32>, _>(column)?
            .map(number)
            .transpose()
    };
    Ok(RequestRow {
        step: number(row.try_get("step")?)?,
        request: number(row.try_get("request")?)?,
        node: row.try_get("node")?,
        kind: row.try_get("kind")?,
        round: row.try_get("round")?,
        handle: row.try_get("handle")?,
        handle_is_ours: row.try_get("handle_is_ours")?,
        server_uuid: row.try_get("server_uuid")?,
        sequence_number: sequence_number(sequence),
        tps: row.try_get("tps")?,
        intended: row.try_get("intended")?,
        first_key: optional("first_key")?,
        keys: optional("keys")?,
        asked_at: row.try_get("asked_at")?,
        asked_seconds_ago: row.try_get("asked_seconds_ago")?,
        is_over: row.try_get("is_over")?,
        outcome: row.try_get("outcome")?,
        error: row.try_get("error")?,
        is_permanent: row.try_get("is_permanent")?,
        undo_wanted: row.try_get("undo_wanted")?,
        undone_at: row.try_get("undone_at")?,
        undo_attempts: row.try_get("undo_attempts")?,
        undo_error: row.try_get("undo_error")?,
    })
}

fn sequence_number(value: Option<i32>) -> Option<u16> {
    value.and_then(|number| u16::try_from(number).ok())
}

fn number(value: i32) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|source| StoreError::Unreadable {
        what: "number of a step",
        source: Box::new(source),
    })
}

//! Runs of experiments as people and the orchestrator read them.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::request_status::RequestStatus;
use super::rows::{
    Event, JournalState, OutputRow, PendingWebhook, RequestRow, RunSummary, RunView, StepRow,
    UndoRow, run_summary,
};
use super::run_status::RunStatus;
use crate::{Database, StoreError};

/// Most events that one query gives.
const EVENTS_MAX: i64 = 1_000;

/// Which runs of the list. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunChoice {
    /// Only runs with smaller numbers.
    pub before: Option<i64>,
    /// Part of a name.
    pub text: Option<String>,
    /// Their status.
    pub status: Option<RunStatus>,
}

impl Database {
    /// The run that runs, or else the one that began last.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
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
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
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
            remaining_funds: more.try_get("leftover")?,
            logs: more.try_get("logs")?,
            warnings: more.try_get("warnings")?,
            errors: more.try_get("errors")?,
        }))
    }

    /// Runs, the newest first.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn experiment_runs(
        &self,
        choice: &RunChoice,
        limit: u32,
    ) -> Result<Vec<RunSummary>, StoreError> {
        let rows = sqlx::query(concat!(
            include_str!("sql/run_summary.sql"),
            " WHERE ($1::bigint IS NULL OR coalesce(run.queue_number, 0) < $1)
                AND ($2::text IS NULL OR strpos(lower(state.name), lower($2)) > 0)
                AND ($3::text IS NULL OR state.status = $3)
              ORDER BY run.queue_number DESC NULLS LAST, state.created_at DESC
              LIMIT $4"
        ))
        .bind(choice.before)
        .bind(choice.text.as_deref())
        .bind(choice.status.as_ref().map(RunStatus::as_str))
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(run_summary).collect()
    }

    /// Everything a process needs to continue a run.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
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
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn undo_rows(&self, name: Option<&str>) -> Result<Vec<UndoRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, step, request, node, kind, handle, undo_attempts,
                    extract(epoch FROM clock_timestamp() - asked_at)::bigint,
                    server_uuid, sequence_number, undo_error
               FROM loadlab.experiment_request
              WHERE undo_wanted AND undone_at IS NULL AND ($1::text IS NULL OR name = $1)
                AND (runs_until IS NULL OR runs_until > clock_timestamp())
              ORDER BY undo_attempts, node, step, request LIMIT 10000",
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
                    error: row.try_get(10)?,
                })
            })
            .collect()
    }

    /// Events of a run after the one with this number, in order, some hundreds at most.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
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
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn newest_release(&self) -> Result<Option<String>, StoreError> {
        let release: Option<Option<String>> = sqlx::query_scalar(
            "SELECT metadata_json ->> 'release' FROM public.deployment
              ORDER BY deployment_id DESC LIMIT 1",
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(release.flatten())
    }

    /// Webhooks of runs that have ended which are still to be called, a hundred at most.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn pending_webhooks(&self) -> Result<Vec<PendingWebhook>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, sealed_webhook, request_id FROM loadlab.experiment_run
              WHERE webhook_state = 'pending' AND ended_at IS NOT NULL
                AND sealed_webhook IS NOT NULL AND cancel_requested_at IS NULL
              ORDER BY queue_number LIMIT 100",
        )
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(PendingWebhook {
                    name: row.try_get(0)?,
                    sealed_address: row.try_get(1)?,
                    request_id: row.try_get(2)?,
                })
            })
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
        outcome: RequestStatus::of_row(row)?,
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

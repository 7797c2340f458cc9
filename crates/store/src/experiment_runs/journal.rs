//! The journal of the run that is executed: writes under the lease, each of
//! them one transaction.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::request_status::RequestStatus;
use super::rows::OutputRow;
use super::run_status::{RunStatus, WebhookState};
use super::slot::append_status;
use crate::lease::{self, Lease};
use crate::{Database, StoreError};

/// A step begins.
#[derive(Debug, Clone, Serialize)]
pub struct StepStart {
    /// Its number; of a batch that of its first command.
    pub step: u32,
    /// Of a batch the number of its last command.
    pub last_step: u32,
    /// The action.
    pub action: String,
}

/// A step ends.
#[derive(Debug, Clone)]
pub struct StepEnd {
    /// Its number.
    pub step: u32,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// Something that will be asked of a node.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewRequest {
    /// The step.
    pub step: u32,
    /// Position among the requests of the step.
    pub request: u32,
    /// `host:port`, or what else carries it out.
    pub node: String,
    /// What is asked.
    pub kind: String,
    /// The round.
    pub round: Option<u32>,
    /// The handle, if the caller chose it.
    pub handle: Option<String>,
    /// Whether the caller chose the handle.
    pub handle_is_ours: bool,
    /// The run of the daemon.
    pub server_uuid: Option<String>,
    /// The number that the request will carry.
    pub sequence_number: Option<u16>,
    /// Rate asked for.
    pub tps: Option<f64>,
    /// Transactions intended.
    pub intended: Option<u64>,
    /// The first of its keys.
    pub first_key: Option<u32>,
    /// How many keys.
    pub keys: Option<u32>,
    /// In how many seconds it ends by itself.
    pub runs_seconds: Option<f64>,
}

/// What became of a request.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The step.
    pub step: u32,
    /// Position among the requests of the step.
    pub request: u32,
    /// Its status.
    pub outcome: RequestStatus,
    /// The handle that the node gave.
    pub handle: Option<String>,
    /// Why it was refused.
    pub error: Option<String>,
    /// Whether it was refused for good, so that the step ends.
    pub is_permanent: bool,
}

/// A line of the log.
#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    /// `debug`, `info`, `warning` or `error`.
    pub level: &'static str,
    /// What the run was doing.
    pub step: Option<u32>,
    /// The text; never a secret.
    pub message: String,
}

/// Writes of one transaction.
#[derive(Debug, Clone, Default)]
pub struct JournalWrites {
    /// Steps that begin.
    pub starts: Vec<StepStart>,
    /// What steps have decided.
    pub decided: BTreeMap<u32, Value>,
    /// Outputs.
    pub outputs: Vec<OutputRow>,
    /// What will be asked.
    pub requests: Vec<NewRequest>,
    /// What was answered.
    pub answers: Vec<Answer>,
    /// Log lines.
    pub lines: Vec<LogLine>,
    /// Steps that end.
    pub ends: Vec<StepEnd>,
    /// What the run begins to wait for, and for how many seconds at most.
    pub waiting: Option<(String, f64)>,
    /// The run waits no longer.
    pub waited: bool,
    /// The run ends with this status, and why if it failed; but as `cancelled` if that was asked
    /// for. What was accepted by
    /// nodes and would still be running has to be undone, unless it is a success.
    pub end: Option<(RunStatus, Option<String>)>,
    /// What is left of the money of the run.
    pub remaining_funds: Option<Value>,
    /// Whether the lists of log lines in the public table are brought up to date.
    pub publish: bool,
}

impl JournalWrites {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
            && self.decided.is_empty()
            && self.outputs.is_empty()
            && self.requests.is_empty()
            && self.answers.is_empty()
            && self.lines.is_empty()
            && self.ends.is_empty()
            && self.waiting.is_none()
            && !self.waited
            && self.end.is_none()
            && self.remaining_funds.is_none()
            && !self.publish
    }
}

/// An event to append.
#[derive(Debug, Serialize)]
struct NewEvent<'a> {
    kind: &'static str,
    level: Option<&'static str>,
    step: Option<u32>,
    message: std::borrow::Cow<'a, str>,
}

impl Database {
    /// Writes to the journal of a run, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] if the lease is lost; or the database does not answer or refuses.
    pub async fn write_journal(
        &self,
        lease: &Lease,
        name: &str,
        writes: &JournalWrites,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin().await?;
        lease::require(&mut transaction, lease).await?;
        lock_run(&mut transaction, name).await?;
        write_steps(&mut transaction, name, writes).await?;
        write_requests(&mut transaction, name, writes).await?;
        append_events(&mut transaction, name, &events(writes)).await?;
        if let Some((what, seconds)) = &writes.waiting {
            sqlx::query(
                "UPDATE loadlab.experiment_run
                    SET waiting_for = $2,
                        waiting_until = clock_timestamp() + make_interval(secs => $3)
                  WHERE name = $1",
            )
            .bind(name)
            .bind(what)
            .bind(seconds)
            .execute(&mut *transaction)
            .await?;
        }
        if writes.waited || writes.end.is_some() {
            sqlx::query(
                "UPDATE loadlab.experiment_run SET waiting_for = NULL, waiting_until = NULL
                  WHERE name = $1 AND waiting_for IS NOT NULL",
            )
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        }
        if let Some(funds) = &writes.remaining_funds {
            sqlx::query("UPDATE loadlab.experiment_run SET leftover = $2 WHERE name = $1")
                .bind(name)
                .bind(funds)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some((status, error)) = &writes.end {
            end_run(&mut transaction, name, status, error.as_deref()).await?;
        }
        if writes.publish || writes.end.is_some() {
            sqlx::query(include_str!("sql/publish.sql"))
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Marks what nodes have accepted and would still be running as to be undone.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] if the lease is lost; or the database does not answer or refuses.
    pub async fn want_undo(&self, lease: &Lease, name: &str) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin().await?;
        lease::require(&mut transaction, lease).await?;
        lock_run(&mut transaction, name).await?;
        want_undo(&mut transaction, name).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Marks what nodes have accepted in a run as to be undone, without the lease: to
    /// stop everything while no service runs.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn want_undo_of_slot(&self, name: &str) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin().await?;
        lock_run(&mut transaction, name).await?;
        want_undo(&mut transaction, name).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes what became of an attempt to undo a request. This needs no lease: undoing
    /// twice does no harm.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn record_undo(
        &self,
        name: &str,
        step: u32,
        request: u32,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE loadlab.experiment_request
                SET undo_attempts = undo_attempts + 1, undo_error = $4,
                    undone_at = CASE WHEN $4::text IS NULL THEN clock_timestamp() END
              WHERE name = $1 AND step = $2 AND request = $3",
        )
        .bind(name)
        .bind(i64::from(step))
        .bind(i64::from(request))
        .bind(error)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Ends a run as cancelled while no service runs; the lease must be free.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn end_cancelled(
        &self,
        lease: &Lease,
        name: &str,
        remaining_funds: Option<Value>,
    ) -> Result<(), StoreError> {
        let writes = JournalWrites {
            end: Some((RunStatus::Cancelled, None)),
            remaining_funds,
            ..JournalWrites::default()
        };
        self.write_journal(lease, name, &writes).await
    }

    /// Writes whether the webhook has been told.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn record_webhook(&self, name: &str, delivered: bool) -> Result<(), StoreError> {
        let state = if delivered {
            WebhookState::Delivered
        } else {
            WebhookState::Failed
        };
        sqlx::query("UPDATE loadlab.experiment_run SET webhook_state = $2 WHERE name = $1")
            .bind(name)
            .bind(state.as_str())
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

/// Locks the row of a run. Every writer locks it first: with
/// another order two writers could wait for each other.
async fn lock_run(connection: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT FROM loadlab.experiment_run WHERE name = $1 FOR UPDATE")
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_steps(
    connection: &mut PgConnection,
    name: &str,
    writes: &JournalWrites,
) -> Result<(), StoreError> {
    for start in &writes.starts {
        sqlx::query(include_str!("sql/start_step.sql"))
            .bind(name)
            .bind(i64::from(start.step))
            .bind(i64::from(start.last_step))
            .bind(&start.action)
            .execute(&mut *connection)
            .await?;
    }
    for (step, decided) in &writes.decided {
        sqlx::query(
            "UPDATE loadlab.experiment_step SET decided = $3 WHERE name = $1 AND step = $2",
        )
        .bind(name)
        .bind(i64::from(*step))
        .bind(decided)
        .execute(&mut *connection)
        .await?;
    }
    if !writes.outputs.is_empty() {
        sqlx::query(
            "INSERT INTO loadlab.experiment_output (name, step, position, output, multi, value)
             SELECT $1, step, position, output, multi, value
               FROM jsonb_to_recordset($2) AS new (step integer, position integer, output text,
                                                   multi boolean, value jsonb)
             ON CONFLICT (name, step, position) DO NOTHING",
        )
        .bind(name)
        .bind(json(&writes.outputs)?)
        .execute(&mut *connection)
        .await?;
    }
    for end in &writes.ends {
        sqlx::query(
            "UPDATE loadlab.experiment_step SET ended_at = clock_timestamp(), error = $3
              WHERE name = $1 AND step = $2",
        )
        .bind(name)
        .bind(i64::from(end.step))
        .bind(&end.error)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn write_requests(
    connection: &mut PgConnection,
    name: &str,
    writes: &JournalWrites,
) -> Result<(), StoreError> {
    if !writes.requests.is_empty() {
        sqlx::query(include_str!("sql/insert_requests.sql"))
            .bind(name)
            .bind(json(&writes.requests)?)
            .execute(&mut *connection)
            .await?;
    }
    if !writes.answers.is_empty() {
        sqlx::query(include_str!("sql/answer_requests.sql"))
            .bind(name)
            .bind(json(&writes.answers)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The events that these writes make.
fn events(writes: &JournalWrites) -> Vec<NewEvent<'_>> {
    let mut events = Vec::new();
    for start in &writes.starts {
        events.push(NewEvent {
            kind: "step",
            level: None,
            step: Some(start.step),
            message: format!("started {}", start.action).into(),
        });
    }
    for line in &writes.lines {
        events.push(NewEvent {
            kind: "log",
            level: Some(line.level),
            step: line.step,
            message: line.message.as_str().into(),
        });
    }
    for end in &writes.ends {
        events.push(NewEvent {
            kind: "step",
            level: None,
            step: Some(end.step),
            message: if end.error.is_some() {
                "failed"
            } else {
                "ended"
            }
            .into(),
        });
    }
    if let Some((what, seconds)) = &writes.waiting {
        events.push(NewEvent {
            kind: "status",
            level: None,
            step: None,
            message: format!("waiting for {what}, at most {seconds:.0} s").into(),
        });
    }
    events
}

/// Appends events. The row of the run is locked until the transaction ends, so
/// that events become visible in their order.
async fn append_events(
    connection: &mut PgConnection,
    name: &str,
    events: &[NewEvent<'_>],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("sql/append_events.sql"))
        .bind(name)
        .bind(json(&events)?)
        .bind(i64::try_from(events.len()).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}

async fn end_run(
    connection: &mut PgConnection,
    name: &str,
    status: &RunStatus,
    error: Option<&str>,
) -> Result<(), StoreError> {
    // A cancel that comes while the last step ends is still a cancel.
    let is_cancelled: bool = sqlx::query_scalar(
        "SELECT cancel_requested_at IS NOT NULL FROM loadlab.experiment_run
          WHERE name = $1 FOR UPDATE",
    )
    .bind(name)
    .fetch_one(&mut *connection)
    .await?;
    let status = if is_cancelled {
        &RunStatus::Cancelled
    } else {
        status
    };
    if let Some(error) = error
        && !is_cancelled
    {
        let event = NewEvent {
            kind: "log",
            level: Some("error"),
            step: None,
            message: error.into(),
        };
        append_events(connection, name, &[event]).await?;
    }
    append_status(connection, name, status).await?;
    if *status != RunStatus::Success {
        want_undo(connection, name).await?;
    }
    sqlx::query(
        "UPDATE loadlab.experiment_run SET holds_slot = false, ended_at = clock_timestamp()
          WHERE name = $1",
    )
    .bind(name)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE public.experiment_state
            SET status = $2, ended_at = clock_timestamp() AT TIME ZONE 'UTC'
          WHERE name = $1",
    )
    .bind(name)
    .bind(status.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

async fn want_undo(connection: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/want_undo.sql"))
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}

fn json(rows: &impl Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(rows).map_err(|source| StoreError::Unreadable {
        what: "journal entry",
        source: Box::new(source),
    })
}

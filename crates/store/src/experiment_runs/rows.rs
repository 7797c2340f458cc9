//! Rows about runs, as the orchestrator and users read them.

use serde::Serialize;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::request_status::RequestStatus;
use super::run_status::{RunStatus, WebhookState};
use crate::StoreError;
use crate::time::Time;

/// A run in short.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub status: RunStatus,
    /// When it was taken in.
    pub created_at: Time,
    /// When it changed last.
    pub updated_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
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
    pub waiting_until: Option<Time>,
    /// The state of its webhook, if it has one.
    pub webhook: Option<WebhookState>,
    /// Later ones have greater numbers; 0 for runs of the original.
    pub number: i64,
}

/// A run with everything that clients are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// The run in short.
    pub summary: RunSummary,
    /// The setup.
    pub setup: Value,
    /// The rounds as planned; null for runs of the original.
    pub rounds: Value,
    /// What is left of its money, once it has ended; as it was written.
    pub remaining_funds: Option<Value>,
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
    pub started_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
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
    pub asked_at: Time,
    /// How many seconds before it was read that was.
    pub asked_seconds_ago: f64,
    /// Whether what was started has ended by itself by now.
    pub is_over: bool,
    /// What became of it.
    pub outcome: Option<RequestStatus>,
    /// Why it was refused.
    pub error: Option<String>,
    /// Whether it was refused for good, so that the step ends.
    pub is_permanent: bool,
    /// Whether it has to be undone.
    pub undo_wanted: bool,
    /// When it was undone.
    pub undone_at: Option<Time>,
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
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// Seconds since the request was made.
    pub age_seconds: i64,
}

/// A webhook that is still to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingWebhook {
    /// The run.
    pub name: String,
    /// Its address, encrypted.
    pub sealed_address: Vec<u8>,
    /// The id of the request that the run came with, if that is known.
    pub request_id: Option<String>,
}

/// Everything a process needs to continue a run.
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
    /// The address of the webhook, encrypted.
    pub sealed_webhook: Option<Vec<u8>>,
}

/// An event of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number within the run, from 1.
    pub event: i64,
    /// When.
    pub at: Time,
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
    let webhook: Option<&str> = row.try_get("webhook_state")?;
    Ok(RunSummary {
        name: row.try_get("name")?,
        status: row.try_get::<String, _>("status")?.into(),
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        ended_at: row.try_get("ended_at")?,
        step: row.try_get("step")?,
        step_name: row.try_get("step_name")?,
        age_seconds: row.try_get("age")?,
        seed: row.try_get("seed")?,
        waiting_for: row.try_get("waiting_for")?,
        waiting_until: row.try_get("waiting_until")?,
        webhook: webhook
            .map(WebhookState::read)
            .transpose()
            .map_err(|error| sqlx::Error::Decode(error.into()))?,
        number: row.try_get("queue_number")?,
    })
}

/// An output. Sensitive ones are never given to the store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputRow {
    /// The step.
    pub step: u32,
    /// Position among the outputs of the step.
    pub position: u32,
    /// The name.
    pub output: String,
    /// Whether it has several values.
    pub multi: bool,
    /// The value.
    pub value: Value,
}

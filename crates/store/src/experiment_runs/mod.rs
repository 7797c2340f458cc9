//! Runs of experiments: who may run, what has happened, and what is left to do.
//!
//! [`admit_experiment`](crate::Database::admit_experiment) takes a run in; `slot`
//! decides whose turn it is; `journal` is written by the one process that executes
//! the run, under its lease; `read` and `delivery` are for everybody else; `orphans` ends what the
//! original has left behind.

mod journal;
mod orphans;
mod read;
mod request_status;
mod rows;
mod run_status;
mod slot;
pub(crate) mod transaction_counts;

pub use journal::{Answer, JournalWrites, LogLine, NewRequest, StepEnd, StepStart};
pub use read::RunChoice;
pub use request_status::RequestStatus;
pub use rows::{
    Event, JournalState, OutputRow, PendingWebhook, RequestRow, RunSummary, RunView, StepRow,
    UndoRow,
};
pub use run_status::{RunStatus, WebhookState};
pub use slot::{Admission, CancelRequest, NewRun, SlotRun};
pub use transaction_counts::{
    FAILURE_WARNING, Failures, Outcome, RoundTransactions, TransactionCounts, UnsentReason,
    failure_warning, unsent_reasons,
};

/// The lease under which experiments are executed.
pub const LEASE: &str = "experiment";

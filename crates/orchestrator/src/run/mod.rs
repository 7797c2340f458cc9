//! One run of a script: what it has, how it goes through its steps, and how it continues after a
//! crash.

mod context;
mod execute;
mod failures;
mod handle;
mod journal;
mod memory;
mod outcome;
mod request;
mod requests;
mod resume;
mod running;
mod sending;
mod step_error;
mod threshold_watch;
mod undo;

pub(crate) use context::RunContext;
pub(crate) use execute::Ending;
pub(crate) use handle::new_handle;
pub(crate) use journal::{Journal, Level};
pub(crate) use memory::Memory;
pub(crate) use outcome::Outcome;
pub(crate) use request::{LoadFacts, NodeRequest};
pub(crate) use requests::Asked;
pub(crate) use resume::RecordedRun;
pub(crate) use running::Run;
pub(crate) use step_error::StepError;
pub(crate) use store::experiment_runs::RequestStatus;
pub(crate) use undo::{Undo, open_gating, undo_all};

//! One run of a script: what it has, how it goes through its steps, and how it goes on after a
//! crash.

mod execute;
mod failures;
mod journal;
mod memory;
mod outcome;
mod requests;
mod resume;
mod sending;
mod threshold_watch;
mod undo;

use std::sync::Arc;

use experiment::script::ScriptError;
use mina::PasswordCost;
use store::StoreError;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::network::Network;
use crate::nodes::Nodes;
use crate::paths::Paths;
use crate::tenure::Tenure;

pub(crate) use execute::{Ending, Run};
pub(crate) use journal::{Journal, Level};
pub(crate) use memory::Memory;
pub(crate) use outcome::Outcome;
pub(crate) use requests::{Asked, LoadFacts, Request, new_handle};
pub(crate) use resume::RecordedRun;
pub(crate) use service::error_chain as describe;
pub(crate) use store::experiment_runs::RequestStatus;
pub(crate) use undo::{Undo, open_gating, undo_all};

/// What runs need besides their script.
#[derive(Clone)]
pub(crate) struct RunContext {
    pub(crate) network: Arc<Network>,
    pub(crate) nodes: Nodes,
    /// For how long something may be sent.
    pub(crate) tenure: Tenure,
    pub(crate) clock: Clock,
    /// Ends waits and stops asking.
    pub(crate) cancel: CancellationToken,
    /// Most requests to nodes at the same time.
    pub(crate) concurrency: usize,
    /// How costly new key files are to decrypt.
    pub(crate) key_file_cost: PasswordCost,
    /// Where paths of scripts lead.
    pub(crate) paths: Paths,
}

/// Why a step has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// The run is to end. Told from failures by this variant, never by the text.
    #[error("context canceled")]
    Cancelled,
    /// The journal cannot be written: the run goes on later, here or elsewhere.
    #[error(transparent)]
    Journal(#[from] StoreError),
    /// This process is ending: the run goes on later, here or elsewhere.
    #[error("the orchestrator is ending")]
    Interrupted,
    /// The action failed.
    #[error("{0}")]
    Failed(String),
    /// The script is at fault.
    #[error(transparent)]
    Script(#[from] ScriptError),
}

impl RunContext {
    /// Fails when this process may not act on the world any more. Asked right before that is done.
    pub(crate) fn may_act(&self) -> Result<(), StepError> {
        if self.tenure.holds() {
            Ok(())
        } else {
            Err(StepError::Interrupted)
        }
    }
}

impl StepError {
    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// A task that gave no result: it panicked, or the process is ending and has dropped it.
    pub(crate) fn joined(error: JoinError) -> Self {
        if error.is_cancelled() {
            Self::Interrupted
        } else {
            Self::failed(error)
        }
    }
}

//! Why a step has no result.

use experiment::script::ScriptError;
use store::StoreError;
use tokio::task::JoinError;

/// Why a step has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// The run is to end. Told from failures by this variant, never by the text.
    #[error("context canceled")]
    Cancelled,
    /// The journal cannot be written: the run continues later, here or elsewhere.
    #[error(transparent)]
    Journal(#[from] StoreError),
    /// This process is ending: the run continues later, here or elsewhere.
    #[error("the orchestrator is ending")]
    Interrupted,
    /// The action failed.
    #[error("{0}")]
    Failed(String),
    /// The script is at fault.
    #[error(transparent)]
    Script(#[from] ScriptError),
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

//! What runs need besides their script.

use std::sync::Arc;

use mina::PasswordCost;
use tokio_util::sync::CancellationToken;

use super::step_error::StepError;
use crate::clock::Clock;
use crate::network::CommandedNetwork;
use crate::nodes::Nodes;
use crate::paths::Paths;
use crate::tenure::Tenure;

/// What runs need besides their script.
#[derive(Clone)]
pub(crate) struct RunContext {
    pub(crate) network: Arc<CommandedNetwork>,
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

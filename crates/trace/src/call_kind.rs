//! The kinds of calls into prover and verifier, by their checkpoints.

use crate::block::Process;

/// What the main process asks of its prover and verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    VerifyTransactionSnarks,
    VerifyBlockchainSnarks,
    VerifyCommands,
    ProveTransition,
}

impl CallKind {
    const ALL: [Self; 4] = [
        Self::VerifyTransactionSnarks,
        Self::VerifyBlockchainSnarks,
        Self::VerifyCommands,
        Self::ProveTransition,
    ];
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// The checkpoint of the main process that makes the call.
    pub(crate) fn parent(self) -> &'static str {
        match self {
            Self::VerifyTransactionSnarks => "Verify_transaction_snarks",
            Self::VerifyBlockchainSnarks => "Verify_blockchain_snarks",
            Self::VerifyCommands => "Verify_commands",
            Self::ProveTransition => "Produce_state_transition_proof",
        }
    }

    /// The first checkpoint of the call itself.
    fn first(self) -> &'static str {
        match self {
            Self::VerifyTransactionSnarks => "Verifier_verify_transaction_snarks",
            Self::VerifyBlockchainSnarks => "Verifier_verify_blockchain_snarks",
            Self::VerifyCommands => "Verifier_verify_commands",
            Self::ProveTransition => "Prover_extend_blockchain",
        }
    }

    /// The last checkpoint of the call.
    pub(crate) fn last(self) -> &'static str {
        match self {
            Self::VerifyTransactionSnarks => "Verifier_verify_transaction_snarks_done",
            Self::VerifyBlockchainSnarks => "Verifier_verify_blockchain_snarks_done",
            Self::VerifyCommands => "Verifier_verify_commands_done",
            Self::ProveTransition => "Prover_extend_blockchain_done",
        }
    }

    /// The process that is called.
    pub(crate) fn process(self) -> Process {
        match self {
            Self::ProveTransition => Process::Prover,
            _ => Process::Verifier,
        }
    }

    pub(crate) fn of_parent(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.parent() == name)
    }

    pub(crate) fn of_first(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.first() == name)
    }
}

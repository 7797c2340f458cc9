//! What is said of a whole block: its source, its status; and which process speaks.

use serde::{Deserialize, Serialize};

/// Where a node got a block from, as stored in `block_trace.source`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockSource {
    /// No checkpoint that shows the source has been seen.
    #[default]
    Unknown,
    /// Received by gossip.
    External,
    /// Produced by the node itself.
    Internal,
    /// Downloaded during catchup.
    Catchup,
    /// Reloaded from disk.
    Reconstruct,
}

impl BlockSource {
    /// The source that a checkpoint of this name shows, [`Self::Unknown`] for most.
    #[must_use]
    pub fn of_checkpoint(name: &str) -> Self {
        match name {
            "External_block_received" => Self::External,
            "Begin_block_production" => Self::Internal,
            "To_download" => Self::Catchup,
            "Loaded_transition_from_storage" => Self::Reconstruct,
            _ => Self::Unknown,
        }
    }

    /// The text stored in `block_trace.source`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::External => "External",
            Self::Internal => "Internal",
            Self::Catchup => "Catchup",
            Self::Reconstruct => "Reconstruct",
        }
    }
}

/// How far a node got with a block, as stored in `block_trace.status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockStatus {
    /// Neither integrated nor failed.
    #[default]
    Pending,
    /// `Breadcrumb_integrated` was seen. Final.
    Success,
    /// `Failure` was seen; a later success replaces it.
    Failure,
}

impl BlockStatus {
    /// The status that a checkpoint of this name shows, [`Self::Pending`] for most.
    #[must_use]
    pub fn of_checkpoint(name: &str) -> Self {
        match name {
            "Breadcrumb_integrated" => Self::Success,
            "Failure" => Self::Failure,
            _ => Self::Pending,
        }
    }

    /// The text stored in `block_trace.status`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Success => "Success",
            Self::Failure => "Failure",
        }
    }
}

/// The process of a daemon that wrote an entry, as stored in
/// `block_trace_checkpoint.source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Process {
    /// The daemon itself, `M`.
    Main,
    /// Its prover, `P`.
    Prover,
    /// Its verifier, `V`.
    Verifier,
}

impl Process {
    /// The letter stored in `block_trace_checkpoint.source`.
    #[must_use]
    pub fn letter_text(self) -> &'static str {
        match self {
            Self::Main => "M",
            Self::Prover => "P",
            Self::Verifier => "V",
        }
    }

    /// The process of a letter, none for an unknown one.
    #[must_use]
    pub fn from_letter(letter: char) -> Option<Self> {
        match letter {
            'M' => Some(Self::Main),
            'P' => Some(Self::Prover),
            'V' => Some(Self::Verifier),
            _ => None,
        }
    }
}

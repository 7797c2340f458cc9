//! Why a command of the stand-in failed.

use mina::PublicKey;

use crate::folder::FolderError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandInError {
    /// The folder of the simnet, or a key file.
    #[error(transparent)]
    File(#[from] FolderError),
    /// A key file that cannot be decrypted or written.
    #[error("cannot use the key file {path}")]
    Key {
        /// The file.
        path: String,
        /// Why.
        source: mina::KeyFileError,
    },
    /// A server that is no node of the simnet.
    #[error("no node of the simnet is at {0}")]
    UnknownServer(String),
    /// No node is there.
    #[error("the simnet has no nodes")]
    NoNodes,
    /// The simnet does not answer.
    #[error("the simnet does not answer; is it running?")]
    Unreachable(#[source] reqwest::Error),
    /// The simnet answers what it should not.
    #[error("the simnet answers what was not expected")]
    Answer,
    /// The simnet refuses.
    #[error("{0}")]
    Refused(String),
    /// The accounts were not funded in time.
    #[error("the accounts were not funded: account {0} is not in the ledger")]
    NotFunded(PublicKey),
}

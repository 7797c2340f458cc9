//! Why a service cannot be guarded as asked.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::book::BookAway;

/// Shortest token that is accepted: 16 random characters cannot be guessed.
pub(super) const TOKEN_BYTES_MIN: usize = 16;

/// Longest token that is accepted.
pub(super) const TOKEN_BYTES_MAX: usize = 4096;

/// Why a service cannot be guarded as asked.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Reachable from other machines, and nothing said about tokens.
    #[error(
        "{address} can be reached from other machines: make a token (`loadlab token new`), give \
         the one that changes need (--token-file or the variable LOADLAB_TOKEN), or let everybody \
         change things with --allow-without-token"
    )]
    NoToken {
        /// Where the service was to listen.
        address: SocketAddr,
    },
    /// A token that could be guessed, or that no header can carry.
    #[error(
        "a token has {TOKEN_BYTES_MIN} to {TOKEN_BYTES_MAX} characters, all of them printable \
         ASCII without spaces"
    )]
    UnusableToken,
    /// The file with the token cannot be read.
    #[error("cannot read the token from {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Whether there are tokens cannot be known.
    #[error(transparent)]
    BookAway(#[from] BookAway),
}

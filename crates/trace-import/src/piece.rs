//! One file of a trace, before it is opened.

use std::path::PathBuf;

/// A file that holds a stretch of a process's trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) path: PathBuf,
    /// What messages call it.
    pub(crate) name: String,
    /// The number of a rotated piece.
    pub(crate) rotation: Option<u32>,
}

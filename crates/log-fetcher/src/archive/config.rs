//! Where trace lines are archived, and how much of them.

use std::path::PathBuf;

/// Where trace lines are archived, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveConfig {
    /// The folder, made if need be.
    pub folder: PathBuf,
    /// A file of this size is followed by another.
    pub file_bytes: u64,
    /// When all files together are larger, the oldest are removed.
    pub total_bytes_max: u64,
}

impl ArchiveConfig {
    /// Files of 8 MiB, 2 GiB in all.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            file_bytes: 8 << 20,
            total_bytes_max: 2 << 30,
        }
    }
}

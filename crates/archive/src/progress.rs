//! How far work on an archive is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// What is being done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// The rows are counted.
    #[default]
    Counting,
    /// Files are written and read back.
    Archiving,
    /// Files are read.
    Verifying,
    /// Rows of the database are compared with the archive.
    Comparing,
    /// Rows go back into the database.
    Restoring,
}

impl Phase {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Archiving => "archiving",
            Self::Verifying => "verifying",
            Self::Comparing => "comparing",
            Self::Restoring => "restoring",
        }
    }
}

/// Counts that another task may look at. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Each row counts in every pass over it.
    done: AtomicU64,
    total: AtomicU64,
    phase: Mutex<Phase>,
}

impl Progress {
    /// Rows that this phase has done.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// Rows of this phase; 0 until that is known.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.total.load(Ordering::Relaxed)
    }

    /// What is being done.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.phase.lock()
    }

    pub(crate) fn begin(&self, phase: Phase, total: u64) {
        *self.0.phase.lock() = phase;
        self.0.done.store(0, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, rows: u64) {
        self.0.done.fetch_add(rows, Ordering::Relaxed);
    }
}

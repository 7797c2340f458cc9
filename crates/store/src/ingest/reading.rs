//! The state of the reading of a running node, beside its rows: how
//! many entries of which minute are stored, which runs of the daemon were
//! left, and why the session ended.

use trace::Timestamp;

/// Part of a delivery. Empty for files.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Entries by minute since 1970 of the node's clock, each minute once.
    pub minutes: Vec<(i64, u64)>,
    /// Runs that are read no more.
    pub left_runs: Vec<LeftRun>,
    /// The session ends with this delivery.
    pub end: Option<EndReason>,
}

/// How far a run of a daemon was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftRun {
    /// Names the run: server uuid and peer id.
    pub run: String,
    /// The last entry that is stored.
    pub last_log_id: u64,
    /// Its time.
    pub last_time: Option<Timestamp>,
}

/// Why a session of a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Fetching was frozen.
    Freeze,
    /// Sessions were to begin anew.
    Reset,
    /// There is a newer deployment.
    NewDeployment,
    /// The node is no longer listed.
    Gone,
}

impl EndReason {
    /// As in the table of sessions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Reset => "reset",
            Self::NewDeployment => "new deployment",
            Self::Gone => "gone",
        }
    }
}

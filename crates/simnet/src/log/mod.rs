//! A node's internal log: a bounded queue of which the oldest entries are lost without a word.
//!
//! Ids count from 1 in each run of a node, for all its processes together. Reading removes
//! nothing; flushing does. What was generated, dropped and flushed is counted: the ground truth
//! that readers of the log are compared with.

mod counts;
mod record;
mod stored;

pub use counts::LogCounts;
pub use record::LogRecord;
pub(crate) use record::{ControlItem, LogBody, LogContent};
pub(crate) use stored::StoredLog;

use std::time::Duration;

use crate::load::LoadLog;

/// Entries that a node keeps unless told otherwise: the daemon's default of `--itn-max-logs`.
pub const MAX_LOGS_DEFAULT: usize = 500;

/// The log of one run of a node.
#[derive(Debug)]
pub(crate) enum NodeLog {
    /// What the simulated node wrote.
    Stored(StoredLog),
    /// Lines of the load generator, made when they are asked for.
    Load(LoadLog),
}

impl NodeLog {
    /// Entries from this id on, in ascending order. `now` is the age of the network.
    pub(crate) fn entries_from(&mut self, start_id: i64, now: Duration) -> Vec<LogRecord> {
        let start_id = u64::try_from(start_id).unwrap_or(0);
        match self {
            Self::Stored(log) => log.entries_from(start_id),
            Self::Load(log) => log.entries_from(start_id, now),
        }
    }

    /// Removes entries up to this id and says how many these were.
    pub(crate) fn flush(&mut self, end_id: i64, now: Duration) -> u64 {
        let end_id = u64::try_from(end_id).unwrap_or(0);
        match self {
            Self::Stored(log) => log.flush(end_id),
            Self::Load(log) => log.flush(end_id, now),
        }
    }

    /// Adds this many entries at once, as the rebroadcast of a snark pool does.
    pub(crate) fn burst(&mut self, entries: u64, now: Duration, now_unix_micros: i64) {
        match self {
            Self::Stored(log) => log.burst(entries, now_unix_micros),
            Self::Load(log) => log.burst(entries, now),
        }
    }

    /// Makes the node's clock wrong by this much for the entries made from now on. Entries of a
    /// simulated node come with their times, which include the skew.
    pub(crate) fn set_skew(&mut self, micros: i64, now: Duration) {
        match self {
            Self::Stored(_) => {}
            Self::Load(log) => log.set_skew(micros, now),
        }
    }

    /// What became of the entries so far.
    pub(crate) fn counts(&mut self, now: Duration) -> LogCounts {
        match self {
            Self::Stored(log) => log.counts(),
            Self::Load(log) => log.counts(now),
        }
    }
}

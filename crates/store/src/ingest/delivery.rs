//! What is delivered: a batch of one session, and what is known of its reading.

use std::collections::HashMap;

use serde_json::Value;
use trace::batch::{Batch, TraceOrdinal};

use super::reading::Reading;
use super::session::Session;
use crate::StoreError;

/// What was read since the last delivery, beside the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadingCounts {
    /// Lines or log entries.
    pub lines: u64,
    /// Immediate repetitions, dropped.
    pub repeated: u64,
    /// Malformed lines, dropped.
    pub malformed: u64,
    /// Controls of unknown kinds, kept apart.
    pub unknown_controls: u64,
    /// Entries that were lost before they could be read.
    pub lost: u64,
}

/// Entries that are missing in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The process, by its letter.
    pub process: trace::Process,
    /// The last entry before the gap: line number or log id.
    pub after_entry: u64,
    /// How many are missing, if that can be known.
    pub missing: Option<u64>,
    /// What happened.
    pub reason: String,
    /// The time of the last entry before it, if known.
    pub from_time: Option<trace::Timestamp>,
    /// The time of the first entry after it, if known.
    pub until_time: Option<trace::Timestamp>,
}

/// A batch of one session with the position in its input after it.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Whose rows they are. Brought up to date when the delivery is stored,
    /// left as it was when it is not.
    pub session: &'a mut Session,
    /// The rows.
    pub batch: Batch,
    /// The position.
    pub cursor: Value,
    /// What was read.
    pub counts: ReadingCounts,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// The state of the reading of a running node.
    pub reading: Reading,
}

/// Numbers of rows that were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// Rows of `block_trace_checkpoint` that are checkpoints.
    pub checkpoints: u64,
    /// Rows of `block_trace_checkpoint` that are controls.
    pub controls: u64,
    /// New rows of `block_trace`, but for those of block `0`, which is no block.
    pub blocks: u64,
    /// Rows of `tx_traces`.
    pub transactions: u64,
    /// Rows of `sw_traces`.
    pub snark_work: u64,
}

/// A delivery with the row ids that its new block traces get.
pub(super) struct Planned<'a> {
    /// Its place among the deliveries.
    pub(super) index: usize,
    pub(super) batch: &'a Batch,
    pub(super) session: &'a Session,
    pub(super) new_traces: HashMap<TraceOrdinal, i32>,
}

impl Planned<'_> {
    /// The row id of a trace.
    pub(super) fn trace_id(&self, ordinal: TraceOrdinal) -> Result<i32, StoreError> {
        self.new_traces
            .get(&ordinal)
            .or_else(|| self.session.traces.get(&ordinal))
            .copied()
            .ok_or(StoreError::UnknownTrace {
                session: self.session.id,
                ordinal,
            })
    }
}

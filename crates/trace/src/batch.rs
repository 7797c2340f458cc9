//! What the tracer gives out: rows to store and changes of its own state.

use crate::block::{BlockSource, BlockStatus, Process};
use crate::gossip::{PoolAction, Resource};
use crate::timestamp::Timestamp;

/// A text within [`Batch::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    length: u32,
}

/// Number of a block trace within one tracer, from 0 in order of creation.
///
/// The store gives each ordinal a row id when it first sees it.
pub type TraceOrdinal = u32;

/// The operations that some entries of one node amount to.
///
/// Texts lie in one arena and are named by [`Span`]s, so that a batch of many
/// thousand rows is a handful of allocations.
#[derive(Debug, Default)]
pub struct Batch {
    text: String,
    /// Rows of `block_trace_checkpoint`, in the order of their ids.
    pub checkpoints: Vec<CheckpointRow>,
    /// Rows of `block_trace`: new ones and changed ones, by ordinal.
    pub traces: Vec<TraceRow>,
    /// Rows of `last_block_trace_gossip_checkpoint`, the last of each key.
    pub last_gossip: Vec<LastGossipRow>,
    /// Rows of `tx_traces`.
    pub transaction_events: Vec<TransactionEventRow>,
    /// What `unique_txs` must know: transactions seen in received diffs.
    pub received_transactions: Vec<ReceivedTransaction>,
    /// What `block_txs` must know: transactions seen in blocks.
    pub block_transactions: Vec<BlockTransaction>,
    /// Block traces whose start moved back after their transactions were given
    /// out: `block_txs.block_received` must not be later than the new start.
    pub starts_lowered: Vec<TraceOrdinal>,
    /// Rows of `sw_traces`.
    pub snark_work_events: Vec<SnarkWorkEventRow>,
    /// Rows of `sw_interruptions`.
    pub interruptions: Vec<InterruptionRow>,
    /// Durations for the distributions: identity and seconds, in order.
    pub durations: Vec<(Span, f64)>,
    /// Controls of unknown kinds.
    pub unknown_controls: Vec<UnknownControlRow>,
    /// Pieces of the tracer's state that changed: key and content, none if the
    /// piece is gone.
    pub state: Vec<(String, Option<Vec<u8>>)>,
}

/// A row of `block_trace_checkpoint`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckpointRow {
    /// The block trace it belongs to.
    pub trace: TraceOrdinal,
    /// The process that wrote it.
    pub process: Process,
    /// Part of the block's trace, not of a parallel run of the same call.
    pub main_trace: bool,
    /// A control, not a checkpoint.
    pub is_control: bool,
    /// Belongs to gossip, not to the block.
    pub gossip: bool,
    /// Name of the checkpoint, or kind of the control.
    pub name: Span,
    /// When; none for controls (stored as −1).
    pub time: Option<Timestamp>,
    /// A JSON object; none for checkpoints (stored as `[]`).
    pub metadata: Option<Span>,
    /// The call of the prover or verifier; 0 for the main process.
    pub call_id: i32,
}

/// A row of `block_trace`, with the values that its columns have after the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceRow {
    /// Which trace.
    pub trace: TraceOrdinal,
    /// The row does not exist yet.
    pub is_new: bool,
    /// State hash, slot number or `0`.
    pub block_id: Span,
    /// Where the block came from.
    pub source: BlockSource,
    /// How far it got.
    pub status: BlockStatus,
    /// First checkpoint of the block itself.
    pub started: Option<Timestamp>,
    /// Last checkpoint of the block itself that counts.
    pub completed: Option<Timestamp>,
    /// Height of the block, 0 if not known.
    pub blockchain_length: i32,
    /// Slot of the block, 0 if not known.
    pub global_slot: i32,
    /// A JSON object to be merged into the row's metadata.
    pub metadata_patch: Option<Span>,
}

impl TraceRow {
    /// `total_time`: seconds from start to completion as the difference of two
    /// doubles, 0 if there is none.
    #[must_use]
    pub fn total_time(&self) -> f64 {
        match (self.started, self.completed) {
            (Some(started), Some(completed)) => completed.seconds() - started.seconds(),
            _ => 0.0,
        }
    }
}

/// A row of `last_block_trace_gossip_checkpoint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastGossipRow {
    /// Which trace.
    pub trace: TraceOrdinal,
    /// Transactions or SNARK work.
    pub resource: Resource,
    /// What was done with it.
    pub action: PoolAction,
    /// When.
    pub time: Timestamp,
}

/// A row of `tx_traces`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionEventRow {
    /// Index of its control in [`Batch::checkpoints`].
    pub checkpoint: usize,
    /// What was done with the diff.
    pub action: PoolAction,
    /// When.
    pub time: Timestamp,
    /// The diff as JSON.
    pub diff: Span,
    /// The peer it came from; none if local.
    pub sender: Option<Span>,
    /// Why it was rejected.
    pub reason: Option<Span>,
}

/// A transaction of a received diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedTransaction {
    /// The identity of the transaction.
    pub hash: Span,
    /// `payment` or `zkapp:<u>:<p>`.
    pub kind: Span,
    /// Its memo.
    pub memo: Option<Span>,
    /// When the diff was received.
    pub time: Timestamp,
}

/// A transaction of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockTransaction {
    /// The identity of the transaction.
    pub hash: Span,
    /// `payment` or `zkapp:<u>:<p>`.
    pub kind: Span,
    /// Its memo.
    pub memo: Option<Span>,
    /// `Applied` or `Failed`.
    pub result: Span,
    /// Why it failed, if the block says so.
    pub failure: Option<Span>,
    /// Start of the block trace.
    pub block_received: Timestamp,
}

/// A row of `sw_traces`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnarkWorkEventRow {
    /// Index of its control in [`Batch::checkpoints`].
    pub checkpoint: usize,
    /// What was done with the work.
    pub action: PoolAction,
    /// When.
    pub time: Timestamp,
    /// Statement of the first job.
    pub first_work_id: i32,
    /// Statement of the second job; none if the work has one.
    pub second_work_id: Option<i32>,
    /// Fee in MINA, as text.
    pub fee: Option<Span>,
    /// Public key of the prover.
    pub prover: Option<Span>,
    /// The peer it came from; none if local.
    pub sender: Option<Span>,
    /// Why it was rejected.
    pub reason: Option<Span>,
    /// What the first job proves.
    pub first_transaction: WorkTransaction,
    /// What the second job proves.
    pub second_transaction: WorkTransaction,
}

/// What a SNARK job proves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkTransaction {
    /// `payment`, `zkapp:…`, `coinbase`, `fee_transfer` or `merge`.
    pub kind: Option<Span>,
    /// Identity of the transaction (of a coinbase: its amount).
    pub hash: Option<Span>,
    /// Memo of the transaction.
    pub memo: Option<Span>,
}

/// A row of `sw_interruptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterruptionRow {
    /// Which trace.
    pub trace: TraceOrdinal,
    /// Last checkpoint of the block before the interruption was noted.
    pub time: Option<Timestamp>,
    /// Proofs gathered before the stop.
    pub at: i32,
    /// Why.
    pub reason: Span,
    /// Statement of the first missing job.
    pub first_work_id: i32,
    /// Statement of the second missing job.
    pub second_work_id: Option<i32>,
}

/// A control whose kind is not known, kept for people to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownControlRow {
    /// The process that wrote it.
    pub process: Process,
    /// Its position in the input of that process: line number or log id.
    pub position: u64,
    /// The control as JSON.
    pub content: Span,
}

impl Batch {
    /// The text of a span of this batch.
    ///
    /// # Panics
    /// If the span is of another batch and does not fit.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        let start = span.start as usize;
        &self.text[start..start + span.length as usize]
    }

    /// Adds a text.
    ///
    /// # Panics
    /// If the batch has grown to 4 GiB of text; callers take batches long
    /// before ([`crate::Tracer::pending_bytes`]).
    pub(crate) fn span(&mut self, text: &str) -> Span {
        let in_range = "a batch is taken before it has 4 GiB of text";
        let start = u32::try_from(self.text.len()).expect(in_range);
        let length = u32::try_from(text.len()).expect(in_range);
        self.text.push_str(text);
        Span { start, length }
    }

    /// The span of a text that is likely to be a part of `whole`, which is in the batch already:
    /// then it is not added once more.
    pub(crate) fn span_within(&mut self, whole: (&str, Span), text: &str) -> Span {
        let (outer, span) = whole;
        let offset = text.as_ptr().addr().wrapping_sub(outer.as_ptr().addr());
        let is_part = offset <= outer.len() && text.len() <= outer.len() - offset;
        match (u32::try_from(offset), u32::try_from(text.len())) {
            (Ok(offset), Ok(length)) if is_part => Span {
                start: span.start + offset,
                length,
            },
            _ => self.span(text),
        }
    }

    /// The size of all texts in bytes.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_known_text_is_not_added_once_more() {
        let mut batch = Batch::default();
        batch.span("before");
        let json = r#"{"fee":"0.1"}"#.to_owned();
        let whole = (json.as_str(), batch.span(&json));
        let bytes = batch.text_bytes();
        let fee = batch.span_within(whole, &json[8..11]);
        assert_eq!((batch.text(fee), batch.text_bytes()), ("0.1", bytes));
        let empty = batch.span_within(whole, &json[json.len()..]);
        assert_eq!((batch.text(empty), batch.text_bytes()), ("", bytes));
        for other in ["0.1", "a text that is longer than the whole"] {
            let span = batch.span_within(whole, other);
            assert_eq!(batch.text(span), other);
        }
        assert!(batch.text_bytes() > bytes);
    }
}

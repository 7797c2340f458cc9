//! One node's state machine: entries in order in, row operations out.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::batch::{Batch, CheckpointRow, TraceOrdinal, UnknownControlRow};
use crate::block::{BlockSource, BlockStatus, Process};
use crate::block_context::BlockContext;
use crate::call_kind::CallKind;
use crate::calls::{CallEntry, Calls, PlacedCall};
use crate::compatibility::Compatibility;
use crate::entry::{CallTag, Entry};
use crate::gossip;
use crate::state::{BlockState, Context, OUTSIDE, TraceState};
use crate::timestamp::Timestamp;

/// Block ids that are remembered at most. A catchup has about 300 in work.
const BLOCKS_MAX: usize = 1_024;
/// How many are forgotten at once when there are too many.
const BLOCKS_FORGOTTEN_AT_ONCE: usize = 128;

/// How a tracer interprets what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracerOptions {
    /// The setting `HANDLE_STATUS_CHANGE` of the original, where it is
    /// on: a block's times end before `Breadcrumb_integrated`, and its
    /// durations go into the distributions.
    pub status_handling: bool,
    /// How the durations of the distributions are computed.
    pub compatibility: Compatibility,
}

impl Default for TracerOptions {
    fn default() -> Self {
        Self {
            status_handling: true,
            compatibility: Compatibility::Corrected,
        }
    }
}

/// Follows the entries of one node's main process, prover and verifier.
///
/// Deterministic: the same entries give the same rows in the same order,
/// however they are cut into batches, and also when the tracer is
/// [restored](Self::restore) from its stored state between two batches. Its
/// memory is bounded.
#[derive(Debug, Default)]
pub struct Tracer {
    options: TracerOptions,
    context: Context,
    context_changed: bool,
    /// Whether checkpoints go into the main list now.
    main: bool,
    /// The trace of the current block, if there is one.
    current: Option<TraceOrdinal>,
    blocks: HashMap<String, BlockState, FixedState>,
    traces: HashMap<TraceOrdinal, TraceState, FixedState>,
    calls: Calls,
    calls_changed: bool,
    pub(crate) batch: Batch,
}

/// The stored state is not that of a tracer: it is damaged or of a newer version.
#[derive(Debug, thiserror::Error)]
#[error("the stored tracer state `{key}` cannot be read")]
pub struct RestoreError {
    key: String,
    #[source]
    source: Option<serde_json::Error>,
}

impl Tracer {
    /// A tracer at the start of a node's log.
    #[must_use]
    pub fn new(options: TracerOptions) -> Self {
        Self {
            options,
            main: true,
            ..Self::default()
        }
    }

    /// A tracer that continues where another stopped, from the pieces of state
    /// that its batches gave out.
    ///
    /// # Errors
    ///
    /// The pieces are not those of a tracer.
    pub fn restore(
        options: TracerOptions,
        state: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, RestoreError> {
        let mut tracer = Self::new(options);
        for (key, body) in state {
            if let Err(source) = tracer.restore_piece(&key, &body) {
                return Err(RestoreError { key, source });
            }
        }
        tracer.enter_context();
        Ok(tracer)
    }

    fn restore_piece(&mut self, key: &str, body: &[u8]) -> Result<(), Option<serde_json::Error>> {
        match key.split_once(':') {
            None if key == "context" => self.context = serde_json::from_slice(body)?,
            None if key == "calls" => self.calls = serde_json::from_slice(body)?,
            Some(("block", id)) => {
                self.blocks
                    .insert(id.to_owned(), serde_json::from_slice(body)?);
            }
            Some(("trace", ordinal)) => {
                let ordinal = ordinal.parse().map_err(|_| None)?;
                self.traces.insert(ordinal, serde_json::from_slice(body)?);
            }
            _ => return Err(None),
        }
        Ok(())
    }

    /// Takes the next entry of a process. `position` is its place in that
    /// process's input, for reports: line number or log id.
    pub fn push(&mut self, process: Process, entry: &Entry<'_>, position: u64) {
        if let Entry::Unknown(content) = entry {
            let content = self.batch.span(content);
            self.batch.unknown_controls.push(UnknownControlRow {
                process,
                position,
                content,
            });
        }
        if process == Process::Main {
            self.push_main(entry);
        } else {
            self.calls_changed = true;
            if let Some(call) = self.calls.push(process, entry) {
                self.store_call(&call);
            }
        }
    }

    /// Says that the node has restarted: its processes begin anew, outside any
    /// block, and their unfinished calls are gone. Blocks are still known.
    pub fn node_restarted(&mut self) {
        self.switch_block(OUTSIDE);
        self.switch_call(0, &CallTag::Cleared);
        self.calls.restart();
        self.calls_changed = true;
    }

    /// Says that the next entry does not follow the one before it: the main process was here when
    /// it wrote it. Blocks are still known; unfinished calls of prover and verifier are given up.
    pub fn enter(&mut self, context: &BlockContext) {
        self.node_restarted();
        self.switch_block(&context.block);
        let tag = context.tag.as_deref().map(Cow::Borrowed);
        self.switch_call(context.call_id, &tag.map_or(CallTag::Cleared, CallTag::Set));
    }

    /// Bytes that the next batch has gathered so far, roughly.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.batch.text_bytes() + self.batch.checkpoints.len() * size_of::<CheckpointRow>()
    }

    /// Rows that the next batch has gathered so far.
    #[must_use]
    pub fn pending_rows(&self) -> usize {
        self.batch.checkpoints.len()
    }

    /// Calls of prover and verifier that were given up because of a limit.
    #[must_use]
    pub fn dropped_calls(&self) -> u64 {
        self.calls.dropped
    }

    /// Everything since the last batch: rows, and the state that belongs to them.
    #[must_use]
    pub fn take_batch(&mut self) -> Batch {
        let mut changed: Vec<TraceOrdinal> = self
            .traces
            .iter()
            .filter(|(_, trace)| trace.changed)
            .map(|(&ordinal, _)| ordinal)
            .collect();
        changed.sort_unstable();
        for ordinal in changed {
            if let Some(trace) = self.traces.get_mut(&ordinal) {
                self.batch.push_trace(ordinal, trace);
                self.batch.push_state(&format!("trace:{ordinal}"), &*trace);
            }
        }
        let mut blocks: Vec<_> = self
            .blocks
            .iter_mut()
            .filter(|(_, block)| block.changed)
            .collect();
        blocks.sort_unstable_by(|one, other| one.0.cmp(other.0));
        for (id, block) in blocks {
            block.changed = false;
            self.batch.push_state(&format!("block:{id}"), &*block);
        }
        if std::mem::take(&mut self.context_changed) {
            self.batch.push_state("context", &self.context);
        }
        if std::mem::take(&mut self.calls_changed) {
            self.batch.push_state("calls", &self.calls);
        }
        std::mem::take(&mut self.batch)
    }

    fn push_main(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Checkpoint { name, time } => self.checkpoint(name, *time),
            Entry::Metadata(json) => self.metadata(json),
            Entry::BlockMetadata(json) => self.block_metadata(json),
            Entry::CurrentBlock(id) => self.switch_block(id),
            Entry::CurrentCall { id, tag } => self.switch_call(*id, tag),
            Entry::ProducedBlock(hash) => self.name_produced_block(hash),
            Entry::RotatedStart(_) | Entry::RotatedEnd(_) | Entry::Ignored | Entry::Unknown(_) => {}
        }
    }

    fn switch_block(&mut self, id: &str) {
        if self.context.block == id {
            return;
        }
        id.clone_into(&mut self.context.block);
        self.context.uses += 1;
        self.context_changed = true;
        let block = self.current_block();
        block.changed = true;
        self.forget_old_blocks();
        self.enter_context();
    }

    fn switch_call(&mut self, id: i32, tag: &CallTag<'_>) {
        self.context_changed = true;
        self.context.call_id = id;
        match tag {
            CallTag::Kept => {}
            CallTag::Cleared => self.context.tag = None,
            CallTag::Set(tag) => self.context.tag = Some(tag.to_string()),
        }
        if let CallTag::Set(tag) = tag {
            let block = self.current_block();
            if block.first_call(tag).is_none() {
                block.first_calls.push((tag.to_string(), id));
                block.changed = true;
            }
        }
        self.enter_context();
    }

    /// The state of the current block, made if there is none.
    fn current_block(&mut self) -> &mut BlockState {
        let uses = self.context.uses;
        let block = entry_of(&mut self.blocks, &self.context.block);
        block.last_used = uses;
        block
    }

    /// Works out what follows from block, call and tag.
    fn enter_context(&mut self) {
        let block = self.blocks.get(&self.context.block);
        self.current = block
            .and_then(|block| block.trace)
            .filter(|ordinal| self.traces.contains_key(ordinal));
        let first_call = match (&self.context.tag, block) {
            (Some(tag), Some(block)) if self.context.block != OUTSIDE => block.first_call(tag),
            _ => None,
        };
        self.main = first_call.is_none_or(|first| first == self.context.call_id);
    }

    /// The trace of the current block, made if there is none.
    fn current_trace(&mut self, source: BlockSource) -> (TraceOrdinal, &mut TraceState) {
        let ordinal = match self.current {
            Some(ordinal) => ordinal,
            None => self.begin_trace(source),
        };
        let trace = self.traces.entry(ordinal).or_default();
        trace.changed = true;
        (ordinal, trace)
    }

    fn begin_trace(&mut self, source: BlockSource) -> TraceOrdinal {
        let ordinal = self.context.next_trace;
        self.context.next_trace += 1;
        self.context_changed = true;
        let mut trace = TraceState {
            block_id: self.context.block.clone(),
            source,
            newest_is_main: true,
            is_new: true,
            ..TraceState::default()
        };
        if self.context.block == OUTSIDE || !self.options.status_handling {
            trace.own.close();
        }
        self.traces.insert(ordinal, trace);
        let block = self.current_block();
        block.trace = Some(ordinal);
        block.changed = true;
        self.current = Some(ordinal);
        ordinal
    }

    fn checkpoint(&mut self, name: &str, time: Timestamp) {
        let main = self.main;
        let options = self.options;
        let (ordinal, trace) = self.current_trace(BlockSource::of_checkpoint(name));
        trace.newest_is_main = main;
        let announcement = if main {
            gossip::announcement(name)
        } else {
            None
        };
        let parent_of = CallKind::of_parent(name);
        if let Some(kind) = parent_of {
            trace.note_parent(kind, main, time);
        }
        let mut succeeded = false;
        if let Some((resource, action)) = announcement {
            trace.note_gossip(resource, action, time);
        } else if main {
            succeeded = own_checkpoint(trace, name, time, options);
        }
        if trace.transactions.is_some() {
            self.give_transactions(ordinal);
        }
        if succeeded && options.status_handling {
            self.record_durations(ordinal);
        }
        let name = self.batch.span(name);
        self.batch.checkpoints.push(CheckpointRow {
            trace: ordinal,
            process: Process::Main,
            main_trace: main,
            is_control: false,
            gossip: announcement.is_some(),
            name,
            time: Some(time),
            metadata: None,
            call_id: 0,
        });
        if let Some(kind) = parent_of {
            self.calls_changed = true;
            for call in self.calls.note_parent(kind, ordinal, time) {
                self.store_call(&call);
            }
        }
    }

    fn record_durations(&mut self, ordinal: TraceOrdinal) {
        let Some(trace) = self.traces.get_mut(&ordinal) else {
            return;
        };
        let own = std::mem::take(&mut trace.own);
        trace.own.close();
        let entries = own.entries();
        for (index, duration) in crate::tree::durations(&entries, self.options.compatibility) {
            let identity = self.batch.span(entries[index].0);
            self.batch.durations.push((identity, duration));
        }
    }

    fn metadata(&mut self, json: &str) {
        let (ordinal, trace) = self.current_trace(BlockSource::Unknown);
        let main = trace.newest_is_main;
        let last_gossip = trace.last_gossip;
        let row = self.push_control(ordinal, "metadata", json, main);
        if main && last_gossip.iter().any(Option::is_some) {
            self.batch.pair_with_gossip(row, json, last_gossip);
        }
    }

    fn block_metadata(&mut self, json: &str) {
        let (ordinal, _) = self.current_trace(BlockSource::Unknown);
        self.push_control(ordinal, "block_metadata", json, true);
        let Some(trace) = self.traces.get_mut(&ordinal) else {
            return;
        };
        self.batch.describe_block(ordinal, trace, json);
        self.give_transactions(ordinal);
    }

    fn push_control(&mut self, trace: TraceOrdinal, kind: &str, json: &str, main: bool) -> usize {
        let name = self.batch.span(kind);
        let metadata = self.batch.span(json);
        self.batch.checkpoints.push(CheckpointRow {
            trace,
            process: Process::Main,
            main_trace: main,
            is_control: true,
            gossip: false,
            name,
            time: None,
            metadata: Some(metadata),
            call_id: 0,
        });
        self.batch.checkpoints.len() - 1
    }

    /// Gives out the block's transactions as soon as its start is known.
    fn give_transactions(&mut self, ordinal: TraceOrdinal) {
        if let Some(trace) = self.traces.get_mut(&ordinal) {
            self.batch.push_block_transactions(trace);
        }
    }

    fn name_produced_block(&mut self, hash: &str) {
        let (ordinal, trace) = self.current_trace(BlockSource::Unknown);
        hash.clone_into(&mut trace.block_id);
        let uses = self.context.uses;
        let block = entry_of(&mut self.blocks, hash);
        if block.trace.is_none() {
            block.trace = Some(ordinal);
            block.last_used = uses;
            block.changed = true;
        }
        self.enter_context();
    }

    fn store_call(&mut self, call: &PlacedCall) {
        let Some(trace) = self.traces.get_mut(&call.trace) else {
            return;
        };
        // Of parallel runs of one call only the block's own is stored.
        let [main, other] = trace.first_parents[call.kind as usize]
            .map(|first| first.filter(|time| *time <= call.completed));
        let belongs_to_other = match (main, other) {
            (None, Some(_)) => true,
            (Some(main), Some(other)) => other >= main,
            (_, None) => false,
        };
        if belongs_to_other {
            return;
        }
        for entry in &call.entries {
            let (name, time, metadata) = match entry {
                CallEntry::Checkpoint(name, time) => (self.batch.span(name), Some(*time), None),
                CallEntry::Metadata(json) => {
                    let json = self.batch.span(json);
                    (self.batch.span("metadata"), None, Some(json))
                }
                CallEntry::Other => continue,
            };
            self.batch.checkpoints.push(CheckpointRow {
                trace: call.trace,
                process: call.process,
                main_trace: true,
                is_control: time.is_none(),
                gossip: false,
                name,
                time,
                metadata,
                call_id: call.call_id,
            });
        }
    }

    /// Forgets the blocks that were not current for the longest time.
    fn forget_old_blocks(&mut self) {
        if self.blocks.len() <= BLOCKS_MAX {
            return;
        }
        let mut ages: Vec<(u64, String)> = self
            .blocks
            .iter()
            .filter(|(id, _)| *id != OUTSIDE && **id != self.context.block)
            .map(|(id, block)| (block.last_used, id.clone()))
            .collect();
        ages.sort_unstable();
        for (_, id) in ages.into_iter().take(BLOCKS_FORGOTTEN_AT_ONCE) {
            let trace = self.blocks.remove(&id).and_then(|block| block.trace);
            self.batch.state.push((format!("block:{id}"), None));
            if let Some(ordinal) = trace {
                self.forget_trace(ordinal);
            }
        }
    }

    fn forget_trace(&mut self, ordinal: TraceOrdinal) {
        if self
            .blocks
            .values()
            .any(|block| block.trace == Some(ordinal))
        {
            return;
        }
        if let Some(mut trace) = self.traces.remove(&ordinal) {
            if trace.changed {
                self.batch.push_trace(ordinal, &mut trace);
            }
            self.batch.state.push((format!("trace:{ordinal}"), None));
        }
    }
}

fn entry_of<'a>(
    blocks: &'a mut HashMap<String, BlockState, FixedState>,
    id: &str,
) -> &'a mut BlockState {
    blocks.entry(id.to_owned()).or_default()
}

/// Takes a checkpoint of the block itself into its trace. True if the block
/// succeeds by it.
fn own_checkpoint(
    trace: &mut TraceState,
    name: &str,
    time: Timestamp,
    options: TracerOptions,
) -> bool {
    if trace.source == BlockSource::Unknown {
        trace.source = BlockSource::of_checkpoint(name);
    }
    if trace.status == BlockStatus::Success {
        trace.lower_start(time);
        return false;
    }
    let status = BlockStatus::of_checkpoint(name);
    let succeeded = status == BlockStatus::Success;
    if !(succeeded && options.status_handling && trace.started.is_some()) {
        trace.extend_times(time);
    }
    if status != BlockStatus::Pending {
        trace.status = status;
    }
    if !succeeded {
        trace.own.push(name, time);
    }
    succeeded
}

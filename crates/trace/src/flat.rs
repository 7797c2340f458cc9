//! The flat trace of one block: its stored entries in the order of work, with
//! the calls of prover and verifier put where they belong.
//!
//! The promise: the same stored entries always give the same flat trace, and
//! no entry, however odd, makes it fail.

use serde_json::{Map, Value};

use crate::call_kind::CallKind;
use crate::{BlockStatus, Process};

/// One stored entry of a block trace: a row of `block_trace_checkpoint` whose
/// `main_trace` is true and whose `gossip` is false.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntry {
    /// Which process wrote it.
    pub process: Process,
    /// A control (`metadata`, `block_metadata`) and not a checkpoint.
    pub is_control: bool,
    /// The checkpoint's name or the control's key.
    pub name: String,
    /// Seconds since the Unix epoch, −1 for controls.
    pub started_at: f64,
    /// The control's object; without meaning for checkpoints.
    pub metadata: Value,
    /// The call of the prover or verifier that it belongs to, 0 for the main process.
    pub call_id: i32,
}

/// A checkpoint with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FlatCheckpoint {
    /// Its name.
    pub name: String,
    /// Seconds since the Unix epoch.
    pub started_at: f64,
    /// Seconds until the next checkpoint of the same list, 0 for the last.
    pub duration: f64,
    /// The metadata controls that followed it, merged, later keys winning.
    pub metadata: Map<String, Value>,
}

impl FlatCheckpoint {
    fn new(name: String, started_at: f64) -> Self {
        Self {
            name,
            started_at,
            duration: 0.0,
            metadata: Map::new(),
        }
    }

    fn merge(&mut self, metadata: Value) {
        if let Value::Object(object) = metadata {
            self.metadata.extend(object);
        }
    }
}

/// The checkpoints of one block, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlatTrace {
    /// Up to and including `Breadcrumb_integrated`, with the inserted calls.
    pub checkpoints: Vec<FlatCheckpoint>,
    /// Which process wrote each of `checkpoints`.
    pub processes: Vec<Process>,
    /// What the node did with the block after it had integrated it.
    pub after_success: Vec<FlatCheckpoint>,
    /// Durations as they were before calls were inserted, in the order in
    /// which the original adds them up.
    main_durations: Vec<f64>,
}

impl FlatTrace {
    /// The total time that the original answers for single blocks: the stored
    /// one plus all durations until success, about twice the truth.
    #[must_use]
    pub fn original_total_time(&self, stored_total_time: f64) -> f64 {
        self.main_durations
            .iter()
            .fold(stored_total_time, |total, duration| total + duration)
    }
}

/// Makes the flat trace of one block from its entries in the order of their
/// row ids.
#[must_use]
pub fn flatten(entries: Vec<StoredEntry>) -> FlatTrace {
    let mut trace = FlatTrace::default();
    let mut status = BlockStatus::Pending;
    let (main_entries, call_entries) = entries
        .into_iter()
        .partition(|entry| entry.process == Process::Main);
    for entry in in_order_of_time(main_entries) {
        trace.push_main(&mut status, entry);
    }
    trace.processes = vec![Process::Main; trace.checkpoints.len()];
    trace.insert_calls(call_entries);
    trace
}

/// Puts checkpoints in order, each with the controls behind it: an older piece of a trace may have
/// been stored later, and clocks may have been set back.
fn in_order_of_time(entries: Vec<StoredEntry>) -> Vec<StoredEntry> {
    let times = entries.iter().filter(|entry| !entry.is_control);
    if times.is_sorted_by(|one, next| one.started_at <= next.started_at) {
        return entries;
    }
    let mut time = f64::NEG_INFINITY;
    let mut timed: Vec<(f64, StoredEntry)> = Vec::with_capacity(entries.len());
    for entry in entries {
        if !entry.is_control {
            time = entry.started_at;
        }
        timed.push((time, entry));
    }
    timed.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    timed.into_iter().map(|(_, entry)| entry).collect()
}

impl FlatTrace {
    fn push_main(&mut self, status: &mut BlockStatus, entry: StoredEntry) {
        if entry.is_control {
            if entry.name == "metadata" {
                self.push_metadata(entry.metadata);
            }
            return;
        }
        let after_success = *status == BlockStatus::Success;
        let list = if after_success {
            &mut self.after_success
        } else {
            *status = BlockStatus::of_checkpoint(&entry.name);
            &mut self.checkpoints
        };
        if let Some(newest) = list.last_mut() {
            newest.duration = entry.started_at - newest.started_at;
            if !after_success {
                self.main_durations.push(newest.duration);
            }
        }
        list.push(FlatCheckpoint::new(entry.name, entry.started_at));
    }

    fn push_metadata(&mut self, metadata: Value) {
        let Some(newest) = self.checkpoints.last_mut() else {
            return;
        };
        match self.after_success.last_mut() {
            Some(after) if after.started_at > newest.started_at => after.merge(metadata),
            _ => newest.merge(metadata),
        }
    }

    fn insert_calls(&mut self, mut entries: Vec<StoredEntry>) {
        if entries.is_empty() {
            return;
        }
        // Stable: within one call the order of the rows is kept.
        entries.sort_by_key(|entry| (entry.process, entry.call_id));
        let mut order = InsertionOrder::new(std::mem::take(&mut self.checkpoints));
        let mut rest = entries.into_iter().peekable();
        while let Some(first) = rest.next() {
            let key = (first.process, first.call_id);
            let mut entries = vec![first];
            while let Some(next) = rest.next_if(|next| (next.process, next.call_id) == key) {
                entries.push(next);
            }
            if let Some(parent) = parent_of_complete(&entries) {
                order.insert_call(parent, entries);
            }
        }
        (self.checkpoints, self.processes) = order.into_checkpoints();
    }
}

/// The checkpoint of the main process that a complete call hangs below; none
/// for an incomplete call.
fn parent_of_complete(entries: &[StoredEntry]) -> Option<&'static str> {
    let (first, last) = (entries.first()?, entries.last()?);
    let kind = CallKind::of_first(&first.name)?;
    let complete = !first.is_control && !last.is_control && last.name == kind.last();
    complete.then_some(kind.parent())
}

/// A list into which checkpoints are inserted, as indices: moving numbers is
/// cheap, moving checkpoints is not.
struct InsertionOrder {
    checkpoints: Vec<FlatCheckpoint>,
    /// Which process wrote each of them.
    processes: Vec<Process>,
    /// Indices of `checkpoints`, oldest first.
    order: Vec<usize>,
}

impl InsertionOrder {
    fn new(checkpoints: Vec<FlatCheckpoint>) -> Self {
        let order = (0..checkpoints.len()).collect();
        let processes = vec![Process::Main; checkpoints.len()];
        Self {
            checkpoints,
            processes,
            order,
        }
    }

    fn insert_call(&mut self, parent: &str, entries: Vec<StoredEntry>) {
        let mut previous_name = parent.to_owned();
        // Where the call's preceding checkpoint is; none if it was dropped.
        let mut preceding = None;
        for entry in entries {
            if entry.is_control {
                // After these two the metadata is raw data of the proof system.
                let raw = matches!(
                    previous_name.as_str(),
                    "Backend_tick_proof_create_async" | "Backend_tock_proof_create_async"
                );
                if let Some(index) = preceding
                    && entry.name == "metadata"
                    && !raw
                {
                    let checkpoint: &mut FlatCheckpoint = &mut self.checkpoints[index];
                    checkpoint.merge(entry.metadata);
                }
                continue;
            }
            preceding = self.insert(&previous_name, &entry);
            previous_name = entry.name;
        }
    }

    /// Inserts a checkpoint right after the newest one named `previous_name`
    /// that is older than it; gives its index, or none when there is no such.
    fn insert(&mut self, previous_name: &str, entry: &StoredEntry) -> Option<usize> {
        let started_at = entry.started_at;
        let at = |index: usize| &self.checkpoints[index];
        let older = self
            .order
            .iter()
            .rposition(|&index| at(index).started_at < started_at)?;
        let position = self.order[..=older]
            .iter()
            .rposition(|&index| at(index).name == previous_name)?;
        let previous = &mut self.checkpoints[self.order[position]];
        previous.duration = started_at - previous.started_at;
        let index = self.checkpoints.len();
        self.checkpoints
            .push(FlatCheckpoint::new(entry.name.clone(), started_at));
        self.processes.push(entry.process);
        self.order.insert(position + 1, index);
        Some(index)
    }

    fn into_checkpoints(self) -> (Vec<FlatCheckpoint>, Vec<Process>) {
        let mut checkpoints: Vec<Option<(FlatCheckpoint, Process)>> = self
            .checkpoints
            .into_iter()
            .zip(self.processes)
            .map(Some)
            .collect();
        self.order
            .into_iter()
            .filter_map(|index| checkpoints[index].take())
            .unzip()
    }
}

#[cfg(test)]
mod tests;

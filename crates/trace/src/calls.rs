//! Calls into the prover and the verifier: collected until complete, then
//! given a block.
//!
//! The two processes write no blocks, only call ids. A complete call belongs
//! to the block that was current in the main process at the latest checkpoint
//! of the parent's name before the call began.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::batch::TraceOrdinal;
use crate::block::Process;
use crate::call_kind::CallKind;
use crate::entry::Entry;
use crate::timestamp::Timestamp;

/// Calls that are kept waiting at most; beyond that the oldest are dropped.
const CALLS_MAX: usize = 512;
/// Entries of one call that are kept at most; a longer call is dropped.
const CALL_ENTRIES_MAX: usize = 4_096;
/// Checkpoints of one parent name that are remembered at most.
const PARENTS_MAX: usize = 256;

/// An entry of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CallEntry {
    #[serde(rename = "c")]
    Checkpoint(String, Timestamp),
    #[serde(rename = "m")]
    Metadata(String),
    /// A control without a place in the block's trace.
    #[serde(rename = "o")]
    Other,
}

/// A complete call with the trace that it belongs to.
#[derive(Debug)]
pub(crate) struct PlacedCall {
    pub(crate) kind: CallKind,
    pub(crate) process: Process,
    pub(crate) call_id: i32,
    pub(crate) trace: TraceOrdinal,
    pub(crate) completed: Timestamp,
    pub(crate) entries: Vec<CallEntry>,
}

/// What is collected for one call.
#[derive(Debug, Serialize, Deserialize)]
struct Call {
    /// Order of the calls by their first entry.
    number: u64,
    /// Empty for a call that began with an unknown checkpoint: it can never
    /// be placed, so its entries need not be kept.
    entries: Vec<CallEntry>,
}

/// The waiting calls of a node, and the parents they wait for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    prover_call: i32,
    verifier_call: i32,
    numbered: u64,
    #[serde(with = "pairs")]
    waiting: BTreeMap<(Process, i32), Call>,
    /// Newest first.
    parents: [VecDeque<(TraceOrdinal, Timestamp)>; CallKind::COUNT],
    /// Calls given up because a limit was reached.
    pub(crate) dropped: u64,
}

/// Maps with compound keys as lists of pairs: JSON keys are texts.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Call, Process};

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<(Process, i32), Call>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<(Process, i32), Call>, D::Error> {
        let pairs: Vec<((Process, i32), Call)> = Vec::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}

impl Calls {
    /// Notes that the main process made a call.
    ///
    /// Gives out calls that were complete before any parent was seen and can
    /// now be placed.
    pub(crate) fn note_parent(
        &mut self,
        kind: CallKind,
        trace: TraceOrdinal,
        time: Timestamp,
    ) -> Vec<PlacedCall> {
        let parents = &mut self.parents[kind as usize];
        let first = parents.is_empty();
        // A stretch that is imported later may be older.
        let newer = parents.iter().take_while(|(_, other)| *other > time);
        parents.insert(newer.count(), (trace, time));
        parents.truncate(PARENTS_MAX);
        if !first {
            return Vec::new();
        }
        let complete: Vec<(Process, i32)> = self
            .waiting
            .iter()
            .filter(|(key, call)| completion(key.0, &call.entries).is_some_and(|(k, _)| k == kind))
            .map(|(key, _)| *key)
            .collect();
        complete
            .into_iter()
            .filter_map(|key| self.place(key))
            .collect()
    }

    /// Forgets the calls of processes that are gone.
    pub(crate) fn restart(&mut self) {
        self.waiting.clear();
        (self.prover_call, self.verifier_call) = (0, 0);
    }

    /// Takes an entry of the prover or the verifier.
    pub(crate) fn push(&mut self, process: Process, entry: &Entry<'_>) -> Option<PlacedCall> {
        let call_id = match process {
            Process::Prover => &mut self.prover_call,
            Process::Main | Process::Verifier => &mut self.verifier_call,
        };
        let entry = match entry {
            Entry::CurrentCall { id, .. } => {
                *call_id = *id;
                return None;
            }
            Entry::Ignored | Entry::RotatedStart(_) | Entry::RotatedEnd(_) => return None,
            Entry::Checkpoint { name, time } => CallEntry::Checkpoint(name.to_string(), *time),
            Entry::Metadata(json) => CallEntry::Metadata((*json).to_owned()),
            _ => CallEntry::Other,
        };
        let key = (process, *call_id);
        match self.waiting.get_mut(&key) {
            Some(call) if call.entries.is_empty() => return None,
            Some(call) if call.entries.len() >= CALL_ENTRIES_MAX => {
                call.entries = Vec::new();
                self.dropped += 1;
                return None;
            }
            Some(call) => call.entries.push(entry),
            None => self.begin(key, entry),
        }
        self.place(key)
    }

    fn begin(&mut self, key: (Process, i32), entry: CallEntry) {
        let entries = match &entry {
            CallEntry::Checkpoint(name, _) if kind_of(name, key.0).is_some() => {
                vec![entry]
            }
            CallEntry::Checkpoint(..) => Vec::new(),
            // A call cannot begin with a control: it is forgotten.
            CallEntry::Metadata(_) | CallEntry::Other => return,
        };
        self.numbered += 1;
        let number = self.numbered;
        self.waiting.insert(key, Call { number, entries });
        if self.waiting.len() > CALLS_MAX {
            let oldest = self.waiting.iter().min_by_key(|(_, call)| call.number);
            if let Some(key) = oldest.map(|(key, _)| *key) {
                self.waiting.remove(&key);
                self.dropped += 1;
            }
        }
    }

    /// Gives a call out if it is complete and its block is known; forgets it
    /// if it is complete and has none.
    fn place(&mut self, key: (Process, i32)) -> Option<PlacedCall> {
        let entries = &self.waiting.get(&key)?.entries;
        let (kind, completed) = completion(key.0, entries)?;
        let Some(CallEntry::Checkpoint(_, began)) = entries.first() else {
            return None;
        };
        let parents = &self.parents[kind as usize];
        if parents.is_empty() {
            return None;
        }
        let parent = parents.iter().find(|(_, time)| time <= began).copied();
        let call = self.waiting.remove(&key)?;
        let (trace, _) = parent?;
        Some(PlacedCall {
            kind,
            process: key.0,
            call_id: key.1,
            trace,
            completed,
            entries: call.entries,
        })
    }
}

/// Kind and last time of a call whose first and last checkpoints are there.
fn completion(process: Process, entries: &[CallEntry]) -> Option<(CallKind, Timestamp)> {
    let CallEntry::Checkpoint(first, _) = entries.first()? else {
        return None;
    };
    let CallEntry::Checkpoint(last, time) = entries.last()? else {
        return None;
    };
    let kind = kind_of(first, process)?;
    (last == kind.last()).then_some((kind, *time))
}

/// The kind of call that begins with this checkpoint of this process.
fn kind_of(first: &str, process: Process) -> Option<CallKind> {
    CallKind::of_first(first).filter(|kind| kind.process() == process)
}

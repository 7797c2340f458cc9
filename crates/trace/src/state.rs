//! The tracer's state: what it remembers of blocks and their traces.

use serde::{Deserialize, Serialize};

use crate::batch::TraceOrdinal;
use crate::block::{BlockSource, BlockStatus};
use crate::call_kind::CallKind;
use crate::gossip::{PoolAction, Resource};
use crate::timestamp::Timestamp;

/// Checkpoints of one block that are kept for its distribution at most. A real
/// block has about 90; a trace that grows beyond gives no durations.
const OWN_CHECKPOINTS_MAX: usize = 2_048;

/// Where the main process is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(crate) block: String,
    pub(crate) call_id: i32,
    pub(crate) tag: Option<String>,
    /// Ordinal of the next block trace.
    pub(crate) next_trace: TraceOrdinal,
    /// Counts switches of the current block: the age of a block's last use.
    pub(crate) uses: u64,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            block: OUTSIDE.to_owned(),
            call_id: 0,
            tag: None,
            next_trace: 0,
            uses: 0,
        }
    }
}

/// The block id under which everything outside any block is collected.
pub(crate) const OUTSIDE: &str = "0";

/// What is remembered of a block id.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct BlockState {
    /// Its trace, once there is one. A produced block has two ids for one trace.
    pub(crate) trace: Option<TraceOrdinal>,
    /// First call id of each call tag.
    pub(crate) first_calls: Vec<(String, i32)>,
    /// [`Context::uses`] when it was last current.
    pub(crate) last_used: u64,
    #[serde(skip)]
    pub(crate) changed: bool,
}

impl BlockState {
    pub(crate) fn first_call(&self, tag: &str) -> Option<i32> {
        self.first_calls
            .iter()
            .find(|(known, _)| known == tag)
            .map(|&(_, id)| id)
    }
}

/// What is remembered of a block trace.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, most of them marks of what the next batch must hold"
)]
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct TraceState {
    pub(crate) block_id: String,
    pub(crate) source: BlockSource,
    pub(crate) status: BlockStatus,
    pub(crate) started: Option<Timestamp>,
    pub(crate) completed: Option<Timestamp>,
    pub(crate) blockchain_length: i32,
    pub(crate) global_slot: i32,
    /// Whether the newest checkpoint is in the main list: its metadata follow it.
    pub(crate) newest_is_main: bool,
    pub(crate) last_gossip: [Option<(PoolAction, Timestamp)>; 2],
    /// First checkpoint of each call parent, in the main and in the other list.
    pub(crate) first_parents: [[Option<Timestamp>; 2]; CallKind::COUNT],
    /// The block's own checkpoints until success, for the distribution.
    pub(crate) own: OwnCheckpoints,
    /// The list `transactions` of the block until its start is known.
    pub(crate) transactions: Option<String>,
    /// Transactions were given out with a start that is not yet final.
    pub(crate) transactions_given: bool,
    pub(crate) interrupted: bool,
    #[serde(skip)]
    pub(crate) is_new: bool,
    #[serde(skip)]
    pub(crate) changed: bool,
    #[serde(skip)]
    pub(crate) starts_lowered: bool,
    #[serde(skip)]
    pub(crate) gossip_changed: [bool; 2],
    /// Members to be merged into the row's metadata.
    #[serde(skip)]
    pub(crate) metadata_patch: Vec<(String, String)>,
}

impl TraceState {
    pub(crate) fn extend_times(&mut self, time: Timestamp) {
        self.lower_start(time);
        if self.completed.is_none_or(|completed| time > completed) {
            self.completed = Some(time);
        }
    }

    /// Takes a time for the start if it is earlier: a stretch that is imported later may be older.
    pub(crate) fn lower_start(&mut self, time: Timestamp) {
        if self.started.is_none_or(|started| time < started) {
            self.started = Some(time);
            self.starts_lowered |= self.transactions_given;
        }
    }

    pub(crate) fn note_gossip(&mut self, resource: Resource, action: PoolAction, time: Timestamp) {
        self.last_gossip[resource as usize] = Some((action, time));
        self.gossip_changed[resource as usize] = true;
    }

    pub(crate) fn note_parent(&mut self, kind: CallKind, main: bool, time: Timestamp) {
        let first = &mut self.first_parents[kind as usize][usize::from(!main)];
        first.get_or_insert(time);
    }

    pub(crate) fn patch_metadata(&mut self, key: &str, value: &str) {
        match self.metadata_patch.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => value.clone_into(old),
            None => self.metadata_patch.push((key.to_owned(), value.to_owned())),
        }
    }
}

/// Names and times of checkpoints, compact.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct OwnCheckpoints {
    names: String,
    ends: Vec<u32>,
    times: Vec<Timestamp>,
    /// Given up: too many, or the block has succeeded.
    closed: bool,
}

impl OwnCheckpoints {
    pub(crate) fn push(&mut self, name: &str, time: Timestamp) {
        if self.closed {
            return;
        }
        self.names.push_str(name);
        match u32::try_from(self.names.len()) {
            Ok(end) if self.times.len() < OWN_CHECKPOINTS_MAX => {
                self.ends.push(end);
                self.times.push(time);
            }
            _ => self.close(),
        }
    }

    /// Forgets the checkpoints and takes no more.
    pub(crate) fn close(&mut self) {
        *self = Self {
            closed: true,
            ..Self::default()
        };
    }

    pub(crate) fn entries(&self) -> Vec<(&str, f64)> {
        let mut start = 0;
        self.ends
            .iter()
            .zip(&self.times)
            .map(|(&end, time)| {
                let name = &self.names[start..end as usize];
                start = end as usize;
                (name, time.seconds())
            })
            .collect()
    }
}

//! What is kept of blocks in memory, so that only blocks into which something was written are read
//! again.
//!
//! A [`Moment`] is what a deployment's blocks are in one snapshot of the database. The next look asks
//! the database which rows were written by a transaction that had not ended then, and how many rows
//! there are now: what was written has such a row, what was deleted is missing in the number. All
//! other blocks are as they were, and are shared with the moment before.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use results::lag::BlockSource;
use results::matrix::CellStatus;

/// Traces that are kept at most, of all deployments together: some 40 bytes each.
pub(super) const TRACES_MAX: i64 = 1 << 19;
/// Blocks that are kept at most, of all deployments together.
const BLOCKS_MAX: usize = 200_000;
/// Names of nodes that are kept at most.
const NAMES_MAX: usize = 100_000;
/// Transactions between two looks at most; otherwise all blocks are read again.
const TRANSACTIONS_BETWEEN_MAX: i64 = 1 << 30;

/// What a block contains.
#[derive(Debug, Clone, Default)]
pub(super) struct Contents {
    pub(super) producer: Option<String>,
    pub(super) user_commands: Option<i64>,
    pub(super) zkapps: Option<i64>,
    pub(super) snark_works: Option<i64>,
}

/// A trace of a block.
#[derive(Debug, Clone)]
pub(super) struct AtNode {
    /// The same text is mostly at the same address.
    pub(super) node: Arc<str>,
    pub(super) source: BlockSource,
    pub(super) status: CellStatus,
    pub(super) started: f64,
    pub(super) total_s: f64,
}

/// A block with its traces.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) contents: Contents,
    pub(super) traces: Vec<AtNode>,
    /// From when until when those who made it worked on it.
    pub(super) made: Vec<(f64, f64)>,
}

/// Of the traces of a block that are within a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct InTime {
    pub(super) height: Option<i64>,
    pub(super) slot: Option<i64>,
    pub(super) first_seen: f64,
    /// When the last trace began, within the time or not.
    pub(super) last_seen: f64,
}

/// A block as it is in all snapshots whose moments have it.
#[derive(Debug)]
pub(super) struct KeptBlock {
    pub(super) rows: i64,
    /// Grows with every change of a row.
    pub(super) version: i64,
    /// None if no trace has a time.
    pub(super) seen: Option<InTime>,
    pub(super) parent: Option<String>,
    /// Read when they are asked for, in a snapshot whose moment has the block.
    pub(super) details: OnceLock<Arc<Details>>,
}

/// The blocks of a deployment by hash.
pub(super) type BlocksByHash = HashMap<Arc<str>, Arc<KeptBlock>>;

/// A snapshot of the database. A later one is greater, or equal if it shows the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Snapshot {
    /// The oldest transaction that had not ended.
    pub(super) oldest: i64,
    /// The first transaction that had not begun.
    pub(super) next: i64,
    /// The number of transactions between them that had not ended, which shrinks: below zero.
    pub(super) minus_running: i64,
}

impl Snapshot {
    /// Whether this one shows all that `before` showed, and rows tell what was written between them:
    /// numbers of transactions begin again after two thousand million.
    pub(super) fn follows(&self, before: &Self) -> bool {
        self >= before && self.next - before.oldest < TRANSACTIONS_BETWEEN_MAX
    }
}

/// The blocks of a deployment in a snapshot of the database.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    pub(super) snapshot: Snapshot,
    pub(super) blocks: Arc<BlocksByHash>,
}

impl Moment {
    /// How many rows the blocks have.
    pub(super) fn rows(&self) -> i64 {
        self.blocks.values().map(|block| block.rows).sum()
    }
}

/// What is kept, for all that read from a database.
#[derive(Debug, Default)]
pub(crate) struct KeptBlocks(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The newest of each deployment.
    moments: BTreeMap<i32, Moment>,
    /// The names of nodes, each once.
    names: HashSet<Arc<str>>,
}

impl KeptBlocks {
    /// The newest moment of a deployment that is kept.
    pub(super) fn moment(&self, deployment_id: i32) -> Option<Moment> {
        self.0.lock().moments.get(&deployment_id).cloned()
    }

    /// Keeps a moment, unless a newer one is there.
    pub(super) fn keep(&self, deployment_id: i32, moment: &Moment) {
        let mut kept = self.0.lock();
        let known = kept.moments.entry(deployment_id).or_default();
        if known.snapshot <= moment.snapshot {
            *known = moment.clone();
        }
    }

    /// Forgets everything if there is too much. What was given out stays with those who have it.
    pub(super) fn make_room(&self) {
        let mut kept = self.0.lock();
        let of_moments = kept.moments.values().flat_map(|one| one.blocks.values());
        let (mut blocks, mut traces) = (0, 0_i64);
        for block in of_moments {
            blocks += 1;
            let known = block.details.get();
            let count = known.map_or(0, |known| known.traces.len());
            traces = traces.saturating_add_unsigned(count as u64);
        }
        if traces > TRACES_MAX || blocks > BLOCKS_MAX || kept.names.len() > NAMES_MAX {
            *kept = Kept::default();
        }
    }

    /// The names of nodes, as the other blocks have them.
    pub(super) fn names(&self, names: Vec<String>) -> Vec<Arc<str>> {
        let mut kept = self.0.lock();
        names.into_iter().map(|name| kept.name(name)).collect()
    }
}

impl Kept {
    fn name(&mut self, name: String) -> Arc<str> {
        if let Some(known) = self.names.get(name.as_str()) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_follows_those_that_show_less_and_are_not_too_old() {
        let snapshot = |oldest, next, running: i64| Snapshot {
            oldest,
            next,
            minus_running: -running,
        };
        let before = snapshot(100, 110, 2);
        for after in [(100, 110, 2), (100, 110, 1), (100, 111, 3), (101, 110, 2)] {
            let (oldest, next, running) = after;
            assert!(
                snapshot(oldest, next, running).follows(&before),
                "{after:?}"
            );
        }
        for other in [
            (100, 110, 3),
            (100, 109, 1),
            (99, 120, 1),
            (1 << 31, 1 << 31, 0),
        ] {
            let (oldest, next, running) = other;
            assert!(
                !snapshot(oldest, next, running).follows(&before),
                "{other:?}"
            );
        }
    }
}

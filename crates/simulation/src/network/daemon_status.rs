//! The status of a daemon.

use std::sync::Arc;

use super::Network;
use super::queries::SyncStatus;
use super::settings::Activity;
use crate::block::{Block, Bundle};
use crate::ids::NodeId;

/// A node at a moment, in the figures of its daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonStatus {
    /// None while its process does not run.
    pub sync_status: Option<SyncStatus>,
    /// Its best tip, if it has one.
    pub tip: Option<Tip>,
    /// The longest chain of the blocks in its frontier.
    pub highest_received: u32,
    /// The longest chain of all blocks that it heard of.
    pub highest_unvalidated: u32,
    /// What its process has done.
    pub activity: Activity,
    /// Nodes that it is connected with.
    pub peers: Vec<NodeId>,
    /// Transactions in its pool.
    pub pool_size: usize,
    /// Bundles of SNARK work that are done and not in a block of its best chain.
    pub snark_pool_size: usize,
    /// Bundles of SNARK work that its best chain needs and nobody has done yet.
    pub pending_snark_work: usize,
    /// The slot of its next block, if it knows.
    pub next_slot: Option<u32>,
}

/// The last block of a node's best chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// Its state hash.
    pub state_hash: String,
    /// Blocks from genesis on.
    pub blockchain_length: u32,
    /// Since genesis.
    pub slot: u32,
}

impl Network {
    /// The last block of a node's best chain, if it has one.
    #[must_use]
    pub fn tip(&self, node: NodeId) -> Option<Tip> {
        let tip = self.best_tip(node)?;
        Some(Tip {
            state_hash: tip.hash.to_string(),
            blockchain_length: tip.length,
            slot: tip.slot,
        })
    }

    /// The status of a node's daemon.
    #[must_use]
    pub fn daemon_status(&self, node: NodeId) -> DaemonStatus {
        let asked = self.node(node);
        let known = self.chain.newest_first();
        let known = known.filter(|block| asked.knows(block.id));
        let highest_received = known.map(|block| block.length).max().unwrap_or(1);
        let heard = asked.in_process.iter().chain(&asked.missing);
        let heard = heard.filter_map(|id| self.chain.get(*id));
        let highest_heard = heard.map(|block| block.length).max().unwrap_or(1);
        let (done, pending) = self.unbought_bundles(node);
        DaemonStatus {
            sync_status: self.sync_status(node),
            tip: self.tip(node),
            highest_received,
            highest_unvalidated: highest_heard.max(highest_received),
            activity: self.activity(node),
            peers: self.peers(node),
            pool_size: asked.pool.len(),
            snark_pool_size: done.len(),
            pending_snark_work: pending.len(),
            next_slot: self.next_production(node).map(|time| self.slot_at(time)),
        }
    }

    /// The best tip of a node, if it has one.
    pub(super) fn best_tip(&self, node: NodeId) -> Option<&Arc<Block>> {
        let asked = self.node(node);
        asked
            .has_best_tip()
            .then(|| self.chain.get_or_root(asked.tip))
    }

    /// The bundles of SNARK work on a node's best chain that no block of it has bought, oldest
    /// first: those that are done, and the others.
    pub(super) fn unbought_bundles(&self, node: NodeId) -> (Vec<Arc<Bundle>>, Vec<Arc<Bundle>>) {
        let Some(tip) = self.best_tip(node) else {
            return (Vec::new(), Vec::new());
        };
        let first = tip.scan_state.bought_in_all;
        let mut bundles = Vec::new();
        for block in self.chain.ancestry(tip.id) {
            let end = super::BUNDLES_AT_GENESIS + block.scan_state.made_in_all;
            if end <= first {
                break;
            }
            let begin = end - block.bundles.len() as u64;
            let bought = usize::try_from(first.saturating_sub(begin)).unwrap_or(usize::MAX);
            bundles.extend(block.bundles.iter().skip(bought).rev().cloned());
        }
        bundles.reverse();
        bundles
            .into_iter()
            .partition(|bundle| bundle.done.get().is_some())
    }
}

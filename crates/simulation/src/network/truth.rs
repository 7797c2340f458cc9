//! Ground truth: what really happened, to compare measurements with.

use super::Network;
use crate::ids::NodeId;
use crate::network::queries::SyncStatus;
use crate::scheduler::SchedulerRun;
use crate::time::SimTime;

/// Figures about a node over all its runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeTruth {
    /// Entries written into its internal log, those not handed out yet included.
    pub entries_generated: u64,
    /// Transactions that its schedulers made.
    pub transactions_scheduled: u64,
    /// Those of them that its pool took, and that were gossiped.
    pub transactions_sent: u64,
    /// Those of them that are in the best chain.
    pub transactions_included: u64,
    /// Those of them that failed there: only their fee was taken.
    pub transactions_failed: u64,
    /// Blocks that it produced.
    pub blocks_produced: u64,
    /// Blocks that it received by gossip.
    pub blocks_received: u64,
}

/// A node at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSnapshot {
    /// Which.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// Whether its process runs and is in step.
    pub sync_status: Option<SyncStatus>,
    /// The number of its run, from 0.
    pub run: u32,
    /// Blocks of its best chain, genesis included.
    pub blockchain_length: u32,
    /// The state hash of its best tip.
    pub state_hash: String,
    /// Transactions in its pool.
    pub pool_size: usize,
    /// Runs that its schedulers have registered.
    pub schedulers: usize,
    /// Whether its gating rules keep out everybody who is not trusted.
    pub is_isolated: bool,
    /// What it did.
    pub truth: NodeTruth,
}

/// The network at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When.
    pub now: SimTime,
    /// The slot of that time.
    pub slot: u32,
    /// Blocks of the best chain that any node has, genesis included.
    pub blockchain_length: u32,
    /// Its last block.
    pub state_hash: String,
    /// All nodes.
    pub nodes: Vec<NodeSnapshot>,
}

/// All the money of a network, in nanomina.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supply {
    /// The sum of all balances in the ledger of the best tip.
    pub balances: u128,
    /// What new accounts have paid, which nobody has now.
    pub creation_fees: u64,
    /// Blocks whose coinbase was paid.
    pub coinbases: u32,
}

impl Network {
    /// What a node really did.
    #[must_use]
    pub fn truth(&self, node: NodeId) -> NodeTruth {
        let node = self.node(node);
        NodeTruth {
            entries_generated: node.log.generated,
            transactions_scheduled: node.counts.scheduled,
            transactions_sent: node.counts.sent,
            transactions_included: node.counts.included,
            transactions_failed: node.counts.failed,
            blocks_produced: node.counts.blocks_produced,
            blocks_received: node.counts.blocks_received,
        }
    }

    /// The runs of a node's schedulers: the last 1,024 of those that ended, and then those that are
    /// registered. Each is one request that the node executed.
    #[must_use]
    pub fn scheduler_runs(&self, node: NodeId) -> Vec<SchedulerRun> {
        let node = self.node(node);
        let registered = node.schedulers.values().map(|scheduler| &scheduler.truth);
        node.ended_runs.iter().chain(registered).cloned().collect()
    }

    /// Everything about the network that fits on a page.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let best = self.chain.get_or_root(self.best);
        let nodes = self.node_ids().map(|id| {
            let node = self.node(id);
            let tip = self.chain.get_or_root(node.tip);
            NodeSnapshot {
                node: id,
                name: self.config.nodes[id.index()].name.clone(),
                sync_status: self.sync_status(id),
                run: node.log.run(),
                blockchain_length: tip.length,
                state_hash: tip.hash.to_string(),
                pool_size: node.pool.len(),
                schedulers: node.schedulers.len(),
                is_isolated: node.gating.is_isolated(),
                truth: self.truth(id),
            }
        });
        Snapshot {
            now: self.now,
            slot: self.slot_at(self.now),
            blockchain_length: best.length,
            state_hash: best.hash.to_string(),
            nodes: nodes.collect(),
        }
    }

    /// Adds up the ledger of the best tip.
    #[must_use]
    pub fn supply(&self) -> Supply {
        let best = self.chain.get_or_root(self.best);
        let (balances, creation_fees) = self.chain.money(best.id);
        Supply {
            balances,
            creation_fees,
            coinbases: best.length - 1,
        }
    }
}

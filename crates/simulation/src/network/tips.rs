//! Which block a node takes for the best, and what that does to its pool.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Network;
use crate::block::Block;
use crate::chain::Chain;
use crate::ids::{AccountId, BlockId, NodeId};
use crate::ledger::Account;

impl Network {
    /// An account in the ledger after a block.
    pub(super) fn account_after(&mut self, block: BlockId, id: AccountId) -> Option<Account> {
        let chain = &self.chain;
        self.accounts
            .find_or_add(block, id, || chain.account(block, id))
    }

    /// An account in the best-tip ledger of a node.
    pub(super) fn account_at(&mut self, node: NodeId, id: AccountId) -> Option<Account> {
        self.account_after(self.node(node).tip, id)
    }

    /// A block is in a node's frontier now: it may be its new best tip.
    pub(super) fn integrate(&mut self, node: NodeId, block: &Arc<Block>) {
        let receiver = self.node_mut(node);
        receiver.add_known(block.id);
        receiver.in_process.retain(|id| *id != block.id);
        let old = receiver.tip;
        let better = match self.chain.get(old) {
            Some(tip) => Chain::is_better(block, tip),
            None => true,
        };
        if better {
            self.node_mut(node).tip = block.id;
            self.move_pool(node, old, block.id);
            self.change_available_work(node, old, block.id);
        }
        if Chain::is_better(block, self.chain.get_or_root(self.best)) {
            self.move_best(block.id);
        }
    }

    /// Takes what the new blocks hold out of the pool, and puts back what only the old ones held.
    fn move_pool(&mut self, node: NodeId, old: BlockId, new: BlockId) {
        let (left, entered) = self.chain.path(old, new);
        let pool = &mut self.node_mut(node).pool;
        for block in &left {
            for included in &block.transactions {
                pool.restore(&included.transaction);
            }
        }
        for block in &entered {
            for included in &block.transactions {
                pool.remove(&included.transaction);
            }
        }
        if let Some(tip) = entered.last() {
            pool.remove_expired(tip.slot.saturating_add(1));
        }
    }

    /// The best chain of all changes: counts what is included in it, makes new SNARK work, and
    /// moves the final root.
    fn move_best(&mut self, new: BlockId) {
        let (left, entered) = self.chain.path(self.best, new);
        self.best = new;
        for block in &left {
            self.count_included(block, false);
        }
        for block in &entered {
            self.count_included(block, true);
            self.order_work(block);
        }
        self.move_root();
    }

    fn count_included(&mut self, block: &Block, included: bool) {
        for one in &block.transactions {
            let transaction = &one.transaction;
            if !transaction.scheduled {
                continue;
            }
            let counts = &mut self.node_mut(transaction.origin).counts;
            let failed = u64::from(one.failure.is_some());
            if included {
                counts.included += 1;
                counts.failed += failed;
            } else {
                counts.included -= 1;
                counts.failed -= failed;
            }
        }
    }

    /// Blocks k below the best become final, if the chains of all running nodes have them; those
    /// that lie four times k below it become final in any case.
    fn move_root(&mut self) {
        let k = self.config.k;
        let best = self.chain.get_or_root(self.best).length;
        let root = self.chain.root().length;
        if best <= root.saturating_add(k) {
            return;
        }
        let tips: BTreeSet<BlockId> = self
            .nodes
            .iter()
            .filter(|node| node.is_running())
            .map(|node| node.tip)
            .collect();
        let common = tips
            .into_iter()
            .map(|tip| {
                let entered = self.chain.path(tip, self.best).1.len();
                best.saturating_sub(u32::try_from(entered).unwrap_or(u32::MAX))
            })
            .min()
            .unwrap_or(best);
        let target = (best - k)
            .min(common)
            .max(best.saturating_sub(k.saturating_mul(4)));
        if target > root {
            self.chain.move_root(self.best, target);
            self.accounts.clear();
            self.leave_pruned_tips();
        }
    }

    /// Nodes on a chain that is gone continue from the root.
    fn leave_pruned_tips(&mut self) {
        let root = self.chain.root().id;
        for node in &mut self.nodes {
            if self.chain.get(node.tip).is_none() {
                node.tip = root;
                node.add_known(root);
            }
        }
    }
}

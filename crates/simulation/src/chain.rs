//! The tree of blocks, and the ledger after each of them.

use std::sync::Arc;

use crate::block::Block;
use crate::ids::{AccountId, BlockId};
use crate::ledger::Account;

/// The blocks that may still matter, above a root that is final.
#[derive(Debug)]
pub(crate) struct Chain {
    /// By id; none for those that were pruned.
    blocks: Vec<Option<Arc<Block>>>,
    root: BlockId,
    /// The ledger after the root.
    root_accounts: Vec<Option<Account>>,
    /// Ids below are pruned.
    pruned: usize,
    /// Account creation fees paid up to the root.
    pub(crate) creation_fees: u64,
}

impl Chain {
    pub(crate) fn new(genesis: Block, accounts: Vec<Option<Account>>) -> Self {
        Self {
            root: genesis.id,
            blocks: vec![Some(Arc::new(genesis))],
            root_accounts: accounts,
            pruned: 0,
            creation_fees: 0,
        }
    }

    pub(crate) fn next_id(&self) -> BlockId {
        BlockId(u32::try_from(self.blocks.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn add(&mut self, block: Block) -> Arc<Block> {
        let block = Arc::new(block);
        self.blocks.push(Some(Arc::clone(&block)));
        block
    }

    /// A block, if it was not pruned.
    pub(crate) fn get(&self, id: BlockId) -> Option<&Arc<Block>> {
        self.blocks.get(id.0 as usize)?.as_ref()
    }

    /// All blocks that are not pruned.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.blocks.iter().rev().flatten()
    }

    pub(crate) fn root(&self) -> &Arc<Block> {
        self.get(self.root)
            .expect("the root is pruned only when another block has become the root")
    }

    /// A block, or the root if it was pruned.
    pub(crate) fn get_or_root(&self, id: BlockId) -> &Arc<Block> {
        self.get(id).unwrap_or_else(|| self.root())
    }

    /// From a block down to, and without, the root.
    pub(crate) fn ancestry(&self, from: BlockId) -> impl Iterator<Item = &Arc<Block>> {
        let mut next = from;
        std::iter::from_fn(move || {
            if next == self.root {
                return None;
            }
            let block = self.get(next)?;
            next = block.parent;
            Some(block)
        })
    }

    /// An account in the ledger after a block.
    pub(crate) fn account(&self, block: BlockId, id: AccountId) -> Option<Account> {
        for block in self.ancestry(block) {
            if let Ok(place) = block.changes.binary_search_by_key(&id, |(id, _)| *id) {
                return block.changes.get(place).map(|(_, account)| *account);
            }
        }
        self.root_accounts.get(id.0 as usize).copied().flatten()
    }

    /// Whether one block is better than another: longer chains first, then the greater output
    /// of the verifiable random function.
    pub(crate) fn is_better(candidate: &Block, current: &Block) -> bool {
        (candidate.length, candidate.vrf_output, &candidate.hash)
            > (current.length, current.vrf_output, &current.hash)
    }

    /// The blocks to leave from `from`, newest first, and to enter to reach `to`, oldest first.
    pub(crate) fn path(&self, from: BlockId, to: BlockId) -> (Vec<Arc<Block>>, Vec<Arc<Block>>) {
        let (mut left, mut entered) = (Vec::new(), Vec::new());
        let (mut low, mut high) = (self.get_or_root(from), self.get_or_root(to));
        while low.id != high.id {
            if high.length >= low.length {
                entered.push(Arc::clone(high));
                if high.id == self.root {
                    break;
                }
                high = self.get_or_root(high.parent);
            } else {
                left.push(Arc::clone(low));
                low = self.get_or_root(low.parent);
            }
        }
        entered.reverse();
        (left, entered)
    }

    /// Makes the block of this length below `tip` the root, and forgets all that is not above it.
    pub(crate) fn move_root(&mut self, tip: BlockId, length: u32) {
        let mut path: Vec<Arc<Block>> = self
            .ancestry(tip)
            .filter(|block| block.length <= length)
            .cloned()
            .collect();
        path.reverse();
        let Some(root) = path.last() else { return };
        self.root = root.id;
        for block in &path {
            self.creation_fees += block.creation_fees;
            for (id, account) in &block.changes {
                let place = id.0 as usize;
                if self.root_accounts.len() <= place {
                    self.root_accounts.resize(place + 1, None);
                }
                self.root_accounts[place] = Some(*account);
            }
        }
        let root_length = root.length;
        let root = self.root;
        for place in self.pruned..self.blocks.len() {
            let stale = self.blocks[place]
                .as_ref()
                .is_some_and(|block| block.length <= root_length && block.id != root);
            if stale {
                self.blocks[place] = None;
            }
        }
        while self.pruned < self.blocks.len() && self.blocks[self.pruned].is_none() {
            self.pruned += 1;
        }
    }

    /// The sum of all balances after a block, and the creation fees paid up to it.
    pub(crate) fn money(&self, tip: BlockId) -> (u128, u64) {
        let blocks = self.ancestry(tip).map(|block| block.creation_fees);
        let fees = blocks.sum::<u64>() + self.creation_fees;
        let accounts = self.accounts(tip);
        let accounts = accounts.iter().flatten();
        let sum = accounts.map(|account| u128::from(account.balance)).sum();
        (sum, fees)
    }

    /// The whole ledger after a block, by the ids of accounts.
    pub(crate) fn accounts(&self, tip: BlockId) -> Vec<Option<Account>> {
        let mut accounts = self.root_accounts.clone();
        let path: Vec<&Arc<Block>> = self.ancestry(tip).collect();
        for block in path.into_iter().rev() {
            for (id, account) in &block.changes {
                let place = id.0 as usize;
                if accounts.len() <= place {
                    accounts.resize(place + 1, None);
                }
                accounts[place] = Some(*account);
            }
        }
        accounts
    }
}

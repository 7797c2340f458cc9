//! What a node answers when it is asked.

use mina::PublicKey;

use super::Network;
use crate::block::Block;
use crate::ids::NodeId;
use crate::ledger::Account;
use crate::network::node::Phase;
use crate::time::{SimTime, Span};

/// Whether a node is in step with the network, in the names of the GraphQL API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStatus {
    /// It has not found peers yet.
    Connecting,
    /// It has heard nothing for long.
    Offline,
    /// It fetches everything from its peers.
    Bootstrap,
    /// It downloads what it missed.
    Catchup,
    /// It follows the chain.
    Synced,
}

impl SyncStatus {
    /// The name in the GraphQL API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "CONNECTING",
            Self::Offline => "OFFLINE",
            Self::Bootstrap => "BOOTSTRAP",
            Self::Catchup => "CATCHUP",
            Self::Synced => "SYNCED",
        }
    }
}

/// Why there are no won slots to list, in the words of the ITN server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlotsWonError {
    /// No key, or no stake.
    #[error("Not a block producing node")]
    NotAProducer,
    /// Still at it.
    #[error("Vrf evaluation not completed for current epoch")]
    NotEvaluated,
}

/// A block of a node's best chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockSummary {
    /// Its state hash.
    pub state_hash: String,
    /// Blocks from genesis on.
    pub blockchain_length: u32,
    /// Since genesis.
    pub global_slot: u32,
    /// Of the block before it.
    pub previous_state_hash: String,
    /// The public key of its producer; none for genesis.
    pub creator: Option<String>,
    /// User commands in it: signature, memo, whether it failed.
    pub commands: Vec<CommandSummary>,
}

/// A user command in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSummary {
    /// The fee payer's signature, which names it.
    pub signature: String,
    /// Its memo.
    pub memo: String,
    /// Whether only its fee was taken.
    pub failed: bool,
    /// Whether it is a zkApp command.
    pub is_zkapp: bool,
}

/// Slots without news after which a node takes itself for offline.
const OFFLINE_SLOTS: i64 = 8;

impl Network {
    /// An account in the best-tip ledger of a node.
    pub fn account(&mut self, node: NodeId, public_key: &PublicKey) -> Option<Account> {
        if !self.node(node).has_best_tip() {
            return None;
        }
        let id = self.names.find(public_key)?;
        self.account_at(node, id)
    }

    /// The best tip of a node and blocks before it, at most `length_max`, oldest first. Empty while
    /// the node has none.
    #[must_use]
    pub fn best_chain(&self, node: NodeId, length_max: usize) -> Vec<BlockSummary> {
        if !self.node(node).has_best_tip() {
            return Vec::new();
        }
        let tip = self.chain.get_or_root(self.node(node).tip).id;
        let mut blocks: Vec<BlockSummary> = self
            .chain
            .ancestry(tip)
            .chain(std::iter::once(self.chain.root()))
            .take(length_max)
            .map(|block| self.summary(block))
            .collect();
        blocks.reverse();
        blocks
    }

    /// The block that a node has produced in a slot and has in its frontier, on its best chain or
    /// not; none if there is no such block, or if it was pruned.
    #[must_use]
    pub fn produced_block(&self, node: NodeId, slot: u32) -> Option<BlockSummary> {
        let produced = self.chain.newest_first().find(|block| {
            block.producer == Some(node) && block.slot == slot && self.node(node).knows(block.id)
        });
        produced.map(|block| self.summary(block))
    }

    fn summary(&self, block: &Block) -> BlockSummary {
        BlockSummary {
            state_hash: block.hash.to_string(),
            blockchain_length: block.length,
            global_slot: block.slot,
            previous_state_hash: block.previous_hash.to_string(),
            creator: block.producer.map(|id| self.node(id).public_key.clone()),
            commands: block
                .transactions
                .iter()
                .map(|included| CommandSummary {
                    signature: included.transaction.signature.clone(),
                    memo: included.transaction.memo.clone(),
                    failed: included.failure.is_some(),
                    is_zkapp: included.transaction.command.is_zkapp(),
                })
                .collect(),
        }
    }

    /// Whether a node is in step with the network; none while its process does not run.
    #[must_use]
    pub fn sync_status(&self, node: NodeId) -> Option<SyncStatus> {
        let silent = Span::from_micros(self.config.slot.micros() * OFFLINE_SLOTS);
        let asked = self.node(node);
        Some(match asked.phase {
            Phase::Stopped => return None,
            Phase::Loading => SyncStatus::Connecting,
            Phase::Bootstrap => SyncStatus::Bootstrap,
            Phase::CatchingUp => SyncStatus::Catchup,
            Phase::Following if self.now.since(asked.heard) > silent => SyncStatus::Offline,
            Phase::Following => SyncStatus::Synced,
        })
    }

    /// The slots of this epoch that a node has won and still waits for, without the next one.
    pub fn slots_won(&self, node: NodeId) -> Result<Vec<u32>, SlotsWonError> {
        self.check_producer(node)?;
        Ok(self.won_slots(node).skip(1).collect())
    }

    /// When a node will produce its next block, if it knows.
    #[must_use]
    pub fn next_production(&self, node: NodeId) -> Option<SimTime> {
        self.check_producer(node).ok()?;
        let slot = self.won_slots(node).next()?;
        Some(self.slot_start(slot))
    }

    fn check_producer(&self, node: NodeId) -> Result<(), SlotsWonError> {
        let asked = self.node(node);
        if asked.threshold == 0 {
            return Err(SlotsWonError::NotAProducer);
        }
        if asked.vrf_ready.is_none_or(|ready| ready > self.now) {
            return Err(SlotsWonError::NotEvaluated);
        }
        Ok(())
    }

    /// Won slots of the current epoch after the current slot, ascending.
    fn won_slots(&self, node: NodeId) -> impl Iterator<Item = u32> {
        let slot = self.slot_at(self.now);
        let per_epoch = self.config.slots_per_epoch;
        let end = (slot / per_epoch + 1).saturating_mul(per_epoch);
        (slot.saturating_add(1)..end).filter(move |slot| self.wins(node, *slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::NetworkConfig;

    #[test]
    fn a_produced_block_is_found_whether_or_not_it_is_on_the_best_chain() {
        let mut network = Network::new(NetworkConfig::with_nodes(4, 7), 7).expect("a network");
        let mut off_the_best_chain = 0;
        for slot in 1..=30 {
            network.advance_to(network.slot_start(slot) + Span::from_seconds(60));
            for node in network.node_ids() {
                let produced = network.produced_block(node, slot);
                assert_eq!(produced.is_some(), network.wins(node, slot), "slot {slot}");
                let tip = network.best_chain(node, 1).pop().expect("a tip");
                off_the_best_chain +=
                    u32::from(produced.is_some_and(|block| block.state_hash != tip.state_hash));
            }
        }
        assert!(off_the_best_chain > 0);
    }
}

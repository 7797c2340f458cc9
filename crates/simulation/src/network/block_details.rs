//! Blocks and commands as clients of a daemon see them.

use std::sync::Arc;

use mina::{Amount, PublicKey};

use super::Network;
use super::zkapp_update::ZkappUpdate;
use crate::block::{Block, Bundle};
use crate::derived::{HashKind, hash_text};
use crate::ids::{AccountId, NodeId};
use crate::ledger::Failure;
use crate::transaction::{Command, Transaction};

/// A block with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockDetails {
    /// Its state hash.
    pub state_hash: String,
    /// Of the block before it.
    pub previous_state_hash: String,
    /// Blocks from genesis on.
    pub blockchain_length: u32,
    /// Since genesis.
    pub slot: u32,
    /// Who produced it; nobody at genesis.
    pub creator: Option<PublicKey>,
    /// Who got the coinbase; nobody at genesis.
    pub coinbase_receiver: Option<PublicKey>,
    /// The output of its verifiable random function.
    pub vrf_output: u64,
    /// The fees of its commands.
    pub fees: Amount,
    /// SNARK workers and what they got.
    pub worker_rewards: Vec<(PublicKey, Amount)>,
    /// The commands in it.
    pub commands: Vec<CommandDetails>,
    /// SNARK work that it bought.
    pub works: Vec<WorkDetails>,
}

/// A command of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandDetails {
    /// The fee payer's signature, which names it.
    pub id: String,
    /// Its hash, `5J…`.
    pub hash: String,
    /// Who pays the fee.
    pub fee_payer: PublicKey,
    /// The fee payer's nonce.
    pub nonce: u32,
    /// The fee.
    pub fee: Amount,
    /// Its memo.
    pub memo: String,
    /// The last slot since genesis in which a block may hold it.
    pub valid_until: Option<u32>,
    /// What it does.
    pub body: CommandBody,
    /// Why only its fee was taken.
    pub failure: Option<&'static str>,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandBody {
    /// Moves an amount.
    Payment {
        /// To this account.
        receiver: PublicKey,
        /// This amount.
        amount: Amount,
    },
    /// Delegates the fee payer's stake.
    Delegation {
        /// To this account.
        delegate: PublicKey,
    },
    /// A zkApp command.
    Zkapp(ZkappBody),
}

/// What a zkApp command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZkappBody {
    /// What a scheduler has made.
    Made(Vec<ZkappUpdate>),
    /// What a client has sent, as JSON.
    Sent(Arc<str>),
}

/// A bundle of SNARK work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkDetails {
    /// Names of its works.
    pub ids: [u32; 2],
    /// Who has done it, and for how much; nobody yet.
    pub done: Option<(PublicKey, Amount)>,
    /// What it proves, JSON.
    pub text: Arc<str>,
}

/// Which block is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockName<'a> {
    /// The first one.
    Genesis,
    /// One of a node's frontier.
    StateHash(&'a str),
    /// The one of this height on a node's best chain, counted from genesis.
    Height(u32),
}

impl Network {
    /// A block; none if the node does not have it, or if it is final for long.
    #[must_use]
    pub fn block_details(&self, node: NodeId, name: BlockName<'_>) -> Option<BlockDetails> {
        let block = match name {
            BlockName::Genesis => Some(&self.genesis),
            BlockName::StateHash(hash) => {
                let asked = self.node(node);
                let mut blocks = self.chain.newest_first();
                blocks.find(|block| *block.hash == *hash && asked.knows(block.id))
            }
            BlockName::Height(height) => self
                .best_chain_blocks(node)
                .find(|block| block.length == height),
        };
        block.map(|block| self.details(block))
    }

    /// The best tip of a node and blocks before it, at most `length_max`, oldest first. Empty while
    /// the node has none.
    #[must_use]
    pub fn best_chain_details(&self, node: NodeId, length_max: usize) -> Vec<BlockDetails> {
        let blocks = self.best_chain_blocks(node).take(length_max);
        let mut blocks: Vec<BlockDetails> = blocks.map(|block| self.details(block)).collect();
        blocks.reverse();
        blocks
    }

    /// Commands in a node's pool, of one fee payer or of all.
    #[must_use]
    pub fn pooled_commands(
        &self,
        node: NodeId,
        fee_payer: Option<&PublicKey>,
    ) -> Vec<CommandDetails> {
        let pool = &self.node(node).pool;
        let details = |transaction: &Arc<Transaction>| self.command(transaction, None);
        match fee_payer {
            None => pool.iter().filter_map(details).collect(),
            Some(key) => match self.names.find(key) {
                Some(id) => pool.of(id).filter_map(details).collect(),
                None => Vec::new(),
            },
        }
    }

    /// Whether a command is in a block of a node's best chain; none if it does not even wait in
    /// the node's pool.
    #[must_use]
    pub fn is_included(&self, node: NodeId, id: &str) -> Option<bool> {
        let mut waiting = self.node(node).pool.iter();
        if waiting.any(|transaction| transaction.signature == id) {
            return Some(false);
        }
        let mut blocks = self.best_chain_blocks(node);
        let is_in_block = blocks.any(|block| {
            let mut included = block.transactions.iter();
            included.any(|included| included.transaction.signature == id)
        });
        is_in_block.then_some(true)
    }

    /// Bundles of SNARK work on a node's best chain that no block has bought: those that are done,
    /// and the others.
    #[must_use]
    pub fn snark_work(&self, node: NodeId) -> [Vec<WorkDetails>; 2] {
        let (done, pending) = self.unbought_bundles(node);
        [done, pending].map(|bundles| bundles.iter().map(|bundle| self.work(bundle)).collect())
    }

    /// Newest first, with the root.
    fn best_chain_blocks(&self, node: NodeId) -> impl Iterator<Item = &Arc<Block>> {
        let tip = self.best_tip(node);
        tip.into_iter().flat_map(|tip| {
            let ancestry = self.chain.ancestry(tip.id);
            ancestry.chain(std::iter::once(self.chain.root()))
        })
    }

    fn details(&self, block: &Block) -> BlockDetails {
        let rewards = &block.rewards;
        let workers = rewards.workers.iter();
        BlockDetails {
            state_hash: block.hash.to_string(),
            previous_state_hash: block.previous_hash.to_string(),
            blockchain_length: block.length,
            slot: block.slot,
            creator: block
                .producer
                .and_then(|id| self.names.key(self.node(id).account)),
            coinbase_receiver: rewards.receiver.and_then(|id| self.names.key(id)),
            vrf_output: block.vrf_output,
            fees: Amount::from_nanomina(rewards.fees),
            worker_rewards: workers
                .filter_map(|(id, reward)| {
                    Some((self.names.key(*id)?, Amount::from_nanomina(*reward)))
                })
                .collect(),
            commands: block
                .transactions
                .iter()
                .filter_map(|included| self.command(&included.transaction, included.failure))
                .collect(),
            works: block
                .bought_bundles
                .iter()
                .map(|bundle| self.work(bundle))
                .collect(),
        }
    }

    fn work(&self, bundle: &Bundle) -> WorkDetails {
        WorkDetails {
            ids: bundle.ids,
            done: bundle.done.get().and_then(|work| {
                let prover = self.names.key(work.prover)?;
                Some((prover, Amount::from_nanomina(work.fee)))
            }),
            text: Arc::clone(&bundle.text),
        }
    }

    /// A command; none without the key of one of its accounts, all of which have one.
    pub(super) fn command(
        &self,
        transaction: &Transaction,
        failure: Option<Failure>,
    ) -> Option<CommandDetails> {
        let fee_payer = self.names.key(transaction.fee_payer)?;
        Some(CommandDetails {
            id: transaction.signature.clone(),
            hash: hash_text(HashKind::Transaction, &transaction.signature),
            fee_payer,
            nonce: transaction.nonce,
            fee: Amount::from_nanomina(transaction.fee),
            memo: transaction.memo.clone(),
            valid_until: transaction.given.valid_until,
            body: match &transaction.command {
                Command::Payment { receiver, amount } => CommandBody::Payment {
                    receiver: self.names.key(*receiver)?,
                    amount: Amount::from_nanomina(*amount),
                },
                Command::Delegation { delegate } => CommandBody::Delegation {
                    delegate: self.names.key(*delegate)?,
                },
                Command::Zkapp {
                    updates,
                    proofs,
                    debits,
                    credits,
                } => CommandBody::Zkapp(match &transaction.given.zkapp {
                    Some(sent) => ZkappBody::Sent(Arc::clone(sent)),
                    None => ZkappBody::Made(self.updates(
                        fee_payer,
                        (*updates, *proofs),
                        [(debits, true), (credits, false)],
                    )),
                }),
            },
            failure: failure.map(Failure::name),
        })
    }

    /// The updates of a scheduler's command: those that move money, the rest without effect.
    fn updates(
        &self,
        fee_payer: PublicKey,
        (count, proofs): (u32, u32),
        changes: [(&Vec<(AccountId, u64)>, bool); 2],
    ) -> Vec<ZkappUpdate> {
        let changes = changes.into_iter().flat_map(|(changes, is_debit)| {
            let changes = changes.iter();
            changes.map(move |(id, amount)| (*id, *amount, is_debit))
        });
        let moving = changes.filter_map(|(id, amount, is_debit)| {
            Some((self.names.key(id)?, Amount::from_nanomina(amount), is_debit))
        });
        let idle = std::iter::repeat((fee_payer, Amount::ZERO, false));
        (0..count)
            .zip(moving.chain(idle))
            .map(|(place, (public_key, amount, is_debit))| ZkappUpdate {
                public_key,
                amount,
                is_debit,
                // The last ones: the first take from the fee payer, who signs.
                is_proved: place >= count.saturating_sub(proofs),
                pays_creation: !is_debit,
            })
            .collect()
    }
}

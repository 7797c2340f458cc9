//! What can be asked.

#![expect(
    clippy::unused_async,
    reason = "resolvers are asynchronous by their macro"
)]

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, SimpleObject};
use simulation::BlockSummary;

use super::scalars::{PublicKey, UInt32, UInt64};
use crate::node::Node;

/// Blocks that `bestChain` answers at most.
const BEST_CHAIN_MAX: usize = 290;

pub(crate) struct Query;

#[Object(name = "query")]
impl Query {
    /// Network sync status
    async fn sync_status(&self, context: &Context<'_>) -> async_graphql::Result<SyncStatus> {
        let node = node(context)?;
        let id = node.id();
        let status = node.chain().now(|chain| chain.sync_status(id));
        Ok(status.into())
    }

    /// The version of the node (git commit hash)
    async fn version(&self) -> &'static str {
        simulation::COMMIT_ID
    }

    /// Find any account via a public key and token
    async fn account(
        &self,
        context: &Context<'_>,
        public_key: PublicKey,
    ) -> async_graphql::Result<Option<Account>> {
        Ok(account(node(context)?, &public_key))
    }

    /// Retrieve a list of blocks from transition frontier's root to the current best tip
    async fn best_chain(
        &self,
        context: &Context<'_>,
        max_length: Option<i32>,
    ) -> async_graphql::Result<Option<Vec<Block>>> {
        let node = node(context)?;
        let length = match max_length {
            None => BEST_CHAIN_MAX,
            Some(length) => usize::try_from(length).unwrap_or(0).min(BEST_CHAIN_MAX),
        };
        let id = node.id();
        let blocks = node.chain().now(|chain| chain.best_chain(id, length));
        let blocks: Vec<Block> = blocks.into_iter().map(Block).collect();
        // As the daemon: nothing while there is no best tip.
        Ok((!blocks.is_empty() || length == 0).then_some(blocks))
    }

    /// Get running daemon status
    async fn daemon_status(&self, context: &Context<'_>) -> async_graphql::Result<DaemonStatus> {
        let node = node(context)?;
        let id = node.id();
        let (status, tip) = node
            .chain()
            .now(|chain| (chain.sync_status(id), chain.best_chain(id, 1).pop()));
        Ok(DaemonStatus {
            sync_status: status.into(),
            blockchain_length: tip.as_ref().map(|tip| saturated(tip.blockchain_length)),
            state_hash: tip.map(|tip| tip.state_hash),
            commit_id: simulation::COMMIT_ID,
        })
    }
}

/// The node that is asked.
pub(super) fn node<'a>(context: &Context<'a>) -> async_graphql::Result<&'a Arc<Node>> {
    context.data::<Arc<Node>>()
}

/// An account in the best-tip ledger of a node.
pub(super) fn account(node: &Node, public_key: &PublicKey) -> Option<Account> {
    let id = node.id();
    let found = node.chain().now(|chain| chain.account(id, &public_key.0))?;
    Some(Account {
        public_key: public_key.clone(),
        balance: Balance {
            total: UInt64(found.balance),
            liquid: UInt64(found.balance),
        },
        nonce: found.nonce.to_string(),
    })
}

/// Sync status of daemon
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "SCREAMING_SNAKE_CASE")]
pub(super) enum SyncStatus {
    Connecting,
    Listening,
    Offline,
    Bootstrap,
    Synced,
    Catchup,
}

impl From<Option<simulation::SyncStatus>> for SyncStatus {
    /// A process that is just ending is not in step either.
    fn from(status: Option<simulation::SyncStatus>) -> Self {
        match status {
            None | Some(simulation::SyncStatus::Connecting) => Self::Connecting,
            Some(simulation::SyncStatus::Offline) => Self::Offline,
            Some(simulation::SyncStatus::Bootstrap) => Self::Bootstrap,
            Some(simulation::SyncStatus::Catchup) => Self::Catchup,
            Some(simulation::SyncStatus::Synced) => Self::Synced,
        }
    }
}

#[derive(SimpleObject)]
pub(super) struct DaemonStatus {
    sync_status: SyncStatus,
    blockchain_length: Option<i32>,
    state_hash: Option<String>,
    commit_id: &'static str,
}

/// An account record according to the daemon
#[derive(SimpleObject)]
pub(super) struct Account {
    public_key: PublicKey,
    balance: Balance,
    /// The nonce of the next transaction, as text
    nonce: String,
}

#[derive(SimpleObject)]
pub(super) struct Balance {
    /// The amount of MINA owned by the account
    total: UInt64,
    /// The amount of MINA owned by the account which is currently available
    liquid: UInt64,
}

pub(super) struct Block(BlockSummary);

#[Object]
impl Block {
    /// Base58Check-encoded hash of the state after this block
    async fn state_hash(&self) -> &str {
        &self.0.state_hash
    }

    /// Public key of account that produced this block
    async fn creator(&self) -> Option<&str> {
        self.0.creator.as_deref()
    }

    async fn protocol_state(&self) -> ProtocolState<'_> {
        ProtocolState(&self.0)
    }

    async fn transactions(&self) -> Transactions<'_> {
        Transactions(&self.0)
    }

    /// Count of user command transactions in the block
    async fn command_transaction_count(&self) -> i32 {
        i32::try_from(self.0.commands.len()).unwrap_or(i32::MAX)
    }
}

pub(super) struct ProtocolState<'a>(&'a BlockSummary);

#[Object]
impl ProtocolState<'_> {
    /// Base58Check-encoded hash of the previous state
    async fn previous_state_hash(&self) -> &str {
        &self.0.previous_state_hash
    }

    async fn consensus_state(&self) -> ConsensusState {
        ConsensusState {
            block_height: UInt32(self.0.blockchain_length),
            blockchain_length: UInt32(self.0.blockchain_length),
            slot_since_genesis: UInt32(self.0.global_slot),
        }
    }
}

#[derive(SimpleObject)]
pub(super) struct ConsensusState {
    /// Height of the blockchain at this block
    block_height: UInt32,
    /// Length of the blockchain at this block
    blockchain_length: UInt32,
    /// Slot since genesis (across all hard-forks)
    slot_since_genesis: UInt32,
}

pub(super) struct Transactions<'a>(&'a BlockSummary);

#[Object]
impl<'a> Transactions<'a> {
    /// List of user commands (payments and stake delegations) included in this block
    async fn user_commands(&self) -> Vec<Command<'a>> {
        self.commands(false)
    }

    /// List of zkApp commands included in this block
    async fn zkapp_commands(&self) -> Vec<Command<'a>> {
        self.commands(true)
    }
}

impl<'a> Transactions<'a> {
    fn commands(&self, zkapps: bool) -> Vec<Command<'a>> {
        let commands = self.0.commands.iter();
        commands
            .filter(|command| command.is_zkapp == zkapps)
            .map(|command| Command {
                id: &command.signature,
                memo: &command.memo,
                failure_reason: command.failed.then_some("Failed"),
            })
            .collect()
    }
}

#[derive(SimpleObject)]
#[graphql(name = "UserCommand")]
pub(super) struct Command<'a> {
    id: &'a str,
    memo: &'a str,
    /// null is no failure
    failure_reason: Option<&'a str>,
}

fn saturated(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

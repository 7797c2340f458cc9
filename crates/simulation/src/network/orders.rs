//! Commands to submit to a node.

use std::sync::Arc;

use mina::{Amount, PublicKey, Signature};

use super::zkapp_update::ZkappUpdate;
use crate::time::Span;

/// A command to submit.
#[derive(Debug, Clone)]
pub struct CommandOrder {
    /// Who pays the fee.
    pub sender: PublicKey,
    /// The fee.
    pub fee: Amount,
    /// At most 32 bytes.
    pub memo: String,
    /// The next one if none.
    pub nonce: Option<u32>,
    /// The last slot since genesis in which a block may hold it.
    pub valid_until: Option<u32>,
    /// The sender's signature, if it was made outside. It is not checked.
    pub signature: Option<Signature>,
    /// What it does.
    pub body: OrderBody,
}

/// What a command to submit does.
#[derive(Debug, Clone)]
pub enum OrderBody {
    /// Moves an amount to a receiver.
    Payment(PublicKey, Amount),
    /// Delegates the sender's stake.
    Delegation(PublicKey),
    /// A zkApp command.
    Zkapp(ZkappOrder),
}

/// A zkApp command to submit.
#[derive(Debug, Clone)]
pub struct ZkappOrder {
    /// The updates of accounts of the default token.
    pub updates: Vec<ZkappUpdate>,
    /// The whole command as JSON, to be shown again.
    pub json: Arc<str>,
}

/// Commands to submit again and again.
#[derive(Debug, Clone)]
pub struct RepeatedOrders {
    /// The commands.
    pub orders: Arc<[CommandOrder]>,
    /// How often each is submitted.
    pub count: u32,
    /// How long to wait between two times.
    pub pause: Span,
}

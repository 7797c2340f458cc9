//! What is going to happen, in the order of its time.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::block::Bundle;
use crate::entry::{Sender, WorkText};
use crate::ids::{BlockId, NodeId};
use crate::network::RepeatedOrders;
use crate::scheduler::Handle;
use crate::time::SimTime;
use crate::transaction::Transaction;

/// An event with its time. Events of one time happen in the order in which they were planned.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) time: SimTime,
    pub(super) number: u64,
    pub(super) event: Event,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    /// The earliest is the greatest, as a heap gives out the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.number).cmp(&(self.time, self.number))
    }
}

#[derive(Debug)]
pub(super) enum Event {
    /// A slot begins.
    Slot(u32),
    /// Something for a node, which is void if that run of the node has ended.
    Node {
        node: NodeId,
        run: u32,
        action: Action,
    },
}

/// What a node does next.
#[derive(Debug)]
pub(super) enum Action {
    // blocks
    Produce(u32),
    Proved {
        block: BlockId,
        since: SimTime,
    },
    Receive(BlockId),
    VerifyBlock(BlockId),
    BlockVerified {
        block: BlockId,
        since: SimTime,
    },
    Validate(BlockId),
    Process(BlockId),
    CommandsVerified {
        block: BlockId,
        since: SimTime,
    },
    // transactions
    Hear {
        transaction: Arc<Transaction>,
        sender: Sender,
    },
    HeardVerified {
        transaction: Arc<Transaction>,
        sender: Sender,
        since: SimTime,
    },
    Rebroadcast,
    // SNARK work
    Prove(Arc<Bundle>),
    HearWork {
        work: Arc<WorkText>,
        sender: Sender,
    },
    WorkVerified {
        work: Arc<WorkText>,
        sender: Sender,
        since: SimTime,
    },
    HearKnownWork {
        works: Arc<[Arc<WorkText>]>,
        sender: Sender,
    },
    // the node itself
    Loaded,
    CatchUp,
    CaughtUp,
    Exit {
        clean: bool,
    },
    // its schedulers
    Tick(Handle),
    // payments of a client, which go on
    Submit(RepeatedOrders),
}

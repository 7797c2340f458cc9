//! What a daemon keeps for the present run of its process: settings of clients, and counts.

use mina::{Amount, PublicKey};

use crate::ids::AccountId;
use crate::time::SimTime;

/// Settings of a node, and what its process has done since its start. A start makes new ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) snark_worker: Option<AccountId>,
    /// SNARK workers that it coordinates while it has a worker's key.
    pub(super) snark_workers: u32,
    /// For two works, in nanomina.
    pub(super) snark_fee: u64,
    /// Who gets the coinbase of its blocks; none for the producer.
    pub(super) coinbase_receiver: Option<AccountId>,
    pub(super) activity: Activity,
}

/// What a process has done since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// When it started.
    pub started: SimTime,
    /// Transactions that others sent to it.
    pub transactions_received: u32,
    /// Transactions that it sent to others.
    pub transactions_broadcast: u32,
    /// Transactions that its pool has taken.
    pub transactions_added: u32,
    /// Transactions that were submitted to it.
    pub transactions_submitted: u32,
    /// SNARK work that others sent to it.
    pub works_received: u32,
    /// SNARK work that it sent to others.
    pub works_broadcast: u32,
}

/// The SNARK worker of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnarkWorker {
    /// Who is paid for the work.
    pub public_key: PublicKey,
    /// What it asks for two works.
    pub fee: Amount,
}

impl Settings {
    pub(super) fn new(account: AccountId, snark_workers: u32, fee: Amount, now: SimTime) -> Self {
        Self {
            snark_worker: (snark_workers > 0).then_some(account),
            snark_workers,
            snark_fee: fee.nanomina(),
            coinbase_receiver: None,
            activity: Activity {
                started: now,
                transactions_received: 0,
                transactions_broadcast: 0,
                transactions_added: 0,
                transactions_submitted: 0,
                works_received: 0,
                works_broadcast: 0,
            },
        }
    }

    /// Workers at work.
    pub(super) fn workers(&self) -> u32 {
        self.snark_worker.map_or(0, |_| self.snark_workers)
    }
}

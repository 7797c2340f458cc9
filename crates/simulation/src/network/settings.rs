//! What clients of a daemon set for the present run of its process.

use mina::{Amount, PublicKey};

use super::{Network, NodeId};
use crate::ledger::AccountId;
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

impl Network {
    /// Those of a process that starts now.
    pub(super) fn initial_settings(&self, node: NodeId) -> Settings {
        let workers = self.config.nodes[node.index()].snark_workers;
        let account = self.node(node).account;
        Settings::new(account, workers, self.config.snark_fee, self.now)
    }

    /// The SNARK worker of a node, if it has one.
    #[must_use]
    pub fn snark_worker(&self, node: NodeId) -> Option<SnarkWorker> {
        let settings = &self.node(node).settings;
        Some(SnarkWorker {
            public_key: self.names.key(settings.snark_worker?)?,
            fee: Amount::from_nanomina(settings.snark_fee),
        })
    }

    /// Sets or removes the key of a node's SNARK worker, and returns the one before. A node that
    /// had no workers has one from now on.
    pub fn set_snark_worker(
        &mut self,
        node: NodeId,
        public_key: Option<&PublicKey>,
    ) -> Option<PublicKey> {
        let last = self.snark_worker(node).map(|worker| worker.public_key);
        let account = public_key.map(|key| self.names.find_or_add(key));
        let settings = &mut self.node_mut(node).settings;
        settings.snark_worker = account;
        settings.snark_workers = settings.snark_workers.max(1);
        self.hand_out_work(node);
        last
    }

    /// What a node asks for two works.
    #[must_use]
    pub fn snark_work_fee(&self, node: NodeId) -> Amount {
        Amount::from_nanomina(self.node(node).settings.snark_fee)
    }

    /// Sets what a node asks for two works, and returns what it asked before.
    pub fn set_snark_work_fee(&mut self, node: NodeId, fee: Amount) -> Amount {
        let last = self.snark_work_fee(node);
        self.node_mut(node).settings.snark_fee = fee.nanomina();
        last
    }

    /// Who gets the coinbase of a node's blocks; none for the producer.
    #[must_use]
    pub fn coinbase_receiver(&self, node: NodeId) -> Option<PublicKey> {
        self.names.key(self.node(node).settings.coinbase_receiver?)
    }

    /// Sets who gets the coinbase of a node's blocks, and returns who got it before.
    pub fn set_coinbase_receiver(
        &mut self,
        node: NodeId,
        public_key: Option<&PublicKey>,
    ) -> Option<PublicKey> {
        let last = self.coinbase_receiver(node);
        let account = public_key.map(|key| self.names.find_or_add(key));
        self.node_mut(node).settings.coinbase_receiver = account;
        last
    }

    /// What the process of a node has done since its start.
    #[must_use]
    pub fn activity(&self, node: NodeId) -> Activity {
        self.node(node).settings.activity
    }
}

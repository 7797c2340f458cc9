//! What clients of a daemon set for the present run of its process.

use mina::{Amount, PublicKey};

use super::Network;
use super::settings::{Activity, Settings, SnarkWorker};
use crate::ids::NodeId;

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

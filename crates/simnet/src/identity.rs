//! Who a node is, whatever its present run.

use mina::PrivateKey;
use simulation::{NodeConfig, NodeId};

use crate::seeded_rng::derived_bytes;

/// The port in the gossip network. Nobody listens there: gossip is simulated.
pub(crate) const LIBP2P_PORT: u16 = 8302;

/// Where a daemon says that it keeps its configuration.
pub(crate) const CONFIG_FOLDER: &str = "/root/.mina-config";

/// What a node is to others.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Its place in the list of nodes, and in the simulation.
    pub(crate) id: NodeId,
    /// Its name in the topology, unique.
    pub(crate) name: String,
    /// The key it submits with, and produces blocks with if it does.
    pub(crate) key: PrivateKey,
    /// The text of its public key.
    pub(crate) submitter: String,
    /// Its name in the gossip network.
    pub(crate) peer_id: String,
    /// Whether it has a key that produces blocks.
    pub(crate) is_block_producer: bool,
}

impl Identity {
    pub(crate) fn new(id: NodeId, config: &NodeConfig) -> Self {
        Self {
            id,
            name: config.name.clone(),
            key: config.private_key.clone(),
            submitter: config.private_key.public_key().to_string(),
            peer_id: config.peer_id.clone(),
            is_block_producer: config.produces_blocks,
        }
    }

    pub(crate) fn index(&self) -> usize {
        self.id.index()
    }
}

/// The seed of an ITN key that belongs to the seed of a network, and is therefore no secret.
pub(crate) fn itn_seed(seed: u64, subject: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(&derived_bytes(seed, subject, 0)[..32]);
    key
}

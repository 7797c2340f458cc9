//! What a simulated network consists of.

use core::net::Ipv4Addr;
use std::collections::HashSet;

use mina::{Amount, PrivateKey, PublicKey};

use crate::random::Random;
use crate::slowed::Slowed;
use crate::time::{SimTime, Span};

/// Nodes at most: beyond, the addresses of one private network end.
pub const NODES_MAX: usize = 10_000;

/// A network from its genesis on.
#[derive(Debug, Clone)]
pub struct NetworkConfig {
    /// Its nodes, in the order of their [`NodeId`](crate::NodeId)s.
    pub nodes: Vec<NodeConfig>,
    /// Accounts of the genesis ledger besides those of the nodes.
    pub accounts: Vec<GenesisAccount>,
    /// Start of slot 0.
    pub genesis: SimTime,
    /// Length of a slot.
    pub slot: Span,
    /// Slots in an epoch.
    pub slots_per_epoch: u32,
    /// Blocks after which a block is final.
    pub k: u32,
    /// What a new account pays from the first amount it gets.
    pub account_creation_fee: Amount,
    /// What a block earns.
    pub coinbase: Amount,
    /// What a SNARK worker asks for a bundle.
    pub snark_fee: Amount,
    /// Transactions that a node's pool holds at most.
    pub pool_capacity: usize,
    /// How long a node takes to find the slots it has won, after its start.
    pub vrf_evaluation: Span,
    /// Whether proofs are real.
    pub proof_level: ProofLevel,
    /// Which daemons the nodes are.
    pub generation: Generation,
    /// A checkpoint that takes longer than usual on every node.
    pub slowed: Option<Slowed>,
}

/// An account of the genesis ledger.
#[derive(Debug, Clone)]
pub struct GenesisAccount {
    /// Whose it is.
    pub public_key: PublicKey,
    /// What it holds.
    pub balance: Amount,
}

/// A node of the network.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// How people call it.
    pub name: String,
    /// Its key: it produces blocks and signs submissions with it.
    pub private_key: PrivateKey,
    /// What its account holds at genesis; as stake, if it produces blocks.
    pub balance: Amount,
    /// Whether it takes part in the election of block producers.
    pub produces_blocks: bool,
    /// SNARK workers that it coordinates; 0 for most nodes.
    pub snark_workers: u32,
    /// Its address in the gossip network.
    pub address: Ipv4Addr,
    /// Its name in the gossip network, `12D3KooW…`.
    pub peer_id: String,
    /// How much later than others it hears of everything.
    pub delay: Span,
    /// Whether it never finds out which slots it has won.
    pub never_evaluates_vrf: bool,
}

/// How much of a block's proof is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofLevel {
    /// All: proving takes seconds, and prover and verifier write what they do.
    Full,
    /// Nothing: no time passes, and they write nothing.
    None,
}

/// Daemons that write differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Those of 2024 and 2025.
    Current,
    /// Those that write slots as pairs and what becomes of available SNARK work.
    Newest,
}

/// Why there can be no such network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// None, or too many.
    #[error("a network has 1 to {NODES_MAX} nodes, not {0}")]
    Nodes(usize),
    /// Two nodes of one name.
    #[error("two nodes are called `{0}`")]
    Name(String),
    /// Two nodes with one key.
    #[error("two nodes have the key {0}")]
    Key(PublicKey),
    /// No stake.
    #[error("no node produces blocks: at least one needs a balance above 0 as its stake")]
    NoStake,
    /// A length of time that cannot be.
    #[error("a slot takes 1 second to 1 day")]
    Slot,
    /// Too short an epoch or too short a frontier.
    #[error("an epoch has at least 10 slots, and k is 1 to 10000")]
    Epoch,
    /// More money than numbers.
    #[error("the balances at genesis add up to more than there can be")]
    Balances,
    /// A pool without room.
    #[error("a pool holds at least 1 transaction")]
    Pool,
}

/// The key of a node, from the seed of its network and its number.
#[must_use]
pub fn key_from_seed(seed: u64, purpose: &str, index: u64) -> PrivateKey {
    let mut random = Random::new(seed, purpose, index);
    loop {
        if let Ok(key) = PrivateKey::from_uniform_bytes(&random.bytes()) {
            return key;
        }
    }
}

impl NetworkConfig {
    /// A network of block producers with equal stakes, the first of which coordinates SNARK
    /// workers. Keys and peer ids come from the seed.
    #[must_use]
    pub fn with_nodes(nodes: usize, seed: u64) -> Self {
        let nodes = (0..nodes).map(|index| NodeConfig::from_seed(seed, index));
        Self {
            nodes: nodes.collect(),
            accounts: Vec::new(),
            genesis: SimTime::from_unix_micros(1_746_626_400_000_000),
            slot: Span::from_seconds(180),
            slots_per_epoch: 7_140,
            k: 290,
            account_creation_fee: Amount::from_nanomina(1_000_000_000),
            coinbase: Amount::from_nanomina(720_000_000_000),
            snark_fee: Amount::from_nanomina(10_000_000),
            pool_capacity: 3_000,
            vrf_evaluation: Span::from_seconds(30),
            proof_level: ProofLevel::Full,
            generation: Generation::Current,
            slowed: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if !(1..=NODES_MAX).contains(&self.nodes.len()) {
            return Err(ConfigError::Nodes(self.nodes.len()));
        }
        let mut names = HashSet::new();
        if let Some(node) = self.nodes.iter().find(|node| !names.insert(&node.name)) {
            return Err(ConfigError::Name(node.name.clone()));
        }
        if !(1_000_000..=86_400_000_000).contains(&self.slot.micros()) {
            return Err(ConfigError::Slot);
        }
        if self.slots_per_epoch < 10 || !(1..=10_000).contains(&self.k) {
            return Err(ConfigError::Epoch);
        }
        if self.pool_capacity == 0 {
            return Err(ConfigError::Pool);
        }
        let producers = self.nodes.iter().filter(|node| node.produces_blocks);
        if producers
            .map(|node| node.balance.nanomina())
            .max()
            .unwrap_or(0)
            == 0
        {
            return Err(ConfigError::NoStake);
        }
        let balances = self.nodes.iter().map(|node| node.balance);
        let sum = balances
            .chain(self.accounts.iter().map(|account| account.balance))
            .try_fold(Amount::ZERO, Amount::checked_add);
        // half of what numbers hold is left for coinbases
        if sum.is_none_or(|sum| sum.nanomina() > u64::MAX / 2) {
            return Err(ConfigError::Balances);
        }
        Ok(())
    }
}

impl NodeConfig {
    /// Node number `index` of a network from a seed: a block producer with a stake of 100,000
    /// MINA.
    #[must_use]
    pub fn from_seed(seed: u64, index: usize) -> Self {
        let number = index as u64;
        let [.., low, high] = u32::try_from(index).unwrap_or(u32::MAX).to_le_bytes();
        let [first, second, ..] = u32::try_from(index).unwrap_or(u32::MAX).to_le_bytes();
        debug_assert!(low == 0 && high == 0);
        Self {
            name: format!("node-{index}"),
            private_key: key_from_seed(seed, "node key", number),
            balance: Amount::from_nanomina(100_000_000_000_000),
            produces_blocks: true,
            snark_workers: if index == 0 { 64 } else { 0 },
            address: Ipv4Addr::new(10, 233, second, first),
            peer_id: peer_id(seed, number),
            delay: Span::ZERO,
            never_evaluates_vrf: false,
        }
    }
}

/// The libp2p name of an Ed25519 key: base58 of a multihash that holds the key itself.
fn peer_id(seed: u64, index: u64) -> String {
    let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
    bytes.extend(Random::new(seed, "peer id", index).bytes::<32>());
    bs58::encode(bytes).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_network_is_one() {
        let config = NetworkConfig::with_nodes(3, 7);
        assert_eq!(config.check(), Ok(()));
        assert!(config.nodes[2].peer_id.starts_with("12D3KooW"));
        assert_eq!(config.nodes[2].peer_id.len(), 52);
        assert_eq!(
            config.nodes[1].private_key.public_key(),
            NetworkConfig::with_nodes(2, 7).nodes[1]
                .private_key
                .public_key()
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_reason() {
        let refused = |change: fn(&mut NetworkConfig)| {
            let mut config = NetworkConfig::with_nodes(2, 7);
            change(&mut config);
            config.check().expect_err("refused")
        };
        assert_eq!(refused(|c| c.nodes.clear()), ConfigError::Nodes(0));
        assert_eq!(
            refused(|c| c.nodes[1].name = "node-0".to_owned()),
            ConfigError::Name("node-0".to_owned())
        );
        assert_eq!(refused(|c| c.slot = Span::ZERO), ConfigError::Slot);
        assert_eq!(refused(|c| c.slots_per_epoch = 1), ConfigError::Epoch);
        assert_eq!(refused(|c| c.k = 0), ConfigError::Epoch);
        assert_eq!(refused(|c| c.pool_capacity = 0), ConfigError::Pool);
        let stakeless = |c: &mut NetworkConfig| {
            for node in &mut c.nodes {
                node.produces_blocks = false;
            }
        };
        assert_eq!(refused(stakeless), ConfigError::NoStake);
        assert_eq!(
            refused(|c| c.nodes[0].balance = Amount::from_nanomina(u64::MAX)),
            ConfigError::Balances
        );
    }
}

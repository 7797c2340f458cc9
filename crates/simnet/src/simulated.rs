//! From a topology to the configuration of the simulation.

use mina::{Amount, PrivateKey, PublicKey};
use simulation::{
    Generation, GenesisAccount, NetworkConfig, NodeConfig, SimTime, Span, key_from_seed,
};

use crate::config::Config;
use crate::topology::{NodeSpec, Role};

/// SNARK workers of a coordinator: enough for full blocks.
const SNARK_WORKERS: u32 = 64;

/// The keys of the funded accounts, which follow from the seed.
pub(crate) fn funded_keys(config: &Config) -> Vec<PrivateKey> {
    (0..config.topology.funded_accounts)
        .map(|number| key_from_seed(config.seed, "funded account", number as u64))
        .collect()
}

/// Receivers of payments that users name without having made them: that of the published guide, and
/// the one of setups that name none. Each has an account, so that payments to it are applied.
pub const RECEIVERS: [&str; 2] = [
    "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i",
    "B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg",
];

/// What each of them has at genesis.
const RECEIVER_BALANCE: Amount = Amount::from_nanomina(1_000_000_000);

/// What is simulated, from `genesis` on.
pub(crate) fn network_config(
    config: &Config,
    funded: &[PrivateKey],
    genesis_unix_micros: i64,
) -> NetworkConfig {
    let topology = &config.topology;
    let nodes = topology.nodes.iter().enumerate();
    NetworkConfig {
        nodes: nodes
            .map(|(index, spec)| node_config(spec, config.seed, index))
            .collect(),
        accounts: funded
            .iter()
            .map(|key| GenesisAccount {
                public_key: key.public_key(),
                balance: topology.funded_balance,
            })
            .chain(receivers().map(|public_key| GenesisAccount {
                public_key,
                balance: RECEIVER_BALANCE,
            }))
            .collect(),
        genesis: SimTime::from_unix_micros(genesis_unix_micros),
        slot: span(topology.slot_seconds),
        slots_per_epoch: topology.slots_per_epoch,
        generation: if config.newest_schema {
            Generation::Newest
        } else {
            Generation::Current
        },
        slowed: config.slowed,
        ..NetworkConfig::with_nodes(0, config.seed)
    }
}

fn receivers() -> impl Iterator<Item = PublicKey> {
    RECEIVERS.iter().filter_map(|key| key.parse().ok())
}

fn node_config(spec: &NodeSpec, seed: u64, index: usize) -> NodeConfig {
    NodeConfig {
        name: spec.name.clone(),
        balance: spec.stake,
        produces_blocks: spec.is_block_producer(),
        snark_workers: match spec.role {
            Role::SnarkCoordinator => SNARK_WORKERS,
            Role::BlockProducer if spec.makes_snark_work => SNARK_WORKERS,
            Role::BlockProducer | Role::Plain => 0,
        },
        delay: span(spec.delay_ms / 1_000.0),
        ..NodeConfig::from_seed(seed, index)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked with the topology")]
fn span(seconds: f64) -> Span {
    Span::from_micros((seconds * 1e6) as i64)
}

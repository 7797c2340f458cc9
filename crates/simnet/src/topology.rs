//! The nodes of a network, as a TOML file describes them.
//!
//! ```toml
//! slot_seconds = 180
//!
//! [[nodes]]
//! name = "whale"
//! count = 3                    # whale-0, whale-1, whale-2
//! role = "block-producer"
//! stake = 500_000              # MINA, each
//!
//! [[nodes]]
//! name = "snark-coordinator"
//! role = "snark-coordinator"
//!
//! [[faults]]
//! kind = "restart"
//! node = "whale-1"
//! at_seconds = 600
//! ```

use std::collections::HashSet;

use mina::Amount;
use serde::Deserialize;

use crate::faults::{FaultRequest, RandomFaults};
use crate::load::Load;

/// Most nodes in one network.
pub const NODES_MAX: usize = simulation::NODES_MAX;

/// Longest name of a node.
const NAME_BYTES_MAX: usize = 100;

/// The nodes of a network and what they need to agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    /// The nodes, each with a name of its own. Never empty.
    pub nodes: Vec<NodeSpec>,
    /// Length of a slot in seconds.
    pub slot_seconds: f64,
    /// Slots of an epoch.
    pub slots_per_epoch: u32,
    /// Funded accounts whose keys are written into the folder.
    pub funded_accounts: usize,
    /// What each of them has.
    pub funded_balance: Amount,
    /// How long a supervisor takes to start a daemon again that was stopped through its ITN
    /// server, in seconds of network time; without one it stays stopped.
    pub restart_after_seconds: Option<f64>,
}

/// A node of a topology.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeSpec {
    /// Its name.
    pub name: String,
    /// What it does beside following the chain.
    pub role: Role,
    /// The stake it produces blocks with.
    pub stake: Amount,
    /// How much longer than others messages take to it, in milliseconds.
    pub delay_ms: f64,
    /// Whether it makes SNARK works, too, because no other node does.
    pub(crate) makes_snark_work: bool,
}

/// What a node does beside following the chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It produces blocks, in proportion to its stake.
    #[default]
    BlockProducer,
    /// It makes the SNARK works that blocks need.
    SnarkCoordinator,
    /// Nothing.
    Plain,
}

/// A topology file, with all that may stand in it.
#[derive(Debug, Clone)]
pub struct TopologyFile {
    /// The nodes.
    pub topology: Topology,
    /// What goes wrong at given times.
    pub faults: Vec<FaultRequest>,
    /// What goes wrong by chance.
    pub random_faults: Option<RandomFaults>,
    /// The load generator.
    pub load: Option<Load>,
}

/// Why a topology file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// Not TOML, or with something in it that is not known.
    #[error("the topology cannot be read: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    /// No node at all.
    #[error("the topology has no nodes; add [[nodes]] with a name")]
    NoNodes,
    /// More than [`NODES_MAX`].
    #[error("the topology has more than {NODES_MAX} nodes")]
    TooMany,
    /// A name that could not be used in files and URLs.
    #[error("`{0}` is no name for a node: 1 to {NAME_BYTES_MAX} letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// Two nodes of one name.
    #[error("two nodes are named `{0}`")]
    SameName(String),
    /// A value that makes no sense.
    #[error("`{0}` is out of range")]
    Range(&'static str),
    /// Nobody could produce a block.
    #[error("no node is a block producer with a stake, so there would be no blocks")]
    NoProducer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    nodes: Vec<NodeTable>,
    #[serde(default = "default_slot_seconds")]
    slot_seconds: f64,
    #[serde(default = "default_slots_per_epoch")]
    slots_per_epoch: u32,
    /// 0: never.
    #[serde(default = "default_restart_after_seconds")]
    restart_after_seconds: f64,
    #[serde(default)]
    accounts: Accounts,
    #[serde(default)]
    faults: Vec<FaultRequest>,
    #[serde(default)]
    random_faults: Option<RandomFaults>,
    #[serde(default)]
    load: Option<Load>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeTable {
    name: String,
    /// More than one: `-0`, `-1`, … are put behind the name.
    count: Option<usize>,
    #[serde(default)]
    role: Role,
    /// Whole MINA.
    stake: Option<u64>,
    #[serde(default)]
    delay_ms: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Accounts {
    funded: usize,
    /// Whole MINA.
    balance: u64,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            funded: 4,
            balance: 10_000_000,
        }
    }
}

/// What a block producer has unless told otherwise: 1,000,000 MINA.
const STAKE_DEFAULT_MINA: u64 = 1_000_000;

fn default_slot_seconds() -> f64 {
    180.0
}

/// About what a container platform takes.
fn default_restart_after_seconds() -> f64 {
    30.0
}

fn default_slots_per_epoch() -> u32 {
    7_140
}

impl Topology {
    /// That many nodes, named `node-0`, `node-1`, …: all produce blocks with the same stake, but
    /// for the last one of five or more, which makes SNARK works.
    #[must_use]
    pub fn nodes(count: usize) -> Self {
        let accounts = Accounts::default();
        let role = |index: usize| {
            if count >= 5 && index == count - 1 {
                Role::SnarkCoordinator
            } else {
                Role::BlockProducer
            }
        };
        let nodes = (0..count).map(|index| NodeSpec::new(format!("node-{index}"), role(index)));
        Self {
            nodes: with_snark_work(nodes.collect()),
            slot_seconds: default_slot_seconds(),
            slots_per_epoch: default_slots_per_epoch(),
            funded_accounts: accounts.funded,
            funded_balance: mina(accounts.balance),
            restart_after_seconds: Some(default_restart_after_seconds()),
        }
    }

    /// Checks what the types do not.
    pub fn check(&self) -> Result<(), TopologyError> {
        if self.nodes.is_empty() {
            return Err(TopologyError::NoNodes);
        }
        if self.nodes.len() > NODES_MAX {
            return Err(TopologyError::TooMany);
        }
        let mut names = HashSet::new();
        for node in &self.nodes {
            if !is_name(&node.name) {
                return Err(TopologyError::Name(node.name.clone()));
            }
            if !names.insert(node.name.as_str()) {
                return Err(TopologyError::SameName(node.name.clone()));
            }
            if !(0.0..=60_000.0).contains(&node.delay_ms) {
                return Err(TopologyError::Range("delay_ms"));
            }
        }
        let produces = |node: &NodeSpec| node.is_block_producer() && node.stake > Amount::ZERO;
        if !self.nodes.iter().any(produces) {
            return Err(TopologyError::NoProducer);
        }
        if !(1.0..=3_600.0).contains(&self.slot_seconds) {
            return Err(TopologyError::Range("slot_seconds"));
        }
        if !(10..=1_000_000).contains(&self.slots_per_epoch) {
            return Err(TopologyError::Range("slots_per_epoch"));
        }
        if !(0.0..=86_400.0).contains(&self.restart_after_seconds.unwrap_or(0.0)) {
            return Err(TopologyError::Range("restart_after_seconds"));
        }
        if self.funded_accounts > 10_000 {
            return Err(TopologyError::Range("funded"));
        }
        Ok(())
    }
}

impl NodeSpec {
    fn new(name: String, role: Role) -> Self {
        Self {
            name,
            role,
            stake: match role {
                Role::BlockProducer => mina(STAKE_DEFAULT_MINA),
                Role::SnarkCoordinator | Role::Plain => Amount::ZERO,
            },
            delay_ms: 0.0,
            makes_snark_work: role == Role::SnarkCoordinator,
        }
    }

    /// Whether it has a key that produces blocks.
    #[must_use]
    pub fn is_block_producer(&self) -> bool {
        self.role == Role::BlockProducer
    }
}

impl TopologyFile {
    /// Reads a topology. What it does not know it refuses: a misspelt setting must not be one
    /// that is silently left at its default.
    pub fn parse(text: &str) -> Result<Self, TopologyError> {
        let file: File = toml::from_str(text).map_err(Box::new)?;
        let mut nodes = Vec::new();
        for table in file.nodes {
            let names: Vec<String> = match table.count {
                None => vec![table.name],
                Some(count) if nodes.len() + count <= NODES_MAX => (0..count)
                    .map(|index| format!("{}-{index}", table.name))
                    .collect(),
                Some(_) => return Err(TopologyError::TooMany),
            };
            for name in names {
                let node = NodeSpec::new(name, table.role);
                let stake = match table.stake {
                    None => node.stake,
                    Some(_) if table.role != Role::BlockProducer => {
                        return Err(TopologyError::Range("stake"));
                    }
                    Some(stake) => in_mina(stake).ok_or(TopologyError::Range("stake"))?,
                };
                nodes.push(NodeSpec {
                    stake,
                    delay_ms: table.delay_ms,
                    ..node
                });
            }
        }
        let topology = Topology {
            nodes: with_snark_work(nodes),
            slot_seconds: file.slot_seconds,
            slots_per_epoch: file.slots_per_epoch,
            funded_accounts: file.accounts.funded,
            funded_balance: in_mina(file.accounts.balance)
                .ok_or(TopologyError::Range("balance"))?,
            restart_after_seconds: Some(file.restart_after_seconds).filter(|after| *after != 0.0),
        };
        topology.check()?;
        Ok(Self {
            topology,
            faults: file.faults,
            random_faults: file.random_faults,
            load: file.load,
        })
    }
}

/// Blocks with transactions need SNARK works: if nobody coordinates workers, the first node does.
fn with_snark_work(mut nodes: Vec<NodeSpec>) -> Vec<NodeSpec> {
    if !nodes.iter().any(|node| node.makes_snark_work)
        && let Some(first) = nodes.first_mut()
    {
        first.makes_snark_work = true;
    }
    nodes
}

fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(is_allowed)
        && !name.starts_with('.')
}

fn mina(whole: u64) -> Amount {
    in_mina(whole).unwrap_or(Amount::ZERO)
}

fn in_mina(whole: u64) -> Option<Amount> {
    // A billion is about what exists; the sum over all nodes has to stay below 2⁶⁴ nanomina.
    if whole > 1_000_000_000 {
        return None;
    }
    Amount::from_nanomina(1_000_000_000).checked_mul(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(topology: &Topology) -> Vec<&str> {
        let nodes = topology.nodes.iter();
        nodes.map(|node| node.name.as_str()).collect()
    }

    #[test]
    fn a_file_names_its_nodes_with_roles_and_stakes() {
        let file = TopologyFile::parse(
            r#"
            slot_seconds = 20
            [[nodes]]
            name = "whale"
            count = 2
            stake = 5
            [[nodes]]
            name = "worker"
            role = "snark-coordinator"
            delay_ms = 12.5
            [accounts]
            funded = 2
            [[faults]]
            kind = "restart"
            node = "whale-1"
            at_seconds = 600
            [random_faults]
            per_hour = 6
            [load]
            lines_per_second = 12.5
            burst = { entries = 3000, every_seconds = 60 }
            "#,
        )
        .unwrap();
        let topology = &file.topology;
        assert_eq!(names(topology), ["whale-0", "whale-1", "worker"]);
        assert_eq!(topology.nodes[1].stake, "5".parse().unwrap());
        assert!(topology.nodes[0].is_block_producer());
        assert_eq!(topology.nodes[2].role, Role::SnarkCoordinator);
        assert_eq!(topology.nodes[2].stake, Amount::ZERO);
        assert_eq!(topology.funded_accounts, 2);
        assert_eq!(file.faults.len(), 1);
        assert!(file.random_faults.is_some() && file.load.is_some());
    }

    #[test]
    fn the_shortcut_makes_a_topology_that_holds() {
        let topology = Topology::nodes(5);
        topology.check().unwrap();
        assert_eq!(
            names(&topology),
            ["node-0", "node-1", "node-2", "node-3", "node-4"]
        );
        assert_eq!(topology.nodes[4].role, Role::SnarkCoordinator);
        assert!(!topology.nodes[0].makes_snark_work);
        let alone = Topology::nodes(1);
        alone.check().unwrap();
        assert!(alone.nodes[0].makes_snark_work);
    }

    #[track_caller]
    fn check_refused(text: &str, message: &str) {
        let error = TopologyFile::parse(text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn bad_files_are_refused_with_what_is_wrong() {
        check_refused("", "nodes");
        check_refused("nodes = []", "has no nodes");
        check_refused("[[nodes]]\nname = \"a\"\ncolour = \"red\"", "colour");
        check_refused("stake = 1\n[[nodes]]\nname = \"a\"", "stake");
        check_refused("[[nodes]]\nname = \"a/b\"", "a/b");
        check_refused("[[nodes]]\nname = \"..\"", "..");
        check_refused(
            "[[nodes]]\nname = \"a\"\n[[nodes]]\nname = \"a\"",
            "two nodes are named `a`",
        );
        check_refused("[[nodes]]\nname = \"a\"\nstake = 0", "no blocks");
        check_refused("[[nodes]]\nname = \"a\"\nrole = \"plain\"", "no blocks");
        check_refused(
            "[[nodes]]\nname = \"a\"\nrole = \"plain\"\nstake = 1",
            "`stake`",
        );
        check_refused("[[nodes]]\nname = \"a\"\nstake = 2_000_000_000", "`stake`");
        check_refused("slot_seconds = 0\n[[nodes]]\nname = \"a\"", "slot_seconds");
        check_refused(
            "slot_seconds = nan\n[[nodes]]\nname = \"a\"",
            "slot_seconds",
        );
        check_refused("[[nodes]]\nname = \"a\"\ndelay_ms = -1", "delay_ms");
        check_refused("[[nodes]]\nname = \"a\"\ncount = 999999", "more than");
        check_refused("[[nodes]\nname", "TOML");
    }
}

//! What really happened, by the chain of the simulated network and by the times at which its nodes
//! heard of something.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use simulation::{BlockName, Network, NodeId};
use trace::Process;

use crate::ingest::Log;
use crate::scene::Scene;

/// A transaction of the run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    /// Which load of the scene it belongs to.
    pub(crate) load: usize,
    /// When the first node gave it to its pool, in seconds.
    pub(crate) first_seen: Option<f64>,
    /// When the first node began to work on a block with it.
    pub(crate) received: Option<f64>,
    /// In the best chain, and whether it failed there.
    pub(crate) failed: Option<bool>,
}

/// A block that any node has worked on.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) first_seen: f64,
    pub(crate) slot: u32,
    pub(crate) is_orphan: bool,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// By id.
    pub(crate) transactions: BTreeMap<String, Sent>,
    pub(crate) blocks: Vec<Made>,
}

/// What the logs say of times, in microseconds.
#[derive(Debug, Default)]
struct Times {
    /// Transactions in pools: id, memo.
    pooled: HashMap<(String, String), i64>,
    /// Blocks by state hash.
    blocks: BTreeMap<String, i64>,
}

impl Times {
    fn read(&mut self, log: &Log) {
        let mut received = None;
        let mut current = String::new();
        let mut begun: HashMap<String, i64> = HashMap::new();
        for entry in log.iter().filter(|entry| entry.process() == Process::Main) {
            let time = entry.unix_micros();
            if entry.message() != "@control" {
                received = (entry.message() == "Transaction_diff_received").then_some(time);
                begun.entry(current.clone()).or_insert(time);
                continue;
            }
            entry.items(|name, json| {
                let value: Value = serde_json::from_str(json).unwrap();
                match name {
                    "current_block" => value.as_str().unwrap().clone_into(&mut current),
                    "produced_block_state_hash" => {
                        let hash = value.as_str().unwrap().to_owned();
                        if let Some(begin) = begun.remove(&current) {
                            begun.insert(hash, begin);
                        }
                    }
                    "metadata" => {
                        let diff = value["diff"].as_array().filter(|_| received.is_some());
                        for command in diff.into_iter().flatten() {
                            let text = |at: usize| command[at].as_str().unwrap().to_owned();
                            let (id, memo, time) = (text(1), text(2), received.unwrap());
                            let known = self.pooled.entry((id, memo)).or_insert(time);
                            *known = time.min(*known);
                        }
                    }
                    _ => {}
                }
            });
        }
        for (hash, time) in begun.into_iter().filter(|(hash, _)| hash.starts_with("3N")) {
            let known = self.blocks.entry(hash).or_insert(time);
            *known = time.min(*known);
        }
    }
}

fn seconds(micros: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "times of this century")]
    let seconds = micros as f64 / 1e6;
    seconds
}

/// The node with the longest chain.
fn best(network: &Network) -> NodeId {
    let nodes = network.snapshot().nodes;
    nodes
        .iter()
        .max_by_key(|node| node.blockchain_length)
        .unwrap()
        .node
}

impl Truth {
    pub(crate) fn of(scene: &Scene) -> Self {
        let network = &scene.network;
        let mut times = Times::default();
        for log in &scene.logs {
            times.read(log);
        }
        let load_of = |memo: &str| {
            let (prefix, _) = memo.rsplit_once('-')?;
            scene
                .loads
                .iter()
                .position(|load| load.memo_prefix == prefix)
        };
        let mut truth = Self::default();
        for ((id, memo), time) in &times.pooled {
            if let Some(load) = load_of(memo) {
                let sent = truth.transactions.entry(id.clone()).or_default();
                sent.load = load;
                sent.first_seen = Some(seconds(*time));
            }
        }
        let chain = network.best_chain(best(network), usize::MAX);
        let mut canonical = BTreeSet::new();
        for block in &chain {
            canonical.insert(block.state_hash.clone());
            for command in &block.commands {
                if let Some(load) = load_of(&command.memo) {
                    let sent = truth
                        .transactions
                        .entry(command.signature.clone())
                        .or_default();
                    sent.load = load;
                    sent.failed = Some(command.failed);
                }
            }
        }
        for (hash, time) in &times.blocks {
            let found = network
                .node_ids()
                .find_map(|node| network.block_details(node, BlockName::StateHash(hash)));
            let Some(block) = found else { continue };
            truth.blocks.push(Made {
                first_seen: seconds(*time),
                slot: block.slot,
                is_orphan: !canonical.contains(hash),
            });
            for command in block.commands {
                if let Some(sent) = truth.transactions.get_mut(&command.id) {
                    let time = seconds(*time);
                    sent.received = Some(sent.received.map_or(time, |known| known.min(time)));
                }
            }
        }
        truth
    }
}

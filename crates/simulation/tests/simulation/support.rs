//! Networks for tests, and what their nodes wrote.

use simulation::{Network, NetworkConfig, Span};
use trace::Process;

/// A network with short slots, so that tests see many blocks.
pub(crate) fn network(nodes: usize, seed: u64) -> Network {
    Network::new(config(nodes, seed), seed).expect("a network")
}

pub(crate) fn config(nodes: usize, seed: u64) -> NetworkConfig {
    let mut config = NetworkConfig::with_nodes(nodes, seed);
    config.slot = Span::from_seconds(30);
    config.k = 10;
    config
}

/// Lets time pass in steps.
pub(crate) fn pass(network: &mut Network, span: Span) {
    network.advance_to(network.now() + span);
}

/// What each node wrote, by process: main, prover, verifier.
pub(crate) struct Lines {
    pub(crate) nodes: Vec<[String; 3]>,
}

impl Lines {
    pub(crate) fn new(network: &Network) -> Self {
        Self {
            nodes: network.node_ids().map(|_| Default::default()).collect(),
        }
    }

    /// Adds what was written since the last time.
    pub(crate) fn take(&mut self, network: &mut Network) {
        network.take_entries(|node, entry| {
            let place = match entry.process() {
                Process::Main => 0,
                Process::Prover => 1,
                Process::Verifier => 2,
            };
            entry.write_line(&mut self.nodes[node.index()][place]);
        });
    }
}

/// Runs a network and gathers all lines.
pub(crate) fn record(network: &mut Network, span: Span) -> Lines {
    let mut lines = Lines::new(network);
    pass(network, span);
    lines.take(network);
    lines
}

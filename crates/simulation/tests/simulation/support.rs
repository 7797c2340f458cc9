//! Networks for tests, and what their nodes wrote.

use mina::{Amount, PublicKey};
use simulation::{
    CommandOrder, CommandSummary, GenesisAccount, Network, NetworkConfig, NodeId, OrderBody, Span,
    key_from_seed,
};
use trace::Process;

/// A network with short slots, so that tests see many blocks.
pub(crate) fn network(nodes: usize, seed: u64) -> Network {
    Network::new(config(nodes, seed), seed).expect("a network")
}

pub(crate) fn config(nodes: usize, seed: u64) -> NetworkConfig {
    let mut config = NetworkConfig::with_nodes(nodes, seed);
    config.slot = Span::from_seconds(30);
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

pub(crate) const MINA: u64 = 1_000_000_000;

/// A network with funded accounts besides those of the nodes, each with this amount of MINA.
pub(crate) fn funded(nodes: usize, accounts: usize, mina: u64) -> (Network, Vec<PublicKey>) {
    let mut config = config(nodes, 7);
    let keys: Vec<PublicKey> = (0..accounts)
        .map(|index| key_from_seed(7, "funded", index as u64).public_key())
        .collect();
    config.accounts = keys
        .iter()
        .map(|public_key| GenesisAccount {
            public_key: *public_key,
            balance: Amount::from_nanomina(mina * MINA),
        })
        .collect();
    (Network::new(config, 7).expect("a network"), keys)
}

pub(crate) fn node(index: usize) -> NodeId {
    NodeId::from_index(index)
}

/// A key that no ledger holds.
pub(crate) fn stranger() -> PublicKey {
    key_from_seed(7, "stranger", 0).public_key()
}

/// All user commands of a node's best chain, oldest first.
pub(crate) fn commands(network: &Network, id: NodeId) -> Vec<CommandSummary> {
    let chain = network.best_chain(id, usize::MAX);
    chain.into_iter().flat_map(|block| block.commands).collect()
}

/// Their memos.
pub(crate) fn memos(network: &Network, id: NodeId) -> Vec<String> {
    commands(network, id)
        .into_iter()
        .map(|one| one.memo)
        .collect()
}

/// A payment by hand, with the next nonce, a memo, and nothing that can be left out.
pub(crate) fn payment(sender: PublicKey, receiver: PublicKey, nanomina: u64) -> CommandOrder {
    CommandOrder {
        sender,
        fee: Amount::from_nanomina(MINA),
        memo: "by hand".to_owned(),
        nonce: None,
        valid_until: None,
        signature: None,
        body: OrderBody::Payment(receiver, Amount::from_nanomina(nanomina)),
    }
}

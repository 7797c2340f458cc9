//! The network: nodes, the chain they agree on, and the events between them.

mod account_cache;
mod account_details;
mod block_details;
mod catchup;
mod client_settings;
mod connectivity;
mod daemon_status;
mod event;
mod gating;
mod gossip;
mod lifecycle;
mod lifecycle_event;
mod node;
mod orders;
mod production;
mod queries;
mod receiving;
mod running;
mod scheduling;
mod settings;
mod snark_work;
mod submission;
mod tips;
mod truth;
mod zkapp_update;

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use crate::block::{Block, Rewards, ScanState, Texts};
use crate::chain::Chain;
use crate::config::{ConfigError, NetworkConfig};
use crate::entry::LogEntry;
use crate::ids::{BlockId, NodeId};
use crate::ledger::{Account, AccountNames};
use crate::random::Random;
use crate::stake;
use crate::time::{SimTime, Span};

pub use account_details::AccountDetails;
pub use block_details::{
    BlockDetails, BlockName, CommandBody, CommandDetails, WorkDetails, ZkappBody,
};
pub use connectivity::{GatingError, GatingUpdate, Peer};
pub use daemon_status::{DaemonStatus, Tip};
pub use gating::GatingDetails;
pub use lifecycle::StopDaemonError;
pub use lifecycle_event::{LifecycleChange, LifecycleEvent};
pub use orders::{CommandOrder, OrderBody, RepeatedOrders, ZkappOrder};
pub use queries::{BlockSummary, CommandSummary, SlotsWonError, SyncStatus};
pub use settings::{Activity, SnarkWorker};
pub use submission::PaymentError;
pub use truth::{NodeSnapshot, NodeTruth, Snapshot, Supply};
pub use zkapp_update::ZkappUpdate;

use account_cache::AccountCache;
use event::{Action, Event, Planned};
use node::Node;
use settings::Settings;

/// A simulated Mina network.
///
/// Nothing happens by itself: [`advance_to`](Self::advance_to) lets its time pass, and
/// [`take_entries`](Self::take_entries) gives what the nodes wrote into their internal logs. The
/// same configuration and seed, with the same calls at the same network times, give the same
/// chain and the same entries on every machine, however the time between the calls is cut into
/// steps.
#[derive(Debug)]
pub struct Network {
    config: NetworkConfig,
    seed: u64,
    now: SimTime,
    plan: BinaryHeap<Planned>,
    planned: u64,
    nodes: Vec<Node>,
    peers: HashMap<String, NodeId>,
    names: AccountNames,
    genesis: Arc<Block>,
    chain: Chain,
    /// The best block that any node has in its frontier.
    best: BlockId,
    accounts: AccountCache,
    /// Bundles of SNARK work finished by all coordinators.
    bundles_done: u64,
    /// Group of each node in a partition.
    partition: Vec<u32>,
    /// Nodes with the same number hear of each other.
    components: Vec<u32>,
    random: Random,
    lifecycle: Vec<LifecycleEvent>,
}

/// Bundles of SNARK work that are there at genesis: as many as a full block needs.
const BUNDLES_AT_GENESIS: u64 = 64;

impl Network {
    /// A network at its genesis.
    pub fn new(config: NetworkConfig, seed: u64) -> Result<Self, ConfigError> {
        config.check()?;
        let mut names = AccountNames::default();
        let mut balances: Vec<Option<Account>> = Vec::new();
        let mut fund = |names: &mut AccountNames, key: &mina::PublicKey, balance: mina::Amount| {
            let id = names.find_or_add(key);
            let place = id.0 as usize;
            if balances.len() <= place {
                balances.resize(place + 1, None);
            }
            let account = balances[place].get_or_insert_default();
            account.balance = account.balance.saturating_add(balance.nanomina());
            id
        };
        let total: u64 = config
            .nodes
            .iter()
            .filter(|node| node.produces_blocks)
            .map(|node| node.balance.nanomina())
            .sum();
        let mut random = Random::new(seed, "network", 0);
        let genesis = genesis(&mut random);
        let mut nodes = Vec::with_capacity(config.nodes.len());
        let mut peers = HashMap::new();
        for (index, node) in config.nodes.iter().enumerate() {
            let key = node.private_key.public_key();
            if names.find(&key).is_some() {
                return Err(ConfigError::Key(key));
            }
            let stake = if node.produces_blocks {
                node.balance.nanomina()
            } else {
                0
            };
            let vrf_ready =
                (!node.never_evaluates_vrf).then(|| config.genesis + config.vrf_evaluation);
            let account = fund(&mut names, &key, node.balance);
            let workers = node.snark_workers;
            let mut new = Node::new(
                account,
                Settings::new(account, workers, config.snark_fee, config.genesis),
                key.to_string(),
                stake::threshold(stake, total),
                Random::new(seed, "node", index as u64),
                config.pool_capacity,
                vrf_ready,
                genesis.id,
                config.genesis,
            );
            new.slowed = config.slowed;
            nodes.push(new);
            peers.insert(node.peer_id.clone(), NodeId::from_index(index));
        }
        for account in &config.accounts {
            fund(&mut names, &account.public_key, account.balance);
        }
        let count = nodes.len();
        let best = genesis.id;
        let chain = Chain::new(genesis, balances);
        let mut network = Self {
            seed,
            now: config.genesis,
            plan: BinaryHeap::new(),
            planned: 0,
            nodes,
            peers,
            names,
            best,
            genesis: Arc::clone(chain.root()),
            chain,
            accounts: AccountCache::default(),
            bundles_done: BUNDLES_AT_GENESIS,
            partition: vec![0; count],
            components: vec![0; count],
            random,
            lifecycle: Vec::new(),
            config,
        };
        network.plan(network.slot_start(1), Event::Slot(1));
        for index in 0..count {
            network.plan_rebroadcast(NodeId::from_index(index));
        }
        Ok(network)
    }

    /// Network time now.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// What the network consists of.
    #[must_use]
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// All nodes.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId::from_index)
    }

    /// Lets everything happen up to and including this time. A time in the past does nothing.
    pub fn advance_to(&mut self, time: SimTime) {
        while self.plan.peek().is_some_and(|next| next.time <= time) {
            let Some(next) = self.plan.pop() else { break };
            self.now = self.now.max(next.time);
            match next.event {
                Event::Slot(slot) => self.begin_slot(slot),
                Event::Node { node, run, action } => {
                    let receiver = self.node(node);
                    if receiver.is_running() && receiver.log.run() == run {
                        self.act(node, action);
                    }
                }
            }
        }
        self.now = self.now.max(time);
    }

    /// Hands out what nodes wrote until now, for each node in the order of its queue.
    pub fn take_entries(&mut self, mut take: impl FnMut(NodeId, LogEntry)) {
        let now = self.now;
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if node.log.is_empty() {
                continue;
            }
            let id = NodeId::from_index(index);
            let skew = node.skew;
            node.log.take(now, |mut entry| {
                entry.time += skew;
                take(id, entry);
            });
        }
    }

    /// Makes a node's clock go before (or after, if negative) that of the network.
    pub fn set_clock_skew(&mut self, node: NodeId, skew: Span) {
        self.node_mut(node).skew = skew;
    }

    /// Start of a slot.
    #[must_use]
    pub fn slot_start(&self, slot: u32) -> SimTime {
        self.config.genesis + self.config.slot.times(i64::from(slot))
    }

    /// The slot of a time, 0 before genesis.
    #[must_use]
    pub fn slot_at(&self, time: SimTime) -> u32 {
        let since = time.since(self.config.genesis).micros().max(0);
        u32::try_from(since / self.config.slot.micros()).unwrap_or(u32::MAX)
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    fn plan(&mut self, time: SimTime, event: Event) {
        self.planned += 1;
        self.plan.push(Planned {
            time: time.max(self.now),
            number: self.planned,
            event,
        });
    }

    /// Plans what a node does, unless its process ends before.
    fn plan_for(&mut self, time: SimTime, node: NodeId, action: Action) {
        let run = self.node(node).log.run();
        self.plan(time, Event::Node { node, run, action });
    }

    fn act(&mut self, node: NodeId, action: Action) {
        match action {
            Action::Produce(slot) => self.produce(node, slot),
            Action::Proved { block, since } => self.proved(node, block, since),
            Action::Receive(block) => self.receive(node, block),
            Action::VerifyBlock(block) => self.verify_block(node, block),
            Action::BlockVerified { block, since } => self.block_verified(node, block, since),
            Action::Validate(block) => self.validate(node, block),
            Action::Process(block) => self.process(node, block),
            Action::CommandsVerified { block, since } => {
                self.commands_verified(node, block, since);
            }
            Action::Hear {
                transaction,
                sender,
            } => self.hear(node, transaction, sender),
            Action::HeardVerified {
                transaction,
                sender,
                since,
            } => self.heard_verified(node, &transaction, sender, since),
            Action::Rebroadcast => self.rebroadcast(node),
            Action::Prove(bundle) => self.work_proved(node, &bundle),
            Action::HearWork { work, sender } => self.hear_work(node, work, sender),
            Action::WorkVerified {
                work,
                sender,
                since,
            } => self.work_verified(node, work, sender, since),
            Action::HearKnownWork { works, sender } => self.hear_known_work(node, &works, sender),
            Action::Loaded => self.loaded(node),
            Action::CatchUp => self.catch_up(node),
            Action::CaughtUp => self.caught_up(node),
            Action::Exit { clean } => self.exit(node, clean),
            Action::Tick(handle) => self.tick(node, handle),
            Action::Submit(orders) => self.submit_again(node, orders),
        }
    }

    /// A slot begins: its winners produce.
    fn begin_slot(&mut self, slot: u32) {
        self.plan(
            self.slot_start(slot.saturating_add(1)),
            Event::Slot(slot.saturating_add(1)),
        );
        for index in 0..self.nodes.len() {
            let id = NodeId::from_index(index);
            if self.wins(id, slot) && self.node(id).is_running() {
                self.plan_production(id, slot);
            }
        }
    }

    /// Whether the node's stake wins a slot.
    fn wins(&self, node: NodeId, slot: u32) -> bool {
        let threshold = self.node(node).threshold;
        threshold > 0 && stake::evaluate(self.seed, u64::from(node.number()), slot) < threshold
    }
}

/// The block that all agree on from the start.
fn genesis(random: &mut Random) -> Block {
    Block {
        id: BlockId(0),
        parent: BlockId(0),
        hash: state_hash(random),
        previous_hash: state_hash(random),
        length: 1,
        slot: 0,
        producer: None,
        vrf_output: 0,
        transactions: Vec::new(),
        bundles: Vec::new(),
        bought_bundles: Vec::new(),
        changes: Vec::new(),
        creation_fees: 0,
        scan_state: ScanState::default(),
        rewards: Rewards::default(),
        payments: 0,
        zkapps: 0,
        texts: Texts::default(),
    }
}

/// A text that names a block.
fn state_hash(random: &mut Random) -> Arc<str> {
    loop {
        let mut bytes: [u8; 32] = random.bytes();
        bytes[31] &= 0x3F;
        if let Ok(hash) = mina::StateHash::from_bytes(bytes) {
            return hash.to_string().into();
        }
    }
}

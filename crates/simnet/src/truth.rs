//! What really happened in the network, which observers are compared with.

use serde::Serialize;
use simulation::{RunEnd, RunKind};

use crate::log::LogCounts;
use crate::network::{LiveNetwork, NodeInfo};
use crate::node::{Common, Node};
use crate::uptime::UptimeCounts;

/// The network at a moment, and what happened in it until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkTruth {
    /// How much faster than real time it runs.
    pub time_scale: u32,
    /// Network time in milliseconds since 1970.
    pub now_unix_ms: i64,
    /// Genesis in milliseconds since 1970.
    pub genesis_unix_ms: i64,
    /// The slot of that time.
    pub slot: u32,
    /// The epoch of that slot.
    pub epoch: u32,
    /// Blocks of the best chain that any node has, genesis included.
    pub blockchain_length: u32,
    /// Its last block.
    pub state_hash: String,
    /// The nodes.
    pub nodes: Vec<NodeTruth>,
}

/// A node at a moment, and what it did until then, in all its runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeTruth {
    /// The node.
    #[serde(flatten)]
    pub info: NodeInfo,
    /// How often its process has started.
    pub runs: u32,
    /// How its answers go wrong at present.
    pub answer_fault: Option<String>,
    /// How far its clock is ahead, in microseconds.
    pub clock_skew_micros: i64,
    /// `SYNCED`, `CATCHUP`, …; none while its process does not run.
    pub sync_status: Option<&'static str>,
    /// Blocks of its best chain, genesis included.
    pub blockchain_length: u32,
    /// The state hash of its best tip.
    pub state_hash: String,
    /// Transactions in its pool.
    pub pool_size: usize,
    /// Runs that its schedulers have registered.
    pub schedulers: usize,
    /// Whether its gating rules keep out everybody who is not trusted.
    pub is_isolated: bool,
    /// What became of its log entries.
    pub log: LogCounts,
    /// What became of the transactions of its schedulers.
    pub transactions: TransactionCounts,
    /// Blocks that it produced.
    pub blocks_produced: u64,
    /// Blocks that it received.
    pub blocks_received: u64,
    /// What became of its submissions.
    pub uptime: UptimeCounts,
}

/// A run of a scheduler: one request for scheduled transactions or accounts that the node executed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SchedulerRun {
    /// Its handle.
    pub handle: String,
    /// `payments`, `zkapps` or `accounts`.
    pub kind: &'static str,
    /// What the memos of its transactions begin with; nothing for accounts.
    pub memo_prefix: String,
    /// Transactions that it made, those that the pool refused included; none for accounts.
    pub transactions: u64,
    /// `running`; `done`: its time was over, or its accounts were made; `stopped`: it was asked
    /// to stop; `failed`; or `lost` with the process of the node.
    pub state: &'static str,
}

/// What became of the transactions that the schedulers of a node made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TransactionCounts {
    /// Made.
    pub scheduled: u64,
    /// Taken by the node's pool, and gossiped.
    pub sent: u64,
    /// In the best chain.
    pub included: u64,
    /// Of these, those that failed there.
    pub failed: u64,
}

impl NetworkTruth {
    pub(crate) fn of(network: &LiveNetwork, common: &Common) -> Self {
        let (snapshot, slots_per_epoch) = common
            .chain
            .now(|chain| (chain.snapshot(), chain.config().slots_per_epoch));
        let nodes = network.nodes().iter().zip(snapshot.nodes);
        Self {
            time_scale: common.clock.scale(),
            now_unix_ms: snapshot.now.unix_micros() / 1_000,
            genesis_unix_ms: common.clock.genesis_unix_micros() / 1_000,
            slot: snapshot.slot,
            epoch: snapshot.slot / slots_per_epoch.max(1),
            blockchain_length: snapshot.blockchain_length,
            state_hash: snapshot.state_hash,
            nodes: nodes
                .map(|(node, simulated)| NodeTruth {
                    info: network.info(node),
                    runs: node.runs(),
                    answer_fault: node.answer_fault().map(|fault| fault.to_string()),
                    clock_skew_micros: node.skew_micros(),
                    sync_status: simulated.sync_status.map(simulation::SyncStatus::name),
                    blockchain_length: simulated.blockchain_length,
                    state_hash: simulated.state_hash,
                    pool_size: simulated.pool_size,
                    schedulers: simulated.schedulers,
                    is_isolated: simulated.is_isolated,
                    log: node.log_counts(),
                    transactions: TransactionCounts {
                        scheduled: simulated.truth.transactions_scheduled,
                        sent: simulated.truth.transactions_sent,
                        included: simulated.truth.transactions_included,
                        failed: simulated.truth.transactions_failed,
                    },
                    blocks_produced: simulated.truth.blocks_produced,
                    blocks_received: simulated.truth.blocks_received,
                    uptime: node.uptime_counters().counts(),
                })
                .collect(),
        }
    }
}

impl SchedulerRun {
    /// The runs of a node's schedulers: the last 1,024 of those that ended, and those that are
    /// registered.
    pub(crate) fn of(node: &Node) -> Vec<Self> {
        let id = node.id();
        let runs = node.chain().now(|chain| chain.scheduler_runs(id));
        runs.into_iter().map(Self::from).collect()
    }
}

impl From<simulation::SchedulerRun> for SchedulerRun {
    fn from(run: simulation::SchedulerRun) -> Self {
        Self {
            handle: run.handle.to_string(),
            kind: match run.kind {
                RunKind::Payments => "payments",
                RunKind::Zkapps => "zkapps",
                RunKind::Accounts => "accounts",
            },
            memo_prefix: run.memo_prefix,
            transactions: run.transactions,
            state: match run.end {
                None => "running",
                Some(RunEnd::Done) => "done",
                Some(RunEnd::Stopped) => "stopped",
                Some(RunEnd::Failed) => "failed",
                Some(RunEnd::Lost) => "lost",
            },
        }
    }
}

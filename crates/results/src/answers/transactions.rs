//! Transactions and SNARK work.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/transactions/flow`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowAnswer {
    /// How many came how far.
    pub flow: Flow,
    /// Why nodes rejected transactions, most frequent first.
    pub reasons: Vec<Rejection>,
    /// What this rests on.
    pub meta: Meta,
}

/// How many transactions came how far. What needs a run is null without one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Flow {
    /// Asked of nodes.
    pub intended: Option<i64>,
    /// Accepted by nodes.
    pub accepted: Option<i64>,
    /// Seen in pools or blocks.
    pub seen: i64,
    /// In blocks.
    pub included: i64,
    /// In blocks and applied.
    pub applied: i64,
    /// Refused by nodes.
    pub refused: Option<i64>,
    /// In no trace.
    pub never_seen: Option<i64>,
    /// Still to come.
    pub waiting: Option<i64>,
    /// Seen, and in no block although its round has settled or, without a run, six blocks have
    /// followed it.
    pub missed: Option<i64>,
    /// In blocks, and failed there.
    pub failed: i64,
    /// Lost log entries overlap them.
    pub unknown: Option<i64>,
    /// Seen and in no block so far: waiting, missed or unknown.
    pub not_included: i64,
}

/// Why pools rejected transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rejection {
    /// The reason, in the node's words.
    pub reason: String,
    /// Diffs.
    pub count: i64,
    /// Nodes.
    pub nodes: i64,
}

/// Answer of `/api/v1/transactions/latency`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LatencyAnswer {
    /// Transactions that are in a block.
    pub heat: LatencyHeat,
    /// What they rest on.
    pub meta: Meta,
}

/// Transactions by the time at which they were seen first, and by how long it took until a block had
/// them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LatencyHeat {
    /// Beginnings of the columns by the nodes' clocks, microseconds since 1970; at most 60.
    pub t: Vec<i64>,
    /// Upper ends of the rows but for the last, seconds.
    pub bounds_s: Vec<f64>,
    /// Transactions, row by row, the shortest latencies first.
    pub counts: Vec<i64>,
}

/// Answer of `/api/v1/transactions`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransactionsAnswer {
    /// A page.
    pub transactions: Vec<TransactionRow>,
    /// What they rest on.
    pub meta: Meta,
}

/// A transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TransactionRow {
    /// Its hash.
    pub hash: String,
    /// `payment` or `zkapp`; other kinds as the node names them.
    pub kind: String,
    /// Its memo.
    pub memo: Option<String>,
    /// The run that sent it.
    pub run: Option<String>,
    /// The round.
    pub round: Option<i32>,
    /// When a pool had it first; null if only blocks have it.
    pub seen: Option<i64>,
    /// Nodes whose pools had it.
    pub nodes: i64,
    /// State hash of the block with which it came first; null while no block has it.
    pub block: Option<String>,
    /// When the first node received a block with it.
    pub included: Option<i64>,
    /// From first seen to in a block.
    pub latency_s: Option<f64>,
    /// `applied` or `failed` in a block; `waiting` while a block may still come, `missed` when its
    /// round has settled or, without a run, when six blocks have followed it, `unknown` when lost log
    /// entries overlap it.
    pub fate: String,
    /// `Applied` or `Failed`.
    pub result: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
}

/// Answer of `/api/v1/transactions/{hash}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransactionAnswer {
    /// The transaction.
    #[serde(flatten)]
    pub transaction: TransactionRow,
    /// Blocks that have it, first seen first.
    pub blocks: Vec<String>,
    /// What pools of nodes did with it, oldest first; at most 1,000.
    pub events: Vec<TransactionEvent>,
    /// What this rests on.
    pub meta: Meta,
}

/// What a node's pool did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TransactionEvent {
    /// The node.
    pub node: String,
    /// When.
    pub at: i64,
    /// `received`, `accepted`, `rejected`, …
    pub action: String,
    /// From whom; null if it was sent by the node itself.
    pub sender: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Answer of `/api/v1/snark-work`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SnarkWorkAnswer {
    /// A page, newest first.
    pub works: Vec<SnarkWork>,
    /// Work that was scheduled and not yet received, over time.
    pub open: OpenWork,
    /// What this rests on.
    pub meta: Meta,
}

/// A piece of SNARK work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SnarkWork {
    /// One or two ids.
    pub ids: Vec<i64>,
    /// What they prove.
    pub kinds: Vec<String>,
    /// Who proved it.
    pub prover: Option<String>,
    /// The fee in MINA.
    pub fee: Option<String>,
    /// When it was first scheduled.
    pub scheduled: Option<i64>,
    /// When a node first received it.
    pub received: Option<i64>,
    /// When a pool first added it.
    pub added: Option<i64>,
    /// From scheduled, or else added, to received.
    pub delay_s: Option<f64>,
    /// Blocks whose production had to do without it.
    pub interruptions: i64,
}

/// Counts over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenWork {
    /// Times, at most 600.
    pub t: Vec<i64>,
    /// Open work at each.
    pub count: Vec<i64>,
}

//! Blocks, one block on all nodes, and the matrix of both.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/blocks`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BlocksAnswer {
    /// Newest first.
    pub blocks: Vec<BlockRow>,
    /// What they rest on.
    pub meta: Meta,
}

/// A block as traces have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Block {
    /// State hash.
    pub hash: String,
    /// Blockchain length.
    pub height: Option<i64>,
    /// Global slot.
    pub slot: Option<i64>,
    /// When the first node had it.
    pub first_seen: Option<i64>,
    /// Who made it.
    pub producer: Option<String>,
    /// Whether it is on the best chain; null while that is not decided.
    pub canonical: Option<bool>,
    /// Signed commands in it.
    pub user_commands: Option<i64>,
    /// zkApp commands in it.
    pub zkapps: Option<i64>,
    /// SNARK works in it; null unless its producer's trace says.
    pub snark_works: Option<i64>,
}

/// A block and what its traces came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlockRow {
    /// The block.
    #[serde(flatten)]
    pub block: Block,
    /// Nodes with a trace of it.
    pub traces: i64,
    /// Those that have added it to their frontier.
    pub success: i64,
    /// Those that have not finished.
    pub pending: i64,
    /// Those that have given up.
    pub failure: i64,
    /// Median time after the first node.
    pub lag_p50_s: Option<f64>,
    /// 95th percentile.
    pub lag_p95_s: Option<f64>,
    /// Median total time of traces.
    pub apply_p50_s: Option<f64>,
    /// 95th percentile.
    pub apply_p95_s: Option<f64>,
}

/// Answer of `/api/v1/blocks/matrix`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MatrixAnswer {
    /// Nodes × blocks.
    pub matrix: Matrix,
    /// What it rests on.
    pub meta: Meta,
}

/// Nodes × blocks, row by row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Matrix {
    /// The columns, oldest first.
    pub blocks: Vec<Block>,
    /// The rows.
    pub nodes: Vec<String>,
    /// One value for each cell, times to the microsecond; null where there is none.
    pub values: Vec<Option<f64>>,
    /// One letter for each cell: `v` value, `p` pending, `f` failure, `n` not seen, `u` unknown
    /// because lost entries overlap the block, `x` the node was not read then.
    pub states: String,
    /// Medians of the columns.
    pub medians: Vec<Option<f64>>,
    /// 95th percentiles of the columns.
    pub p95: Vec<Option<f64>>,
}

/// Answer of `/api/v1/blocks/{hash}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BlockAnswer {
    /// The block.
    pub block: Block,
    /// Its traces, in the order in which nodes had it; at most 1,000.
    pub traces: Vec<BlockTraceRow>,
    /// Other blocks at its height.
    pub siblings: Vec<Block>,
    /// What this rests on.
    pub meta: Meta,
}

/// A block at one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlockTraceRow {
    /// The node.
    pub node: String,
    /// How it came there.
    pub source: String,
    /// `Pending`, `Success` or `Failure`.
    pub status: String,
    /// When it came.
    pub started: Option<i64>,
    /// Time after the first node.
    pub lag_s: Option<f64>,
    /// Time after the second node.
    pub lag2_s: Option<f64>,
    /// Total time.
    pub total_s: Option<f64>,
    /// Stored entries of the trace.
    pub entries: i64,
    /// Lost entries of the node that may have belonged to it.
    pub lost: i64,
    /// Gaps of unknown size at its time.
    pub unknown_gaps: i64,
    /// The clock of the node is wrong.
    pub clock_suspect: bool,
}

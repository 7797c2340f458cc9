//! How long checkpoints take, over all traces of a scope.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/checkpoints`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckpointsAnswer {
    /// A page of rows.
    pub checkpoints: Vec<CheckpointRow>,
    /// Upper ends of the buckets but for the last, seconds: four steps to a decade.
    pub bounds_s: Vec<f64>,
    /// Block traces that were looked at, the newest ones.
    pub traces: i64,
    /// The scope has more traces than that.
    pub truncated: bool,
    /// What they rest on.
    pub meta: Meta,
}

/// How long a checkpoint takes: by itself, until the next one, or with all parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointRow {
    /// Its name.
    pub name: String,
    /// The checkpoint that it is most often a part of; null at the top level.
    pub parent: Option<String>,
    /// The node, round or deployment, if grouped by it; null for what is in no round.
    pub group: Option<String>,
    /// How often.
    pub calls: i64,
    /// Sum of times.
    pub total_s: f64,
    /// Median.
    pub p50_s: Option<f64>,
    /// 90th percentile.
    pub p90_s: Option<f64>,
    /// 95th percentile.
    pub p95_s: Option<f64>,
    /// 99th percentile.
    pub p99_s: Option<f64>,
    /// Longest.
    pub max_s: f64,
    /// How many within each bucket.
    pub buckets: Vec<i64>,
}

/// Answer of `/api/v1/checkpoints/{name}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckpointAnswer {
    /// Over all nodes of the scope.
    #[serde(flatten)]
    pub checkpoint: CheckpointRow,
    /// Upper ends of the buckets but for the last, seconds.
    pub bounds_s: Vec<f64>,
    /// Nodes, the greatest 95th percentile first.
    pub by_node: Vec<CheckpointNode>,
    /// Calls by time and duration.
    pub heat: CheckpointHeat,
    /// The slowest calls, at most ten: of all, or of the bucket that was asked for.
    pub slowest: Vec<CheckpointCall>,
    /// Block traces that were looked at, the newest ones.
    pub traces: i64,
    /// The scope has more traces than that.
    pub truncated: bool,
    /// What this rests on.
    pub meta: Meta,
}

/// A checkpoint on one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointNode {
    /// The node.
    pub node: String,
    /// How often.
    pub calls: i64,
    /// Median.
    pub p50_s: Option<f64>,
    /// 95th percentile.
    pub p95_s: Option<f64>,
}

/// Calls by time and duration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointHeat {
    /// Beginnings of the columns by the nodes' clocks, microseconds since 1970; at most 60.
    pub t: Vec<i64>,
    /// Upper ends of the rows but for the last, seconds.
    pub bounds_s: Vec<f64>,
    /// Calls, row by row, the shortest durations first.
    pub counts: Vec<i64>,
}

/// One call of a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointCall {
    /// The deployment.
    pub deployment_id: i32,
    /// The node.
    pub node: String,
    /// State hash of the block.
    pub hash: String,
    /// Position among the checkpoints of the trace, as in `/api/v1/traces` of the log API; null if
    /// the trace is no longer there.
    pub index: Option<i64>,
    /// When it began, microseconds since 1970.
    pub started: i64,
    /// How long it took.
    pub total_s: f64,
}

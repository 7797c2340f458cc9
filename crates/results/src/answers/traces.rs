//! One block trace with its tree of checkpoints, and two of them beside each other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/traces/{deployment}/{node}/{hash}` of the log API.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TraceAnswer {
    /// The trace.
    pub trace: Trace,
    /// What it rests on: the log entries of the node in the time of the trace.
    pub meta: Meta,
}

/// What a trace is of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceHead {
    /// The deployment.
    pub deployment_id: i32,
    /// The node.
    pub node: String,
    /// State hash of the block; `0` for what happened outside of blocks.
    pub hash: String,
    /// Blockchain length.
    pub height: Option<i64>,
    /// Global slot.
    pub slot: Option<i64>,
    /// Where the node got the block from.
    pub source: String,
    /// `Pending`, `Success` or `Failure`.
    pub status: String,
    /// When it began by the node's clock, microseconds since 1970; null before its first checkpoint.
    pub started: Option<i64>,
    /// Total time; null while it is not known.
    pub total_s: Option<f64>,
}

/// A block trace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trace {
    /// What it is of.
    #[serde(flatten)]
    pub head: TraceHead,
    /// Names of checkpoints, each once.
    pub names: Vec<String>,
    /// The checkpoints up to the end of the block's processing, in depth-first order: a page of them.
    pub columns: TraceColumns,
    /// What the node did with the block afterwards, on every page.
    pub after_success: TraceColumns,
    /// Log entries of the node that are missing from the time of the trace.
    pub gaps: Vec<TraceGap>,
    /// The trace has more than 100,000 entries; later ones are left out.
    pub truncated: bool,
    /// What is said of the whole block, but for the log of its transactions.
    #[schema(value_type = Object)]
    pub block_metadata: Map<String, Value>,
}

/// Checkpoints, one array for each column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceColumns {
    /// Position among all checkpoints of the trace, by which one is asked for.
    pub index: Vec<i64>,
    /// Position of its name in `names`.
    pub name: Vec<i64>,
    /// 0 at the top level.
    pub depth: Vec<i64>,
    /// When it began, after `started`.
    pub start_us: Vec<i64>,
    /// Time with all parts.
    pub total_us: Vec<i64>,
    /// Time without its parts.
    pub own_us: Vec<i64>,
    /// One letter for each: `M` main process, `P` prover, `V` verifier.
    pub lane: String,
    /// How many times longer it took than is usual: than the median over the nodes that have the
    /// block or, where only this one has it, over its last 100 blocks. Null where nothing is known.
    pub usual: Vec<Option<f64>>,
    /// `1` for each that has metadata, `0` for others.
    pub has_metadata: String,
}

/// Log entries that are missing from the time of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceGap {
    /// Beginning, after `started`, cut to the time of the trace.
    pub start_us: i64,
    /// End, likewise.
    pub end_us: i64,
    /// How many; null if nobody can know.
    pub missing: Option<i64>,
}

/// Answer of `/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}` of the log API.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TraceCheckpointAnswer {
    /// Its name.
    pub name: String,
    /// What the node noted with it.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// When it began, microseconds since 1970.
    pub started: i64,
    /// Time with all parts.
    pub total_us: i64,
    /// Time without its parts.
    pub own_us: i64,
    /// What this rests on.
    pub meta: Meta,
}

/// Answer of `/api/v1/trace-diff` of the log API.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TraceDiffAnswer {
    /// The two traces.
    pub diff: TraceDiff,
    /// What they rest on: the log entries of the node of `b` in the time of its trace.
    pub meta: Meta,
}

/// Two traces beside each other, step by step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceDiff {
    /// The one that is compared with.
    pub a: TraceHead,
    /// The other one.
    pub b: TraceHead,
    /// Names of checkpoints, each once.
    pub names: Vec<String>,
    /// The aligned steps, in depth-first order.
    pub columns: TraceDiffColumns,
    /// Time of b minus time of a.
    pub difference_s: f64,
    /// The checkpoints with the greatest differences in own time, at most 20.
    pub explained: Vec<TraceDiffStep>,
    /// The part of the difference that no listed checkpoint has: they and it sum to the difference.
    pub residue_s: f64,
    /// One of the traces has more than 100,000 entries; later ones are left out.
    pub truncated: bool,
}

/// Aligned steps, one array for each column. Null stands for what a trace has not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceDiffColumns {
    /// Position of its name in `names`.
    pub name: Vec<i64>,
    /// 0 at the top level.
    pub depth: Vec<i64>,
    /// Position in trace a.
    pub a_index: Vec<Option<i64>>,
    /// Position in trace b.
    pub b_index: Vec<Option<i64>>,
    /// Time with all parts in a.
    pub a_total_us: Vec<Option<i64>>,
    /// Time with all parts in b.
    pub b_total_us: Vec<Option<i64>>,
    /// Own time in b minus own time in a.
    pub delta_own_us: Vec<i64>,
}

/// A checkpoint by its part of a difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceDiffStep {
    /// Its name.
    pub name: String,
    /// Own time in b minus own time in a.
    pub delta_s: f64,
    /// Share of the difference; negative where it has the other sign.
    pub share: f64,
}

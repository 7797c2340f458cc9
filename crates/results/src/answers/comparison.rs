//! Runs beside each other, and what made traces slow.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Meta;
use crate::noise::Change;

/// Answer of `/api/v1/comparison`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ComparisonAnswer {
    /// The comparison.
    pub comparison: Comparison,
    /// What it rests on: the deployment of the last run.
    pub meta: Meta,
}

/// Runs beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    /// Of the last run against the base.
    pub verdict: ComparisonVerdict,
    /// The run that the last one is compared with.
    pub base: String,
    /// The runs, in the order in which they were named.
    pub runs: Vec<ComparedRun>,
    /// Every metric. Values stand in the order of the runs.
    pub metrics: Vec<MetricChange>,
    /// Parameters that differ.
    pub setup: Vec<SetupDifference>,
}

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonVerdict {
    /// Some metrics are better, none is worse.
    Better,
    /// Some metrics are worse, none is better.
    Worse,
    /// Both.
    Mixed,
    /// Neither: what differs may be chance.
    Unknown,
}

/// A run of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComparedRun {
    /// Its name.
    pub name: String,
    /// Its deployment; null without traces.
    pub deployment_id: Option<i32>,
    /// Stored log entries as a share of all.
    pub completeness: Option<f64>,
    /// Entries of its time that are known to be lost.
    pub lost_entries: i64,
    /// Gaps in its time of a size that nobody can know.
    pub unknown_gaps: i64,
    /// Block traces of its time.
    pub traces: i64,
}

/// A metric of all runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricChange {
    /// Its name: a figure of rounds, `block_application.mean`, or `checkpoint.` and a name.
    pub metric: String,
    /// Its unit; empty for counts and shares.
    pub unit: String,
    /// For each run; null where not measured.
    pub values: Vec<Option<f64>>,
    /// Last run minus base.
    pub difference: Option<f64>,
    /// What chance alone makes; null where it cannot be told.
    pub noise: Option<f64>,
    /// What the difference means.
    pub verdict: Change,
    /// Why that is not known.
    pub reason: Option<String>,
    /// For each run the values of its rounds.
    pub rounds: Vec<Vec<Option<f64>>>,
}

/// A parameter that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SetupDifference {
    /// Its name.
    pub parameter: String,
    /// Its value in each run; null where it is not set.
    pub values: Vec<Value>,
}

/// Answer of `/api/v1/attribution`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AttributionAnswer {
    /// The attribution.
    pub attribution: Attribution,
    /// What it rests on.
    pub meta: Meta,
}

/// What made a set of traces slower than a base, in own time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attribution {
    /// The set.
    pub set: AttributionSet,
    /// The base.
    pub base: AttributionBase,
    /// Mean of the set minus mean of the base; null without enough traces.
    pub excess_s: Option<f64>,
    /// Share of all excess of checkpoints that those listed have.
    pub explained: Option<f64>,
    /// Whether a few checkpoints explain it.
    pub verdict: AttributionVerdict,
    /// What is missing, where the data are not enough.
    pub reason: Option<String>,
    /// The checkpoints, those whose excess is more than chance first; faster ones last.
    pub checkpoints: Vec<CheckpointExcess>,
}

/// The traces to explain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttributionSet {
    /// Traces.
    pub traces: i64,
    /// Blocks.
    pub blocks: i64,
    /// Nodes.
    pub nodes: i64,
    /// Mean total; null without traces.
    pub mean_s: Option<f64>,
    /// Stored log entries of these nodes in the time of these traces, as a share of all.
    pub completeness: Option<f64>,
}

/// The traces to compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttributionBase {
    /// Traces.
    pub traces: i64,
    /// Mean total; null without traces.
    pub mean_s: Option<f64>,
    /// Median total; null without traces.
    pub median_s: Option<f64>,
    /// How it was chosen.
    pub rule: String,
    /// Stored log entries of these nodes in the time of these traces, as a share of all.
    pub completeness: Option<f64>,
}

/// Whether an excess is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributionVerdict {
    /// At most three checkpoints make up half of it.
    Explained,
    /// It is spread over many, or there is none.
    Spread,
    /// Fewer than five traces on a side, or log entries are missing.
    NotEnoughData,
}

/// The excess of one checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointExcess {
    /// Its name.
    pub name: String,
    /// Mean own time of the set minus that of the base.
    pub excess_s: f64,
    /// What of it is more than chance; 0 where all may be chance.
    pub certain_s: f64,
    /// Share of the excess of all slower checkpoints; negative where it is faster.
    pub share: f64,
    /// Mean own time in the set.
    pub set_mean_s: f64,
    /// Median own time in the base.
    pub base_median_s: f64,
    /// Traces of the set in which it takes longer than in 95 % of the base.
    pub in_traces: i64,
    /// Shares of nodes in its excess.
    pub by_node: Vec<KeyShare>,
    /// Shares of rounds in its excess.
    pub by_round: Vec<KeyShare>,
    /// The trace in which it took longest.
    pub slow: Option<TraceName>,
    /// A trace of the base in which it took as long as usual.
    pub typical: Option<TraceName>,
}

/// A share of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct KeyShare {
    /// Of what.
    pub key: String,
    /// The share.
    pub share: f64,
}

/// Names a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceName {
    /// State hash of the block.
    pub hash: String,
    /// The node.
    pub node: String,
}

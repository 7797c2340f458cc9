//! The four questions in one screen, series over time, and what went wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/overview`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OverviewAnswer {
    /// The figures.
    pub overview: Overview,
    /// What they rest on.
    pub meta: Meta,
}

/// The network at a glance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// Nodes by state.
    pub nodes: NodeCounts,
    /// The chain.
    pub height: HeightFigures,
    /// Blocks of the scope.
    pub blocks: BlockCounts,
    /// Transactions of the scope, a minute.
    pub transactions: TransactionRates,
    /// From first seen to in a block, seconds.
    pub latency_s: LatencyFigures,
    /// The run that is executed now.
    pub run: Option<RunFigures>,
    /// The nodes that lag or lose most, at most five.
    pub worst: Vec<WorstNode>,
}

/// Nodes by state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NodeCounts {
    /// Fetched from.
    pub up: i64,
    /// Active, that is listed now.
    pub total: i64,
    /// Active, and not fetched from because of a problem.
    pub failing: i64,
    /// Three or more blocks behind the best.
    pub behind: i64,
}

/// The chain.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeightFigures {
    /// Greatest height of a node's best chain.
    pub best: Option<i64>,
    /// Blocks that the last node is behind it.
    pub behind_max: Option<i64>,
}

/// Blocks of the scope.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BlockCounts {
    /// Different blocks.
    pub count: i64,
    /// Those known to be beside the best chain.
    pub orphaned: i64,
    /// Slots without a block between the first and the last.
    pub missed_slots: Option<i64>,
    /// Mean seconds between blocks of different height.
    pub cadence_s: Option<f64>,
}

/// Transactions a minute over the time of the scope.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransactionRates {
    /// Asked of nodes by the run of the scope; null without one.
    pub intended_min: Option<f64>,
    /// Accepted by nodes.
    pub accepted_min: Option<f64>,
    /// Seen first.
    pub seen_min: f64,
    /// Come into blocks.
    pub included_min: f64,
}

/// From first seen to in a block, seconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct LatencyFigures {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// Longest.
    pub max: Option<f64>,
}

/// The run that is executed now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RunFigures {
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: String,
    /// The round whose load was asked for last, from 0.
    pub round: i64,
    /// Rounds of its plan.
    pub rounds: i64,
    /// The step that began last.
    pub step: i64,
    /// Its action.
    pub action: String,
    /// When its planned time is over, by the laboratory's clock; null until it has begun, and when
    /// that is past.
    pub ends_at: Option<String>,
}

/// A node that lags or loses entries.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WorstNode {
    /// The node.
    pub node: String,
    /// Median lag to the first node, seconds.
    pub lag_s: Option<f64>,
    /// Lost entries.
    pub lost: i64,
}

/// Answer of `/api/v1/series`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SeriesAnswer {
    /// The series.
    pub series: Series,
    /// What they rest on.
    pub meta: Meta,
}

/// Figures over network time, at most 600 points.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Series {
    /// Seconds between points.
    pub step_s: f64,
    /// Beginnings of the steps, microseconds since 1970.
    pub t: Vec<i64>,
    /// The figures by name, null where unknown.
    pub columns: BTreeMap<String, Vec<Option<f64>>>,
    /// How much of the log entries of each step is stored; null where nothing is.
    pub quality: Vec<Option<f64>>,
}

/// Answer of `/api/v1/incidents`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct IncidentsAnswer {
    /// Newest first.
    pub incidents: Vec<Incident>,
    /// What they rest on.
    pub meta: Meta,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// Names it, as in `gap-17`.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// The clock of `at`.
    pub clock: Clock,
    /// What it is.
    pub kind: IncidentKind,
    /// The node.
    pub node: Option<String>,
    /// The run.
    pub run: Option<String>,
    /// One sentence.
    pub text: String,
    /// When it ended.
    pub until: Option<String>,
    /// The page about it.
    pub href: String,
}

/// Whose clock a time is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The nodes'.
    Network,
    /// The laboratory's.
    Lab,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// Log entries are missing.
    Gap,
    /// A node was restarted.
    Restart,
    /// A node cannot be fetched from.
    NodeDown,
    /// Blocks at one height.
    Fork,
    /// A step of a run failed.
    StepFailed,
    /// A threshold does not hold.
    Threshold,
}

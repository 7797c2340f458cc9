//! The models of the answers of the reading API: what the dashboard, reports and scripts read.
//!
//! Times of nodes are microseconds since 1970 (`…_us` or plain numbers where the name says when),
//! times of the laboratory RFC 3339 texts. Durations in seconds end in `_s`. Unknown is null.

mod blocks;
mod checkpoints;
mod comparison;
mod experiments;
mod lab;
mod nodes;
mod overview;
mod traces;
mod transactions;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use blocks::{Block, BlockAnswer, BlockRow, BlockTraceRow, BlocksAnswer, Matrix, MatrixAnswer};
pub use checkpoints::{
    CheckpointAnswer, CheckpointCall, CheckpointHeat, CheckpointNode, CheckpointRow,
    CheckpointsAnswer,
};
pub use comparison::{
    Attribution, AttributionAnswer, AttributionBase, AttributionSet, AttributionVerdict,
    CheckpointExcess, ComparedRun, Comparison, ComparisonAnswer, ComparisonVerdict, KeyShare,
    MetricChange, SetupDifference, TraceName,
};
pub use experiments::{
    CauseCount, ExperimentRow, ExperimentsAnswer, ReasonCount, Results, ResultsAnswer, RoundRates,
    RoundResult, RoundVerdict, ThresholdResult,
};
pub use lab::{
    ArchivedAt, DatabaseAnswer, DeploymentRow, DeploymentsAnswer, Gap, GapsAnswer, LeaseRow,
    LeasesAnswer, Minutes, MinutesAnswer, SlowQuery, TableSize,
};
pub use nodes::{Node, NodeAnswer, NodeGap, NodeRestart, NodeState, NodesAnswer, Role};
pub use overview::{
    BlockCounts, Clock, HeightFigures, Incident, IncidentKind, IncidentsAnswer, LatencyFigures,
    NodeCounts, Overview, OverviewAnswer, RunFigures, Series, SeriesAnswer, TransactionRates,
    WorstNode,
};
pub use traces::{
    Trace, TraceAnswer, TraceCheckpointAnswer, TraceColumns, TraceDiff, TraceDiffAnswer,
    TraceDiffColumns, TraceDiffStep, TraceGap, TraceHead,
};
pub use transactions::{
    Flow, FlowAnswer, LatencyAnswer, LatencyHeat, OpenWork, Rejection, SnarkWork, SnarkWorkAnswer,
    TransactionAnswer, TransactionEvent, TransactionRow, TransactionsAnswer,
};

/// What an answer rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Meta {
    /// When it was read, by the clock of the database.
    pub as_of: String,
    /// The deployment; null if there is none.
    pub deployment_id: Option<i32>,
    /// Beginning of the time that was asked about.
    pub from: Option<i64>,
    /// End of the time that was asked about.
    pub until: Option<i64>,
    /// How many rows there are in all.
    pub total: Option<i64>,
    /// Gives the next rows as `cursor`; null at the end.
    pub next: Option<String>,
    /// How much of the log entries of this deployment and time is stored.
    pub completeness: Completeness,
}

/// How much of nodes' log entries is stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Completeness {
    /// Stored entries as a share of all that are known; null where nothing is stored.
    pub share: Option<f64>,
    /// Entries that are stored.
    pub stored_entries: i64,
    /// Entries that are known to be lost.
    pub lost_entries: i64,
    /// Gaps of a size that nobody can know.
    pub unknown_gaps: i64,
    /// Nodes that were read.
    pub nodes: i64,
    /// Those of them with lost entries or gaps.
    pub nodes_with_loss: i64,
}

impl Completeness {
    /// The stored share of all known entries. None where nothing is known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    pub fn share_of(stored: i64, lost: i64) -> Option<f64> {
        let all = stored.saturating_add(lost);
        (all > 0).then(|| stored as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::Completeness;

    #[test]
    fn where_nothing_is_stored_no_share_is_known() {
        assert_eq!(Completeness::share_of(0, 0), None);
        assert_eq!(Completeness::share_of(0, 5), Some(0.0));
        assert_eq!(Completeness::share_of(3, 1), Some(0.75));
    }
}

//! Experiments and what they came to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Meta;
use crate::Verdict;
use crate::figures::Quantiles;

/// Answer of `/api/v1/experiments`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExperimentsAnswer {
    /// A page of experiments.
    pub experiments: Vec<ExperimentRow>,
    /// What they rest on.
    pub meta: Meta,
}

/// An experiment in one deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentRow {
    /// Its name.
    pub name: String,
    /// The deployment; null if no trace has a transaction of it.
    pub deployment_id: Option<i32>,
    /// `running`, `success`, …; null if only traces are known.
    pub status: Option<String>,
    /// The seed of its plan; null if it is not known.
    pub seed: Option<i64>,
    /// Beginning of the run by the laboratory's clock, or of its traces if only these are known.
    pub started: Option<String>,
    /// End, likewise.
    pub ended: Option<String>,
    /// Rounds that were planned or seen.
    pub rounds: i64,
    /// Transactions asked of nodes; null if only traces are known.
    pub intended: Option<i64>,
    /// Transactions in blocks.
    pub included: i64,
    /// 95th percentile of the time from first seen to in a block.
    pub latency_p95_s: Option<f64>,
    /// Stored log entries as a share of all, in its time; null where nothing is stored.
    pub completeness: Option<f64>,
    /// Entries of its time that are known to be lost; null where no traces of it are known.
    pub lost_entries: Option<i64>,
    /// Gaps in its time of a size that nobody can know; null where no traces of it are known.
    pub unknown_gaps: Option<i64>,
    /// The verdict; null while nothing was asked of nodes.
    pub verdict: Option<Verdict>,
    /// Known from traces only: it was not started here.
    pub recorded_only: bool,
}

/// Answer of `/api/v1/experiments/{name}/results`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResultsAnswer {
    /// The results.
    pub results: Results,
    /// What they rest on.
    pub meta: Meta,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Results {
    /// The verdict; null without any transaction.
    pub verdict: Option<Verdict>,
    /// Why it is not a pass.
    pub reason: Option<String>,
    /// The thresholds are those that hold for runs without any.
    pub default_thresholds: bool,
    /// Seconds in a slot, if blocks carry them.
    pub slot_s: Option<f64>,
    /// Every threshold.
    pub thresholds: Vec<ThresholdResult>,
    /// The run as a whole, in the form of a round; its number is null.
    pub run: RoundResult,
    /// Every round.
    pub rounds: Vec<RoundResult>,
}

/// What a threshold came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ThresholdResult {
    /// As it was given.
    pub expression: String,
    /// The figure.
    pub metric: String,
    /// The comparison.
    pub op: String,
    /// The bound, in `unit`.
    pub bound: f64,
    /// Unit of bound and values; empty for counts and plain shares.
    pub unit: String,
    /// The value of the run; null if nothing was measured.
    pub value: Option<f64>,
    /// For the run.
    pub verdict: Verdict,
    /// For each round.
    pub rounds: Vec<RoundVerdict>,
}

/// What a threshold came to in a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RoundVerdict {
    /// The round.
    pub round: i32,
    /// The value; null if nothing was measured.
    pub value: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

/// What a round, or the run, came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RoundResult {
    /// The round; null for the run as a whole.
    pub round: Option<i32>,
    /// First transaction, microseconds since 1970 by nodes' clocks.
    pub from: Option<i64>,
    /// Last transaction seen or taken into a block.
    pub until: Option<i64>,
    /// Transactions a minute while the load lasted.
    pub rate: RoundRates,
    /// From first seen to in a block.
    pub latency_s: Quantiles,
    /// Transactions that nodes were asked for; null if only traces are known.
    pub intended: Option<u64>,
    /// Accepted by nodes.
    pub accepted: Option<u64>,
    /// Seen in pools or blocks.
    pub seen: u64,
    /// In blocks: applied or failed.
    pub included: u64,
    /// Fate: the node refused the request.
    pub refused: u64,
    /// Fate: in no trace.
    pub never_seen: u64,
    /// Fate: still to come.
    pub waiting: u64,
    /// Fate: seen, and in no block.
    pub missed: u64,
    /// Fate: in a block, and failed there.
    pub failed: u64,
    /// Fate: in a block, and applied.
    pub applied: u64,
    /// Fate: lost log entries overlap it.
    pub unknown: u64,
    /// Seen beyond what was asked for; these have a fate, too.
    pub unexpected: u64,
    /// The sum of all fates.
    pub total: u64,
    /// Why transactions failed.
    pub failures: Vec<ReasonCount>,
    /// Why load was never seen.
    pub never_seen_causes: Vec<CauseCount>,
    /// Blocks of its time.
    pub blocks: u64,
    /// Those beside the best chain.
    pub orphans: u64,
    /// Slots of its time without a block; null if slots are not known.
    pub missed_slots: Option<u64>,
    /// Total times of block traces.
    pub apply_s: Quantiles,
    /// Restarts of nodes.
    pub restarts: u64,
    /// Stored log entries as a share of all; null where nothing is stored.
    pub completeness: Option<f64>,
    /// Entries of its time that are known to be lost.
    pub lost_entries: i64,
    /// Gaps in its time of a size that nobody can know.
    pub unknown_gaps: i64,
    /// The verdict of its thresholds.
    pub verdict: Option<Verdict>,
}

/// Transactions a minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RoundRates {
    /// Asked of nodes.
    pub intended: Option<f64>,
    /// Accepted by nodes.
    pub accepted: Option<f64>,
    /// In blocks.
    pub included: Option<f64>,
    /// Applied to the ledger.
    pub applied: Option<f64>,
}

/// How many transactions failed for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReasonCount {
    /// The reason, in the ledger's words.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// How many transactions were never seen because of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CauseCount {
    /// The cause, in words.
    pub cause: String,
    /// How many.
    pub count: u64,
}

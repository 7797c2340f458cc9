//! How long checkpoints take, over all traces of a scope.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Meta;

/// Answer of `/api/v1/checkpoints`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckpointsAnswer {
    /// The slowest in all first.
    pub checkpoints: Vec<CheckpointRow>,
    /// Upper ends of the buckets but for the last, seconds: four steps to a decade.
    pub bounds_s: Vec<f64>,
    /// What they rest on.
    pub meta: Meta,
}

/// The own times of a checkpoint: until the next one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointRow {
    /// Its name.
    pub name: String,
    /// The node, if grouped by it.
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

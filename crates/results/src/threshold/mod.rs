//! Thresholds: `included >= 99%`, `latency.p95 < 6 slots`, `restarts == 0`.
//!
//! A value that is not final lies between two ends: load that waits or whose fate is unknown may
//! still be included or not. A threshold passes or fails when both ends agree.

mod evaluate;
mod metric;
mod parse;
mod unit;

pub use evaluate::{Evaluation, Span};
pub use metric::{METRICS, Metric};
pub use parse::{THRESHOLDS_MAX, ThresholdError};
pub use unit::Unit;

/// How a value is compared with its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Operator {
    /// How it is written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

/// One condition on a figure of a round and of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The text, as it was given.
    pub expression: String,
    /// The figure.
    pub metric: Metric,
    /// The comparison.
    pub operator: Operator,
    /// The bound, in `unit`.
    pub bound: f64,
    /// Unit of the bound.
    pub unit: Unit,
}

/// What a run is measured by that has no thresholds of its own.
#[must_use]
pub fn defaults() -> Vec<Threshold> {
    ["included >= 99%", "applied >= 99%"]
        .into_iter()
        .filter_map(|text| Threshold::parse(text).ok())
        .collect()
}

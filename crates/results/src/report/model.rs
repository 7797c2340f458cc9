//! What a report is made of, and what it says of the whole.

use serde::Serialize;

use super::numbers;
use crate::answers::{CheckpointExcess, Meta, Results};

/// What a report is made of.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The experiment.
    pub name: String,
    /// What it came to.
    pub results: Results,
    /// What made the slower half of its block traces slow, the first rows.
    pub slow_checkpoints: Vec<CheckpointExcess>,
    /// What it rests on.
    pub meta: Meta,
}

/// Most checkpoints that a report names.
const CHECKPOINTS_MAX: usize = 10;

impl Report {
    /// A report. `checkpoints` are those of the slower half of the block traces against the other.
    #[must_use]
    pub fn new(
        name: &str,
        results: Results,
        mut checkpoints: Vec<CheckpointExcess>,
        meta: Meta,
    ) -> Self {
        checkpoints.retain(|row| row.excess_s > 0.0);
        checkpoints.truncate(CHECKPOINTS_MAX);
        Self {
            name: name.to_owned(),
            results,
            slow_checkpoints: checkpoints,
            meta,
        }
    }

    /// The verdict in a line.
    pub(super) fn verdict_line(&self) -> String {
        let verdict = self.results.verdict.map_or_else(
            || "no transactions".to_owned(),
            |verdict| verdict.to_string(),
        );
        match &self.results.reason {
            Some(reason) => format!("{verdict}: {reason}"),
            None => verdict,
        }
    }

    /// How complete the traces are, in a line. Never rounded up.
    pub(super) fn completeness_line(&self) -> String {
        let found = &self.meta.completeness;
        match self.results.run.completeness {
            None => "no log entries are stored from its time".to_owned(),
            Some(share) => format!(
                "{} of the log entries of its time are stored; {} lost, {} of unknown size, {} nodes",
                numbers::percent_down(share),
                numbers::counted(found.lost_entries, "entry", "entries"),
                numbers::counted(found.unknown_gaps, "gap", "gaps"),
                found.nodes
            ),
        }
    }
}

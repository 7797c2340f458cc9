//! Reports of a run: one self-contained HTML page, Markdown to paste, rows of CSV.

mod chart;
mod csv;
mod html;
mod markdown;
mod numbers;

use serde::Serialize;

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

impl Report {
    /// One page that needs nothing else: styles and charts are within.
    #[must_use]
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// Text to paste into an issue.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::text(self)
    }

    /// A line for each round and one for the run, below a line of names. Unknown is empty.
    #[must_use]
    pub fn csv(&self) -> String {
        csv::rows(self)
    }

    /// The whole report as an object.
    ///
    /// # Errors
    /// None is known: all members can be written as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// The verdict in a line.
    fn verdict_line(&self) -> String {
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
    fn completeness_line(&self) -> String {
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

#[cfg(test)]
mod tests;

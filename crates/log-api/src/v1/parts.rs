//! A trace laid out as rows, and rows as columns.

use std::collections::HashMap;

use results::answers::{TraceColumns, TraceHead};
use serde_json::{Map, Value};
use store::read::StoredBlockTrace;
use trace::flat::{self, FlatCheckpoint, FlatTrace};
use trace::rows::{Row, rows};
use trace::{Compatibility, Process};

use super::stored::{head, is_truncated, micros};

/// A trace with the rows of its tree.
pub(super) struct Parts {
    pub(super) head: TraceHead,
    pub(super) flat: FlatTrace,
    /// Until success, in depth-first order.
    pub(super) rows: Vec<Row>,
    /// What followed.
    pub(super) after: Vec<Row>,
    pub(super) metadata: Map<String, Value>,
    pub(super) truncated: bool,
}

impl Parts {
    pub(super) fn new(stored: StoredBlockTrace) -> Self {
        let truncated = is_truncated(&stored);
        let head = head(&stored.row);
        let mut metadata: Map<String, Value> =
            serde_json::from_str(stored.row.metadata.get()).unwrap_or_default();
        // It is large, and only the contents of blocks are made of it.
        metadata.remove("diff_log");
        let flat = flat::flatten(stored.entries);
        let first = flat.checkpoints.first().map(|first| first.started_at);
        let origin = if head.started.is_some() {
            stored.row.started_at
        } else {
            first.unwrap_or(0.0)
        };
        Self {
            rows: rows_of(&flat.checkpoints, origin),
            after: rows_of(&flat.after_success, origin),
            head,
            flat,
            metadata,
            truncated,
        }
    }

    /// The time from the beginning of the first checkpoint to the last, in microseconds since 1970;
    /// none without checkpoints.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let all = || self.flat.checkpoints.iter().chain(&self.flat.after_success);
        let first = all()
            .map(|checkpoint| checkpoint.started_at)
            .min_by(f64::total_cmp)?;
        let last = all()
            .map(|checkpoint| checkpoint.started_at)
            .max_by(f64::total_cmp)?;
        Some((micros(first), micros(last)))
    }

    /// A row by its position among all, with its checkpoint.
    pub(super) fn row(&self, index: usize) -> Option<(&Row, &FlatCheckpoint)> {
        let (row, list) = match index.checked_sub(self.rows.len()) {
            None => (self.rows.get(index)?, &self.flat.checkpoints),
            Some(after) => (self.after.get(after)?, &self.flat.after_success),
        };
        Some((row, list.get(row.index)?))
    }

    /// Adds the times of this trace's own steps to those of others.
    pub(super) fn add_times(&self, times: &mut HashMap<String, Vec<i64>>) {
        for row in &self.rows {
            if self.flat.processes.get(row.index) == Some(&Process::Main)
                && let Some(checkpoint) = self.flat.checkpoints.get(row.index)
            {
                let times = times.entry(checkpoint.name.clone()).or_default();
                times.push(row.total_us);
            }
        }
    }
}

fn rows_of(checkpoints: &[FlatCheckpoint], origin: f64) -> Vec<Row> {
    let timed: Vec<(&str, f64)> = checkpoints
        .iter()
        .map(|checkpoint| (checkpoint.name.as_str(), checkpoint.started_at))
        .collect();
    rows(&timed, origin, Compatibility::Corrected)
}

/// Names, each once.
#[derive(Default)]
pub(super) struct Names {
    pub(super) names: Vec<String>,
    positions: HashMap<String, i64>,
}

impl Names {
    /// Where a name stands.
    pub(super) fn position(&mut self, name: &str) -> i64 {
        if let Some(position) = self.positions.get(name) {
            return *position;
        }
        let position = number(self.names.len());
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), position);
        position
    }
}

/// The middle of the times of each name.
pub(super) fn medians(times: HashMap<String, Vec<i64>>) -> HashMap<String, i64> {
    times
        .into_iter()
        .filter_map(|(name, mut times)| {
            times.sort_unstable();
            let middle = times.get(times.len().saturating_sub(1) / 2).copied()?;
            Some((name, middle))
        })
        .collect()
}

/// Adds a row to columns. `usual_us` is how long it usually takes.
pub(super) fn push(
    columns: &mut TraceColumns,
    names: &mut Names,
    (index, row): (usize, &Row),
    (checkpoint, process): (&FlatCheckpoint, Process),
    usual_us: Option<i64>,
) {
    columns.index.push(number(index));
    columns.name.push(names.position(&checkpoint.name));
    columns.depth.push(number(row.depth));
    columns.start_us.push(row.start_us);
    columns.total_us.push(row.total_us);
    columns.own_us.push(row.own_us);
    columns.lane.push_str(process.letter_text());
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let usual = usual_us
        .filter(|usual| *usual > 0)
        .map(|usual| row.total_us as f64 / usual as f64);
    columns.usual.push(usual);
    let has_metadata = !checkpoint.metadata.is_empty();
    columns
        .has_metadata
        .push(if has_metadata { '1' } else { '0' });
}

pub(super) fn number(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

//! What an import did, for people and scripts.

use serde::Serialize;
use store::ingest::{ReadingCounts, Stored};

/// The result of an import.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// The node that the data are stored under.
    pub node: String,
    /// The deployment that they belong to.
    pub deployment_id: i32,
    /// Lines read, with those that were stored already.
    pub lines: u64,
    /// Lines that an earlier import has stored.
    pub already_stored_lines: u64,
    /// Lines equal to the line before, dropped.
    pub repeated_lines: u64,
    /// Lines that are no entry, dropped.
    pub malformed_lines: u64,
    /// Controls of unknown kinds, kept in the table `loadlab.unknown_control`.
    pub unknown_controls: u64,
    /// Checkpoint rows stored.
    pub checkpoints: u64,
    /// Control rows stored.
    pub controls: u64,
    /// Block traces made, but for that of block `0`, which collects what happens outside of blocks.
    pub blocks: u64,
    /// Rows of `tx_traces` stored.
    pub transactions: u64,
    /// Rows of `sw_traces` stored.
    pub snark_work: u64,
    /// Places where entries are missing in the input.
    pub gaps: u64,
    /// Entries that are known to be missing there.
    pub lost_entries: u64,
    /// Calls of prover and verifier that never ended and were given up because
    /// too many waited.
    pub dropped_calls: u64,
    /// Duration of the import.
    pub seconds: f64,
    /// The first malformed lines.
    pub malformed: Vec<MalformedLine>,
    /// Compressed files that end in the middle. What could be read of them is stored.
    pub cut: Vec<CutFile>,
}

impl Summary {
    /// Adds malformed lines that the input ends in: reported, but read again
    /// next time.
    pub(crate) fn add_unfinished(&mut self, lines: u64) {
        self.lines += lines;
        self.malformed_lines += lines;
    }

    pub(crate) fn add_already_stored(&mut self, lines: u64) {
        self.lines += lines;
        self.already_stored_lines += lines;
    }

    pub(crate) fn add(&mut self, counts: ReadingCounts, stored: Stored) {
        self.lines += counts.lines;
        self.repeated_lines += counts.repeated;
        self.malformed_lines += counts.malformed;
        self.unknown_controls += counts.unknown_controls;
        self.lost_entries = self.lost_entries.saturating_add(counts.lost);
        self.checkpoints += stored.checkpoints;
        self.controls += stored.controls;
        self.blocks += stored.blocks;
        self.transactions += stored.transactions;
        self.snark_work += stored.snark_work;
    }
}

/// A compressed file that ends in the middle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutFile {
    /// The file.
    pub file: String,
    /// The number of its last whole line, 0 if there is none.
    pub after_line: u64,
}

/// A line that is no entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MalformedLine {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

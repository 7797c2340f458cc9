//! What a database would hold after some batches, for comparison.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use trace::batch::{Batch, Span, TraceOrdinal};
use trace::distribution::DistributionSet;
use trace::{
    BlockSource, BlockStatus, Line, LineCounts, LineSplitter, Process, RepetitionFilter, Taken,
    Tracer, TracerOptions,
};

/// A block trace with its rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct MirrorTrace {
    pub(crate) block_id: String,
    pub(crate) source: BlockSource,
    pub(crate) status: BlockStatus,
    pub(crate) started: f64,
    pub(crate) completed: f64,
    pub(crate) total_time: f64,
    pub(crate) blockchain_length: i32,
    pub(crate) global_slot: i32,
    pub(crate) metadata: Map<String, Value>,
}

/// A row of a table as text.
pub(crate) type Row = String;

/// The tables.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Mirror {
    pub(crate) traces: BTreeMap<TraceOrdinal, MirrorTrace>,
    /// Trace, then the row as text.
    pub(crate) checkpoints: Vec<(TraceOrdinal, Row)>,
    pub(crate) transaction_events: Vec<Row>,
    pub(crate) received: Vec<Row>,
    pub(crate) block_transactions: Vec<Row>,
    pub(crate) snark_work_events: Vec<Row>,
    pub(crate) interruptions: Vec<Row>,
    pub(crate) unknown_controls: Vec<Row>,
    pub(crate) last_gossip: BTreeMap<(TraceOrdinal, &'static str), Row>,
    /// A set: the store lowers to the start that is stored, however often.
    pub(crate) starts_lowered: BTreeSet<TraceOrdinal>,
    pub(crate) durations: Vec<(String, f64)>,
    pub(crate) state: BTreeMap<String, Vec<u8>>,
}

impl Mirror {
    #[expect(clippy::too_many_lines, reason = "one step per table")]
    pub(crate) fn apply(&mut self, batch: &Batch) {
        let text = |span: Span| batch.text(span);
        let optional = |span: Option<Span>| span.map_or("-", |span| batch.text(span));
        for row in &batch.traces {
            assert_eq!(row.is_new, !self.traces.contains_key(&row.trace));
            let trace = self.traces.entry(row.trace).or_default();
            text(row.block_id).clone_into(&mut trace.block_id);
            trace.source = row.source;
            trace.status = row.status;
            trace.started = row.started.map_or(-1.0, trace::Timestamp::seconds);
            trace.completed = row.completed.map_or(-1.0, trace::Timestamp::seconds);
            trace.total_time = row.total_time();
            trace.blockchain_length = row.blockchain_length;
            trace.global_slot = row.global_slot;
            if let Some(patch) = row.metadata_patch {
                let patch: Map<String, Value> = serde_json::from_str(text(patch)).expect("object");
                trace.metadata.extend(patch);
            }
        }
        let first = self.checkpoints.len();
        for row in &batch.checkpoints {
            assert!(self.traces.contains_key(&row.trace), "row without a trace");
            let line = format!(
                "{} {} {}{}{} {} {} {}",
                row.process.letter_text(),
                text(row.name),
                if row.main_trace { "main" } else { "other" },
                if row.is_control { " control" } else { "" },
                if row.gossip { " gossip" } else { "" },
                row.time.map_or(-1.0, trace::Timestamp::seconds),
                optional(row.metadata),
                row.call_id,
            );
            self.checkpoints.push((row.trace, line));
        }
        for row in &batch.transaction_events {
            self.transaction_events.push(format!(
                "{} {} {} {} {} {}",
                first + row.checkpoint,
                row.action.as_str(),
                row.time.seconds(),
                text(row.diff),
                optional(row.sender),
                optional(row.reason)
            ));
        }
        for row in &batch.received_transactions {
            self.received.push(format!(
                "{} {} {} {}",
                text(row.hash),
                text(row.kind),
                optional(row.memo),
                row.time.seconds()
            ));
        }
        for row in &batch.block_transactions {
            self.block_transactions.push(format!(
                "{} {} {} {}{} {}",
                text(row.hash),
                text(row.kind),
                optional(row.memo),
                text(row.result),
                row.failure
                    .map_or_else(String::new, |why| format!("({})", text(why))),
                row.block_received.seconds()
            ));
        }
        for row in &batch.snark_work_events {
            let summary = |summary: trace::batch::WorkTransaction| {
                format!(
                    "{} {} {}",
                    optional(summary.kind),
                    optional(summary.hash),
                    optional(summary.memo)
                )
            };
            self.snark_work_events.push(format!(
                "{} {} {} {} {:?} {} {} {} {} | {} | {}",
                first + row.checkpoint,
                row.action.as_str(),
                row.time.seconds(),
                row.first_work_id,
                row.second_work_id,
                optional(row.fee),
                optional(row.prover),
                optional(row.sender),
                optional(row.reason),
                summary(row.first_transaction),
                summary(row.second_transaction)
            ));
        }
        for row in &batch.interruptions {
            self.interruptions.push(format!(
                "{} {} {} {} {:?} {:?}",
                row.trace,
                row.at,
                text(row.reason),
                row.first_work_id,
                row.second_work_id,
                row.time.map(trace::Timestamp::seconds)
            ));
        }
        for row in &batch.unknown_controls {
            let line = format!(
                "{} {} {}",
                row.process.letter_text(),
                row.position,
                text(row.content)
            );
            self.unknown_controls.push(line);
        }
        for row in &batch.last_gossip {
            self.last_gossip.insert(
                (row.trace, row.resource.as_str()),
                format!("{} {}", row.action.as_str(), row.time.seconds()),
            );
        }
        self.starts_lowered.extend(&batch.starts_lowered);
        for &(identity, duration) in &batch.durations {
            self.durations.push((text(identity).to_owned(), duration));
        }
        for (key, body) in &batch.state {
            match body {
                Some(body) => self.state.insert(key.clone(), body.clone()),
                None => self.state.remove(key),
            };
        }
    }

    pub(crate) fn trace(&self, block_id: &str) -> &MirrorTrace {
        let found = self.traces.values().rfind(|t| t.block_id == block_id);
        found.unwrap_or_else(|| panic!("no trace of block {block_id}"))
    }

    /// The rows of a block, without the trace number.
    pub(crate) fn rows(&self, block_id: &str) -> Vec<&str> {
        let is_of = |ordinal: &TraceOrdinal| self.traces[ordinal].block_id == block_id;
        self.checkpoints
            .iter()
            .filter(|(ordinal, _)| is_of(ordinal))
            .map(|(_, row)| row.as_str())
            .collect()
    }

    pub(crate) fn distributions(&self) -> DistributionSet {
        let mut set = DistributionSet::default();
        for (identity, duration) in &self.durations {
            set.record(identity, *duration);
        }
        set
    }
}

/// Traces the lines of the main process in one batch.
pub(crate) fn traced(lines: &str) -> Mirror {
    traced_with(TracerOptions::default(), lines)
}

pub(crate) fn traced_with(options: TracerOptions, lines: &str) -> Mirror {
    let mut tracer = Tracer::new(options);
    push_lines(&mut tracer, Process::Main, lines);
    let mut mirror = Mirror::default();
    mirror.apply(&tracer.take_batch());
    mirror
}

/// Pushes lines that must all be well-formed. Indentation is for the reader.
pub(crate) fn push_lines(tracer: &mut Tracer, process: Process, lines: &str) {
    for (number, line) in (1..).zip(lines.lines().map(str::trim).filter(|l| !l.is_empty())) {
        match trace::entry::parse(line.as_bytes()) {
            Ok(entry) => tracer.push(process, &entry, number),
            Err(error) => panic!("{line}: {error}"),
        }
    }
}

/// Traces a whole file in pieces: a batch is taken, and the tracer restored
/// from its stored state, after each piece.
pub(crate) fn traced_in_pieces(options: TracerOptions, pieces: &[&[u8]]) -> (Mirror, LineCounts) {
    let mut mirror = Mirror::default();
    let mut splitter = LineSplitter::default();
    let mut intake = RepetitionFilter::default();
    for piece in pieces {
        let mut tracer = Tracer::restore(options, mirror.state.clone()).expect("a stored state");
        splitter.space(piece.len())[..piece.len()].copy_from_slice(piece);
        splitter.filled(piece.len());
        while let Some(line) = splitter.next_line() {
            take_line(&mut tracer, &mut intake, line);
        }
        mirror.apply(&tracer.take_batch());
    }
    if let Some(rest) = splitter.rest() {
        let mut tracer = Tracer::restore(options, mirror.state.clone()).expect("a stored state");
        take_line(&mut tracer, &mut intake, rest);
        mirror.apply(&tracer.take_batch());
    }
    (mirror, intake.counts())
}

fn take_line(tracer: &mut Tracer, intake: &mut RepetitionFilter, line: Line<'_>) {
    let number = intake.counts().lines + 1;
    if let Taken::Entry(entry) = intake.take(line) {
        tracer.push(Process::Main, &entry, number);
    }
}

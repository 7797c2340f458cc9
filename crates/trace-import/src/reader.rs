//! From files to batches: the part of an import that needs no database.

use store::ingest::{Gap, ReadingCounts};
use trace::batch::Batch;
use trace::entry::EntryError;
use trace::{LogIdSeen, LogTaken, Process, Taken, Timestamp, Tracer};

use crate::cursor::Cursor;
use crate::input_error::InputError;
use crate::inputs::Inputs;
use crate::line_fact::LineFact;
use crate::merge::Merge;
use crate::plan::{Missing, Plan};
use crate::progress::Progress;
use crate::source::{Decoder, Source, Turn};
use crate::stream::Stream;
use crate::summary::{CutFile, MalformedLine};

/// A batch is taken when it has this many rows.
pub const BATCH_ROWS: usize = 24_576;
/// A batch is taken when it has about this many bytes.
pub const BATCH_BYTES: usize = 4 << 20;
/// Lines after which an input is no trace if none of them was an entry.
const LINES_WITHOUT_ENTRY_MAX: u64 = 1_000_000;
/// Malformed lines that are described; the rest is counted.
const MALFORMED_DESCRIBED: usize = 10;

/// A batch with what belongs to it.
#[derive(Debug)]
pub(crate) struct Portion {
    pub(crate) batch: Batch,
    pub(crate) cursor: Cursor,
    pub(crate) counts: ReadingCounts,
    pub(crate) gaps: Vec<Gap>,
    /// Calls of prover and verifier given up so far because of a limit.
    pub(crate) dropped_calls: u64,
    /// Malformed lines that the input ends in, not among the counts.
    pub(crate) unfinished_lines: u64,
    /// Descriptions of the first malformed lines.
    pub(crate) malformed: Vec<MalformedLine>,
}

/// Reads the inputs of one node and traces them.
pub(crate) struct Reader {
    sources: Vec<Source>,
    merge: Merge,
    tracer: Tracer,
    progress: Progress,
    /// What is stored, of processes without input too.
    cursor: Cursor,
    /// What is missing between the session and the input, until it is reported.
    missing: Option<Missing>,
    passed_over: u64,
    /// Whether a line was an entry.
    has_entry: bool,
    reported: ReadingCounts,
    gaps: Vec<Gap>,
    unfinished_lines: u64,
    malformed: Vec<MalformedLine>,
    described: usize,
}

impl Reader {
    /// Opens the inputs. What the plan says is stored will be passed over.
    pub(crate) fn open(
        inputs: &Inputs,
        stored: &Cursor,
        mut plan: Plan,
        tracer: Tracer,
        progress: Progress,
    ) -> Result<Self, InputError> {
        let mut sources: Vec<Source> = inputs
            .processes
            .iter()
            .map(|(&process, pieces)| {
                let stream = Stream::new(process, pieces.clone(), progress.bytes_counter());
                let stored = stored.stream(process).cloned().unwrap_or_default();
                Source::new(
                    stream,
                    stored,
                    plan.session,
                    plan.stretches.remove(&process),
                )
            })
            .collect();
        let mut merge = Merge::new(sources.len());
        for (index, source) in sources.iter_mut().enumerate() {
            source.advance(&mut merge, index)?;
        }
        Ok(Self {
            sources,
            merge,
            tracer,
            progress,
            cursor: stored.clone(),
            missing: plan.missing,
            passed_over: 0,
            has_entry: false,
            reported: ReadingCounts::default(),
            gaps: Vec::new(),
            unfinished_lines: 0,
            malformed: Vec::new(),
            described: 0,
        })
    }

    /// Lines of the input that were stored already.
    pub(crate) fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// Times between which something was missing and is no longer.
    pub(crate) fn filled(&self) -> Vec<(Process, Timestamp, Timestamp)> {
        let of_source = |source: &Source| {
            let process = source.stream.process;
            let filled = source.filled.clone();
            filled
                .into_iter()
                .map(move |(from, until)| (process, from, until))
        };
        self.sources.iter().flat_map(of_source).collect()
    }

    /// Compressed files that end in the middle.
    pub(crate) fn cut(&self) -> Vec<CutFile> {
        let cut = self.sources.iter().flat_map(|source| source.stream.cut());
        cut.cloned().collect()
    }

    /// Reads on until there is a batch, none at the end of the input.
    pub(crate) fn next_portion(&mut self) -> Result<Option<Portion>, InputError> {
        let mut lines = 0_u64;
        while let Some(index) = self.merge.next() {
            self.take_line(index);
            self.sources[index].advance(&mut self.merge, index)?;
            lines += 1;
            if lines.is_multiple_of(4_096) {
                self.progress.add_lines(4_096);
            }
            // What may be no trace at all is not stored.
            let many = if self.has_entry {
                8 * BATCH_ROWS as u64
            } else {
                LINES_WITHOUT_ENTRY_MAX
            };
            if self.tracer.pending_rows() >= BATCH_ROWS
                || self.tracer.pending_bytes() >= BATCH_BYTES
                || lines >= many
            {
                break;
            }
        }
        if !self.has_entry || lines == 0 {
            for source in &mut self.sources {
                if let Some(error) = source.take_no_trace() {
                    return Err(error);
                }
            }
        }
        if lines == 0 {
            return Ok(None);
        }
        self.progress.add_lines(lines % 4_096);
        Ok(Some(self.portion()))
    }

    fn portion(&mut self) -> Portion {
        let counts = self.counts();
        let before = std::mem::replace(&mut self.reported, counts);
        let mut batch = self.tracer.take_batch();
        for source in &mut self.sources {
            batch.state.extend(source.take_hashes());
            let process = source.stream.process.letter_text().to_owned();
            self.cursor.streams.insert(process, source.stored.clone());
        }
        Portion {
            batch,
            cursor: self.cursor.clone(),
            counts: ReadingCounts {
                lines: counts.lines - before.lines,
                repeated: counts.repeated - before.repeated,
                malformed: counts.malformed - before.malformed,
                unknown_controls: counts.unknown_controls - before.unknown_controls,
                lost: counts.lost - before.lost,
            },
            gaps: std::mem::take(&mut self.gaps),
            dropped_calls: self.tracer.dropped_calls(),
            unfinished_lines: std::mem::take(&mut self.unfinished_lines),
            malformed: std::mem::take(&mut self.malformed),
        }
    }

    fn counts(&self) -> ReadingCounts {
        let mut total = ReadingCounts::default();
        for source in &self.sources {
            let counts = source.decoder.counts();
            let unfinished = u64::from(source.unfinished);
            total.lines += counts.lines - unfinished;
            total.repeated += counts.repeated;
            total.malformed += counts.malformed - unfinished;
            total.unknown_controls += counts.unknown_controls;
            total.lost = total.lost.saturating_add(source.lost);
        }
        total
    }

    /// Traces the current line of a stream.
    fn take_line(&mut self, index: usize) {
        let source = &mut self.sources[index];
        source.decide();
        let process = source.stream.process;
        let position = source.stored.lines + 1;
        match source.turn() {
            Turn::PassOver => {
                source.pass_over();
                source.count(true);
                self.passed_over += 1;
                self.has_entry = true;
                return;
            }
            Turn::Take => {}
            Turn::Enter => {
                if process == Process::Main {
                    self.tracer.enter(&source.context);
                    self.gaps
                        .extend(self.missing.take().map(|missing| missing.gap(position)));
                }
            }
        }
        let line = source.stream.line();
        let mut fact = None;
        let result = match &mut source.decoder {
            Decoder::TraceLines(intake) => match intake.take(line) {
                Taken::Entry(entry) => {
                    fact = Some(LineFact::of_entry(line, &entry));
                    self.gaps
                        .extend(source.rotation.note(&source.stream, &entry, position));
                    self.tracer.push(process, &entry, position);
                    Ok(())
                }
                Taken::Repeated => Ok(()),
                Taken::Malformed(error) => Err(error),
            },
            Decoder::LogEntries(intake) => match intake.take(line) {
                LogTaken::Entry {
                    process,
                    entry,
                    id,
                    seen,
                } => {
                    if let Some(gap) = gap_of(seen, process, id) {
                        source.lost = source.lost.saturating_add(gap.missing.unwrap_or(0));
                        self.gaps.push(gap);
                    }
                    if matches!(seen, LogIdSeen::Restarted { .. }) {
                        self.tracer.node_restarted();
                    }
                    self.tracer.push(process, &entry, position);
                    Ok(())
                }
                LogTaken::Repeated => Ok(()),
                LogTaken::Malformed(error) => Err(error),
            },
        };
        let malformed = result.is_err();
        if let Err(error) = result {
            self.described += 1;
            if self.described <= MALFORMED_DESCRIBED {
                let error = if source.unended {
                    EntryError::Truncated
                } else {
                    error
                };
                let place = source.stream.place();
                self.malformed.extend(place.map(|place| MalformedLine {
                    file: place.piece.to_owned(),
                    line: place.line_number,
                    reason: error.to_string(),
                }));
            }
        }
        source.unfinished = malformed && source.unended;
        source.count(!malformed);
        self.has_entry |= !malformed;
        if source.unfinished {
            self.unfinished_lines += 1;
        } else {
            source.keep(fact);
        }
    }
}

/// What the id of a log entry says about entries before it.
fn gap_of(seen: LogIdSeen, process: Process, id: u64) -> Option<Gap> {
    let (missing, reason) = match seen {
        LogIdSeen::Next | LogIdSeen::Repeated | LogIdSeen::Restarted { missing: 0 } => return None,
        LogIdSeen::AfterGap { missing } => (missing, "log ids jump"),
        LogIdSeen::Restarted { missing } => (missing, "the node restarted"),
    };
    Some(Gap {
        process,
        after_entry: id.saturating_sub(missing + 1),
        missing: Some(missing),
        reason: reason.to_owned(),
        from_time: None,
        until_time: None,
    })
}

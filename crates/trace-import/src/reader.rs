//! From files to batches: the part of an import that needs no database.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::ingest::{Counts, Gap};
use trace::batch::Batch;
use trace::entry::EntryError;
use trace::{Intake, Line, LogIdSeen, LogIntake, LogTaken, Process, Taken, Tracer};

use crate::cursor::{Cursor, LineDigest};
use crate::inputs::{InputError, Inputs};
use crate::merge::Merge;
use crate::rotation::Rotation;
use crate::stream::{Loaded, Stream};
use crate::summary::MalformedLine;

/// A batch is taken when it has this many rows or bytes.
const BATCH_ROWS: usize = 24_576;
const BATCH_BYTES: usize = 4 << 20;
/// Malformed lines that are described; the rest is counted.
const MALFORMED_DESCRIBED: usize = 10;

/// How far an import has come, to be looked at from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    bytes: Arc<AtomicU64>,
    lines: Arc<AtomicU64>,
}

impl Progress {
    /// Bytes read so far, as they lie on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Lines read so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }
}

/// A batch with what belongs to it.
#[derive(Debug)]
pub(crate) struct Portion {
    pub(crate) batch: Batch,
    pub(crate) cursor: Cursor,
    pub(crate) counts: Counts,
    pub(crate) gaps: Vec<Gap>,
    /// Calls of prover and verifier given up so far because of a limit.
    pub(crate) dropped_calls: u64,
    /// Descriptions of the first malformed lines.
    pub(crate) malformed: Vec<MalformedLine>,
}

/// Reads the inputs of one node and traces them.
pub(crate) struct Reader {
    sources: Vec<Source>,
    merge: Merge,
    tracer: Tracer,
    progress: Progress,
    reported: Counts,
    gaps: Vec<Gap>,
    malformed: Vec<MalformedLine>,
    described: usize,
}

/// The trace of one process.
struct Source {
    stream: Stream,
    decoder: Decoder,
    digest: LineDigest,
    /// The input ends within the current line.
    unended: bool,
    lost: u64,
    rotation: Rotation,
}

impl Source {
    fn new(stream: Stream) -> Self {
        Self {
            stream,
            decoder: Decoder::Undecided,
            digest: LineDigest::default(),
            unended: false,
            lost: 0,
            rotation: Rotation::default(),
        }
    }

    /// Loads the next line.
    fn advance(&mut self, merge: &mut Merge, index: usize) -> Result<(), InputError> {
        let loaded = self.stream.advance()?;
        self.unended = loaded == Loaded::LastWithoutEnd;
        if loaded == Loaded::End {
            merge.end(index);
        } else {
            merge.note(index, self.stream.line());
        }
        Ok(())
    }

    /// Passes over a line that is stored already.
    fn pass_over(&mut self) -> Result<(), InputError> {
        if self.stream.advance()? == Loaded::End {
            return Ok(());
        }
        let line = self.stream.line();
        match self.decoder.decide(line) {
            Decoder::TraceLines(intake) => intake.pass_over(line),
            Decoder::LogEntries(intake) => intake.pass_over(line),
            Decoder::Undecided => {}
        }
        self.rotation.pass_over(&self.stream);
        self.digest.add(line);
        Ok(())
    }
}

impl Decoder {
    /// Decides by the first line that is an entry of either form.
    fn decide(&mut self, line: Line<'_>) -> &mut Self {
        if matches!(self, Self::Undecided) {
            let is_log_entry = match line {
                Line::Bytes(bytes) => trace::log_entry::parse(bytes).is_ok(),
                Line::TooLong => false,
            };
            *self = if is_log_entry {
                Self::LogEntries(LogIntake::default())
            } else {
                Self::TraceLines(Intake::default())
            };
        }
        self
    }
}

/// The two forms of trace files; the first line tells.
enum Decoder {
    Undecided,
    TraceLines(Intake),
    LogEntries(LogIntake),
}

impl Reader {
    /// Opens the inputs and passes over the lines that are stored already.
    pub(crate) fn open(
        inputs: &Inputs,
        stored: &Cursor,
        tracer: Tracer,
        progress: Progress,
    ) -> Result<Self, InputError> {
        let mut sources: Vec<Source> = inputs
            .processes
            .iter()
            .map(|(&process, pieces)| {
                Source::new(Stream::new(
                    process,
                    pieces.clone(),
                    progress.bytes_counter(),
                ))
            })
            .collect();
        let mut merge = Merge::new(sources.len());
        for (index, source) in sources.iter_mut().enumerate() {
            let stored = stored.stream(source.stream.process);
            let stored_lines = stored.map_or(0, |stream| stream.lines);
            for _ in 0..stored_lines {
                source.pass_over()?;
                progress.lines.fetch_add(1, Ordering::Relaxed);
            }
            source.advance(&mut merge, index)?;
        }
        Ok(Self {
            sources,
            merge,
            tracer,
            progress,
            reported: Counts::default(),
            gaps: Vec::new(),
            malformed: Vec::new(),
            described: 0,
        })
    }

    /// Reads on until there is a batch, none at the end of the input.
    pub(crate) fn next_portion(&mut self) -> Result<Option<Portion>, InputError> {
        let mut lines = 0_u64;
        while let Some(index) = self.merge.next() {
            self.take_line(index);
            self.sources[index].advance(&mut self.merge, index)?;
            lines += 1;
            if lines.is_multiple_of(4_096) {
                self.progress.lines.fetch_add(4_096, Ordering::Relaxed);
            }
            if self.tracer.pending_rows() >= BATCH_ROWS
                || self.tracer.pending_bytes() >= BATCH_BYTES
                || lines >= 8 * BATCH_ROWS as u64
            {
                break;
            }
        }
        if lines == 0 {
            return Ok(None);
        }
        self.progress
            .lines
            .fetch_add(lines % 4_096, Ordering::Relaxed);
        Ok(Some(self.portion()))
    }

    fn portion(&mut self) -> Portion {
        let counts = self.counts();
        let before = std::mem::replace(&mut self.reported, counts);
        let streams: BTreeMap<String, _> = self
            .sources
            .iter()
            .map(|source| {
                let process = source.stream.process.letter_text().to_owned();
                (process, source.digest.cursor())
            })
            .collect();
        Portion {
            batch: self.tracer.take_batch(),
            cursor: Cursor { streams },
            counts: Counts {
                lines: counts.lines - before.lines,
                repeated: counts.repeated - before.repeated,
                malformed: counts.malformed - before.malformed,
                unknown_controls: counts.unknown_controls - before.unknown_controls,
                lost: counts.lost - before.lost,
            },
            gaps: std::mem::take(&mut self.gaps),
            dropped_calls: self.tracer.dropped_calls(),
            malformed: std::mem::take(&mut self.malformed),
        }
    }

    fn counts(&self) -> Counts {
        let mut total = Counts::default();
        for source in &self.sources {
            let counts = match &source.decoder {
                Decoder::Undecided => continue,
                Decoder::TraceLines(intake) => intake.counts(),
                Decoder::LogEntries(intake) => intake.counts(),
            };
            total.lines += counts.lines;
            total.repeated += counts.repeated;
            total.malformed += counts.malformed;
            total.unknown_controls += counts.unknown_controls;
            total.lost += source.lost;
        }
        total
    }

    /// Traces the current line of a stream.
    fn take_line(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let line = source.stream.line();
        let process = source.stream.process;
        let position = source.digest.lines() + 1;
        let result = match source.decoder.decide(line) {
            Decoder::TraceLines(intake) => match intake.take(line) {
                Taken::Entry(entry) => {
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
                        source.lost += gap.missing.unwrap_or(0);
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
            Decoder::Undecided => Ok(()),
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
                self.malformed
                    .extend(place.map(|place| MalformedLine::new(place, &error)));
            }
        }
        // A malformed line that the input ends in may be complete next time:
        // it is not passed over then.
        if !(malformed && source.unended) {
            source.digest.add(source.stream.line());
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
    })
}

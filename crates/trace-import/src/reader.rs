//! From files to batches: the part of an import that needs no database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::ingest::{Counts, Gap};
use trace::batch::Batch;
use trace::entry::EntryError;
use trace::{Intake, IntakeCounts, Line, LogIdSeen, LogIntake, LogTaken, Process, Taken, Tracer};

use crate::cursor::{Cursor, LineDigest, StreamCursor};
use crate::inputs::{InputError, Inputs};
use crate::merge::Merge;
use crate::rotation::Rotation;
use crate::stream::{Loaded, Stream};
use crate::summary::MalformedLine;

/// A batch is taken when it has this many rows.
pub const BATCH_ROWS: usize = 24_576;
/// A batch is taken when it has about this many bytes.
pub const BATCH_BYTES: usize = 4 << 20;
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
    passed_over: u64,
    reported: Counts,
    gaps: Vec<Gap>,
    unfinished_lines: u64,
    malformed: Vec<MalformedLine>,
    described: usize,
}

/// The trace of one process.
struct Source {
    stream: Stream,
    decoder: Decoder,
    /// Whether a line has told which form the trace has.
    decided: bool,
    digest: LineDigest,
    /// What is stored already, while the input is shorter than that.
    ahead: Option<StreamCursor>,
    /// The input ends within the current line.
    unended: bool,
    /// The last line is malformed and may be complete next time: it does not
    /// count as read.
    unfinished: bool,
    lost: u64,
    rotation: Rotation,
}

impl Source {
    fn new(stream: Stream) -> Self {
        Self {
            stream,
            decoder: Decoder::TraceLines(Intake::default()),
            decided: false,
            digest: LineDigest::default(),
            ahead: None,
            unended: false,
            unfinished: false,
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

    /// Passes over the lines that are stored already. Gives their number: an
    /// input may be a shorter copy of what is stored.
    fn pass_over(&mut self, stored: &StreamCursor) -> Result<u64, InputError> {
        while self.digest.lines() < stored.lines {
            if self.stream.advance()? == Loaded::End {
                break;
            }
            self.decide();
            let line = self.stream.line();
            match &mut self.decoder {
                Decoder::TraceLines(intake) => intake.pass_over(line),
                Decoder::LogEntries(intake) => intake.pass_over(line),
            }
            self.rotation.pass_over(&self.stream);
            self.digest.add(line);
        }
        if self.digest.digest() != stored.digest {
            self.ahead = Some(stored.clone());
        }
        Ok(self.digest.lines())
    }

    /// Decides on the form of the trace by the first line that is an entry of
    /// either: files may begin in the middle of a line.
    fn decide(&mut self) {
        let (false, Line::Bytes(line)) = (self.decided, self.stream.line()) else {
            return;
        };
        if trace::log_entry::parse(line).is_ok() {
            self.decided = true;
            let before = self.decoder.counts();
            self.decoder = Decoder::LogEntries(LogIntake::after(before));
        } else {
            self.decided = trace::entry::parse(line).is_ok();
        }
    }

    /// How far the trace is stored after the lines that were taken.
    fn cursor(&self) -> StreamCursor {
        match &self.ahead {
            Some(stored) => stored.clone(),
            None => self.digest.cursor(),
        }
    }
}

/// The two forms of trace files.
enum Decoder {
    TraceLines(Intake),
    LogEntries(LogIntake),
}

impl Decoder {
    fn counts(&self) -> IntakeCounts {
        match self {
            Self::TraceLines(intake) => intake.counts(),
            Self::LogEntries(intake) => intake.counts(),
        }
    }
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
        let mut passed_over = 0;
        for (index, source) in sources.iter_mut().enumerate() {
            if let Some(stored) = stored.stream(source.stream.process) {
                passed_over += source.pass_over(stored)?;
            }
            source.advance(&mut merge, index)?;
        }
        progress.lines.fetch_add(passed_over, Ordering::Relaxed);
        Ok(Self {
            sources,
            merge,
            tracer,
            progress,
            cursor: stored.clone(),
            passed_over,
            reported: Counts::default(),
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
        for source in &self.sources {
            let process = source.stream.process.letter_text().to_owned();
            self.cursor.streams.insert(process, source.cursor());
        }
        Portion {
            batch: self.tracer.take_batch(),
            cursor: self.cursor.clone(),
            counts: Counts {
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

    fn counts(&self) -> Counts {
        let mut total = Counts::default();
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
        let line = source.stream.line();
        let process = source.stream.process;
        let position = source.digest.lines() + 1;
        let result = match &mut source.decoder {
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
                self.malformed
                    .extend(place.map(|place| MalformedLine::new(place, &error)));
            }
        }
        source.unfinished = malformed && source.unended;
        if source.unfinished {
            self.unfinished_lines += 1;
        } else {
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
        from_time: None,
        until_time: None,
    })
}

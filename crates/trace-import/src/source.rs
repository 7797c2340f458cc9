//! The trace of one process while it is imported.

use std::collections::VecDeque;

use store::ingest::lines_piece;
use trace::entry::Entry;
use trace::{BlockContext, Line, LineCounts, LogIntake, Process, RepetitionFilter, Timestamp};

use crate::cursor::StreamCursor;
use crate::input_error::InputError;
use crate::known_lines::Origin;
use crate::line_fact::{Form, LineFact, RotationStamp, form_of};
use crate::merge::Merge;
use crate::overlap::Stretch;
use crate::plan::is_part;
use crate::rotation::Rotation;
use crate::stream::{Loaded, Stream};

/// The trace of one process.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about where the input stands"
)]
pub(crate) struct Source {
    pub(crate) stream: Stream,
    pub(crate) decoder: Decoder,
    /// Whether a line has told which form the trace has.
    decided: bool,
    /// What is stored, after the lines that were taken.
    pub(crate) stored: StreamCursor,
    /// The session that the rows go into, if there is one yet.
    session: Option<i64>,
    /// What remains of the plan; without a plan all lines are new.
    plan: Option<VecDeque<Stretch>>,
    /// Within a new stretch of the plan.
    within_new: bool,
    /// The `rotated_log_start` that the current new stretch begins with.
    stretch_started: Option<Timestamp>,
    /// Times between which new stretches have filled what was missing.
    pub(crate) filled: Vec<(Timestamp, Timestamp)>,
    /// The segments that the new stretches have become.
    new_segments: Vec<usize>,
    /// Where the main process is, by the lines that were passed over.
    pub(crate) context: BlockContext,
    /// Hashes of lines since the last batch, the place of the first, the least and the greatest
    /// time.
    hashes: Vec<u64>,
    hashes_first: u64,
    hashes_times: Option<(Timestamp, Timestamp)>,
    /// The input ends within the current line.
    pub(crate) unended: bool,
    /// The last line is malformed and may be complete next time: it does not
    /// count as read.
    pub(crate) unfinished: bool,
    pub(crate) lost: u64,
    pub(crate) rotation: Rotation,
    /// The current piece, the lines of it, and how many of them are entries.
    piece: usize,
    piece_lines: u64,
    piece_entries: u64,
    /// The first piece without an entry.
    no_trace: Option<InputError>,
}

/// How to treat the current line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is stored.
    PassOver,
    /// It follows the line before it.
    Take,
    /// It is new, and does not follow the line that was stored last.
    Enter,
}

/// The two forms of trace files.
pub(crate) enum Decoder {
    TraceLines(RepetitionFilter),
    LogEntries(LogIntake),
}

impl Decoder {
    pub(crate) fn counts(&self) -> LineCounts {
        match self {
            Self::TraceLines(intake) => intake.counts(),
            Self::LogEntries(intake) => intake.counts(),
        }
    }
}

impl Source {
    pub(crate) fn new(
        stream: Stream,
        stored: StreamCursor,
        session: Option<i64>,
        plan: Option<Vec<Stretch>>,
    ) -> Self {
        Self {
            stream,
            decoder: Decoder::TraceLines(RepetitionFilter::default()),
            decided: false,
            stored,
            session,
            plan: plan.map(VecDeque::from),
            within_new: false,
            stretch_started: None,
            filled: Vec::new(),
            new_segments: Vec::new(),
            context: BlockContext::default(),
            hashes: Vec::new(),
            hashes_first: 0,
            hashes_times: None,
            unended: false,
            unfinished: false,
            lost: 0,
            rotation: Rotation::default(),
            piece: 0,
            piece_lines: 0,
            piece_entries: 0,
            no_trace: None,
        }
    }

    /// Loads the next line.
    pub(crate) fn advance(&mut self, merge: &mut Merge, index: usize) -> Result<(), InputError> {
        let ended = self.no_trace_so_far();
        let loaded = self.stream.advance()?;
        let piece = self.stream.place().map_or(0, |place| place.piece_index);
        if loaded == Loaded::End || piece != self.piece {
            self.no_trace = self.no_trace.take().or(ended);
            (self.piece, self.piece_lines, self.piece_entries) = (piece, 0, 0);
        }
        self.unended = loaded == Loaded::LastWithoutEnd;
        // What was written since the plan was made is left to the next import.
        let planned = self.plan.as_ref().is_none_or(|plan| {
            plan.iter().any(|stretch| stretch.lines > 0)
                || (self.unended && is_part(self.stream.line()))
        });
        if loaded == Loaded::End || !planned {
            merge.end(index);
        } else {
            merge.note(index, self.stream.line());
        }
        Ok(())
    }

    /// Counts the current line to its piece.
    pub(crate) fn count(&mut self, is_entry: bool) {
        // The first line of a trace that is being written may be incomplete.
        let may_become_one = self.unfinished
            && matches!(self.stream.line(), Line::Bytes(line) if line.starts_with(b"[") || line.starts_with(b"{"));
        self.piece_lines += u64::from(!may_become_one);
        self.piece_entries += u64::from(is_entry);
    }

    fn no_trace_so_far(&self) -> Option<InputError> {
        let without_entry = self.piece_lines > 0 && self.piece_entries == 0;
        without_entry.then(|| self.stream.no_trace()).flatten()
    }

    /// Why a piece that has been read is no trace.
    pub(crate) fn take_no_trace(&mut self) -> Option<InputError> {
        self.no_trace.take().or_else(|| self.no_trace_so_far())
    }

    /// Decides on the form of the trace by the first line that is an entry of
    /// either: files may begin in the middle of a line.
    pub(crate) fn decide(&mut self) {
        let (false, Line::Bytes(line)) = (self.decided, self.stream.line()) else {
            return;
        };
        let form = form_of(line);
        self.decided = form.is_some();
        if form == Some(Form::LogEntries) {
            let before = self.decoder.counts();
            self.decoder = Decoder::LogEntries(LogIntake::after(before));
        }
    }

    /// How to treat the current line by the plan.
    pub(crate) fn turn(&mut self) -> Turn {
        let Some(plan) = &mut self.plan else {
            return Turn::Take;
        };
        while plan.front().is_some_and(|stretch| stretch.lines == 0) {
            plan.pop_front();
            self.within_new = false;
        }
        let Some(stretch) = plan.front_mut() else {
            // A part of a line at the end.
            return Turn::Take;
        };
        stretch.lines -= 1;
        if !stretch.is_new {
            return Turn::PassOver;
        }
        if std::mem::replace(&mut self.within_new, true) {
            return Turn::Take;
        }
        self.stretch_started = None;
        let follows = match stretch.follows {
            Some(Origin::Stored { session, segment }) if Some(session) == self.session => {
                Some(segment)
            }
            Some(Origin::Input(number)) => self.new_segments.get(number).copied(),
            Some(Origin::Stored { .. }) | None => None,
        };
        let newest = self.stored.newest();
        let goes_on = newest.is_none() || follows == newest;
        if !goes_on {
            self.stored.begin_segment();
        }
        self.new_segments.push(self.stored.newest().unwrap_or(0));
        if goes_on { Turn::Take } else { Turn::Enter }
    }

    /// Passes over a line that is stored.
    pub(crate) fn pass_over(&mut self) {
        let line = self.stream.line();
        match &mut self.decoder {
            Decoder::TraceLines(intake) => {
                intake.pass_over(line);
                if let Line::Bytes(bytes) = line
                    && bytes.starts_with(b"{\"current_")
                    && let Ok(entry) = trace::entry::parse(bytes)
                {
                    self.context.note(&entry);
                }
            }
            Decoder::LogEntries(intake) => {
                intake.pass_over(line);
                if let Line::Bytes(bytes) = line
                    && let Ok(entry) = trace::log_entry::parse(bytes)
                    && entry.process == Process::Main
                    && matches!(
                        entry.entry,
                        Entry::CurrentBlock(_) | Entry::CurrentCall { .. }
                    )
                {
                    self.context.note(&entry.entry);
                }
            }
        }
        self.rotation.pass_over(&self.stream);
    }

    /// Keeps in mind that the current line is stored.
    pub(crate) fn keep(&mut self, fact: Option<LineFact>) {
        let fact = fact.unwrap_or_else(|| {
            let form = match self.decoder {
                Decoder::TraceLines(_) => Form::TraceLines,
                Decoder::LogEntries(_) => Form::LogEntries,
            };
            LineFact::of(self.stream.line(), form)
        });
        match fact.rotation {
            Some(RotationStamp::Start(time)) => {
                self.stretch_started = self.stretch_started.or(Some(time));
            }
            Some(RotationStamp::End(time)) => {
                self.filled
                    .extend(self.stretch_started.map(|started| (started, time)));
            }
            None => {}
        }
        if self.hashes.is_empty() {
            self.hashes_first = self.stored.lines;
        }
        self.hashes.push(fact.hash);
        if let Some(time) = fact.time {
            let (least, greatest) = self.hashes_times.unwrap_or((time, time));
            self.hashes_times = Some((least.min(time), greatest.max(time)));
        }
        self.stored.add(&fact);
    }

    /// The hashes of the lines that were kept in mind since the last batch, for the batch.
    pub(crate) fn take_hashes(&mut self) -> Option<(String, Option<Vec<u8>>)> {
        if self.hashes.is_empty() {
            return None;
        }
        let hashes = std::mem::take(&mut self.hashes);
        Some(lines_piece(
            self.stream.process,
            self.hashes_first,
            self.hashes_times.take(),
            &hashes,
        ))
    }
}

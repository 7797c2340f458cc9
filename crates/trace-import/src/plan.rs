//! What of an input is stored already, and which session the rest goes into.

use std::collections::BTreeMap;
use std::io;

use store::ingest::{Gap, SessionSummary, StoredLines};
use trace::{Line, Process, Timestamp};

use crate::cursor::Cursor;
use crate::input_error::InputError;
use crate::inputs::Inputs;
use crate::known_lines::{KnownLines, Origin, Run};
use crate::line_fact::{Form, LineFact, form_of};
use crate::overlap::{Outcome, Overlap, Stretch};
use crate::progress::Progress;
use crate::rotation::follows_in_time;
use crate::stream::{Loaded, Stream};

/// How to read an input.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The session that it continues, none if it has nothing in common with any.
    pub(crate) session: Option<i64>,
    /// What is missing between the session and the input.
    pub(crate) missing: Option<Missing>,
    /// The stretches of each process; without any, all lines are new.
    pub(crate) stretches: BTreeMap<Process, Vec<Stretch>>,
}

/// A stretch of time of which there are no lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// Whether the input comes after it.
    pub(crate) before_input: bool,
}

impl Missing {
    /// The gap at a line of the main process.
    pub(crate) fn gap(self, position: u64) -> Gap {
        let reason = if self.before_input {
            "the trace does not follow what is stored before it"
        } else {
            "what is stored does not follow the trace before it"
        };
        Gap {
            process: Process::Main,
            after_entry: position.saturating_sub(1),
            missing: None,
            reason: reason.to_owned(),
            from_time: Some(self.from),
            until_time: Some(self.until),
        }
    }
}

/// A session with its cursor.
#[derive(Debug)]
pub(crate) struct Earlier {
    pub(crate) session: i64,
    pub(crate) cursor: Cursor,
}

impl Earlier {
    /// Whether it is known which lines it has stored: earlier builds kept less.
    pub(crate) fn is_comparable(&self) -> bool {
        let mut streams = self.cursor.streams.values();
        streams.all(|stream| stream.lines == 0 || !stream.segments.is_empty())
    }

    /// The sessions that have stored lines.
    pub(crate) fn of(sessions: &[SessionSummary]) -> Vec<Self> {
        let cursor = |session: &SessionSummary| {
            serde_json::from_value(session.cursor.clone()).unwrap_or_default()
        };
        sessions
            .iter()
            .map(|session| Self {
                session: session.id,
                cursor: cursor(session),
            })
            .filter(|earlier| {
                earlier
                    .cursor
                    .streams
                    .values()
                    .any(|stream| stream.lines > 0)
            })
            .collect()
    }
}

/// Compares an input with what earlier sessions have stored. Reads it to its end, unless it is one
/// file and nothing is stored.
pub(crate) fn plan(
    inputs: &Inputs,
    earlier: &[Earlier],
    mut stored: Stored,
) -> Result<Plan, InputError> {
    if earlier.is_empty() && inputs.processes.values().all(|pieces| pieces.len() < 2) {
        return Ok(Plan::default());
    }
    let mut outcomes = BTreeMap::new();
    for (&process, pieces) in &inputs.processes {
        let known = stored.known.remove(&process).unwrap_or_default();
        let unused = Progress::default().bytes_counter();
        let stream = Stream::new(process, pieces.clone(), unused);
        outcomes.insert(process, compare(stream, known)?);
    }
    let session = in_common(&outcomes);
    let (session, missing) = match (session, outcomes.get(&Process::Main)) {
        (None, Some(main)) => nearest(main, earlier),
        _ => (session, None),
    };
    Ok(Plan {
        session,
        missing,
        stretches: outcomes
            .into_iter()
            .map(|(process, outcome)| (process, outcome.stretches))
            .collect(),
    })
}

fn compare(mut stream: Stream, known: KnownLines) -> Result<Outcome, InputError> {
    let mut overlap = Overlap::with(known);
    let mut form = None;
    let mut piece = 0;
    loop {
        let loaded = stream.advance()?;
        if loaded == Loaded::End {
            return overlap.finish().map_err(InputError::Hashes);
        }
        let line = stream.line();
        if let (None, Line::Bytes(bytes)) = (form, line) {
            form = form_of(bytes);
        }
        if loaded == Loaded::LastWithoutEnd && is_part(line) {
            return overlap.finish().map_err(InputError::Hashes);
        }
        let now = stream.place().map_or(0, |place| place.piece_index);
        if now != piece {
            overlap.begin_piece().map_err(InputError::Hashes)?;
            piece = now;
        }
        let fact = LineFact::of(line, form.unwrap_or(Form::TraceLines));
        overlap.push(fact).map_err(InputError::Hashes)?;
    }
}

/// Whether the last line of an input may be a part of one: it does not count until it is whole.
pub(crate) fn is_part(line: Line<'_>) -> bool {
    match line {
        Line::Bytes(bytes) => form_of(bytes).is_none(),
        Line::TooLong => true,
    }
}

/// The lines that are stored, by process and by the segments in which they follow each other.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    known: BTreeMap<Process, KnownLines>,
    /// The place after the last line of the process that was added, and the greatest time in it.
    last: BTreeMap<Process, (u64, i64)>,
}

/// Times of a trace go back by less than this, in nanoseconds.
const BACK_NANOSECONDS: i64 = 3_600_000_000_000;

impl Stored {
    /// Adds lines of a session. They come in the order of sessions, processes and places.
    pub(crate) fn add(&mut self, earlier: &[Earlier], lines: &StoredLines) -> io::Result<()> {
        let same = |earlier: &&Earlier| earlier.session == lines.session;
        let Some(Earlier { session, cursor }) = earlier.iter().find(same) else {
            return Ok(());
        };
        let segments = cursor
            .stream(lines.process)
            .map_or(&[][..], |stream| &stream.segments);
        let known = self.known.entry(lines.process).or_default();
        let (next, last_time) = self.last.entry(lines.process).or_default();
        let lines_end = lines.first + lines.hashes.len() as u64;
        let begin =
            segments.partition_point(|segment| segment.first + segment.lines <= lines.first);
        for (segment, number) in segments[begin..].iter().zip(begin..) {
            if segment.first >= lines_end {
                break;
            }
            let end = segment.first + segment.lines;
            let from = segment.first.max(lines.first);
            let until = end.min(lines_end);
            if from >= until {
                continue;
            }
            let origin = Origin::Stored {
                session: *session,
                segment: number,
            };
            let (mut least, greatest) = lines.times;
            let goes_on = |run: &Run| run.origin == origin && *next == from;
            if !known.runs().last().is_some_and(goes_on) {
                known.begin(Run::new(origin, false, segment.ended))?;
            } else if least == i64::MIN {
                // An earlier build has not written it.
                least = greatest.min(last_time.saturating_sub(BACK_NANOSECONDS));
            }
            let part = index(from - lines.first)..index(until - lines.first);
            known.add_stored(&lines.hashes[part], (least, greatest))?;
            known.set_to_end(until == end);
            (*next, *last_time) = (until, greatest);
        }
        Ok(())
    }
}

/// An index of something that is in memory.
fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The session that most of the input continues, or else has most of its lines.
fn in_common(outcomes: &BTreeMap<Process, Outcome>) -> Option<i64> {
    let mut scores: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for outcome in outcomes.values() {
        for stretch in &outcome.stretches {
            if let Some(Origin::Stored { session, .. }) = stretch.follows {
                scores.entry(session).or_default().0 += stretch.lines;
            }
        }
        for (&session, &lines) in &outcome.stored_by {
            scores.entry(session).or_default().1 += lines;
        }
    }
    scores
        .into_iter()
        .max_by_key(|&(session, score)| (score, std::cmp::Reverse(session)))
        .map(|(session, _)| session)
}

/// The session of the same rotated trace that comes right before the input, or else right after
/// it, and what is missing between them.
fn nearest(main: &Outcome, earlier: &[Earlier]) -> (Option<i64>, Option<Missing>) {
    let segments = || {
        earlier.iter().flat_map(|earlier| {
            let stream = earlier.cursor.stream(Process::Main);
            let segments = stream.map_or(&[][..], |stream| &stream.segments);
            segments.iter().map(|segment| (earlier.session, segment))
        })
    };
    let missing = |from, until, before_input| {
        (!follows_in_time(from, until)).then_some(Missing {
            from,
            until,
            before_input,
        })
    };
    let before = main.started.and_then(|started| {
        let ended = segments().filter_map(|(session, segment)| Some((segment.ended?, session)));
        let (ended, session) = ended.filter(|(ended, _)| *ended <= started).max()?;
        Some((session, missing(ended, started, true)))
    });
    let after = || {
        let ended = main.ended?;
        let started = segments().filter_map(|(session, segment)| Some((segment.started?, session)));
        let (started, session) = started.filter(|(started, _)| *started >= ended).min()?;
        Some((session, missing(ended, started, false)))
    };
    match before.or_else(after) {
        Some((session, missing)) => (Some(session), missing),
        None => (None, None),
    }
}

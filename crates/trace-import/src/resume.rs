//! Whether an input, or a part of it, is stored already.

use store::ingest::SessionSummary;

use crate::cursor::{Cursor, LineDigest, StreamCursor};
use crate::inputs::{InputError, Inputs};
use crate::reader::Progress;
use crate::stream::{Loaded, Stream};

/// An earlier import of the same input.
#[derive(Debug)]
pub(crate) struct Earlier {
    pub(crate) session: i64,
    pub(crate) cursor: Cursor,
    /// The input is a shorter copy of what is stored: it holds nothing new.
    pub(crate) nothing_new: bool,
}

/// Finds the import that this input goes on from: the longest one whose stored
/// lines are the first lines of the input.
pub(crate) fn find_earlier(
    inputs: &Inputs,
    sessions: &[SessionSummary],
) -> Result<Option<Earlier>, InputError> {
    let mut candidates: Vec<Candidate> = sessions
        .iter()
        .filter_map(|session| {
            let cursor = serde_json::from_value(session.cursor.clone()).ok()?;
            Some(Candidate {
                session: session.id,
                cursor,
                fits: true,
                shorter: false,
            })
        })
        .collect();
    if candidates.is_empty() {
        return Ok(None);
    }
    for (&process, pieces) in &inputs.processes {
        let bytes_read = Progress::default().bytes_counter();
        let mut stream = Stream::new(process, pieces.clone(), bytes_read);
        let stored: Vec<Option<StreamCursor>> = candidates
            .iter()
            .map(|candidate| candidate.cursor.stream(process).cloned())
            .collect();
        let most = stored.iter().flatten().map(|stream| stream.lines).max();
        let mut digest = LineDigest::default();
        let mut ended = false;
        while digest.lines() < most.unwrap_or(0) {
            if stream.advance()? == Loaded::End {
                ended = true;
                break;
            }
            digest.add(stream.line());
            for (candidate, stored) in candidates.iter_mut().zip(&stored) {
                if let Some(stored) = stored
                    && stored.lines == digest.lines()
                {
                    candidate.fits &= stored.digest == digest.digest();
                }
            }
        }
        for (candidate, stored) in candidates.iter_mut().zip(&stored) {
            if let Some(stored) = stored
                && ended
                && stored.lines > digest.lines()
            {
                candidate.shorter = true;
                candidate.fits &= has_common_mark(stored, &digest.cursor());
            }
        }
    }
    for candidate in &mut candidates {
        // A process that has no input now had some then: another set of files.
        let known = |letter: &String| {
            inputs
                .processes
                .keys()
                .any(|process| process.letter_text() == letter)
        };
        let stored = candidate.cursor.streams.iter();
        candidate.fits &= stored
            .filter(|(_, s)| s.lines > 0)
            .all(|(letter, _)| known(letter));
    }
    let best = candidates
        .into_iter()
        .filter(|candidate| candidate.fits && candidate.cursor.lines() > 0)
        .max_by_key(|candidate| (!candidate.shorter, candidate.cursor.lines()));
    Ok(best.map(|candidate| Earlier {
        session: candidate.session,
        cursor: candidate.cursor,
        nothing_new: candidate.shorter,
    }))
}

struct Candidate {
    session: i64,
    cursor: Cursor,
    fits: bool,
    /// The input ends before what is stored does.
    shorter: bool,
}

/// Whether the last mark of the shorter of two traces is one of both.
fn has_common_mark(stored: &StreamCursor, input: &StreamCursor) -> bool {
    match input.marks.last_key_value() {
        Some((lines, digest)) => stored.marks.get(lines) == Some(digest),
        None => false,
    }
}

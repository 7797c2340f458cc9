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
}

/// Finds the import that this input goes on from: the longest one whose stored
/// lines are the first lines of the input, or else one that begins with the
/// input, which is then a shorter copy of what is stored. The files of some
/// processes may be missing now, or may have been missing then.
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
                overlaps: false,
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
        let mut known_with_last = vec![false; stored.len()];
        let mut ended = false;
        while !ended && digest.lines() < most.unwrap_or(0) {
            match stream.advance()? {
                Loaded::End => ended = true,
                Loaded::LastWithoutEnd => {
                    // It may be cut off: unless it is known, it tells nothing.
                    ended = true;
                    let mut with_last = digest.clone();
                    with_last.add(stream.line());
                    for (known, stored) in known_with_last.iter_mut().zip(&stored) {
                        *known = stored.as_ref().is_some_and(|stored| {
                            stored.lines == with_last.lines() && stored.digest == with_last.digest()
                        });
                    }
                }
                Loaded::Line => {
                    digest.add(stream.line());
                    for (candidate, stored) in candidates.iter_mut().zip(&stored) {
                        if let Some(stored) = stored
                            && stored.lines == digest.lines()
                        {
                            candidate.fits &= stored.digest == digest.digest();
                        }
                    }
                }
            }
        }
        for ((candidate, stored), known) in candidates.iter_mut().zip(&stored).zip(known_with_last)
        {
            let Some(stored) = stored else { continue };
            candidate.overlaps |= stored.lines > 0;
            if ended && !known && stored.lines > digest.lines() {
                candidate.shorter = true;
                candidate.fits &= has_common_mark(stored, &digest.cursor());
            }
        }
    }
    let best = candidates
        .into_iter()
        .filter(|candidate| candidate.fits && candidate.overlaps)
        .max_by_key(|candidate| (!candidate.shorter, candidate.cursor.lines()));
    Ok(best.map(|candidate| Earlier {
        session: candidate.session,
        cursor: candidate.cursor,
    }))
}

struct Candidate {
    session: i64,
    cursor: Cursor,
    fits: bool,
    /// Some lines of the input are known to be stored.
    overlaps: bool,
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

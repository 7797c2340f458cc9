//! The pieces of a rotated trace in the order of time.
//!
//! Their numbers do not show it: after a restart of the daemon they begin at 0 again, and after
//! the greatest number, too.

use trace::{Line, Process, Timestamp};

use crate::line_fact::{Form, LineFact, RotationStamp, form_of};
use crate::piece::Piece;
use crate::progress::Progress;
use crate::stream::{Loaded, Stream};

/// Lines that are looked at for a time. A daemon writes one in two.
const LINES_MAX: usize = 10_000;

/// Sorts pieces that are in the order of their numbers by time. A piece without a time stays
/// behind the one before it.
pub(crate) fn sort_by_time(pieces: &mut Vec<Piece>) {
    if pieces.len() < 2 {
        return;
    }
    let mut newest = Timestamp::from_nanoseconds(0);
    let mut timed: Vec<(Option<Timestamp>, Piece)> = Vec::new();
    for piece in pieces.drain(..) {
        newest = first_time(&piece).or(newest);
        timed.push((newest, piece));
    }
    timed.sort_by_key(|(time, _)| *time);
    pieces.extend(timed.into_iter().map(|(_, piece)| piece));
}

/// The first time in a piece; of lines of rotation only if there is no other. None if it cannot
/// be read, too: the import will say so.
pub(crate) fn first_time(piece: &Piece) -> Option<Timestamp> {
    let unused = Progress::default().bytes_counter();
    let mut stream = Stream::new(Process::Main, vec![piece.clone()], unused);
    let mut of_rotation = None;
    for _ in 0..LINES_MAX {
        if matches!(stream.advance(), Ok(Loaded::End) | Err(_)) {
            break;
        }
        let line = stream.line();
        let form = match line {
            Line::Bytes(bytes) => form_of(bytes),
            Line::TooLong => None,
        };
        let fact = LineFact::of(line, form.unwrap_or(Form::TraceLines));
        if fact.time.is_some() {
            return fact.time;
        }
        if let Some(RotationStamp::Start(time) | RotationStamp::End(time)) = fact.rotation {
            of_rotation = of_rotation.or(Some(time));
        }
    }
    of_rotation
}

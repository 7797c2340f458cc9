//! Whether the pieces of a rotated trace follow each other without a gap.

use store::ingest::Gap;
use trace::Timestamp;
use trace::entry::Entry;

use crate::stream::{Place, Stream};

/// The longest time between the end of a piece and the start of its successor, in nanoseconds. A
/// daemon writes both at once; the pieces of a busy one take longer than this.
const ROTATION_NANOSECONDS_MAX: i64 = 1_000_000_000;

/// Whether what starts at a time may follow what ended at another without a gap.
pub(crate) fn follows_in_time(ended: Timestamp, started: Timestamp) -> bool {
    let between = started.nanoseconds() - ended.nanoseconds();
    (0..=ROTATION_NANOSECONDS_MAX).contains(&between)
}

/// Follows the pieces of one process, which come in the order of time.
///
/// A piece that was closed by rotation ends with `rotated_log_end`, its
/// successor starts with `rotated_log_start` at the same time. Numbers begin at 0 again
/// after a restart of the daemon and after the greatest; upwards they have no
/// holes. What does not fit is a gap of unknown size.
#[derive(Debug, Default)]
pub(crate) struct Rotation {
    piece: usize,
    number: Option<u32>,
    /// The time in the `rotated_log_end` that the last piece ended with.
    ended: Option<Timestamp>,
}

impl Rotation {
    /// Takes the next entry and returns a gap before it.
    pub(crate) fn note(
        &mut self,
        stream: &Stream,
        entry: &Entry<'_>,
        position: u64,
    ) -> Option<Gap> {
        let place = stream.place()?;
        let until_time = match entry {
            Entry::RotatedStart(time) => Some(*time),
            _ => None,
        };
        let gap = self.gap_before(&place, entry).map(|reason| Gap {
            process: stream.process,
            after_entry: position.saturating_sub(1),
            missing: None,
            reason,
            from_time: self
                .ended
                .filter(|ended| until_time.is_some_and(|until| *ended <= until)),
            until_time: until_time.filter(|until| self.ended.is_some_and(|ended| ended <= *until)),
        });
        self.enter(&place);
        self.ended = match entry {
            Entry::RotatedEnd(time) => Some(*time),
            _ => None,
        };
        gap
    }

    /// Passes over an entry that is stored already.
    pub(crate) fn pass_over(&mut self, stream: &Stream) {
        if let Some(place) = stream.place() {
            self.enter(&place);
        }
        self.ended = match stream.line() {
            trace::Line::Bytes(bytes) if bytes.starts_with(b"{\"rotated_log_end\"") => {
                match trace::entry::parse(bytes) {
                    Ok(Entry::RotatedEnd(time)) => Some(time),
                    _ => None,
                }
            }
            _ => None,
        };
    }

    fn enter(&mut self, place: &Place<'_>) {
        self.piece = place.piece_index;
        self.number = place.rotation;
    }

    fn gap_before(&self, place: &Place<'_>, entry: &Entry<'_>) -> Option<String> {
        if place.piece_index == self.piece {
            return None;
        }
        if let (Some(before), Some(number)) = (self.number, place.rotation)
            && number > before + 1
        {
            return Some(format!(
                "piece {} of the rotated trace is missing",
                before + 1
            ));
        }
        let fits = match (self.ended, entry) {
            (Some(ended), Entry::RotatedStart(started)) => follows_in_time(ended, *started),
            (None, Entry::RotatedStart(_)) | (Some(_), _) => false,
            (None, _) => true,
        };
        (!fits).then(|| format!("{} does not follow the piece before it", place.piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(piece_index: usize, rotation: Option<u32>) -> Place<'static> {
        Place {
            piece: "t.jsonl",
            line_number: 1,
            piece_index,
            rotation,
        }
    }

    fn check(rotation: &Rotation, place: &Place<'_>, line: &str, expected: Option<&str>) {
        let entry = trace::entry::parse(line.as_bytes()).expect("an entry");
        assert_eq!(
            rotation.gap_before(place, &entry).as_deref(),
            expected,
            "{line}"
        );
    }

    #[test]
    fn tells_pieces_that_do_not_follow_each_other() {
        let ended = Rotation {
            piece: 0,
            number: Some(3),
            ended: Timestamp::from_seconds_text("5.5").ok(),
        };
        let next = place(1, Some(4));
        let unfit = Some("t.jsonl does not follow the piece before it");
        check(&ended, &next, "{\"rotated_log_start\":5.5}", None);
        check(&ended, &next, "{\"rotated_log_start\":5.25}", unfit);
        check(&ended, &next, "[\"a\",6.5]", unfit);
        check(&ended, &place(0, Some(3)), "[\"a\",6.5]", None);
        let missing = Some("piece 4 of the rotated trace is missing");
        check(
            &ended,
            &place(1, Some(5)),
            "{\"rotated_log_start\":5.5}",
            missing,
        );
        // After a restart, and after the greatest number, they begin at 0 again.
        check(
            &ended,
            &place(1, Some(0)),
            "{\"rotated_log_start\":5.5}",
            None,
        );
        check(
            &ended,
            &place(1, Some(0)),
            "{\"rotated_log_start\":65.5}",
            unfit,
        );
        let open = Rotation::default();
        check(&open, &place(1, None), "[\"a\",6.5]", None);
        check(&open, &place(1, None), "{\"rotated_log_start\":5.5}", unfit);
    }
}

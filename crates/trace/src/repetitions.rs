//! From the lines of one file to entries: repetitions and bad lines counted.

use crate::entry::{self, Entry, EntryError};
use crate::line_splitter::Line;

/// Takes the lines of one stream in order, drops immediate repetitions, and
/// counts what it dropped.
///
/// A reader that asks a node again for the last entry it already has writes
/// that entry twice; published traces have this scar, so a well-formed line
/// equal to the line before it is no event of its own.
#[derive(Debug, Default)]
pub struct RepetitionFilter {
    previous: Vec<u8>,
    previous_kind: Previous,
    counts: LineCounts,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Previous {
    #[default]
    None,
    Entry,
    Malformed,
}

/// What a [`RepetitionFilter`] has seen so far, in lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// All lines.
    pub lines: u64,
    /// Well-formed lines equal to the line before.
    pub repeated: u64,
    /// Lines that are no entry.
    pub malformed: u64,
    /// Controls of an unknown kind: kept, but without a meaning.
    pub unknown_controls: u64,
}

/// What became of a line.
#[derive(Debug)]
pub enum Taken<'a> {
    /// An entry, to be traced.
    Entry(Entry<'a>),
    /// A repetition of the line before.
    Repeated,
    /// No entry, for this reason.
    Malformed(EntryError),
}

impl RepetitionFilter {
    /// Takes the next line.
    pub fn take<'a>(&mut self, line: Line<'a>) -> Taken<'a> {
        self.counts.lines += 1;
        let Line::Bytes(bytes) = line else {
            self.previous.clear();
            return self.malformed(EntryError::TooLong);
        };
        let repeated = self.previous_kind == Previous::Entry && bytes == self.previous;
        if repeated {
            self.counts.repeated += 1;
            return Taken::Repeated;
        }
        self.previous.clear();
        self.previous.extend_from_slice(bytes);
        match entry::parse(bytes) {
            Ok(entry) => {
                self.previous_kind = Previous::Entry;
                self.counts.unknown_controls += u64::from(matches!(entry, Entry::Unknown(_)));
                Taken::Entry(entry)
            }
            Err(error) => self.malformed(error),
        }
    }

    fn malformed(&mut self, error: EntryError) -> Taken<'static> {
        self.previous_kind = Previous::Malformed;
        self.counts.malformed += 1;
        Taken::Malformed(error)
    }

    /// Passes over a line that was traced in an earlier run, so that a
    /// repetition of it right after is still seen as one. Nothing is counted.
    pub fn pass_over(&mut self, line: Line<'_>) {
        self.previous.clear();
        if let Line::Bytes(bytes) = line {
            self.previous.extend_from_slice(bytes);
        }
        self.previous_kind = match line {
            Line::Bytes(bytes) if entry::parse(bytes).is_ok() => Previous::Entry,
            _ => Previous::Malformed,
        };
    }

    /// The counts so far.
    #[must_use]
    pub fn counts(&self) -> LineCounts {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lines: &[&[u8]]) -> LineCounts {
        let mut intake = RepetitionFilter::default();
        for line in lines {
            intake.take(Line::Bytes(line));
        }
        intake.counts()
    }

    #[test]
    fn drops_runs_of_the_same_line() {
        let line: &[u8] = b"[\"X\",1.5]";
        let seen = counts(&[line, line, line, b"[\"Y\",1.5]", line]);
        assert_eq!((seen.lines, seen.repeated, seen.malformed), (5, 2, 0));
    }

    #[test]
    fn counts_each_malformed_line_even_when_they_are_equal() {
        let seen = counts(&[b"x", b"x", b"", b"", b"[\"X\",1.5]"]);
        assert_eq!((seen.lines, seen.repeated, seen.malformed), (5, 0, 4));
    }

    #[test]
    fn keeps_and_counts_unknown_controls() {
        let seen = counts(&[b"{\"news\":1}", b"{\"current_block\":\"0\"}"]);
        assert_eq!((seen.malformed, seen.unknown_controls), (0, 1));
    }

    #[test]
    fn a_too_long_line_is_malformed_and_no_repetition_of_anything() {
        let mut intake = RepetitionFilter::default();
        assert!(matches!(
            intake.take(Line::TooLong),
            Taken::Malformed(EntryError::TooLong)
        ));
        assert!(matches!(
            intake.take(Line::TooLong),
            Taken::Malformed(EntryError::TooLong)
        ));
        assert_eq!(intake.counts().malformed, 2);
    }

    #[test]
    fn a_line_passed_over_can_be_repeated() {
        let mut intake = RepetitionFilter::default();
        intake.pass_over(Line::Bytes(b"[\"X\",1.5]"));
        assert!(matches!(
            intake.take(Line::Bytes(b"[\"X\",1.5]")),
            Taken::Repeated
        ));
    }
}

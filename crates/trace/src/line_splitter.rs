//! Lines out of bytes that come in pieces of any size.

use crate::entry::LINE_BYTES_MAX;

/// Cuts a stream of bytes into lines, in memory bounded by the longest line.
///
/// The caller fills [`LineSplitter::space`], says how much with
/// [`LineSplitter::filled`], and takes lines until there are none.
#[derive(Debug, Default)]
pub struct LineSplitter {
    buffer: Vec<u8>,
    /// Where the bytes not yet given out start and end.
    start: usize,
    end: usize,
    /// Up to where there is certainly no line end.
    searched: usize,
    /// Within a line that is too long: everything up to its end is dropped.
    dropping: bool,
}

/// A line without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The bytes of the line.
    Bytes(&'a [u8]),
    /// A line longer than [`LINE_BYTES_MAX`], which was dropped.
    TooLong,
}

impl LineSplitter {
    /// Room for at least `wanted` bytes.
    pub fn space(&mut self, wanted: usize) -> &mut [u8] {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.searched -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < self.end + wanted {
            self.buffer.resize(self.end + wanted, 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Says how many bytes of the space were filled.
    pub fn filled(&mut self, bytes: usize) {
        self.end = (self.end + bytes).min(self.buffer.len());
    }

    /// The next complete line, none if more bytes are needed.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let found = memchr::memchr(b'\n', &self.buffer[self.searched..self.end]);
        let Some(offset) = found else {
            self.searched = self.end;
            if self.dropping || self.end - self.start > LINE_BYTES_MAX {
                self.dropping = true;
                self.start = self.end;
            }
            return None;
        };
        let line = self.start..self.searched + offset;
        self.start = line.end + 1;
        self.searched = self.start;
        if std::mem::take(&mut self.dropping) || line.len() > LINE_BYTES_MAX {
            return Some(Line::TooLong);
        }
        Some(Line::Bytes(&self.buffer[line]))
    }

    /// At the end of the input: what stands after the last line end.
    #[must_use]
    pub fn rest(&self) -> Option<Line<'_>> {
        if self.dropping {
            return Some(Line::TooLong);
        }
        let rest = &self.buffer[self.start..self.end];
        (!rest.is_empty()).then_some(Line::Bytes(rest))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]]) -> (Vec<Option<Vec<u8>>>, Option<Vec<u8>>) {
        let mut splitter = LineSplitter::default();
        let mut lines = Vec::new();
        let owned = |line: Line<'_>| match line {
            Line::Bytes(bytes) => Some(bytes.to_vec()),
            Line::TooLong => None,
        };
        for piece in pieces {
            splitter.space(piece.len())[..piece.len()].copy_from_slice(piece);
            splitter.filled(piece.len());
            while let Some(line) = splitter.next_line() {
                lines.push(owned(line));
            }
        }
        (lines, splitter.rest().and_then(owned))
    }

    #[test]
    fn drops_lines_that_are_too_long_in_bounded_memory() {
        let mut splitter = LineSplitter::default();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..20 {
            splitter.space(piece.len())[..piece.len()].copy_from_slice(&piece);
            splitter.filled(piece.len());
            assert_eq!(splitter.next_line(), None);
        }
        assert!(splitter.buffer.len() < 8 << 20);
        assert_eq!(splitter.rest(), Some(Line::TooLong));
        splitter.space(6)[..6].copy_from_slice(b"y\nnext");
        splitter.filled(6);
        assert_eq!(splitter.next_line(), Some(Line::TooLong));
        assert_eq!(splitter.next_line(), None);
        assert_eq!(splitter.rest(), Some(Line::Bytes(b"next")));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_lines(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200),
            cuts in proptest::collection::vec(0_usize..200, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(split(&pieces), split(&[&text]));
        }
    }
}

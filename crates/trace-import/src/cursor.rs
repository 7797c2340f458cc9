//! How far an input has been read, and how to know it again.

use std::collections::BTreeMap;

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use serde::{Deserialize, Serialize};
use trace::{Line, Process};

/// A mark is kept after each of the first lines, then this often per doubling.
const MARKS_PER_DOUBLING: u64 = 8;

/// The position of an import: everything before it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// By the letter of the process.
    #[serde(default)]
    pub(crate) streams: BTreeMap<String, StreamCursor>,
}

/// The position in the trace of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamCursor {
    /// Lines that are stored.
    pub(crate) lines: u64,
    /// Digest of these lines, so that other files are not taken for this one.
    pub(crate) digest: String,
    /// Digests of the first 1, 2, 3, …, 16, 18, 20, …, 32, 36, 40, … lines, by
    /// which a shorter copy of the same file is known.
    #[serde(default)]
    pub(crate) marks: BTreeMap<u64, String>,
}

impl Cursor {
    /// The position in the trace of a process.
    pub(crate) fn stream(&self, process: Process) -> Option<&StreamCursor> {
        self.streams.get(process.letter_text())
    }

    /// Lines of all processes that are stored.
    pub(crate) fn lines(&self) -> u64 {
        self.streams.values().map(|stream| stream.lines).sum()
    }
}

/// Whether a mark is kept after so many lines.
fn is_marked(lines: u64) -> bool {
    let doublings = (lines / MARKS_PER_DOUBLING).checked_ilog2().unwrap_or(0);
    lines.trailing_zeros() >= doublings
}

/// The running digest of the lines of one process.
#[derive(Debug, Clone, Default)]
pub(crate) struct LineDigest {
    hasher: Blake2b<U32>,
    lines: u64,
    marks: BTreeMap<u64, String>,
}

impl LineDigest {
    pub(crate) fn add(&mut self, line: Line<'_>) {
        match line {
            Line::Bytes(bytes) => self.hasher.update(bytes),
            // The content of a line that is too long was not kept.
            Line::TooLong => self.hasher.update(b"\0too long"),
        }
        self.hasher.update(b"\n");
        self.lines += 1;
        if is_marked(self.lines) {
            self.marks.insert(self.lines, self.digest());
        }
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    pub(crate) fn digest(&self) -> String {
        bs58::encode(self.hasher.clone().finalize()).into_string()
    }

    pub(crate) fn cursor(&self) -> StreamCursor {
        StreamCursor {
            lines: self.lines,
            digest: self.digest(),
            marks: self.marks.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lie_closer_together_than_an_eighth_of_the_lines() {
        let marks: Vec<u64> = (1..=64).filter(|&lines| is_marked(lines)).collect();
        let expected = (1..=16)
            .chain((18..=32).step_by(2))
            .chain((36..=64).step_by(4));
        assert_eq!(marks, expected.collect::<Vec<u64>>());
        assert_eq!((1..=1 << 20).filter(|&lines| is_marked(lines)).count(), 144);
    }

    #[test]
    fn lines_cannot_be_shifted_into_each_other() {
        let digest = |lines: &[&[u8]]| {
            let mut digest = LineDigest::default();
            for line in lines {
                digest.add(Line::Bytes(line));
            }
            digest.digest()
        };
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}

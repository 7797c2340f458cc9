//! How far an input has been read, and how to know it again.

use std::collections::BTreeMap;

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use serde::{Deserialize, Serialize};
use trace::{Line, Process};

/// The first number of lines after which a mark is kept; then at each doubling.
const FIRST_MARK: u64 = 16;

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
    /// Digests of the first 16, 32, 64, … lines, by which a shorter copy of the
    /// same file is known.
    #[serde(default)]
    pub(crate) marks: BTreeMap<u64, String>,
}

impl Cursor {
    /// The position in the trace of a process.
    pub(crate) fn stream(&self, process: Process) -> Option<&StreamCursor> {
        self.streams.get(process.letter_text())
    }

    /// Lines of all processes.
    pub(crate) fn lines(&self) -> u64 {
        self.streams.values().map(|stream| stream.lines).sum()
    }
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
        if self.lines >= FIRST_MARK && self.lines.is_power_of_two() {
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

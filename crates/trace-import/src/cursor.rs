//! What an import has stored: how many lines, and which of them follow each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trace::{Process, Timestamp};

use crate::line_fact::{LineFact, RotationStamp};

/// The position of an import: everything that it speaks of is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// By the letter of the process.
    #[serde(default)]
    pub(crate) streams: BTreeMap<String, StreamCursor>,
}

/// What is stored of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamCursor {
    /// Lines that are stored.
    pub(crate) lines: u64,
    /// Lines that follow each other, in the order in which they were stored.
    #[serde(default)]
    pub(crate) segments: Vec<Segment>,
}

/// Lines that follow each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    /// The place of the first among all stored lines of the process, from 0.
    pub(crate) first: u64,
    /// How many.
    pub(crate) lines: u64,
    /// The time in the `rotated_log_start` that it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<Timestamp>,
    /// The time in the `rotated_log_end` that it ends with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<Timestamp>,
}

impl Cursor {
    /// What is stored of a process.
    pub(crate) fn stream(&self, process: Process) -> Option<&StreamCursor> {
        self.streams.get(process.letter_text())
    }
}

impl StreamCursor {
    /// The number of the newest segment.
    pub(crate) fn newest(&self) -> Option<usize> {
        self.segments.len().checked_sub(1)
    }

    /// Begins a segment behind everything.
    pub(crate) fn begin_segment(&mut self) {
        self.segments.push(Segment {
            first: self.lines,
            ..Segment::default()
        });
    }

    /// Takes a line that is stored, into the newest segment.
    pub(crate) fn add(&mut self, fact: &LineFact) {
        if self.segments.is_empty() {
            self.begin_segment();
        }
        self.lines += 1;
        let Some(segment) = self.segments.last_mut() else {
            return;
        };
        match fact.rotation {
            Some(RotationStamp::Start(time)) if segment.lines == 0 => segment.started = Some(time),
            _ => {}
        }
        segment.ended = match fact.rotation {
            Some(RotationStamp::End(time)) => Some(time),
            _ => None,
        };
        segment.lines += 1;
    }
}

//! From the lines of a file of log entries to entries with their ids followed.

use crate::block::Process;
use crate::entry::{Entry, EntryError};
use crate::line_splitter::Line;
use crate::log_entry;
use crate::log_ids::{LogIdSeen, LogIds};
use crate::repetitions::LineCounts;

/// Takes log entries, one JSON object a line, in the order of a node's queue.
#[derive(Debug, Default)]
pub struct LogIntake {
    ids: LogIds,
    counts: LineCounts,
}

/// What became of a line.
#[derive(Debug)]
pub enum LogTaken<'a> {
    /// An entry, to be traced.
    Entry {
        /// The process that wrote it.
        process: Process,
        /// What it says.
        entry: Entry<'a>,
        /// Its id.
        id: u64,
        /// Whether it follows the one before it.
        seen: LogIdSeen,
    },
    /// The entry before it once more.
    Repeated,
    /// No entry, for this reason.
    Malformed(EntryError),
}

impl LogIntake {
    /// Continues after lines that were counted before the form of the file was
    /// known.
    #[must_use]
    pub fn after(counts: LineCounts) -> Self {
        Self {
            counts,
            ..Self::default()
        }
    }

    /// Takes the next line.
    pub fn take<'a>(&mut self, line: Line<'a>) -> LogTaken<'a> {
        self.counts.lines += 1;
        let parsed = match line {
            Line::Bytes(bytes) => log_entry::parse(bytes),
            Line::TooLong => Err(EntryError::TooLong),
        };
        let entry = match parsed {
            Ok(entry) => entry,
            Err(error) => {
                self.counts.malformed += 1;
                return LogTaken::Malformed(error);
            }
        };
        let seen = self.ids.see(entry.id);
        if seen == LogIdSeen::Repeated {
            self.counts.repeated += 1;
            return LogTaken::Repeated;
        }
        self.counts.unknown_controls += u64::from(matches!(entry.entry, Entry::Unknown(_)));
        LogTaken::Entry {
            process: entry.process,
            entry: entry.entry,
            id: entry.id,
            seen,
        }
    }

    /// Passes over a line that was traced in an earlier run. Nothing is counted.
    pub fn pass_over(&mut self, line: Line<'_>) {
        if let Line::Bytes(bytes) = line
            && let Ok(entry) = log_entry::parse(bytes)
        {
            self.ids.see(entry.id);
        }
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

    fn line(id: u64) -> String {
        format!(r#"{{"id":{id},"timestamp":"2025-05-07 14:30:22Z","message":"X","metadata":[]}}"#)
    }

    #[test]
    fn follows_ids_also_over_lines_passed_over() {
        let mut intake = LogIntake::default();
        intake.pass_over(Line::Bytes(line(7).as_bytes()));
        assert!(matches!(
            intake.take(Line::Bytes(line(7).as_bytes())),
            LogTaken::Repeated
        ));
        let gap = line(10);
        let LogTaken::Entry { seen, id, .. } = intake.take(Line::Bytes(gap.as_bytes())) else {
            panic!("no entry");
        };
        assert_eq!((id, seen), (10, LogIdSeen::AfterGap { missing: 2 }));
        assert!(matches!(intake.take(Line::TooLong), LogTaken::Malformed(_)));
        let counts = intake.counts();
        assert_eq!((counts.lines, counts.repeated, counts.malformed), (3, 1, 1));
    }
}

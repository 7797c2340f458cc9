//! The queue of a node whose entries are made as things happen.

use std::collections::VecDeque;

use trace::Process;

use super::counts::LogCounts;
use super::record::{LogContent, LogRecord};
use crate::load;

/// A first-in-first-out queue that drops its oldest entries.
#[derive(Debug)]
pub(crate) struct StoredLog {
    capacity: usize,
    entries: VecDeque<LogRecord>,
    counts: LogCounts,
}

impl StoredLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: VecDeque::new(),
            counts: LogCounts::default(),
        }
    }

    pub(crate) fn push(&mut self, content: LogContent) {
        self.counts.generated += 1;
        let record = LogRecord::new(self.counts.generated, content);
        self.entries.push_back(record);
        while self.entries.len() > self.capacity {
            self.entries.pop_front();
            self.counts.dropped += 1;
        }
    }

    pub(crate) fn entries_from(&self, start_id: u64) -> Vec<LogRecord> {
        let first = self.entries.partition_point(|entry| entry.id() < start_id);
        self.entries.range(first..).cloned().collect()
    }

    pub(crate) fn flush(&mut self, end_id: u64) -> u64 {
        let count = self.entries.partition_point(|entry| entry.id() <= end_id);
        self.entries.drain(..count);
        self.counts.flushed += count as u64;
        count as u64
    }

    pub(crate) fn burst(&mut self, entries: u64, unix_micros: i64) {
        for index in 0..entries {
            self.push(LogContent::Load {
                unix_micros,
                process: Process::Main,
                body: load::burst_entry(index),
            });
        }
    }

    pub(crate) fn counts(&self) -> LogCounts {
        LogCounts {
            queued: self.entries.len() as u64,
            ..self.counts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::LogBody;

    fn content() -> LogContent {
        LogContent::Load {
            unix_micros: 0,
            process: Process::Main,
            body: LogBody::Checkpoint("Prediff".into()),
        }
    }

    fn log(capacity: usize, entries: u64) -> StoredLog {
        let mut log = StoredLog::new(capacity);
        for _ in 0..entries {
            log.push(content());
        }
        log
    }

    fn ids(records: &[LogRecord]) -> Vec<u64> {
        records.iter().map(LogRecord::id).collect()
    }

    #[test]
    fn ids_count_from_one_and_the_oldest_are_dropped() {
        let log = log(3, 5);
        assert_eq!(ids(&log.entries_from(0)), [3, 4, 5]);
        assert_eq!(
            log.counts(),
            LogCounts {
                generated: 5,
                dropped: 2,
                flushed: 0,
                queued: 3
            }
        );
    }

    #[test]
    fn reading_includes_the_start_and_removes_nothing() {
        let log = log(10, 5);
        assert_eq!(ids(&log.entries_from(4)), [4, 5]);
        assert_eq!(ids(&log.entries_from(4)), [4, 5]);
        assert_eq!(ids(&log.entries_from(6)), [] as [u64; 0]);
    }

    #[test]
    fn flushing_includes_the_end_and_says_how_many() {
        let mut log = log(10, 5);
        assert_eq!(log.flush(3), 3);
        assert_eq!(log.flush(3), 0);
        assert_eq!(ids(&log.entries_from(0)), [4, 5]);
        assert_eq!(log.flush(u64::MAX), 2);
        log.push(content());
        assert_eq!(ids(&log.entries_from(0)), [6]);
    }

    #[test]
    fn a_queue_without_room_keeps_nothing() {
        let log = log(0, 2);
        assert_eq!(ids(&log.entries_from(0)), [] as [u64; 0]);
        assert_eq!(log.counts().dropped, 2);
    }
}

//! From the answers of a node to what is to be stored: entries traced, gaps
//! found, everything counted. Does no input or output.

use std::collections::BTreeMap;

use itn::InternalLog;
use store::fetch::NodeCursor;
use store::ingest::{EndReason, Gap, LeftRun, Reading, ReadingCounts};
use trace::batch::Batch;
use trace::entry::Entry;
use trace::{Process, Timestamp, Tracer};

use crate::archive::ArchivedLines;

/// Greater ids are no ids: a daemon counts from 1, and GraphQL's `Int` has 32
/// bits.
const LOG_ID_MAX: u64 = 1 << 53;
/// Minutes that one delivery may count entries for. A node says itself when
/// its entries were written; what is beyond is added to the last one.
const MINUTES_MAX: usize = 240;

/// Why an answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotALog {
    #[error("its log has an entry with an impossible id")]
    Id,
}

/// What was read of a node and is not yet handed over to be stored.
#[derive(Debug)]
pub(crate) struct Intake {
    tracer: Tracer,
    cursor: NodeCursor,
    counts: ReadingCounts,
    gaps: Vec<Gap>,
    left_runs: Vec<LeftRun>,
    minutes: BTreeMap<i64, u64>,
    /// Nothing of the run was taken yet in this session.
    is_first: bool,
    oldest: Option<Timestamp>,
    changed: bool,
    /// Of the entries since the last part, as JSON.
    entry_bytes: usize,
    /// For the archive, if there is one.
    lines: Option<ArchivedLines>,
}

/// A part to be stored in one transaction.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) batch: Batch,
    pub(crate) cursor: NodeCursor,
    pub(crate) counts: ReadingCounts,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) reading: Reading,
    /// The time of its oldest entry.
    pub(crate) oldest: Option<Timestamp>,
    /// For the archive.
    pub(crate) lines: ArchivedLines,
    /// Its size in memory, roughly.
    pub(crate) bytes: usize,
}

impl Part {
    /// The runs that it is about.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &String> {
        runs(&self.cursor, &self.reading.left_runs)
    }

    /// Gaps of a size that nobody can know.
    pub(crate) fn unknown_gaps(&self) -> u64 {
        let unknown = self.gaps.iter().filter(|gap| gap.missing.is_none());
        unknown.count() as u64
    }
}

impl Intake {
    pub(crate) fn new(tracer: Tracer, cursor: NodeCursor, keeps_lines: bool) -> Self {
        Self {
            tracer,
            cursor,
            counts: ReadingCounts::default(),
            gaps: Vec::new(),
            left_runs: Vec::new(),
            minutes: BTreeMap::new(),
            is_first: true,
            oldest: None,
            changed: false,
            entry_bytes: 0,
            lines: keeps_lines.then(ArchivedLines::default),
        }
    }

    /// The runs of the entries that are not handed over yet.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &String> {
        runs(&self.cursor, &self.left_runs)
    }

    /// How far the node was read, stored or not.
    pub(crate) fn cursor(&self) -> &NodeCursor {
        &self.cursor
    }

    /// Whether there is something to hand over.
    pub(crate) fn is_pending(&self) -> bool {
        self.changed
    }

    /// Bytes that wait to be handed over, roughly: what becomes of entries takes
    /// about twice as much as they did.
    pub(crate) fn pending_bytes(&self) -> usize {
        let rows = self.tracer.pending_bytes().max(2 * self.entry_bytes);
        rows + self.lines.as_ref().map_or(0, ArchivedLines::bytes)
    }

    /// The daemon has restarted, or another one answers. What the former run
    /// had not given out is lost, and nobody can know how much that is.
    pub(crate) fn leave_run(&mut self) {
        let Some(run) = self.cursor.run.take() else {
            return;
        };
        self.gaps.push(Gap {
            process: Process::Main,
            after_entry: self.cursor.last_log_id,
            missing: None,
            reason: "the run of the node ended".to_owned(),
            from_time: self.cursor.last_time(),
            until_time: None,
        });
        self.left_runs.push(LeftRun {
            run,
            last_log_id: self.cursor.last_log_id,
            last_time: self.cursor.last_time(),
        });
        self.cursor = NodeCursor::default();
        self.tracer.node_restarted();
        self.changed = true;
    }

    /// Continues a run of which entries up to `last_log_id` are stored, 0
    /// for a run that is new.
    pub(crate) fn enter_run(&mut self, run: &str, last_log_id: u64, last_time_us: Option<i64>) {
        self.leave_run();
        self.cursor = NodeCursor {
            run: Some(run.to_owned()),
            last_log_id,
            last_time_us,
        };
        self.is_first = true;
        self.changed = true;
    }

    /// Takes an entry of an answer whose ids ascend and that [`check_ids`] has
    /// approved of. Returns whether it is new; one that was taken before is
    /// passed over.
    pub(crate) fn take(&mut self, log: &InternalLog<'_>) -> bool {
        let is_new = log.id() > self.cursor.last_log_id;
        if is_new {
            self.take_one(log);
        }
        is_new
    }

    fn take_one(&mut self, log: &InternalLog<'_>) {
        let parsed = log.entry();
        let time = parsed.as_ref().ok().map(|entry| entry.time);
        let missing = log.id() - self.cursor.last_log_id - 1;
        if missing > 0 {
            self.note_gap(missing, time);
        }
        self.counts.lines += 1;
        match parsed {
            Ok(read) => {
                if matches!(read.entry, Entry::Unknown(_)) {
                    self.counts.unknown_controls += 1;
                }
                self.count_minute(read.time);
                self.oldest.get_or_insert(read.time);
                self.tracer.push(read.process, &read.entry, log.id());
            }
            Err(error) => {
                tracing::debug!(%error, "a malformed log entry is left out");
                self.counts.malformed += 1;
            }
        }
        if let Some(lines) = &mut self.lines {
            lines.add(log);
        }
        self.entry_bytes += log.json().len();
        self.cursor.last_log_id = log.id();
        if let Some(time) = time {
            self.cursor.last_time_us = Some(time.microseconds());
        }
        self.is_first = false;
        self.changed = true;
    }

    fn note_gap(&mut self, missing: u64, until_time: Option<Timestamp>) {
        let reason = match (self.cursor.last_log_id, self.is_first) {
            (0, _) => "dropped before the node was first fetched",
            (_, true) => "dropped while the node was not fetched",
            (_, false) => "dropped between two polls",
        };
        self.counts.lost = self.counts.lost.saturating_add(missing);
        self.gaps.push(Gap {
            process: Process::Main,
            after_entry: self.cursor.last_log_id,
            missing: Some(missing),
            reason: reason.to_owned(),
            from_time: self.cursor.last_time(),
            until_time,
        });
    }

    fn count_minute(&mut self, time: Timestamp) {
        let minute = time.nanoseconds().div_euclid(60_000_000_000);
        let minute = match self.minutes.last_key_value() {
            Some((&last, _)) if self.minutes.len() >= MINUTES_MAX => last,
            _ => minute,
        };
        *self.minutes.entry(minute).or_default() += 1;
    }

    /// Everything since the last part.
    pub(crate) fn take_part(&mut self, end: Option<EndReason>) -> Part {
        self.changed = false;
        let bytes = self.pending_bytes();
        self.entry_bytes = 0;
        Part {
            batch: self.tracer.take_batch(),
            cursor: self.cursor.clone(),
            counts: std::mem::take(&mut self.counts),
            gaps: std::mem::take(&mut self.gaps),
            reading: Reading {
                minutes: std::mem::take(&mut self.minutes).into_iter().collect(),
                left_runs: std::mem::take(&mut self.left_runs),
                end,
            },
            oldest: self.oldest.take(),
            lines: self.lines.as_mut().map(std::mem::take).unwrap_or_default(),
            bytes,
        }
    }
}

fn runs<'a>(cursor: &'a NodeCursor, left: &'a [LeftRun]) -> impl Iterator<Item = &'a String> {
    let left = left.iter().map(|left| &left.run);
    cursor.run.iter().chain(left)
}

/// The ids of an answer are possible, or nothing of it can be trusted.
pub(crate) fn check_ids(first: Option<u64>, last: Option<u64>) -> Result<(), NotALog> {
    if first == Some(0) || last.is_some_and(|last| last > LOG_ID_MAX) {
        return Err(NotALog::Id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use trace::TracerOptions;

    use super::*;

    fn take(intake: &mut Intake, ids: &[u64]) -> u64 {
        let mut new = 0;
        for id in ids {
            let json = format!(
                r#"{{"id":{id},"timestamp":"2025-05-07 14:30:{:02}Z","message":"X","metadata":[],"process":null}}"#,
                id % 60
            );
            new += u64::from(intake.take(&InternalLog::from_json(&json).unwrap()));
        }
        new
    }

    fn intake() -> Intake {
        let tracer = Tracer::new(TracerOptions::default());
        let mut intake = Intake::new(tracer, NodeCursor::default(), false);
        intake.enter_run("run", 0, None);
        intake
    }

    #[test]
    fn gaps_are_counted_with_their_time_and_reason() {
        let mut intake = intake();
        assert_eq!(take(&mut intake, &[3, 4, 8]), 3);
        let part = intake.take_part(None);
        assert_eq!((part.counts.lines, part.counts.lost), (3, 5));
        let told: Vec<_> = part
            .gaps
            .iter()
            .map(|gap| (gap.after_entry, gap.missing, gap.reason.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (0, Some(2), "dropped before the node was first fetched"),
                (4, Some(3), "dropped between two polls")
            ]
        );
        assert!(part.gaps[1].from_time < part.gaps[1].until_time);
        assert_eq!(part.reading.minutes, [(29_110_470, 3)]);
        assert_eq!(part.cursor.last_log_id, 8);
        assert!(!intake.is_pending());
    }

    #[test]
    fn entries_that_were_taken_are_passed_over() {
        let mut intake = intake();
        assert_eq!(take(&mut intake, &[1, 2]), 2);
        assert_eq!(take(&mut intake, &[1, 2, 3]), 1);
        assert_eq!(intake.take_part(None).counts.lines, 3);
    }

    #[test]
    fn a_restart_is_a_gap_of_unknown_size_and_ids_begin_again() {
        let mut intake = intake();
        take(&mut intake, &[1, 2]);
        intake.enter_run("next", 0, None);
        take(&mut intake, &[1]);
        let part = intake.take_part(None);
        assert_eq!((part.counts.lines, part.counts.lost), (3, 0));
        assert_eq!(part.gaps.len(), 1);
        assert_eq!(part.gaps[0].missing, None);
        assert_eq!(part.reading.left_runs[0].run, "run");
        assert_eq!(part.reading.left_runs[0].last_log_id, 2);
        assert_eq!(part.cursor.run.as_deref(), Some("next"));
    }

    #[test]
    fn answers_with_impossible_ids_are_refused() {
        assert_eq!(check_ids(None, None), Ok(()));
        assert_eq!(check_ids(Some(1), Some(LOG_ID_MAX)), Ok(()));
        assert_eq!(check_ids(Some(0), Some(2)), Err(NotALog::Id));
        assert_eq!(check_ids(Some(1), Some(LOG_ID_MAX + 1)), Err(NotALog::Id));
    }

    proptest! {
        #[test]
        fn taken_and_lost_add_up_to_the_last_id(
            kept in proptest::collection::vec(any::<bool>(), 1..300),
            cuts in proptest::collection::vec(0_usize..300, 0..6),
        ) {
            let ids: Vec<u64> = (1..).zip(&kept).filter(|(_, kept)| **kept).map(|(id, _)| id).collect();
            let mut intake = intake();
            let mut sum = ReadingCounts::default();
            let mut cuts = cuts;
            cuts.sort_unstable();
            cuts.push(ids.len());
            let mut from = 0;
            for cut in cuts {
                let cut = cut.clamp(from, ids.len());
                take(&mut intake, &ids[from..cut]);
                let part = intake.take_part(None);
                sum.lines += part.counts.lines;
                sum.lost += part.counts.lost;
                prop_assert_eq!(sum.lines + sum.lost, part.cursor.last_log_id);
                from = cut;
            }
            prop_assert_eq!(sum.lines, ids.len() as u64);
        }
    }
}

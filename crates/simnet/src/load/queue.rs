//! The queue of a node with a steady load, of which only the bounds are kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use trace::Process;

use super::plan::LoadPlan;
use super::template::burst_entry;
use crate::clock::NetworkClock;
use crate::log::{LogContent, LogCounts, LogRecord};

/// A queue that behaves as if each entry had been put into it at its time.
///
/// All times are real time since the network began.
#[derive(Debug)]
pub(crate) struct LoadLog {
    plan: Arc<LoadPlan>,
    clock: NetworkClock,
    /// When the first block begins.
    first_block: Duration,
    /// The number of the first block, so that all nodes see the same blocks.
    first_block_number: u64,
    capacity: u64,
    /// Entries between those of the blocks, oldest first.
    bursts: VecDeque<Inserted>,
    next_burst: Option<Duration>,
    /// All entries of `bursts`, and of those before that are forgotten.
    inserted: u64,
    /// From which id on the clock was wrong by how many microseconds, ascending.
    skews: Vec<(u64, i64)>,
    /// The id of the oldest entry in the queue.
    first_id: u64,
    generated: u64,
    dropped: u64,
    flushed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Inserted {
    first_id: u64,
    entries: u64,
    at: Duration,
    /// Entries inserted until its end, those of other bursts included.
    sum: u64,
}

impl LoadLog {
    /// The log of a node that starts at `now`; its first block begins at the next beginning of a
    /// block, `phase` later.
    pub(crate) fn new(
        plan: Arc<LoadPlan>,
        clock: NetworkClock,
        capacity: usize,
        phase: Duration,
        now: Duration,
    ) -> Self {
        let period = plan.period();
        let blocks =
            u64::try_from(now.as_micros().div_ceil(period.as_micros().max(1))).unwrap_or(u64::MAX);
        let aligned = u64::try_from(period.as_micros())
            .unwrap_or(u64::MAX)
            .saturating_mul(blocks);
        let next_burst = plan.burst().map(|(_, every)| now + every);
        Self {
            plan,
            clock,
            first_block: Duration::from_micros(aligned) + phase,
            first_block_number: blocks,
            capacity: capacity as u64,
            bursts: VecDeque::new(),
            next_burst,
            inserted: 0,
            skews: Vec::new(),
            first_id: 1,
            generated: 0,
            dropped: 0,
            flushed: 0,
        }
    }

    pub(crate) fn entries_from(&mut self, start_id: u64, network_now: Duration) -> Vec<LogRecord> {
        self.advance(self.clock.real(network_now));
        (start_id.max(self.first_id)..=self.generated)
            .filter_map(|id| self.record(id))
            .collect()
    }

    pub(crate) fn flush(&mut self, end_id: u64, network_now: Duration) -> u64 {
        self.advance(self.clock.real(network_now));
        let next = end_id.min(self.generated).saturating_add(1);
        let count = next.saturating_sub(self.first_id);
        self.first_id += count;
        self.flushed += count;
        count
    }

    pub(crate) fn burst(&mut self, entries: u64, network_now: Duration) {
        let now = self.clock.real(network_now);
        self.advance(now);
        self.insert(entries, now);
        self.advance(now);
    }

    /// Makes the clock wrong by this much from now on.
    pub(crate) fn set_skew(&mut self, micros: i64, network_now: Duration) {
        self.advance(self.clock.real(network_now));
        self.skews.push((self.generated + 1, micros));
    }

    pub(crate) fn counts(&mut self, network_now: Duration) -> LogCounts {
        self.advance(self.clock.real(network_now));
        LogCounts {
            generated: self.generated,
            dropped: self.dropped,
            flushed: self.flushed,
            queued: self.generated + 1 - self.first_id,
        }
    }

    fn advance(&mut self, now: Duration) {
        while let Some(at) = self.next_burst.filter(|at| *at <= now) {
            let Some((entries, every)) = self.plan.burst() else {
                break;
            };
            self.insert(entries, at);
            self.next_burst = Some(at + every);
        }
        self.generated = self.generated.max(self.of_blocks(now) + self.inserted);
        let room_from = (self.generated + 1).saturating_sub(self.capacity);
        if room_from > self.first_id {
            self.dropped += room_from - self.first_id;
            self.first_id = room_from;
        }
        while let Some(oldest) = self.bursts.front() {
            // The last one is kept: it shows how many were inserted before.
            if oldest.first_id + oldest.entries > self.first_id || self.bursts.len() == 1 {
                break;
            }
            self.bursts.pop_front();
        }
    }

    fn insert(&mut self, entries: u64, at: Duration) {
        let first_id = self.of_blocks(at) + self.inserted + 1;
        self.inserted += entries;
        self.bursts.push_back(Inserted {
            first_id,
            entries,
            at,
            sum: self.inserted,
        });
    }

    fn of_blocks(&self, now: Duration) -> u64 {
        now.checked_sub(self.first_block)
            .map_or(0, |age| self.plan.entries_until(age))
    }

    fn record(&self, id: u64) -> Option<LogRecord> {
        let index = self.bursts.partition_point(|burst| burst.first_id <= id);
        let before = index
            .checked_sub(1)
            .and_then(|index| self.bursts.get(index));
        let inserted = match before {
            Some(burst) if id < burst.first_id + burst.entries => {
                let index = id - burst.first_id;
                let content = LogContent::Load {
                    unix_micros: self.unix_micros(id, burst.at),
                    process: Process::Main,
                    body: burst_entry(index),
                };
                return Some(LogRecord::new(id, content));
            }
            Some(burst) => burst.sum,
            // Of bursts that are forgotten, if there were any: those before the oldest known.
            None => self
                .bursts
                .front()
                .map_or(self.inserted, |burst| burst.sum - burst.entries),
        };
        let (block, line, age) = self.plan.entry(id.checked_sub(inserted + 1)?);
        let (process, body) = self
            .plan
            .template()
            .render(line, self.first_block_number + block)?;
        let content = LogContent::Load {
            unix_micros: self.unix_micros(id, self.first_block + age),
            process,
            body,
        };
        Some(LogRecord::new(id, content))
    }

    fn unix_micros(&self, id: u64, real: Duration) -> i64 {
        let mut latest_first = self.skews.iter().rev();
        let skew = latest_first
            .find(|(from_id, _)| *from_id <= id)
            .map_or(0, |(_, micros)| *micros);
        self.clock.unix_micros(real * self.clock.scale()) + skew
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Burst, Load};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn log(lines_per_second: f64, burst: Option<Burst>, capacity: usize) -> LoadLog {
        let plan = LoadPlan::new(Load {
            lines_per_second,
            burst,
        });
        LoadLog::new(
            Arc::new(plan.unwrap()),
            NetworkClock::start(1),
            capacity,
            Duration::ZERO,
            Duration::ZERO,
        )
    }

    #[test]
    fn a_reader_that_flushes_in_time_sees_every_entry_once() {
        let burst = Burst {
            entries: 40,
            every_seconds: 3.0,
        };
        let mut log = log(93.0, Some(burst), 10_000);
        let mut seen = Vec::new();
        for second in 1..=20 {
            let records = log.entries_from(seen.len() as u64 + 1, SECOND * second);
            seen.extend(records);
            log.flush(seen.len() as u64, SECOND * second);
        }
        assert!(seen.iter().zip(1..).all(|(record, id)| record.id() == id));
        assert!(seen.is_sorted_by_key(LogRecord::unix_micros));
        let works = seen
            .iter()
            .filter(|record| record.message() == "Snark_work_received");
        assert_eq!(works.count(), 60);
        let integrated = seen
            .iter()
            .filter(|record| record.message() == "Breadcrumb_integrated");
        assert_eq!(integrated.count(), 20);
        assert_eq!(log.counts(SECOND * 20).dropped, 0);
    }

    #[test]
    fn a_queue_that_overflows_counts_what_it_drops() {
        let mut log = log(93.0, None, 500);
        let before_the_fifth = Duration::from_millis(3_999);
        assert_eq!(log.entries_from(0, before_the_fifth).len(), 372);
        log.burst(3_000, SECOND * 4);
        let counts = log.counts(SECOND * 4);
        assert_eq!(
            (counts.queued, counts.dropped),
            (500, counts.generated - 500)
        );
        let records = log.entries_from(0, SECOND * 4);
        assert_eq!(records.first().unwrap().id(), counts.dropped + 1);
        assert_eq!(records.len(), 500);
    }

    #[test]
    fn a_node_that_starts_later_sees_the_blocks_of_the_others() {
        let plan = Arc::new(
            LoadPlan::new(Load {
                lines_per_second: 93.0,
                burst: None,
            })
            .unwrap(),
        );
        let clock = NetworkClock::start(1);
        let blocks = |start: Duration| {
            let mut log = LoadLog::new(Arc::clone(&plan), clock, 100_000, Duration::ZERO, start);
            let entries = log.entries_from(0, SECOND * 10);
            let mut hashes = Vec::new();
            for entry in &entries {
                entry.items(|item, value| {
                    if item == "current_block" && value != "\"0\"" {
                        hashes.push(value.to_owned());
                    }
                });
            }
            hashes.dedup();
            hashes
        };
        let (early, late) = (blocks(Duration::ZERO), blocks(Duration::from_millis(4_500)));
        assert_eq!(late.len(), 6);
        assert_eq!(early[5..], late[..]);
    }

    #[test]
    fn a_skewed_clock_shifts_the_entries_made_from_then_on() {
        let mut log = log(93.0, None, 1_000);
        let end_of_the_first = Duration::from_millis(999);
        let before = log.entries_from(0, end_of_the_first);
        log.set_skew(-5_000_000, end_of_the_first);
        assert_eq!(log.entries_from(0, end_of_the_first), before);
        let after = log.entries_from(94, SECOND * 2);
        assert_eq!(after[0].unix_micros(), before[0].unix_micros() - 4_000_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The law that readers are checked by: nothing vanishes without being counted, and
        /// whatever is read twice is the same.
        #[test]
        fn generated_is_dropped_and_flushed_and_queued(
            steps in prop::collection::vec((0_u64..4_000, 0_u64..400, 0_u64..900), 1..30),
            capacity in 1_usize..800,
        ) {
            let burst = Burst { entries: 70, every_seconds: 2.5 };
            let mut log = log(50.0, Some(burst), capacity);
            let mut now = Duration::ZERO;
            for (millis, extra, flush_behind) in steps {
                now += Duration::from_millis(millis);
                if extra > 300 {
                    log.burst(extra, now);
                }
                let before = log.entries_from(0, now);
                prop_assert_eq!(&before, &log.entries_from(0, now));
                let counts = log.counts(now);
                prop_assert_eq!(counts.generated, counts.dropped + counts.flushed + counts.queued);
                prop_assert_eq!(before.len() as u64, counts.queued);
                prop_assert!(counts.queued <= capacity as u64);
                log.flush(counts.generated.saturating_sub(flush_behind), now);
            }
        }
    }
}

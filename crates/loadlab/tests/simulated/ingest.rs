//! What nodes wrote, into a database: as entries of their log queues, numbered by the queue.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;
use simulation::{LogEntry, NodeId};
use store::ingest::{Delivery, Gap, LeftRun, Reading, ReadingCounts, Session, SessionKind};
use store::testing::TestDatabase;
use trace::{Process, Tracer, TracerOptions, log_entry};

/// What one node wrote, oldest first.
pub(crate) type Log = Vec<LogEntry>;

/// Entries that are lost: which of a node's log, by their places.
pub(crate) type Lost = Vec<(usize, std::ops::Range<usize>)>;

/// Entries that were stored and lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) stored: i64,
    pub(crate) lost: i64,
    /// Stored entries of each node by minutes since 1970.
    minutes: Vec<(i64, u64)>,
    /// What was lost between two times in microseconds.
    gaps: Vec<(i64, i64, u64)>,
}

impl Fetched {
    /// The stored share of the entries of a time, in microseconds: by whole minutes, and with every
    /// gap of which any part lies within.
    pub(crate) fn share(&self, from_us: i64, until_us: i64) -> f64 {
        let minutes = self.minutes.iter().filter(|(minute, _)| {
            let begin = minute * 60_000_000;
            begin + 60_000_000 > from_us && begin <= until_us
        });
        let stored: u64 = minutes.map(|(_, entries)| entries).sum();
        let gaps = self.gaps.iter();
        let gaps = gaps.filter(|(from, until, _)| *until >= from_us && *from <= until_us);
        let lost: u64 = gaps.map(|(.., missing)| missing).sum();
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let share = stored as f64 / (stored + lost) as f64;
        share
    }
}

/// Stores the logs of all nodes in a deployment, but for what is lost.
pub(crate) async fn store(
    test: &TestDatabase,
    deployment_id: i32,
    names: &[String],
    logs: &[Log],
    lost: &Lost,
) -> Fetched {
    let mut fetched = Fetched::default();
    let mut nodes = Vec::new();
    for (name, reader) in names.iter().zip(read_all(logs, lost)) {
        let begun = test
            .database()
            .begin_session(deployment_id, name, SessionKind::Node, &json!({}))
            .await
            .unwrap();
        nodes.push((begun.session, reader));
    }
    let mut deliveries: Vec<Delivery<'_>> = nodes
        .iter_mut()
        .map(|(session, reader)| {
            let counts = reader.counts;
            fetched.stored += i64::try_from(counts.lines).unwrap();
            fetched.lost += i64::try_from(counts.lost).unwrap();
            let minutes = reader.minutes.iter();
            fetched
                .minutes
                .extend(minutes.map(|(minute, entries)| (*minute, *entries)));
            fetched.gaps.extend(reader.gaps.iter().map(|gap| {
                let (from, until) = (gap.from_time.unwrap(), gap.until_time.unwrap());
                (
                    from.microseconds(),
                    until.microseconds(),
                    gap.missing.unwrap(),
                )
            }));
            reader.delivery(session)
        })
        .collect();
    test.database().deliver(&mut deliveries).await.unwrap();
    // As the server does by itself within a minute.
    for table in ["block_trace", "block_trace_checkpoint"] {
        let partition = format!("ANALYZE loadlab.{table}_d{deployment_id}");
        test.execute(&partition).await.unwrap();
    }
    fetched
}

/// Reads all nodes side by side.
fn read_all(logs: &[Log], lost: &Lost) -> Vec<Reader> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = logs
            .iter()
            .enumerate()
            .map(|(node, log)| {
                let is_lost = move |place: usize| {
                    let mut parts = lost.iter();
                    parts.any(|(of, part)| *of == node && part.contains(&place))
                };
                scope.spawn(move || Reader::read(log, is_lost))
            })
            .collect();
        let readers = threads.into_iter().map(|thread| thread.join().unwrap());
        readers.collect()
    })
}

/// Reads one node.
struct Reader {
    tracer: Tracer,
    counts: ReadingCounts,
    gaps: Vec<Gap>,
    left_runs: Vec<LeftRun>,
    minutes: BTreeMap<i64, u64>,
}

impl Reader {
    fn read(log: &Log, is_lost: impl Fn(usize) -> bool) -> Self {
        let mut reader = Self {
            tracer: Tracer::new(TracerOptions::default()),
            counts: ReadingCounts::default(),
            gaps: Vec::new(),
            left_runs: Vec::new(),
            minutes: BTreeMap::new(),
        };
        let (mut run, mut id, mut stored_id, mut stored_time) = (0, 0, 0, None);
        for (place, entry) in log.iter().enumerate() {
            if entry.run() != run {
                // Everything of the run before was given out.
                reader.left_runs.push(LeftRun {
                    run: format!("run {run}"),
                    last_log_id: stored_id,
                    last_time: stored_time,
                });
                reader.tracer.node_restarted();
                (run, id, stored_id) = (entry.run(), 0, 0);
            }
            id += 1;
            if is_lost(place) {
                continue;
            }
            let line = line_of(entry, id);
            let read = log_entry::parse(line.as_bytes()).unwrap();
            let missing = id - stored_id - 1;
            if missing > 0 {
                reader.counts.lost += missing;
                reader.gaps.push(Gap {
                    process: Process::Main,
                    after_entry: stored_id,
                    missing: Some(missing),
                    reason: "dropped between two polls".to_owned(),
                    from_time: stored_time,
                    until_time: Some(read.time),
                });
            }
            reader.counts.lines += 1;
            let minute = read.time.nanoseconds().div_euclid(60_000_000_000);
            *reader.minutes.entry(minute).or_default() += 1;
            reader.tracer.push(read.process, &read.entry, id);
            (stored_id, stored_time) = (id, Some(read.time));
        }
        reader
    }

    fn delivery<'a>(&mut self, session: &'a mut Session) -> Delivery<'a> {
        Delivery {
            session,
            batch: self.tracer.take_batch(),
            cursor: json!({}),
            counts: self.counts,
            gaps: std::mem::take(&mut self.gaps),
            reading: Reading {
                minutes: std::mem::take(&mut self.minutes).into_iter().collect(),
                left_runs: std::mem::take(&mut self.left_runs),
                end: None,
            },
        }
    }
}

/// An entry as the queue of a node gives it out.
fn line_of(entry: &LogEntry, id: u64) -> String {
    let time = jiff::Timestamp::from_microsecond(entry.unix_micros()).unwrap();
    let time = time.strftime("%Y-%m-%d %H:%M:%S%.6fZ");
    let process = match entry.process() {
        Process::Main => "null",
        Process::Prover => "\"prover\"",
        Process::Verifier => "\"verifier\"",
    };
    let mut items = String::new();
    entry.items(|name, value| {
        let comma = if items.is_empty() { "" } else { "," };
        write!(items, "{comma}{{\"item\":\"{name}\",\"value\":{value}}}").unwrap();
    });
    format!(
        "{{\"id\":{id},\"timestamp\":\"{time}\",\"message\":\"{}\",\"metadata\":[{items}],\
         \"process\":{process}}}",
        entry.message()
    )
}

/// The logs of all nodes until now.
pub(crate) fn logs_of(network: &mut simulation::Network) -> Vec<Log> {
    let mut logs: Vec<Log> = network.node_ids().map(|_| Log::new()).collect();
    network.take_entries(|node: NodeId, entry| logs[node.index()].push(entry));
    logs
}

/// A time as SQL.
pub(crate) fn sql_time(time: simulation::SimTime) -> String {
    let time = jiff::Timestamp::from_microsecond(time.unix_micros()).unwrap();
    format!("'{time}'")
}

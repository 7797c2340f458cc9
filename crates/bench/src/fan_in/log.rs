//! The log that all nodes of a phase write, as ready JSON: which entries there
//! are at a moment, and what they say, is settled before the phase begins, so
//! that answering costs a node next to nothing.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde_json::Value;

use crate::template::Template;

/// The entries of a log, and when each is written. The same for all nodes, as
/// all nodes of a network meet the same blocks.
pub(super) struct SharedLog {
    text: String,
    /// Where each entry begins in the text; the last one is the end of all.
    starts: Vec<usize>,
    began: Instant,
    entries_per_second: f64,
    /// Entries that are there from the beginning.
    backlog: u64,
    /// The newest entry, once the log is to grow no more.
    stopped: OnceLock<u64>,
}

impl SharedLog {
    /// A log with `backlog` entries, which grows up to `total`.
    pub(super) fn new(
        template: &Template,
        entries_per_second: f64,
        backlog: u64,
        total: u64,
    ) -> anyhow::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let now_micros = i64::try_from(now.as_micros())?;
        let mut log = Self {
            text: String::new(),
            starts: vec![0],
            began: Instant::now(),
            entries_per_second,
            backlog,
            stopped: OnceLock::new(),
        };
        let mut copy = Vec::new();
        'copies: for number in 0.. {
            copy.clear();
            template.render(number, number, &mut copy);
            for line in std::str::from_utf8(&copy)?.lines() {
                let id = log.len() + 1;
                if id > total {
                    break 'copies;
                }
                #[expect(clippy::cast_possible_truncation, reason = "a time in this century")]
                let micros = now_micros + (log.written(id) * 1e6) as i64;
                write_entry(&mut log.text, id, micros, line)?;
                log.text.push(',');
                log.starts.push(log.text.len());
            }
        }
        Ok(log)
    }

    fn len(&self) -> u64 {
        self.starts.len() as u64 - 1
    }

    /// The id of the newest entry by now.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    pub(super) fn newest(&self) -> u64 {
        let grown = || self.backlog + (self.elapsed() * self.entries_per_second) as u64;
        self.stopped
            .get()
            .copied()
            .unwrap_or_else(|| grown().min(self.len()))
    }

    /// From now on no entry is written.
    pub(super) fn stop(&self) -> u64 {
        let newest = self.newest();
        *self.stopped.get_or_init(|| newest)
    }

    /// Seconds from the beginning until an entry is written.
    #[expect(clippy::cast_precision_loss, reason = "a time")]
    pub(super) fn written(&self, id: u64) -> f64 {
        (id as f64 - self.backlog as f64) / self.entries_per_second
    }

    /// Seconds since the beginning.
    pub(super) fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// The answer to a request for entries.
    pub(super) fn answer(&self, first: u64, last: u64) -> String {
        let place = |id: u64| usize::try_from(id).ok().and_then(|id| self.starts.get(id));
        let entries = match (place(first.saturating_sub(1)), place(last)) {
            (Some(&start), Some(&end)) if start < end => &self.text[start..end - 1],
            _ => "",
        };
        [r#"{"data":{"internalLogs":["#, entries, "]}}"].concat()
    }
}

/// A trace line as the entry of a daemon's log that it was made from.
fn write_entry(text: &mut String, id: u64, micros: i64, line: &str) -> anyhow::Result<()> {
    let time = UtcText(micros);
    write!(text, r#"{{"id":{id},"timestamp":"{time}","message":"#)?;
    match serde_json::from_str(line).context("a trace line is not JSON")? {
        Value::Array(checkpoint) => {
            let name = checkpoint.first().context("a checkpoint has no name")?;
            write!(text, r#"{name},"metadata":[]"#)?;
        }
        Value::Object(control) => {
            text.push_str(r#""@control","metadata":["#);
            for (place, (item, value)) in control.iter().enumerate() {
                let comma = if place == 0 { "" } else { "," };
                let item = Value::from(item.as_str());
                write!(text, r#"{comma}{{"item":{item},"value":{value}}}"#)?;
            }
            text.push(']');
        }
        _ => anyhow::bail!("a trace line is neither a checkpoint nor a control"),
    }
    text.push_str(r#","process":null}"#);
    Ok(())
}

/// A time as nodes write it: `2025-05-07 14:30:22.361262Z`.
struct UtcText(i64);

impl std::fmt::Display for UtcText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = jiff::Timestamp::from_microsecond(self.0).map_err(|_| std::fmt::Error)?;
        write!(formatter, "{}", time.strftime("%Y-%m-%d %H:%M:%S.%6fZ"))
    }
}

/// Waits until a log has been written for so long.
pub(super) async fn sleep_until(log: &SharedLog, seconds: f64) {
    let left = Duration::from_secs_f64((seconds - log.elapsed()).max(0.0));
    tokio::time::sleep(left).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::COMPOSED;

    #[test]
    fn every_entry_reads_as_the_trace_line_that_it_was_made_from() {
        let template = Template::new(COMPOSED).unwrap();
        let lines = template.lines;
        let log = SharedLog::new(&template, 10.0, lines, lines).unwrap();
        assert_eq!((log.newest(), log.len()), (lines, lines));
        let mut copy = Vec::new();
        template.render(0, 0, &mut copy);
        let answer: Value = serde_json::from_str(&log.answer(1, lines)).unwrap();
        let entries = answer["data"]["internalLogs"].as_array().unwrap();
        assert_eq!(entries.len() as u64, lines);
        for (entry, line) in entries.iter().zip(copy.split(|byte| *byte == b'\n')) {
            let text = entry.to_string();
            let read = trace::log_entry::parse(text.as_bytes()).unwrap();
            match (read.entry, trace::entry::parse(line).unwrap()) {
                (
                    trace::entry::Entry::Checkpoint { name, .. },
                    trace::entry::Entry::Checkpoint { name: expected, .. },
                ) => assert_eq!(name, expected),
                (entry, expected) => assert_eq!(entry, expected),
            }
        }
    }

    #[test]
    fn an_answer_has_the_entries_that_were_asked_for() {
        let template = Template::new(COMPOSED).unwrap();
        let log = SharedLog::new(&template, 10.0, 100, 100).unwrap();
        for (first, last) in [(1, 100), (7, 9), (100, 100), (50, 49), (101, 100)] {
            let answer: Value = serde_json::from_str(&log.answer(first, last)).unwrap();
            let entries = answer["data"]["internalLogs"].as_array().unwrap();
            let ids: Vec<_> = entries
                .iter()
                .filter_map(|log| log["id"].as_u64())
                .collect();
            assert_eq!(ids, (first..=last).collect::<Vec<_>>());
        }
    }
}

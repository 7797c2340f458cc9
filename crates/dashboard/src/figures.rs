//! What the figures of a service (`/metrics`) say of it: its version, its start, and how much it is
//! asked.
//!
//! Figures count since the start of the process. What is asked by the minute is the difference to
//! an earlier look, so a service has none of it at the first look.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::Instant;

/// Over how long requests are counted.
const WINDOW: Duration = Duration::from_mins(1);
/// Looks that are closer together are one.
const APART: Duration = Duration::from_secs(1);
/// The figure that counts the requests of a service.
const REQUESTS: &str = "service_request_duration_seconds";

/// What a service's figures say. Null: they do not say it.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub(crate) struct Figures {
    version: Option<String>,
    started: Option<Timestamp>,
    /// Requests per minute over the last minute.
    requests_min: Option<f64>,
    /// The time within which 99 of 100 requests of the last minute were answered, in seconds.
    p99_s: Option<f64>,
}

/// Former looks at the figures of services. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looks(Arc<Mutex<HashMap<&'static str, VecDeque<Look>>>>);

#[derive(Debug, Clone, PartialEq)]
struct Look {
    at: Instant,
    started: Option<f64>,
    /// Upper bounds of times in seconds, each with the count of requests that took at most that.
    buckets: Vec<(f64, f64)>,
}

impl Looks {
    /// What the figures of a service say at this moment, beside those of earlier looks.
    pub(crate) fn take(&self, service: &'static str, text: &str, at: Instant) -> Figures {
        let mut figures = Figures::default();
        let mut look = Look {
            at,
            started: None,
            buckets: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            read(line, service, &mut figures, &mut look);
        }
        look.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        figures.started = look.started.and_then(|seconds| {
            let since = Duration::try_from_secs_f64(seconds).ok()?;
            Timestamp::UNIX_EPOCH.checked_add(since).ok()
        });
        let mut all = self.0.lock();
        let looks = all.entry(service).or_default();
        if looks.back().is_some_and(|last| !goes_on(last, &look)) {
            looks.clear();
        }
        // One that is older than the window stays, so that the whole window is covered.
        while looks.get(1).is_some_and(|second| at - second.at >= WINDOW) {
            looks.pop_front();
        }
        if let Some(first) = looks.front().filter(|first| at - first.at >= APART) {
            since(first, &look, &mut figures);
        }
        if looks.back().is_none_or(|last| at - last.at >= APART) {
            looks.push_back(look);
        }
        figures
    }
}

/// Whether a look is at the same process: counters only grow.
fn goes_on(before: &Look, now: &Look) -> bool {
    before.started == now.started && total(before) <= total(now)
}

fn total(look: &Look) -> f64 {
    look.buckets.last().map_or(0.0, |(_, count)| *count)
}

fn read(line: &str, service: &str, figures: &mut Figures, look: &mut Look) {
    let Some((name, value)) = line.rsplit_once(' ') else {
        return;
    };
    let (name, labels) = name.split_once('{').unwrap_or((name, ""));
    let label = |key: &str| {
        let (_, rest) = labels.split_once(&format!("{key}=\""))?;
        rest.split('"').next()
    };
    match name {
        "service_build_info" => figures.version = label("version").map(str::to_owned),
        "process_start_time_seconds" => look.started = value.parse().ok(),
        _ if name.strip_suffix("_bucket") == Some(REQUESTS)
            && label("service") == Some(service) =>
        {
            // "+Inf" is a number to Rust.
            let bound = label("le").and_then(|bound| bound.parse().ok());
            look.buckets.extend(bound.zip(value.parse().ok()));
        }
        _ => {}
    }
}

fn since(before: &Look, now: &Look, figures: &mut Figures) {
    let requests = total(now) - total(before);
    let minutes = (now.at - before.at).as_secs_f64() / 60.0;
    figures.requests_min = Some((requests / minutes * 10.0).round() / 10.0);
    if requests <= 0.0 {
        return;
    }
    let wanted = requests * 0.99;
    let mut lower = (0.0, 0.0);
    for (bound, count) in &now.buckets {
        let former = before
            .buckets
            .iter()
            .find(|(other, _)| other.total_cmp(bound).is_eq());
        let count = count - former.map_or(0.0, |(_, count)| *count);
        if count >= wanted {
            // As Prometheus does: evenly within a bucket; beyond the last bound, that bound.
            let share = (wanted - lower.1) / (count - lower.1);
            let within = lower.0 + (bound - lower.0) * share;
            figures.p99_s = Some(if bound.is_finite() { within } else { lower.0 });
            return;
        }
        lower = (*bound, count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(started: u32, quick: u32, all: u32) -> String {
        format!(
            "# TYPE service_build_info gauge\nservice_build_info{{version=\"1.2.3\"}} 1\n\
             process_start_time_seconds {started}.5\n\
             {REQUESTS}_bucket{{service=\"other\",le=\"+Inf\"}} 900\n\
             {REQUESTS}_bucket{{service=\"log-api\",le=\"0.1\"}} {quick}\n\
             {REQUESTS}_bucket{{service=\"log-api\",le=\"0.5\"}} {all}\n\
             {REQUESTS}_bucket{{service=\"log-api\",le=\"+Inf\"}} {all}\n\
             {REQUESTS}_count{{service=\"log-api\"}} {all}\n"
        )
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_those_since_an_earlier_look_of_the_last_minute() {
        let looks = Looks::default();
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let first = looks.take("log-api", &text(1_000, 50, 50), begin);
        assert_eq!(first.version.as_deref(), Some("1.2.3"));
        assert_eq!(first.started.unwrap().to_string(), "1970-01-01T00:16:40.5Z");
        assert_eq!((first.requests_min, first.p99_s), (None, None));
        let second = looks.take("log-api", &text(1_000, 50, 60), after(30));
        assert_eq!(second.requests_min, Some(20.0));
        let p99 = second.p99_s.unwrap();
        assert!((p99 - 0.496).abs() < 1e-9, "{p99}");
        let third = looks.take("log-api", &text(1_000, 50, 60), after(91));
        assert_eq!((third.requests_min, third.p99_s), (Some(0.0), None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_restarted_service_is_counted_anew_and_a_strange_answer_says_nothing() {
        let looks = Looks::default();
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        looks.take("log-api", &text(1_000, 50, 50), begin);
        let restarted = looks.take("log-api", &text(2_000, 70, 70), after(10));
        assert_eq!(restarted.requests_min, None);
        let went_on = looks.take("log-api", &text(2_000, 80, 80), after(20));
        assert_eq!(went_on.requests_min, Some(60.0));
        for strange in [
            "",
            "<html>",
            "service_build_info 1",
            "a{b=\"c\" d\n}\n",
            " ",
        ] {
            let figures = Looks::default().take("log-api", strange, begin);
            assert_eq!(figures, Figures::default(), "{strange:?}");
        }
    }
}

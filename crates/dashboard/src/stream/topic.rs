//! The topics of the stream, and where each is looked up.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::allowed::Service;

/// Longest name of a run: that of the experiment API's column.
const RUN_BYTES: usize = 256;

/// Where a topic's state is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A route of a service.
    Route(Service, String),
    /// Whether services are up.
    Services,
}

/// A service and a path.
type Fixed = (Service, &'static str);

/// Each topic with its source and how often it is looked up, in seconds.
const TOPICS: [(&str, Option<Fixed>, u64); 9] = [
    (
        "blocks",
        Some((Service::Results, "/api/v1/blocks?limit=1")),
        2,
    ),
    (
        "deployments",
        Some((Service::Results, "/api/v1/deployments")),
        10,
    ),
    (
        "incidents",
        Some((Service::Results, "/api/v1/incidents?limit=1")),
        5,
    ),
    ("lab", Some((Service::Fetcher, "/api/v1/summary")), 2),
    ("nodes", Some((Service::Fetcher, "/nodes")), 2),
    ("overview", Some((Service::Results, "/api/v1/overview")), 2),
    (
        "runs",
        Some((Service::Runs, "/api/v1/experiments?limit=20")),
        2,
    ),
    ("services", None, 5),
    (
        "transactions",
        Some((Service::Results, "/api/v1/transactions/flow")),
        5,
    ),
];

/// The source of a topic and how often it is looked up; nothing if there is no such topic.
pub(super) fn source(topic: &str) -> Option<(Source, Duration)> {
    if let Some(run) = topic.strip_prefix("run:") {
        let named = !run.is_empty() && run.len() <= RUN_BYTES;
        let path = format!(
            "/api/v1/experiments/{}",
            utf8_percent_encode(run, NON_ALPHANUMERIC)
        );
        return named.then_some((Source::Route(Service::Runs, path), Duration::from_secs(1)));
    }
    let (_, route, seconds) = TOPICS.iter().find(|(name, ..)| *name == topic)?;
    let source = match route {
        Some((service, path)) => Source::Route(*service, (*path).to_owned()),
        None => Source::Services,
    };
    Some((source, Duration::from_secs(*seconds)))
}

/// The names of all topics, for refusals.
pub(super) fn names() -> String {
    let names: Vec<&str> = TOPICS.iter().map(|(name, ..)| *name).collect();
    format!("{}, run:<name>", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_have_sources_and_others_have_none() {
        let (found, every) = source("nodes").unwrap();
        assert_eq!(found, Source::Route(Service::Fetcher, "/nodes".to_owned()));
        assert_eq!(every, Duration::from_secs(2));
        let (found, _) = source("run:a/../b").unwrap();
        let path = "/api/v1/experiments/a%2F%2E%2E%2Fb".to_owned();
        assert_eq!(found, Source::Route(Service::Runs, path));
        for wrong in [
            "",
            "node",
            "run:",
            "run",
            &format!("run:{}", "x".repeat(257)),
        ] {
            assert!(source(wrong).is_none(), "{wrong}");
        }
    }
}

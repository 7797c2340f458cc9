//! The Grafana dashboard and the alert rules speak of metrics that exist, and the rules do what they
//! say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::Said;

/// Beginnings of the names of our metrics.
const PREFIXES: [&str; 9] = [
    "dashboard_",
    "experiments_api_",
    "guard_",
    "http_",
    "log_api_",
    "log_fetcher_",
    "orchestrator_",
    "service_",
    "uptime_",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The metrics that a text speaks of, without what Prometheus adds to histograms.
pub(crate) fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words
        .filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
        .map(|word| word.strip_suffix("_bucket").unwrap_or(word).to_owned())
        .collect()
}

/// The names that the sources of all services give to metrics.
fn known() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                let texts = source.split('"').skip(1).step_by(2);
                known.extend(texts.flat_map(|text| {
                    if metrics(text).len() == 1 {
                        metrics(text)
                    } else {
                        BTreeSet::new()
                    }
                }));
            }
        }
    }
    known
}

/// The queries of all panels.
pub(crate) fn dashboard_queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/loadlab.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels
        .filter_map(|panel| panel["targets"].as_array())
        .flatten();
    targets
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn dashboard_and_rules_speak_of_metrics_that_exist() {
    let known = known();
    let rules = text("deploy/prometheus/alerts.yml");
    let rules: Vec<&str> = rules
        .lines()
        .filter(|line| !line.contains("description:"))
        .collect();
    let used = metrics(&(dashboard_queries().join("\n") + &rules.join("\n")));
    assert!(used.len() > 25, "{used:?}");
    let missing: Vec<_> = used.difference(&known).collect();
    assert!(missing.is_empty(), "no service has {missing:?}");
}

#[test]
fn the_dashboard_is_whole_and_its_panels_do_not_overlap() {
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/loadlab.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let number = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(!panel["title"].as_str().unwrap().is_empty());
        assert!(number("x") + number("w") <= 24, "{panel}");
        for x in number("x")..number("x") + number("w") {
            for y in number("y")..number("y") + number("h") {
                assert!(taken.insert((x, y)), "{} overlaps another", panel["title"]);
            }
        }
        if panel["type"] != "row" {
            assert!(!panel["description"].as_str().unwrap().is_empty());
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string());
            assert!(!panel["targets"].as_array().unwrap().is_empty());
        }
    }
    assert!(panels.len() > 20);
}

/// Every alarm stands in the table of the documentation, and no other does.
#[test]
fn every_alarm_is_documented() {
    let rules = text("deploy/prometheus/alerts.yml");
    let alarms: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    let document = text("docs/operations.md");
    let documented: BTreeSet<&str> = document
        .split('`')
        .filter(|word| word.starts_with("Loadlab") && word.chars().all(char::is_alphanumeric))
        .collect();
    assert!(alarms.len() > 10);
    assert_eq!(alarms, documented);
}

/// `promtool` is in Debian's package `prometheus`.
#[test]
fn the_rules_are_valid_and_raise_what_they_say() {
    let promtool = |arguments: &[&str]| {
        let mut command = Command::new("promtool");
        command.current_dir(root().join("deploy/prometheus"));
        Said::of(command.args(arguments))
    };
    if Command::new("promtool").arg("--version").output().is_err() {
        eprintln!("SKIPPED: promtool is not installed");
        return;
    }
    let said = promtool(&["check", "rules", "alerts.yml"]).success();
    assert!(said.contains("18 rules found"), "{said}");
    promtool(&["test", "rules", "alerts_test.yml"]).success();
    promtool(&["check", "config", "prometheus.yml"]).success();
}

//! The table of metrics in the documentation is that of the code.

use std::collections::BTreeMap;
use std::fs;

use crate::openapi::{crates, sources};

/// Ends of names that are units.
const UNITS: [&str; 6] = [
    "_total", "_seconds", "_bytes", "_ratio", "_days", "_per_day",
];

/// Gauges whose names say what they count, or what holds where they are 1.
const COUNTED: [&str; 9] = [
    "service_build_info",
    "service_task_running",
    "http_requests_in_progress",
    "log_fetcher_database_away",
    "log_fetcher_discovery_failing",
    "log_fetcher_nodes",
    "log_fetcher_nodes_by_state",
    "uptime_whitelist_bad_entries",
    "uptime_whitelist_keys",
];

/// Name and kind of every metric in the sources, but for tests.
fn in_code() -> BTreeMap<String, &'static str> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(crates()).unwrap() {
        let folder = entry.unwrap().path();
        if folder.ends_with("bench") {
            continue;
        }
        for file in sources(&folder.join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for (call, kind) in [
                ("counter!(", "counter"),
                ("gauge!(", "gauge"),
                ("histogram!(", "histogram"),
            ] {
                for rest in code.split(call).skip(1) {
                    let name = rest.trim_start();
                    // A constant of the same file holds the name.
                    let name = if let Some(quoted) = name.strip_prefix('"') {
                        quoted.split('"').next().unwrap().to_owned()
                    } else {
                        let word = name.split([',', ')']).next().unwrap().trim();
                        let constant = format!("const {word}: &str = \"");
                        let (_, value) = code
                            .split_once(&constant)
                            .unwrap_or_else(|| panic!("{}: what is {word}?", file.display()));
                        value.split('"').next().unwrap().to_owned()
                    };
                    found.insert(name, kind);
                }
            }
        }
    }
    found
}

#[test]
fn the_documented_metrics_are_those_of_the_code_with_a_unit_in_every_name() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once("\n## Metrics\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut documented = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, unit, _, about] = cells.as_slice() else {
            panic!("{line}");
        };
        assert!(!unit.is_empty() && !about.is_empty(), "{line}");
        documented.insert(name.trim_matches('`').to_owned(), (*kind).to_owned());
    }
    let code = in_code();
    assert!(code.len() > 30, "{code:?}");
    for name in code.keys() {
        let has_unit = UNITS.iter().any(|unit| name.ends_with(unit));
        assert!(has_unit || COUNTED.contains(&name.as_str()), "{name}");
    }
    let code: BTreeMap<String, String> = code
        .into_iter()
        .map(|(name, kind)| (name, kind.to_owned()))
        .collect();
    assert_eq!(documented, code);
}

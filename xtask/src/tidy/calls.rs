//! Calls that one crate makes for all others, and who may make them otherwise.

use super::Finding;
use super::rust_file::{line_of, word_positions};
use super::tree::Tree;

/// Calls with a home.
struct Rule {
    /// Names of functions, as code writes them.
    calls: &'static [&'static str],
    /// Where they belong.
    home: &'static str,
    problem: &'static str,
    remedy: &'static str,
    /// Beginnings of paths where they are right all the same, and why.
    exceptions: &'static [(&'static str, &'static str)],
}

const RULES: [Rule; 3] = [
    Rule {
        calls: &[
            "fs::rename",
            "fs::write",
            "fs::copy",
            "File::create",
            "File::create_new",
            "persist",
        ],
        home: "crates/durable/",
        problem: "this does not wait for the folder: after a power loss the file may have no name",
        remedy: "use the crate `durable`",
        exceptions: &[
            ("crates/bench/", "measurements are made again"),
            ("xtask/", "the project's own tasks"),
            (
                "crates/simnet/src/record.rs",
                "the same seed records the same",
            ),
            (
                "crates/log-fetcher/src/archive/writer.rs",
                "a copy of lines that are in the database",
            ),
            ("crates/loadlab/src/demo/", "the log of the demo"),
            (
                "crates/store/src/embedded/instance.rs",
                "the former log of the server is put aside",
            ),
            (
                "crates/store/src/testing",
                "databases of tests end with them",
            ),
        ],
    },
    Rule {
        calls: &["read_to_string", "fs::read", "read_to_end"],
        home: "crates/text-file/",
        problem: "this takes the byte order mark of a file for a part of its text",
        remedy: "use the crate `text-file`",
        exceptions: &[
            ("crates/bench/", "measurements read what they have written"),
            (
                "crates/captured-data/",
                "tests read what systems have written",
            ),
            ("xtask/", "the project's own tasks"),
            (
                "crates/store/src/embedded/",
                "files that this program and PostgreSQL have written",
            ),
            (
                "crates/store/src/testing",
                "tests read what they have written",
            ),
            (
                "crates/orchestrator/src/funding/kept_keys.rs",
                "sealed bytes that this program has written",
            ),
            (
                "crates/orchestrator/src/funding/image/",
                "files of the system, and of images",
            ),
            (
                "crates/uptime-backend/src/whitelist_source.rs",
                "its bytes become text in `text_file::from_bytes`, as those of a sheet do",
            ),
            ("crates/parent-death/", "files of the system"),
            ("crates/service/src/port_holder.rs", "files of the system"),
            ("crates/store/src/disk.rs", "a file of PostgreSQL"),
        ],
    },
    Rule {
        calls: &["tokio::spawn", "thread::spawn", "thread::Builder"],
        home: "crates/service/",
        problem: "nobody notices when what this starts panics: the service goes on without it",
        remedy: "give it to `service::Tasks`",
        exceptions: &[
            ("crates/bench/", "measurements end with an error"),
            ("xtask/", "the task waits for it"),
            ("crates/loadlab/", "the command waits for it"),
            ("crates/parent-death/", "the process ends with it"),
            (
                "crates/store/",
                "the embedded server's handle and pools own it",
            ),
            (
                "crates/access/src/book.rs",
                "what these do can be late or missing once; failures are logged",
            ),
            (
                "crates/experiments-api/src/v1/deployments.rs",
                "the handler waits for it; it ends although its client has gone",
            ),
            (
                "crates/experiments-api/src/http.rs",
                "a clean-up is finished although its client has gone",
            ),
            (
                "crates/log-fetcher/src/reconciler.rs",
                "the reconciler starts the task of a node again",
            ),
            (
                "crates/simnet/src/place.rs",
                "a door is closed by ending its server",
            ),
            (
                "crates/uptime-backend/src/",
                "checks have threads that catch panics; what a client began is stored without it",
            ),
        ],
    },
];

/// Nothing else makes such calls in code that ships.
pub(super) fn stay_at_home(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        // What a build script does is done again by the next build.
        if file.path.ends_with("/build.rs") {
            continue;
        }
        let code = file.shipped_code();
        for rule in &RULES {
            let exceptions = rule.exceptions.iter().map(|(path, _)| *path);
            if exceptions
                .chain([rule.home])
                .any(|path| file.path.starts_with(path))
            {
                continue;
            }
            for call in rule.calls {
                for position in word_positions(&code, call) {
                    findings.push(Finding {
                        path: file.path.clone(),
                        line: line_of(&code, position),
                        problem: format!("`{call}`: {}", rule.problem),
                        remedy: format!(
                            "{}; if that is wrong here, say why in the table in \
                             xtask/src/tidy/calls.rs",
                            rule.remedy
                        ),
                    });
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn each_call_is_found_in_code_that_ships() {
        for call in RULES.iter().flat_map(|rule| rule.calls) {
            let text = format!(
                "//! A\nfn a() {{\n    std::{call}(p);\n    // {call}\n}}\n\
                 #[cfg(test)]\nmod tests {{\n    fn b() {{ {call}(p); }}\n}}\n"
            );
            let files = [
                ("crates/trace/src/a.rs", text.as_str()),
                ("crates/trace/tests/a.rs", text.as_str()),
            ];
            assert_eq!(
                places(stay_at_home, &files),
                ["crates/trace/src/a.rs:3"],
                "{call}"
            );
        }
    }

    #[test]
    fn homes_and_exceptions_with_a_reason_may() {
        for rule in &RULES {
            let text = format!("//! A\nfn a() {{ {}(p); }}\n", rule.calls[0]);
            assert!(rule.exceptions.iter().all(|(_, reason)| !reason.is_empty()));
            for place in rule
                .exceptions
                .iter()
                .map(|(path, _)| *path)
                .chain([rule.home])
            {
                let path = if place.ends_with('/') {
                    format!("{place}src/a.rs")
                } else {
                    place.to_owned()
                };
                let found = places(stay_at_home, &[(path.as_str(), text.as_str())]);
                assert!(found.is_empty(), "{path}");
            }
        }
    }
}

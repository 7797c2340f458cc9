//! Background tasks of services have an owner.

use super::Finding;
use super::rust_file::{line_of, word_positions};
use super::tree::Tree;

/// Where the owner is.
const HOME: &str = "crates/service/";

/// Ways to start something that nobody looks after.
const WAYS: [&str; 3] = ["tokio::spawn", "thread::spawn", "thread::Builder"];

/// Where something is started otherwise, and who looks after it.
const LOOKED_AFTER: [(&str, &str); 8] = [
    ("crates/bench/", "measurements end with an error"),
    ("crates/loadlab/", "the command waits for it"),
    ("crates/parent-death/", "the process ends with it"),
    (
        "crates/store/",
        "the embedded server's handle and pools own it",
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
];

/// Nothing else starts tasks and threads.
pub(super) fn have_an_owner(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let crates = tree
        .rust
        .iter()
        .filter(|file| file.path.starts_with("crates/") && file.path.contains("/src/"))
        .filter(|file| !file.is_test());
    for file in crates {
        let mut looked_after = LOOKED_AFTER.iter().map(|(path, _)| *path).chain([HOME]);
        if looked_after.any(|path| file.path.starts_with(path)) {
            continue;
        }
        let code = file.shipped_code();
        for way in WAYS {
            for position in word_positions(&code, way) {
                findings.push(Finding {
                    path: file.path.clone(),
                    line: line_of(&code, position),
                    problem: format!(
                        "nobody notices when what `{way}` starts panics: the service goes on \
                         without it"
                    ),
                    remedy: "give it to `service::Tasks`; if it is looked after otherwise, say \
                             how in the table in xtask/src/tidy/tasks.rs"
                        .to_owned(),
                });
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
    fn tasks_are_started_by_their_owner_only() {
        let text = "//! A\nfn a() {\n    tokio::spawn(work);\n    std::thread::spawn(work);\n\
                    \x20   tasks.spawn(\"work\", work);\n    // tokio::spawn\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn b() { tokio::spawn(work); }\n}\n";
        let files = [
            ("crates/log-fetcher/src/fetcher.rs", text),
            ("crates/log-fetcher/src/reconciler.rs", text),
            ("crates/log-fetcher/tests/a.rs", text),
            ("crates/log-fetcher/src/archive/tests.rs", text),
            ("crates/service/src/tasks.rs", text),
        ];
        assert_eq!(
            places(have_an_owner, &files),
            [3, 4].map(|line| format!("crates/log-fetcher/src/fetcher.rs:{line}"))
        );
    }

    #[test]
    fn what_is_looked_after_says_how() {
        assert!(LOOKED_AFTER.iter().all(|(_, reason)| !reason.is_empty()));
    }
}

//! Files that must survive a power loss are written in one place.

use super::Finding;
use super::rust_file::{line_of, word_positions};
use super::tree::Tree;

/// Where they are written.
const HOME: &str = "crates/durable/";

/// Ways to make a file or to give it a name without waiting for its folder.
const WAYS: [&str; 6] = [
    "fs::rename",
    "fs::write",
    "fs::copy",
    "File::create",
    "File::create_new",
    "persist",
];

/// Files that may get lost, and why.
const MAY_GET_LOST: [(&str, &str); 6] = [
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
    (
        "crates/store/src/embedded/instance.rs",
        "the former log of the server is put aside",
    ),
    (
        "crates/store/src/testing",
        "databases of tests end with them",
    ),
];

/// Nothing else makes or renames files.
pub(super) fn files_are_written_in_one_place(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        // What a build script writes is built again.
        let may = file.path.ends_with("/build.rs")
            || MAY_GET_LOST
                .iter()
                .any(|(path, _)| file.path.starts_with(path));
        if may || file.path.starts_with(HOME) {
            continue;
        }
        let code = file.shipped_code();
        for way in WAYS {
            for position in word_positions(&code, way) {
                findings.push(Finding {
                    path: file.path.clone(),
                    line: line_of(&code, position),
                    problem: format!(
                        "`{way}` does not wait for the folder: after a power loss the file may \
                         have no name"
                    ),
                    remedy: "use the crate `durable`; if the file may get lost, say why in the \
                             table in xtask/src/tidy/durability.rs"
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
    fn files_are_made_by_the_one_crate_only() {
        let text = "//! A\nfn a() {\n    std::fs::write(p, t);\n    fs::rename(a, b);\n\
                    \x20   File::create(p);\n    file.persist(p);\n    // fs::write\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn b() { std::fs::write(p, t); }\n}\n";
        let files = [
            ("crates/orchestrator/src/keys.rs", text),
            ("crates/durable/src/lib.rs", text),
            ("crates/bench/src/lib.rs", text),
        ];
        assert_eq!(
            places(files_are_written_in_one_place, &files),
            [4, 3, 5, 6].map(|line| format!("crates/orchestrator/src/keys.rs:{line}"))
        );
    }

    #[test]
    fn what_may_get_lost_says_why() {
        assert!(MAY_GET_LOST.iter().all(|(_, reason)| !reason.is_empty()));
    }
}

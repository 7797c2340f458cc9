//! Files that people write are read in one place, where a byte order mark is harmless.

use super::Finding;
use super::rust_file::{line_of, word_positions};
use super::tree::Tree;

/// Where they are read.
const HOME: &str = "crates/text-file/";

/// Ways to read a file or a stream as a whole.
const WAYS: [&str; 3] = ["read_to_string", "fs::read", "read_to_end"];

/// What no person has written, or what goes through the one place all the same.
const OTHERS: [(&str, &str); 9] = [
    ("crates/bench/", "measurements read what they have written"),
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
];

/// Nothing else reads text files.
pub(super) fn text_is_read_in_one_place(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        let other = OTHERS.iter().any(|(path, _)| file.path.starts_with(path));
        if other || file.path.starts_with(HOME) {
            continue;
        }
        let code = file.shipped_code();
        for way in WAYS {
            for position in word_positions(&code, way) {
                findings.push(Finding {
                    path: file.path.clone(),
                    line: line_of(&code, position),
                    problem: format!(
                        "`{way}` takes the byte order mark of a file for a part of its text"
                    ),
                    remedy: "use the crate `text-file`; if no person writes the file, say so in \
                             the table in xtask/src/tidy/text_files.rs"
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
    fn text_is_read_by_the_one_crate_only() {
        let text = "//! A\nfn a() {\n    std::fs::read_to_string(p);\n    file.read_to_end(b);\n\
                    \x20   fs::read(p);\n    // fs::read(p)\n    fs::read_dir(p);\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn b() { std::fs::read(p); }\n}\n";
        let files = [
            ("crates/orchestrator/src/network.rs", text),
            ("crates/text-file/src/lib.rs", text),
            ("crates/bench/src/lib.rs", text),
        ];
        assert_eq!(
            places(text_is_read_in_one_place, &files),
            [3, 5, 4].map(|line| format!("crates/orchestrator/src/network.rs:{line}"))
        );
    }

    #[test]
    fn what_else_is_read_has_a_reason() {
        assert!(OTHERS.iter().all(|(_, reason)| !reason.is_empty()));
    }
}

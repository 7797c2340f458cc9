//! Words and paths that mean something only where they were written, and phrases that nobody
//! says in plain English.

use super::Finding;
use super::rust_file::word_positions;
use super::tree::{Tree, has_extension};

struct Forbidden {
    text: &'static str,
    /// Case counts in paths, not in words.
    case_counts: bool,
    reason: &'static str,
    remedy: &'static str,
    /// Whether tests and benchmarks may use it.
    tests_may: bool,
}

/// Each text is split, so that this file does not find itself.
const FORBIDDEN: [Forbidden; 3] = [
    Forbidden {
        text: concat!("/wo", "rk/"),
        case_counts: true,
        reason: "this path exists on one machine only",
        remedy: "use a path relative to the repository",
        tests_may: false,
    },
    Forbidden {
        text: concat!("../sha", "red"),
        case_counts: true,
        reason: "this folder is not part of the repository",
        remedy: "only tests and benchmarks may look for it, and skip aloud when it is missing",
        tests_may: true,
    },
    Forbidden {
        text: concat!("sub", "agent"),
        case_counts: false,
        reason: "this is about how a text was made, not about the product",
        remedy: "say it without",
        tests_may: false,
    },
];

/// No file contains a forbidden text.
pub(super) fn forbidden(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        let is_bench = ["crates/bench/", "crates/captured-data/"]
            .iter()
            .any(|may| file.path.starts_with(may));
        search(&mut findings, &file.path, &file.text, |line| {
            is_bench || file.is_test_line(line)
        });
    }
    for (path, text) in &tree.others {
        search(&mut findings, path, text, |_| false);
    }
    findings
}

/// Phrases of comments and documents, with what to write instead. Each is split, so that this file
/// does not find itself.
const UNCLEAR: [(&str, &str); 5] = [
    (concat!("who", "ever"), "name the subject"),
    (concat!("some", "body"), "name the subject"),
    (concat!("existing ", "system"), "write: the original"),
    (
        concat!("how soon is ", "looked"),
        "write: retry delay, or interval",
    ),
    (concat!("and ", "mouths"), "write: servers"),
];

/// Where unclear phrases are still left.
const UNCLEAR_LEFT: [&str; 10] = [
    "crates/experiments-api/",
    "crates/loadlab/",
    "crates/log-api/",
    "crates/orchestrator/",
    "crates/service/",
    "crates/trace-import/",
    "docs/compatibility.md",
    "docs/orchestrator-requirements.md",
    "CHANGELOG.md",
    "xtask/",
];

/// Comments and documents use plain phrases.
pub(super) fn plain(tree: &Tree) -> Vec<Finding> {
    let comments = tree.rust.iter().flat_map(|file| {
        let lines = file.comment_lines();
        lines.map(|(line, text)| (file.path.as_str(), line, text))
    });
    let documents = tree
        .others
        .iter()
        .filter(|(path, _)| has_extension(path, "md"));
    let documents = documents.flat_map(|(path, text)| {
        let lines = (1..).zip(text.lines());
        lines.map(|(line, text)| (path.as_str(), line, text))
    });
    let mut findings = Vec::new();
    for (path, line, text) in comments.chain(documents) {
        if UNCLEAR_LEFT.iter().any(|left| path.starts_with(left)) {
            continue;
        }
        let text = text.to_lowercase();
        for (phrase, remedy) in UNCLEAR {
            if !word_positions(&text, phrase).is_empty() {
                findings.push(Finding {
                    path: path.to_owned(),
                    line,
                    problem: format!("`{phrase}` is not plain English"),
                    remedy: remedy.to_owned(),
                });
            }
        }
    }
    findings
}

fn search(findings: &mut Vec<Finding>, path: &str, text: &str, is_test: impl Fn(usize) -> bool) {
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        for forbidden in &FORBIDDEN {
            let is_there = if forbidden.case_counts {
                content.contains(forbidden.text)
            } else {
                content.to_lowercase().contains(forbidden.text)
            };
            if is_there && !(forbidden.tests_may && is_test(line)) {
                findings.push(Finding {
                    path: path.to_owned(),
                    line,
                    problem: format!("`{}`: {}", forbidden.text, forbidden.reason),
                    remedy: forbidden.remedy.to_owned(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn each_forbidden_text_is_found_in_code_and_documents() {
        for forbidden_text in &FORBIDDEN {
            let text = format!("//! fine\n// {} here\n", forbidden_text.text);
            let files = [
                ("crates/a/src/lib.rs", text.as_str()),
                ("docs/a.md", text.as_str()),
            ];
            assert_eq!(
                places(forbidden, &files),
                ["crates/a/src/lib.rs:2", "docs/a.md:2"],
                "{}",
                forbidden_text.text
            );
        }
    }

    #[test]
    fn unclear_phrases_are_found_in_comments_and_documents_only() {
        for (phrase, _) in UNCLEAR {
            let code = format!("//! fine\n// {phrase} here\nconst A: &str = \"{phrase}\";\n");
            let document = format!("fine\n{} here\n", phrase.to_uppercase());
            let files = [
                ("crates/a/src/lib.rs", code.as_str()),
                ("docs/a.md", document.as_str()),
            ];
            let expected = ["crates/a/src/lib.rs:2", "docs/a.md:2"];
            assert_eq!(places(plain, &files), expected, "{phrase}");
        }
    }

    #[test]
    fn tests_and_benchmarks_may_look_for_data_beside_the_repository() {
        let [_, beside, _] = &FORBIDDEN;
        let line = format!("const DATA: &str = \"{}/data\";\n", beside.text);
        let in_test = format!("#[cfg(test)]\nmod tests {{\n{line}}}\n");
        let files = [
            ("crates/a/src/lib.rs", in_test.as_str()),
            ("crates/a/tests/it.rs", line.as_str()),
            ("crates/bench/src/main.rs", line.as_str()),
        ];
        assert!(places(forbidden, &files).is_empty());
    }
}

//! Words and paths that mean something only where they were written.

use super::Finding;
use super::tree::Tree;

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
        let is_bench = file.path.starts_with("crates/bench/");
        search(&mut findings, &file.path, &file.text, |line| {
            is_bench || file.is_test_line(line)
        });
    }
    for (path, text) in &tree.others {
        search(&mut findings, path, text, |_| false);
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

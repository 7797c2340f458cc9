//! What is meant to be finished later and never is.

use super::Finding;
use super::rust_file::word_positions;
use super::tree::{Tree, has_extension};

/// Split, so that this file does not find itself.
const UNFINISHED_MARKS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Languages of fenced blocks that are Rust.
const RUST: [&str; 6] = [
    "",
    "rust",
    "no_run",
    "should_panic",
    "compile_fail",
    "ignore",
];

/// No test is switched off.
pub(super) fn ignored_tests(tree: &Tree) -> Vec<Finding> {
    let lines = tree.rust.iter().flat_map(|file| {
        let lines = file
            .code_lines()
            .filter(|(_, code)| code.contains("#[ignore"));
        lines.map(move |(line, _)| (file, line))
    });
    lines
        .map(|(file, line)| Finding {
            path: file.path.clone(),
            line,
            problem: "an ignored test proves nothing and rots".to_owned(),
            remedy: "make it reliable and fast enough to run always, or delete it".to_owned(),
        })
        .collect()
}

/// No comment asks for work: in Rust and in SQL.
pub(super) fn unfinished_comments(tree: &Tree) -> Vec<Finding> {
    let rust = tree.rust.iter().flat_map(|file| {
        file.comment_lines()
            .map(|(line, text)| (file.path.as_str(), line, text))
    });
    let sql = tree
        .others
        .iter()
        .filter(|(path, _)| has_extension(path, "sql"))
        .flat_map(|(path, text)| {
            let lines = text.lines().enumerate();
            lines.map(move |(index, text)| (path.as_str(), index + 1, text))
        });
    let mut findings = Vec::new();
    for (path, line, text) in rust.chain(sql) {
        for mark in UNFINISHED_MARKS {
            if !word_positions(text, mark).is_empty() {
                findings.push(Finding {
                    path: path.to_owned(),
                    line,
                    problem: format!("`{mark}` is a promise that nobody tracks"),
                    remedy: "do it now, or open an issue and say in the comment what holds today"
                        .to_owned(),
                });
            }
        }
    }
    findings
}

/// Examples in comments are not compiled, because compiling them takes longer than most tests.
pub(super) fn code_in_comments(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        let mut is_inside = false;
        for (line, text) in file.comment_lines() {
            let Some((_, language)) = text.split_once("```") else {
                continue;
            };
            is_inside = !is_inside;
            if is_inside && RUST.contains(&language.split(',').next().unwrap_or_default().trim()) {
                findings.push(Finding {
                    path: file.path.clone(),
                    line,
                    problem: "nothing compiles this example".to_owned(),
                    remedy: "make it a test, or say it in words".to_owned(),
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
    fn an_ignored_test_is_found_with_and_without_a_reason() {
        let files = [(
            "crates/a/src/lib.rs",
            "#[test]\n#[ignore]\nfn a() {}\n#[ignore = \"slow\"]\nfn b() {}\n// #[ignore]\n",
        )];
        assert_eq!(
            places(ignored_tests, &files),
            ["crates/a/src/lib.rs:2", "crates/a/src/lib.rs:4"]
        );
    }

    #[test]
    fn an_example_that_nothing_compiles_is_found() {
        let text =
            "//! ```json\n//! {}\n//! ```\n//! ```\n//! f();\n//! ```\n/// ```no_run\n/// ```\n";
        let files = [("crates/a/src/lib.rs", text)];
        assert_eq!(
            places(code_in_comments, &files),
            ["crates/a/src/lib.rs:4", "crates/a/src/lib.rs:7"]
        );
    }

    #[test]
    fn a_comment_that_asks_for_work_is_found() {
        let [todo, fixme, _] = UNFINISHED_MARKS;
        let rust = format!("// all good\nfn a() {{}} // {todo}: b\nlet {todo}S = \"{fixme}\";\n");
        let sql = format!("SELECT 1;\n-- {fixme}\n");
        let files = [
            ("crates/a/src/lib.rs", rust.as_str()),
            ("crates/store/migrations/1.sql", sql.as_str()),
        ];
        assert_eq!(
            places(unfinished_comments, &files),
            ["crates/a/src/lib.rs:2", "crates/store/migrations/1.sql:2"]
        );
    }
}

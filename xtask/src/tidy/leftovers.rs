//! What is meant to be finished later and never is.

use super::Finding;
use super::rust_file::{RustFile, word_positions};
use super::tree::{Tree, has_extension};

const UNFINISHED_MACROS: [&str; 2] = ["todo!", "unimplemented!"];

/// Split, so that this file does not find itself.
const UNFINISHED_MARKS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// No test is switched off.
pub(super) fn ignored_tests(tree: &Tree) -> Vec<Finding> {
    in_code(tree, &["#[ignore"], |_| {
        (
            "an ignored test proves nothing and rots".to_owned(),
            "make it reliable and fast enough to run always, or delete it",
        )
    })
}

/// No code is left out.
pub(super) fn unfinished_code(tree: &Tree) -> Vec<Finding> {
    in_code(tree, &UNFINISHED_MACROS, |found| {
        (
            format!("`{found}` ends the process when it is reached"),
            "write the code, or leave the feature out",
        )
    })
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

fn in_code(
    tree: &Tree,
    needles: &[&'static str],
    words: impl Fn(&str) -> (String, &'static str),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        for (line, needle) in occurrences(file, needles) {
            let (problem, remedy) = words(needle);
            findings.push(Finding {
                path: file.path.clone(),
                line,
                problem,
                remedy: remedy.to_owned(),
            });
        }
    }
    findings
}

fn occurrences<'a>(
    file: &'a RustFile,
    needles: &'a [&'static str],
) -> impl Iterator<Item = (usize, &'static str)> + 'a {
    file.code_lines().flat_map(move |(line, code)| {
        needles
            .iter()
            .filter(move |needle| code.contains(**needle))
            .map(move |needle| (line, *needle))
    })
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
    fn unfinished_code_is_found_in_tests_too() {
        let files = [
            (
                "crates/a/src/lib.rs",
                "fn a() { todo!() }\nfn b(todo: u8) {}\n",
            ),
            (
                "crates/a/tests/b.rs",
                "fn a() {\n unimplemented!(\"b\") }\n",
            ),
        ];
        assert_eq!(
            places(unfinished_code, &files),
            ["crates/a/src/lib.rs:1", "crates/a/tests/b.rs:2"]
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

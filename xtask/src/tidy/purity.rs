//! The pure crates: they compute, and take time, chance and data as arguments.

use super::Finding;
use super::rust_file::{line_of, word_positions};
use super::tree::Tree;

/// Crates whose shipped code does no input or output of any kind.
const PURE_CRATES: [&str; 5] = ["experiment", "mina", "results", "simulation", "trace"];

/// Modules of `std` that reach outside.
const OUTSIDE: [&str; 4] = ["env", "fs", "net", "process"];

/// Other names that do, with what they bring in.
const IMPURE: [(&str, &str); 8] = [
    ("Instant::now", "the clock"),
    ("SystemTime::now", "the clock"),
    ("OsRng", "chance"),
    ("rand::random", "chance"),
    ("rand::rng", "chance"),
    ("thread_rng", "chance"),
    ("getrandom", "chance"),
    ("tokio", "the runtime"),
];

/// Pure crates reach for nothing outside of their arguments.
pub(super) fn no_input_or_output(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in PURE_CRATES {
        let sources = format!("crates/{name}/src/");
        for file in tree
            .rust
            .iter()
            .filter(|file| file.path.starts_with(&sources))
        {
            let code = file.shipped_code();
            for (position, what) in impurities(&code) {
                findings.push(Finding {
                    path: file.path.clone(),
                    line: line_of(&code, position),
                    problem: format!(
                        "`{name}` is pure, but this brings in {what}: the same input must give the \
                         same result, on any machine and on any day"
                    ),
                    remedy: "take the value as an argument, or move this to the crate that calls"
                        .to_owned(),
                });
            }
        }
    }
    findings
}

/// Byte positions in `code` of names that reach outside, and what they bring in.
fn impurities(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (name, what) in IMPURE {
        found.extend(word_positions(code, name).into_iter().map(|at| (at, what)));
    }
    for module in OUTSIDE {
        let path = format!("std::{module}");
        let direct = word_positions(code, &path);
        let grouped = grouped_imports(code)
            .into_iter()
            .filter(|(_, first)| *first == module)
            .map(|(position, _)| position);
        found.extend(
            direct
                .into_iter()
                .chain(grouped)
                .map(|at| (at, outside_world(module))),
        );
    }
    found
}

fn outside_world(module: &str) -> &'static str {
    match module {
        "env" => "the environment",
        "fs" => "files",
        "net" => "the network",
        _ => "other processes",
    }
}

/// Position and first name of each path in `use std::{…}`.
fn grouped_imports(code: &str) -> Vec<(usize, &str)> {
    const OPENING: &str = "std::{";
    let mut imports = Vec::new();
    for begin in word_positions_of_prefix(code, OPENING) {
        let mut depth = 1_usize;
        let mut path_begin = begin + OPENING.len();
        for (offset, byte) in code.bytes().enumerate().skip(path_begin) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b',' if depth == 1 => {
                    imports.push(first_name(code, path_begin, offset));
                    path_begin = offset + 1;
                }
                _ => {}
            }
            if depth == 0 {
                imports.push(first_name(code, path_begin, offset));
                break;
            }
        }
    }
    imports
}

fn word_positions_of_prefix(code: &str, prefix: &str) -> Vec<usize> {
    // the prefix ends in a brace, so only its beginning can lie inside a longer word
    code.match_indices(prefix)
        .map(|(position, _)| position)
        .filter(|&position| position == 0 || !super::lexer::is_word(code.as_bytes()[position - 1]))
        .collect()
}

fn first_name(code: &str, begin: usize, end: usize) -> (usize, &str) {
    let path = &code[begin..end];
    let blanks = path.len() - path.trim_start().len();
    let name = path.trim().split("::").next().unwrap_or_default();
    // `fs as files` is still `fs`
    let name = name.split_whitespace().next().unwrap_or_default();
    (begin + blanks, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    fn found_in_trace(source: &str) -> Vec<String> {
        places(no_input_or_output, &[("crates/trace/src/a.rs", source)])
    }

    #[test]
    fn each_way_outside_is_found_in_a_pure_crate() {
        for source in [
            "use std::fs;",
            "use std::env::var;",
            "use std::{fmt, net::TcpStream};",
            "use std::{process as p};",
            "use std::{collections::{BTreeMap, HashMap}, fs};",
            "let now = std::time::SystemTime::now();",
            "let now = Instant::now();",
            "let number: u8 = rand::rng().random();",
            "tokio::spawn(x);",
        ] {
            assert_eq!(
                found_in_trace(source),
                ["crates/trace/src/a.rs:1"],
                "{source}"
            );
        }
    }

    #[test]
    fn the_line_of_a_grouped_import_is_its_own() {
        let source = "use std::{\n    fmt,\n    fs,\n};";
        assert_eq!(found_in_trace(source), ["crates/trace/src/a.rs:3"]);
    }

    #[test]
    fn tests_comments_and_other_crates_may_reach_outside() {
        for source in [
            "#[cfg(test)]\nmod tests { use std::fs; }",
            "// std::fs\n",
            "use std::{fmt, io::Write, fmt::{self, env}};",
            "let stdin = my_std::fs;",
        ] {
            assert!(found_in_trace(source).is_empty(), "{source}");
        }
        let store = [("crates/store/src/a.rs", "use std::fs;")];
        assert!(places(no_input_or_output, &store).is_empty());
        let test = [("crates/trace/tests/a.rs", "use std::fs;")];
        assert!(places(no_input_or_output, &test).is_empty());
    }
}

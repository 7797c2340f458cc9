//! The size and head of each Rust file, and the manifests.

use super::finding::Finding;
use super::source::File;

/// Longest allowed file, in lines, tests within it included. Files that are tests as a whole may
/// be longer: they are lists of cases.
const LINES_MAX: usize = 600;

/// No file is longer than a reader can keep in mind.
pub(super) fn length(files: &[File]) -> Vec<Finding> {
    let long = files
        .iter()
        .filter(|file| file.is("rs") && !file.is_test && file.lines.len() > LINES_MAX);
    long.map(|file| {
        let lines = file.lines.len();
        let problem = format!("{lines} lines, more than {LINES_MAX}: more than one subject");
        Finding::new(&file.path, lines, problem, "split it by subject")
    })
    .collect()
}

/// Every file says first what it promises.
pub(super) fn header(files: &[File]) -> Vec<Finding> {
    let has_none = |file: &&File| {
        let mut lines = file.lines.iter().map(|line| line.text.trim());
        let first = lines.find(|line| !line.is_empty());
        file.is("rs") && !first.is_some_and(|line| line.starts_with("//!"))
    };
    let problem = "no module documentation: a reader has to guess what belongs here";
    let remedy = "begin with `//!` and what this file promises";
    let found = files.iter().filter(has_none);
    found
        .map(|file| Finding::new(&file.path, 1, problem, remedy))
        .collect()
}

/// The crates that need `unsafe`: they call functions of C that no safe function wraps.
const UNSAFE_CRATES: [&str; 2] = [
    "crates/allocator/Cargo.toml",
    "crates/parent-death/Cargo.toml",
];

/// Every crate takes the workspace's lints, but for those that need `unsafe`.
pub(super) fn workspace_lints(files: &[File]) -> Vec<Finding> {
    let has_own = |file: &&File| {
        let mut pairs = file.lines.windows(2);
        let takes = |pair: &[super::source::Line]| {
            pair[0].text == "[lints]" && pair[1].text == "workspace = true"
        };
        file.path.ends_with("/Cargo.toml")
            && !UNSAFE_CRATES.contains(&file.path.as_str())
            && !pairs.any(takes)
    };
    let problem = "this crate does not take the workspace's lints, among them the ban on unsafe \
                   code";
    let remedy = "add a table [lints] with `workspace = true`";
    let found = files.iter().filter(has_own);
    found
        .map(|file| Finding::new(&file.path, 1, problem, remedy))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn a_crate_with_lints_of_its_own_is_found_except_the_unsafe_ones() {
        let own = "[lints.rust]\nunsafe_code = \"allow\"\n";
        let files = [
            ("crates/mina/Cargo.toml", own),
            ("crates/allocator/Cargo.toml", own),
            ("crates/parent-death/Cargo.toml", own),
            ("crates/trace/Cargo.toml", "[lints]\nworkspace = true\n"),
            ("Cargo.toml", "[workspace]\n"),
        ];
        assert_eq!(
            places(workspace_lints, &files),
            ["crates/mina/Cargo.toml:1"]
        );
    }

    #[test]
    fn a_file_one_line_too_long_is_found_unless_it_is_a_test() {
        let longest = "//\n".repeat(LINES_MAX);
        let too_long = "//\n".repeat(LINES_MAX + 1);
        let files = [
            ("crates/a/src/longest.rs", longest.as_str()),
            ("crates/a/src/too_long.rs", too_long.as_str()),
            ("crates/a/tests/cases.rs", too_long.as_str()),
        ];
        assert_eq!(places(length, &files), ["crates/a/src/too_long.rs:601"]);
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        let files = [
            ("crates/a/src/good.rs", "//! Good.\n"),
            ("crates/a/src/bad.rs", "// no\nmod x;\n//! too late\n"),
            ("crates/a/tests/empty.rs", ""),
        ];
        assert_eq!(
            places(header, &files),
            ["crates/a/src/bad.rs:1", "crates/a/tests/empty.rs:1"]
        );
    }
}

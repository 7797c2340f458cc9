//! The size and head of each Rust file.

use super::Finding;
use super::tree::Tree;

/// Longest allowed file, in lines, tests within it included. Files that are tests as a whole may
/// be longer: they are lists of cases.
const LINES_MAX: usize = 600;

/// No file is longer than a reader can keep in mind.
pub(super) fn length(tree: &Tree) -> Vec<Finding> {
    tree.rust
        .iter()
        .filter(|file| !file.is_test())
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > LINES_MAX).then(|| Finding {
                path: file.path.clone(),
                line: lines,
                problem: format!(
                    "{lines} lines, more than {LINES_MAX}: a file of this length has more than one \
                     subject"
                ),
                remedy: "split it by subject".to_owned(),
            })
        })
        .collect()
}

/// Every file says first what it promises.
pub(super) fn header(tree: &Tree) -> Vec<Finding> {
    tree.rust
        .iter()
        .filter(|file| !file.text.trim_start().starts_with("//!"))
        .map(|file| Finding {
            path: file.path.clone(),
            line: 1,
            problem: "no module documentation: a reader has to guess what belongs here".to_owned(),
            remedy: "begin with `//!` and what this file promises".to_owned(),
        })
        .collect()
}

/// The one crate that needs `unsafe`: it calls the operating system directly.
const UNSAFE_CRATE: &str = "parent-death";

/// Every crate takes the workspace's lints, but for the one that needs `unsafe`.
pub(super) fn workspace_lints(tree: &Tree) -> Vec<Finding> {
    tree.crates()
        .filter(|(_, text, name)| {
            *name != UNSAFE_CRATE && !text.contains("[lints]\nworkspace = true\n")
        })
        .map(|(path, _, name)| Finding {
            path: path.to_owned(),
            line: 1,
            problem: format!(
                "`{name}` does not take the workspace's lints, among them the ban on unsafe code \
                 outside crates/{UNSAFE_CRATE}"
            ),
            remedy: "add a table [lints] with `workspace = true`".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn a_crate_with_lints_of_its_own_is_found_except_the_unsafe_one() {
        let own = "[lints.rust]\nunsafe_code = \"allow\"\n";
        let files = [
            ("crates/mina/Cargo.toml", own),
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

//! The documents that every reader starts from.

use std::collections::BTreeSet;

use super::Finding;
use super::rust_file::word_positions;
use super::tree::Tree;

const REQUIRED: [(&str, &str); 8] = [
    ("README.md", "what this is and how to start it"),
    ("ARCHITECTURE.md", "where things are and what always holds"),
    ("CONTRIBUTING.md", "how to change it"),
    ("CHANGELOG.md", "what has changed for users"),
    ("docs/api-design.md", "how routes look"),
    (
        "docs/decisions/README.md",
        "why surprising things are as they are",
    ),
    ("docs/glossary.md", "what the words mean"),
    (REQUIREMENTS, "what the orchestrator must do"),
];

/// The documents exist and are not empty.
pub(super) fn exist(tree: &Tree) -> Vec<Finding> {
    REQUIRED
        .iter()
        .filter(|(path, _)| tree.text_of(path).is_none_or(|text| text.trim().is_empty()))
        .map(|(path, purpose)| Finding {
            path: (*path).to_owned(),
            line: 1,
            problem: format!("this document is missing: readers look in it for {purpose}"),
            remedy: "write it".to_owned(),
        })
        .collect()
}

/// ARCHITECTURE.md names every crate.
pub(super) fn architecture_names_every_crate(tree: &Tree) -> Vec<Finding> {
    let text = tree.text_of("ARCHITECTURE.md").unwrap_or_default();
    tree.crates()
        .filter(|(_, _, name)| word_positions(text, name).is_empty())
        .map(|(_, _, name)| Finding {
            path: "ARCHITECTURE.md".to_owned(),
            line: 1,
            problem: format!("the crate `{name}` is not mentioned: the map must be complete"),
            remedy: "say in one sentence what it is for and what it must not know".to_owned(),
        })
        .collect()
}

/// The requirements and the tests that hold them.
const REQUIREMENTS: &str = "docs/orchestrator-requirements.md";

/// Each requirement names tests that exist.
pub(super) fn requirements_are_held(tree: &Tree) -> Vec<Finding> {
    let tests = test_names(tree);
    let text = tree.text_of(REQUIREMENTS).unwrap_or_default();
    let rows = (1..).zip(text.lines()).filter(|(_, line)| is_row(line));
    let mut findings = Vec::new();
    for (line, row) in rows {
        let cells = row.trim_end_matches([' ', '|']).rsplit_once('|');
        let held_by = cells.map_or("", |(_, last)| last);
        let names: Vec<&str> = held_by.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            findings.push(Finding {
                path: REQUIREMENTS.to_owned(),
                line,
                problem: "no test holds this requirement".to_owned(),
                remedy: "name one as `crate/function`".to_owned(),
            });
        }
        for name in names.into_iter().filter(|name| !tests.contains(*name)) {
            findings.push(Finding {
                path: REQUIREMENTS.to_owned(),
                line,
                problem: format!("there is no test `{name}`: nothing holds this requirement"),
                remedy: "name the test that does, as `crate/function`".to_owned(),
            });
        }
    }
    findings
}

/// The checks of the dashboard and the tests that hold them.
const DASHBOARD_CHECKS: &str = "docs/dashboard-checks.md";
/// Tests of the page. They are no Rust.
const PAGE_TESTS: &str = "web/tests/";

/// Each check of the dashboard names tests that exist, or says that it is open. Tests of the page
/// stand in quotation marks, others are written as `crate/function`.
pub(super) fn dashboard_checks_are_held(tree: &Tree) -> Vec<Finding> {
    let tests = test_names(tree);
    let of_page = tree.others.iter();
    let of_page = of_page.filter(|(path, _)| path.starts_with(PAGE_TESTS));
    let of_page: Vec<&str> = of_page.map(|(_, text)| text.as_str()).collect();
    let text = tree.text_of(DASHBOARD_CHECKS).unwrap_or_default();
    let mut findings = Vec::new();
    for (line, row) in (1..).zip(text.lines()).filter(|(_, line)| is_row(line)) {
        let cells = row.trim_end_matches([' ', '|']).rsplit_once('|');
        let held_by = cells.map_or("", |(_, last)| last);
        let between = |mark: char| held_by.split(mark).skip(1).step_by(2);
        let rust = between('`').filter(|name| !tests.contains(*name));
        let page = between('"').filter(|name| !of_page.iter().any(|text| text.contains(name)));
        findings.extend(rust.chain(page).map(|name| Finding {
            path: DASHBOARD_CHECKS.to_owned(),
            line,
            problem: format!("there is no test `{name}`: nothing holds this check"),
            remedy: "name the test that does, or say that the check is open".to_owned(),
        }));
        if !held_by.contains(['`', '"']) && !held_by.contains("open") {
            findings.push(Finding {
                path: DASHBOARD_CHECKS.to_owned(),
                line,
                problem: "no test holds this check, and nothing says that it is open".to_owned(),
                remedy: "name the test that does, or say that the check is open".to_owned(),
            });
        }
    }
    findings
}

/// A row of a table that is neither its head nor the line below it.
fn is_row(line: &str) -> bool {
    line.starts_with('|') && !line.starts_with("| ---") && !line.ends_with("| held by |")
}

/// `crate/function` of everything in parts of files that are tests.
fn test_names(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in &tree.rust {
        let in_crate = file.path.strip_prefix("crates/");
        let Some((name, _)) = in_crate.and_then(|path| path.split_once('/')) else {
            continue;
        };
        for (line, code) in file.code_lines() {
            let Some((_, after)) = code.split_once("fn ") else {
                continue;
            };
            if let Some((function, _)) = after.split_once('(')
                && file.is_test_line(line)
            {
                names.insert(format!("{name}/{function}"));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn a_missing_or_empty_document_is_found() {
        let files = [
            ("README.md", "# loadlab\n"),
            ("ARCHITECTURE.md", "text"),
            ("CHANGELOG.md", " \n"),
            ("docs/api-design.md", "text"),
            ("docs/decisions/README.md", "text"),
            ("docs/glossary.md", "text"),
            (REQUIREMENTS, "text"),
        ];
        assert_eq!(
            places(exist, &files),
            ["CONTRIBUTING.md:1", "CHANGELOG.md:1"]
        );
    }

    #[test]
    fn a_requirement_without_a_test_is_found() {
        let list = "| requirement | held by |\n| --- | --- |\n\
                    | it adds | `sums/it_adds` `sums/never_below_zero` |\n\
                    | it shows `x` | |\n\
                    | it ships | `sums/it_adds` `sums/add` |\n\
                    | it is elsewhere | `other/it_adds` |\n";
        let code = "fn add() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn it_adds() {}\n}\n";
        let files = [
            (REQUIREMENTS, list),
            ("crates/sums/src/lib.rs", code),
            (
                "crates/sums/tests/all.rs",
                "fn never_below_zero(x: u8) {}\n",
            ),
        ];
        let lines = ["4", "5", "6"].map(|line| format!("{REQUIREMENTS}:{line}"));
        assert_eq!(places(requirements_are_held, &files), lines);
    }

    #[test]
    fn a_check_of_the_dashboard_without_a_test_is_found() {
        let list = "| # | check | held by |\n| --- | --- | --- |\n\
                    | 1 | links | \"a link is kept\", `page/sends` |\n\
                    | 2 | back | open |\n\
                    | 3 | keys | \"a key is kept\" |\n\
                    | 4 | size | `page/is_small` |\n\
                    | 5 | speed | |\n";
        let files = [
            (DASHBOARD_CHECKS, list),
            ("web/tests/a.mjs", "test(\"a link is kept\", run);"),
            ("web/src/b.ts", "\"a key is kept\""),
            ("crates/page/tests/all.rs", "fn sends() {}\n"),
        ];
        let lines = ["5", "6", "7"].map(|line| format!("{DASHBOARD_CHECKS}:{line}"));
        assert_eq!(places(dashboard_checks_are_held, &files), lines);
    }

    #[test]
    fn a_crate_that_the_architecture_leaves_out_is_found() {
        let files = [
            ("ARCHITECTURE.md", "`store` keeps, minatrace is no crate"),
            ("crates/store/Cargo.toml", ""),
            ("crates/mina/Cargo.toml", ""),
        ];
        assert_eq!(
            places(architecture_names_every_crate, &files),
            ["ARCHITECTURE.md:1"]
        );
    }
}

//! Documents that name what is in the code: crates and tests.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::source::{File, has_phrase};

/// ARCHITECTURE.md names every crate.
pub(super) fn architecture_names_every_crate(files: &[File]) -> Vec<Finding> {
    let path = "ARCHITECTURE.md";
    let lines = || {
        files
            .iter()
            .filter(|file| file.path == path)
            .flat_map(|file| &file.lines)
    };
    let manifests = files
        .iter()
        .filter_map(|file| file.path.strip_suffix("/Cargo.toml"));
    let names = manifests.map(|folder| folder.trim_start_matches("crates/"));
    let missing = names.filter(|name| !lines().any(|line| has_phrase(&line.text, name)));
    missing
        .map(|name| {
            let problem = format!("the crate `{name}` is not mentioned: the map must be complete");
            Finding::new(path, 1, problem, "say in one sentence what it is for")
        })
        .collect()
}

/// ARCHITECTURE.md says why each dependency was chosen.
pub(super) fn architecture_has_reasons(files: &[File]) -> Vec<Finding> {
    let lines = |path| {
        let files = files.iter().filter(move |file| file.path == path);
        files.flat_map(File::numbered)
    };
    let rest = lines("Cargo.toml").skip_while(|(_, line)| line.text != "[workspace.dependencies]");
    let declared = rest
        .skip(1)
        .take_while(|(_, line)| !line.text.starts_with('['))
        .filter(|(_, line)| !line.text.contains("path = "))
        .filter_map(|(number, line)| Some((number, line.text.split_once(" = ")?.0)));
    let has_reason = |name: &str| {
        let quoted = format!("`{name}`");
        lines("ARCHITECTURE.md").any(|(_, line)| is_row(&line.text) && line.text.contains(&quoted))
    };
    declared
        .filter(|(_, name)| !has_reason(name))
        .map(|(number, name)| {
            let problem = format!("nothing says why `{name}` was chosen");
            Finding::new(
                "Cargo.toml",
                number,
                problem,
                "add it to the table of ARCHITECTURE.md",
            )
        })
        .collect()
}

/// ARCHITECTURE.md leads to files and folders that are there.
pub(super) fn architecture_names_what_is_there(files: &[File]) -> Vec<Finding> {
    let is_there = |path: &str| {
        let path = path.trim_end_matches('/');
        let is_below = |file: &File| {
            let rest = file.path.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        files.iter().any(is_below)
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path == "ARCHITECTURE.md") {
        for (number, line) in file.numbered() {
            let quoted = line.text.split('`').skip(1).step_by(2);
            let paths =
                quoted.filter(|text| text.starts_with("crates/") || text.starts_with("xtask/"));
            let gone = paths.flat_map(alternatives).filter(|path| !is_there(path));
            findings.extend(gone.map(|path| {
                let problem = format!("there is no `{path}`: the map leads astray");
                Finding::new(&file.path, number, problem, "name where it is now")
            }));
        }
    }
    findings
}

/// The paths that `a/{b,c}.rs` stands for; a path without braces itself.
fn alternatives(path: &str) -> Vec<String> {
    let parts = path.split_once('{').and_then(|(before, rest)| {
        let (names, after) = rest.split_once('}')?;
        Some((before, names, after))
    });
    let Some((before, names, after)) = parts else {
        return vec![path.to_owned()];
    };
    let names = names.split(',');
    names.map(|name| format!("{before}{name}{after}")).collect()
}

/// What must hold and the tests that hold it; whether a row may say that it is open.
const TABLES: [(&str, bool); 2] = [
    ("docs/orchestrator-requirements.md", false),
    ("docs/dashboard-checks.md", true),
];

/// Tests of the page. They are no Rust.
const PAGE_TESTS: &str = "web/tests/";

/// Each row of these tables names tests that exist in its last cell: as `crate/function` between
/// backticks, or with the name of a test of the page in quotation marks.
pub(super) fn tables_name_tests(files: &[File]) -> Vec<Finding> {
    let tests = test_names(files);
    let page = || {
        let page = files
            .iter()
            .filter(|file| file.path.starts_with(PAGE_TESTS));
        page.flat_map(|file| &file.lines)
    };
    let mut findings = Vec::new();
    for file in files {
        let Some((_, may_be_open)) = TABLES.iter().find(|(path, _)| *path == file.path) else {
            continue;
        };
        for (number, row) in file.numbered().filter(|(_, line)| is_row(&line.text)) {
            let cells = row.text.trim_end_matches([' ', '|']).rsplit_once('|');
            let held_by = cells.map_or("", |(_, last)| last);
            let between = |mark: char| held_by.split(mark).skip(1).step_by(2);
            let rust = between('`').filter(|name| !tests.contains(*name));
            let page = between('"').filter(|name| !page().any(|line| declares(&line.text, name)));
            let remedy = "name the test that does, as `crate/function`";
            findings.extend(rust.chain(page).map(|name| {
                let problem = format!("there is no test `{name}`: nothing holds this");
                Finding::new(&file.path, number, problem, remedy)
            }));
            let is_open = *may_be_open && held_by.contains("open");
            if !held_by.contains(['`', '"']) && !is_open {
                findings.push(Finding::new(
                    &file.path,
                    number,
                    "no test holds this",
                    remedy,
                ));
            }
        }
    }
    findings
}

/// A row of a table that is neither its head nor the line below it.
fn is_row(line: &str) -> bool {
    line.starts_with('|') && !line.starts_with("| ---") && !line.ends_with("| held by |")
}

/// Whether a line declares a test of the page with this name, or tests whose name is a template
/// that begins with it.
fn declares(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let call = line
        .strip_prefix("test(")
        .or_else(|| line.strip_prefix("it("));
    call.is_some_and(|call| {
        let rest = |quote| call.strip_prefix(quote)?.strip_prefix(name);
        let is_named = rest('"').is_some_and(|rest| rest.starts_with('"'));
        is_named || rest('`').is_some_and(|rest| rest.starts_with(['`', ':']))
    })
}

/// `crate/function` of everything in parts of files that are tests.
fn test_names(files: &[File]) -> BTreeSet<String> {
    let name = |file: &File, code: &str| {
        let (name, _) = file.path.strip_prefix("crates/")?.split_once('/')?;
        let (function, _) = code.split_once("fn ")?.1.split_once('(')?;
        Some(format!("{name}/{function}"))
    };
    let of_file = |file| {
        let lines = File::numbered(file).filter(|(_, line)| line.is_test);
        lines.filter_map(move |(_, line)| name(file, &line.code))
    };
    files.iter().flat_map(of_file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn a_requirement_without_a_test_is_found() {
        let list = "| requirement | held by |\n| --- | --- |\n\
                    | it adds | `sums/it_adds` `sums/never_below_zero` |\n\
                    | it shows `x` | |\n\
                    | it ships | `sums/it_adds` `sums/add` |\n\
                    | it is elsewhere | `other/it_adds` |\n";
        let code = "fn add() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn it_adds() {}\n}\n";
        let files = [
            (TABLES[0].0, list),
            ("crates/sums/src/lib.rs", code),
            (
                "crates/sums/tests/all.rs",
                "fn never_below_zero(x: u8) {}\n",
            ),
        ];
        let lines = ["4", "5", "6"].map(|line| format!("{}:{line}", TABLES[0].0));
        assert_eq!(places(tables_name_tests, &files), lines);
    }

    #[test]
    fn a_check_of_the_dashboard_without_a_test_is_found() {
        let list = "| # | check | held by |\n| --- | --- | --- |\n\
                    | 1 | links | \"a link is kept\", `page/sends` |\n\
                    | 2 | back | open |\n\
                    | 3 | keys | \"a key is kept\" |\n\
                    | 4 | size | `page/is_small` |\n\
                    | 5 | speed | |\n\
                    | 6 | names | \"each page is quiet\" |\n\
                    | 7 | words | \"a word is said\" |\n\
                    | 8 | parts | \"a link\" |\n";
        let files = [
            (TABLES[1].0, list),
            (
                "web/tests/a.mjs",
                "test(\"a link is kept\", run);\n\
                 // a word is said\n\
                 ok(found, \"a word is said\");\n  \
                 it(`each page is quiet: ${theme}`, run);\n",
            ),
            ("web/src/b.ts", "\"a key is kept\""),
            ("crates/page/tests/all.rs", "fn sends() {}\n"),
        ];
        let lines = ["5", "6", "7", "9", "10"].map(|line| format!("{}:{line}", TABLES[1].0));
        assert_eq!(places(tables_name_tests, &files), lines);
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

    #[test]
    fn a_path_in_the_architecture_that_leads_nowhere_is_found() {
        let map = "`crates/a/src/{b,c}.rs`\n`crates/a/src`, `crates/a/sr`\n`crates/<name>/x.rs`, crates/d\n\
                   `crates/a/src/{b,e}.rs`\n";
        let files = [
            ("ARCHITECTURE.md", map),
            ("docs/a.md", "`crates/none`"),
            ("crates/a/src/b.rs", ""),
            ("crates/a/src/c.rs", ""),
        ];
        let lines = ["2", "3", "4"].map(|line| format!("ARCHITECTURE.md:{line}"));
        assert_eq!(places(architecture_names_what_is_there, &files), lines);
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let manifest = "[package]\nname = \"x\"\n[workspace.dependencies]\nstore = { path = \"s\" }\n\
                        axum = \"1\"\nserde = \"1\"\n[workspace.lints.rust]\nunsafe_code = \"deny\"\n";
        let files = [
            ("Cargo.toml", manifest),
            (
                "ARCHITECTURE.md",
                "| `axum` | services | standard |\nof `serde` a word",
            ),
        ];
        assert_eq!(places(architecture_has_reasons, &files), ["Cargo.toml:6"]);
    }
}

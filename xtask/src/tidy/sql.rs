//! SQL stands in one crate, where each statement is checked and tested against a real server.

use super::Finding;
use super::tree::Tree;

const STORE: &str = "crates/store/";
const DRIVER: &str = "sqlx";

/// Measurements may ask the database things that nothing else needs, through `psql` and the like.
const MAY_HOLD_STATEMENTS: [&str; 2] = [STORE, "crates/bench/"];

/// Words that a statement is recognised by: all of them, in this order, with blanks between.
const STATEMENTS: [&[&str]; 9] = [
    &["SELECT", "FROM"],
    &["INSERT", "INTO"],
    &["UPDATE", "SET"],
    &["DELETE", "FROM"],
    &["COPY", "FROM"],
    &["CREATE", "TABLE"],
    &["ALTER", "TABLE"],
    &["DROP", "TABLE"],
    &["TRUNCATE", "TABLE"],
];

/// Only the store depends on the database driver.
pub(super) fn driver_only_in_the_store(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (manifest, name) in tree.crates() {
        if manifest.path.starts_with(STORE) {
            continue;
        }
        for entry in manifest.dependencies() {
            if entry.dependency() == DRIVER {
                findings.push(Finding {
                    path: manifest.path.clone(),
                    line: entry.line,
                    problem: format!(
                        "`{name}` depends on {DRIVER}: only the store speaks to the database, so \
                         that its tables can change in one place"
                    ),
                    remedy: "ask the store for a typed function".to_owned(),
                });
            }
        }
    }
    findings
}

/// No SQL statement in shipped code outside of the store.
pub(super) fn statements_only_in_the_store(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.rust {
        if MAY_HOLD_STATEMENTS
            .iter()
            .any(|folder| file.path.starts_with(folder))
        {
            continue;
        }
        for string in file.shipped_strings() {
            if let Some(statement) = statement(string.text) {
                findings.push(Finding {
                    path: file.path.clone(),
                    line: string.line,
                    problem: format!(
                        "this looks like an SQL statement ({statement}): only crates/store has \
                         SQL, so that the tables can change in one place"
                    ),
                    remedy: "move it there, behind a typed function".to_owned(),
                });
            }
        }
    }
    findings
}

/// The kind of statement a text looks like. Keywords are in capitals by house style; in lower case
/// only the beginning of a text is believed, because sentences use these words as well.
fn statement(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    STATEMENTS
        .iter()
        .find(|keywords| in_order(&words, keywords) || begins_in_lower_case(&words, keywords))
        .map(|keywords| keywords.join(" … "))
}

fn in_order(words: &[&str], keywords: &[&str]) -> bool {
    let mut rest = words.iter();
    keywords
        .iter()
        .all(|keyword| rest.any(|word| word == keyword))
}

fn begins_in_lower_case(words: &[&str], keywords: &[&str]) -> bool {
    let Some((first, others)) = words.split_first() else {
        return false;
    };
    // two keywords that follow each other, or `select … from` over any distance
    let others: Vec<String> = others
        .iter()
        .map(|word| word.to_ascii_uppercase())
        .collect();
    let near = if keywords[0] == "SELECT" {
        others.len()
    } else {
        2
    };
    first.eq_ignore_ascii_case(keywords[0])
        && others.iter().take(near).any(|word| word == keywords[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn the_driver_outside_of_the_store_is_found() {
        let uses = "[dependencies]\nsqlx.workspace = true\n";
        let files = [
            ("crates/store/Cargo.toml", uses),
            ("crates/log-api/Cargo.toml", uses),
            ("Cargo.toml", "[workspace.dependencies]\nsqlx = \"0.9\"\n"),
        ];
        assert_eq!(
            places(driver_only_in_the_store, &files),
            ["crates/log-api/Cargo.toml:2"]
        );
    }

    #[test]
    fn statements_outside_of_the_store_are_found() {
        for text in [
            "SELECT a, b\\n  FROM block_trace",
            "WITH x AS (SELECT 1 FROM y) INSERT INTO z SELECT * FROM x",
            "select name from nodes",
            "insert into nodes values ($1)",
            "UPDATE nodes SET name = $1",
            "DELETE FROM nodes",
            "CREATE UNLOGGED TABLE staging (a int)",
        ] {
            let source = format!("\nconst QUERY: &str = \"{text}\";\n");
            let files = [("crates/log-api/src/a.rs", source.as_str())];
            assert_eq!(
                places(statements_only_in_the_store, &files),
                ["crates/log-api/src/a.rs:2"],
                "{text}"
            );
        }
    }

    #[test]
    fn sentences_comments_tests_the_store_and_benchmarks_are_left_alone() {
        let query = "const QUERY: &str = \"SELECT a FROM b\";";
        let in_test = format!("#[cfg(test)]\nmod tests {{ {query} }}");
        let in_comment = format!("// {query}");
        for (path, source) in [
            (
                "crates/loadlab/src/a.rs",
                "f(\"import a file, insert nothing, then read from it\")",
            ),
            (
                "crates/loadlab/src/a.rs",
                "f(\"update the settings and set a limit\")",
            ),
            ("crates/loadlab/src/a.rs", in_test.as_str()),
            ("crates/loadlab/src/a.rs", in_comment.as_str()),
            ("crates/loadlab/tests/a.rs", query),
            ("crates/store/src/a.rs", query),
            ("crates/bench/src/a.rs", query),
        ] {
            let found = places(statements_only_in_the_store, &[(path, source)]);
            assert!(found.is_empty(), "{path}: {source}");
        }
    }
}

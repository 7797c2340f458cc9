//! The second pass: the folder of an operator of the original. Its `.env` with quoted host
//! overrides, its keys, names and configurations, and its database are used as they are.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::document::{self, Section};
use super::images::POSTGRES;
use super::stack::Stack;
use crate::process;
use crate::workspace::Workspace;

/// Lines of `.env.example`, and what the operator has in their places.
const CHOICES: [(&str, &str); 2] = [
    (
        "# HOST_OVERRIDES=--host-overrides 'host-{}-example.com'\n",
        "HOST_OVERRIDES=\"--host-overrides 'host-{}-example.com'\"\n",
    ),
    ("PASSWORD=choose-one\n", "PASSWORD=p@ss:w/rd%20\n"),
];
const PASSWORD: &str = "p@ss:w/rd%20";

/// What the log fetcher makes of the overrides.
const OVERRIDES: &str = r#""--host-overrides","host-{}-example.com","#;

/// The original's schema and rows.
const ORIGINAL: &str = "crates/store/tests/store/original";

/// Tables that the original has.
const TABLES: usize = 13;

/// Files of the operator, and where services find them.
const FILES: [(&str, &str, &str); 5] = [
    ("keys/fetcher_sk", "log-fetcher", "/keys/fetcher_sk"),
    ("keys/plain1", "orchestrator-as-service", "/keys/plain1"),
    (
        "names-data/names.json",
        "log-fetcher",
        "/names-data/names.json",
    ),
    (
        "uptime-backend/config.json",
        "in-memory-uptime-backend",
        "/config/config.json",
    ),
    (
        "orchestrator-as-service/config.json",
        "orchestrator-as-service",
        "/lab/config.json",
    ),
];

/// Requests that each service answers, and a part of its answer.
const REQUESTS: [(&str, &str); 8] = [
    ("http://localhost:4000/nodes", "[]"),
    ("http://localhost:8080/", "delegation backend service"),
    ("http://localhost:8080/v1/online", "[]"),
    ("http://localhost:3003/api/experiment/e", "\"success\""),
    ("http://localhost:3003/api/experiments", "\"exp\":\"e\""),
    ("http://localhost:9090/readyz", ""),
    ("http://localhost:9080/readyz", ""),
    ("http://localhost:4200/", "<html"),
];

pub(super) fn run(stack: &Stack<'_>, workspace: &Workspace) -> Result<()> {
    document::follow(Section::Real, stack, workspace)?;
    choose(stack)?;
    stack.shell(include_str!("operators-files.sh"))?;
    let original = workspace.root().join(ORIGINAL);
    let before = stack.shell(&format!(
        "ORIGINAL='{}' PASSWORD='{PASSWORD}' IMAGE={POSTGRES}\n{}",
        original.display(),
        include_str!("original-database.sh")
    ))?;
    let before = counts(&before)?;
    ensure!(
        before.len() == TABLES && before.iter().all(|(_, rows)| *rows > 0),
        "the original's database has {before:?}"
    );
    // `--wait` is not in all versions of Compose.
    process::run(&mut stack.compose(["up", "-d", "postgres"]))?;
    stack.wait_until_healthy("postgres")?;
    document::migrate("## In place", stack, workspace)?;
    process::run(&mut stack.compose(["up", "-d"]))?;
    stack.wait_until_all_healthy()?;

    let arguments = stack.container("log-fetcher", "{{json .Args}}")?;
    ensure!(
        arguments.contains(OVERRIDES),
        "the log fetcher has the arguments {arguments}"
    );
    for (file, service, place) in FILES {
        let here = fs::read_to_string(stack.folder().join(file))?;
        let there = stack.shell(&format!("docker compose exec -T {service} cat {place}"))?;
        ensure!(here == there, "{service} has another {place}: {there}");
    }
    stack.shell("docker compose exec -T log-fetcher sh -c '[ -w /output ]'")?;
    for (url, part) in REQUESTS {
        let answer = stack.shell(&format!("curl -sSf --location '{url}'"))?;
        ensure!(answer.contains(part), "{url} answers {answer}");
    }
    check_rows(stack, "logs", &before)?;
    // Nothing of it holds only until the next start.
    process::run(&mut stack.compose(["restart"]))?;
    stack.wait_until_all_healthy()?;
    check_rows(stack, "logs", &before)?;
    document::migrate("## Back", stack, workspace)?;
    check_rows(stack, "logs_before", &before)
}

/// Edits `.env` as an operator does.
fn choose(stack: &Stack<'_>) -> Result<()> {
    let path = stack.folder().join(".env");
    let settings = chosen(&fs::read_to_string(&path)?)?;
    fs::write(&path, settings).with_context(|| format!("cannot write {}", path.display()))
}

fn chosen(settings: &str) -> Result<String> {
    let mut settings = settings.to_owned();
    for (from, to) in CHOICES {
        ensure!(settings.contains(from), ".env.example has no {from}");
        settings = settings.replace(from, to);
    }
    Ok(settings)
}

/// Lines of tables and numbers of rows with `|` between them, sorted.
fn counts(lines: &str) -> Result<Vec<(String, u64)>> {
    let count = |line: &str| {
        let (table, rows) = line.split_once('|')?;
        Some((table.to_owned(), rows.parse().ok()?))
    };
    let mut counts: Vec<_> = lines
        .lines()
        .map(|line| count(line).with_context(|| format!("`{line}` is no table and number")))
        .collect::<Result<_>>()?;
    counts.sort();
    Ok(counts)
}

/// Every table of a database has as many rows as the original left in it.
fn check_rows(stack: &Stack<'_>, database: &str, before: &[(String, u64)]) -> Result<()> {
    let questions: Vec<String> = before
        .iter()
        .map(|(table, _)| format!("SELECT '{table}', count(*) FROM public.{table}"))
        .collect();
    let after = stack.shell(&format!(
        "docker compose exec -T postgres psql -U postgres -d {database} -At <<'SQL'\n{}\nSQL",
        questions.join(" UNION ALL ")
    ))?;
    let after = counts(&after)?;
    ensure!(
        after == before,
        "the original left {before:?}, now there are {after:?}"
    );
    let rows: u64 = after.iter().map(|(_, rows)| rows).sum();
    eprintln!(
        "{database}: all {rows} rows of {} tables of the original are there",
        after.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choices_of_the_operator_have_places_in_the_example() {
        let path = Workspace::find().unwrap().root().join(".env.example");
        let settings = chosen(&fs::read_to_string(path).unwrap()).unwrap();
        let quoted = "\nHOST_OVERRIDES=\"--host-overrides 'host-{}-example.com'\"\n";
        assert!(settings.contains(quoted), "{settings}");
        assert!(settings.contains(&format!("\nPOSTGRES_PASSWORD={PASSWORD}\n")));
        assert!(chosen("POSTGRES_PASSWORD=choose-one\n").is_err());
    }

    #[test]
    fn tables_and_rows_are_read_and_nothing_else() {
        let read = counts("block_trace|2\ndata|1\n").unwrap();
        assert_eq!(
            read,
            [("block_trace".to_owned(), 2), ("data".to_owned(), 1)]
        );
        assert!(counts("block_trace\n").is_err());
        assert!(counts("block_trace|many\n").is_err());
    }
}

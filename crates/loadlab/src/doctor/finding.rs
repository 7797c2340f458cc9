//! What a check has found, and how it is shown.

use std::fmt::{self, Write as _};

use clap::ValueEnum;
use serde::Serialize;

/// What is looked at, as the documentation names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum Check {
    Settings,
    Database,
    Schema,
    Privileges,
    Disk,
    Clock,
    Ports,
    Services,
    Keys,
    Discovery,
    Nodes,
    Retention,
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.pad(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    Ok,
    /// It works, but not as well as it should, or not for long.
    Warning,
    /// It does not work.
    Error,
}

/// One line of the report. Holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: Check,
    pub(super) level: Level,
    pub(super) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
    /// The node, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) node: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: Check, message: impl Into<String>) -> Self {
        Self {
            check,
            level: Level::Ok,
            message: message.into(),
            advice: None,
            node: None,
        }
    }

    pub(super) fn warning(
        check: Check,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Warning,
            advice: Some(advice.into()),
            ..Self::ok(check, message)
        }
    }

    pub(super) fn error(
        check: Check,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Error,
            ..Self::warning(check, message, advice)
        }
    }

    pub(super) fn of_node(mut self, node: impl Into<String>) -> Self {
        self.node = Some(node.into());
        self
    }
}

/// The worst of all.
pub(super) fn worst(findings: &[Finding]) -> Level {
    let levels = findings.iter().map(|finding| finding.level);
    levels.max().unwrap_or(Level::Ok)
}

/// Nodes of one kind that are listed one by one; the others are counted.
const NODES_SHOWN: usize = 20;

/// A line for each finding, with the advice below it. Nodes that are well are counted together.
pub(super) fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut shown = 0;
    let mut well = 0;
    for finding in findings {
        if finding.node.is_some() {
            if finding.level == Level::Ok {
                well += 1;
                continue;
            }
            shown += 1;
            if shown > NODES_SHOWN {
                continue;
            }
        }
        line(&mut text, finding);
    }
    if well > 0 {
        line(
            &mut text,
            &Finding::ok(Check::Nodes, format!("answer and permit the key: {well}")),
        );
    }
    if let Some(more) = shown.checked_sub(NODES_SHOWN).filter(|more| *more > 0) {
        let message = format!("not shown: {more} more");
        line(
            &mut text,
            &Finding::error(Check::Nodes, message, "--json lists all of them"),
        );
    }
    let count = |level| findings.iter().filter(|one| one.level == level).count();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "\nerrors: {}, warnings: {}, ok: {}",
        count(Level::Error),
        count(Level::Warning),
        count(Level::Ok)
    );
    text
}

fn line(text: &mut String, finding: &Finding) {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Error => "ERROR",
    };
    let node = finding.node.as_deref().map(|node| format!("{node}: "));
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{level:<8} {:<14} {}{}",
        finding.check,
        node.unwrap_or_default(),
        finding.message
    );
    if let Some(advice) = &finding.advice {
        let _ = writeln!(text, "{:24}→ {advice}", "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_documented_under_its_name() {
        let document = include_str!("../../../../docs/troubleshooting.md");
        let (_, table) = document.split_once("| check | ").unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        let names = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let mut documented: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
        let mut known: Vec<String> = Check::value_variants()
            .iter()
            .map(Check::to_string)
            .collect();
        documented.sort_unstable();
        known.sort_unstable();
        assert_eq!(documented, known);
    }

    #[test]
    fn each_line_says_what_is_wrong_and_what_to_do() {
        let mut findings = vec![
            Finding::ok(Check::Database, "PostgreSQL 15.8"),
            Finding::error(Check::Ports, "4000 is taken", "stop it"),
        ];
        for number in 0..25 {
            let finding = Finding::error(Check::Nodes, "refused", "permit it");
            findings.push(finding.of_node(format!("n{number}")));
        }
        findings.push(Finding::ok(Check::Nodes, "answers").of_node("n99"));
        let text = text(&findings);
        assert!(
            text.starts_with("ok       database       PostgreSQL 15.8\n"),
            "{text}"
        );
        assert!(
            text.contains("ERROR    ports          4000 is taken\n"),
            "{text}"
        );
        assert!(text.contains("→ stop it"), "{text}");
        assert!(
            text.contains("n19: refused") && !text.contains("n20: refused"),
            "{text}"
        );
        assert!(
            text.contains("not shown: 5 more") && text.contains("permit the key: 1"),
            "{text}"
        );
        assert!(text.ends_with("errors: 26, warnings: 0, ok: 2\n"), "{text}");
        assert_eq!(worst(&findings), Level::Error);
        assert_eq!(worst(&findings[..1]), Level::Ok);
    }
}

//! What a check has found, and how it is shown.

use std::fmt::Write as _;

use serde::Serialize;

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
    /// What was looked at, as in the documentation.
    pub(super) check: &'static str,
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
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            level: Level::Ok,
            message: message.into(),
            advice: None,
            node: None,
        }
    }

    pub(super) fn warning(
        check: &'static str,
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
        check: &'static str,
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
            &Finding::ok("nodes", format!("answer and permit the key: {well}")),
        );
    }
    if let Some(more) = shown.checked_sub(NODES_SHOWN).filter(|more| *more > 0) {
        let message = format!("not shown: {more} more");
        line(
            &mut text,
            &Finding::error("nodes", message, "--json lists all of them"),
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
    fn each_line_says_what_is_wrong_and_what_to_do() {
        let mut findings = vec![
            Finding::ok("database", "PostgreSQL 15.8"),
            Finding::error("ports", "4000 is taken", "stop it"),
        ];
        for number in 0..25 {
            let finding = Finding::error("nodes", "refused", "permit it");
            findings.push(finding.of_node(format!("n{number}")));
        }
        findings.push(Finding::ok("nodes", "answers").of_node("n99"));
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

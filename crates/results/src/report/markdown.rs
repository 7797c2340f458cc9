//! A report as Markdown. What comes from outside is escaped.

use std::fmt::Write as _;

use super::model::Report;
use super::numbers::{COLUMNS, number};

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    // writing to a text does not fail
    let _ = write(report, &mut text);
    text
}

fn write(report: &Report, text: &mut String) -> std::fmt::Result {
    let results = &report.results;
    writeln!(text, "## {}\n", escape(&report.name))?;
    writeln!(text, "**Verdict: {}**\n", escape(&report.verdict_line()))?;
    writeln!(text, "{}.\n", report.completeness_line())?;
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    writeln!(text, "| {} |", names.join(" | "))?;
    writeln!(text, "|{}", " ---: |".repeat(COLUMNS.len()))?;
    for round in results.rounds.iter().chain([&results.run]) {
        let cells: Vec<String> = COLUMNS.iter().map(|(_, cell)| cell(round)).collect();
        writeln!(text, "| {} |", cells.join(" | "))?;
    }
    writeln!(
        text,
        "\n| Threshold | Value | Verdict |\n| --- | ---: | --- |"
    )?;
    for threshold in &results.thresholds {
        writeln!(
            text,
            "| `{}` | {} {} | {} |",
            escape(&threshold.expression),
            number(threshold.value),
            threshold.unit,
            threshold.verdict
        )?;
    }
    let run = &results.run;
    if !run.failures.is_empty() || !run.never_seen_causes.is_empty() {
        writeln!(text)?;
    }
    for failure in &run.failures {
        writeln!(
            text,
            "- {} failed: {}",
            failure.count,
            escape(&failure.reason)
        )?;
    }
    for cause in &run.never_seen_causes {
        writeln!(
            text,
            "- {} never seen: {}",
            cause.count,
            escape(&cause.cause)
        )?;
    }
    if let Some(first) = report.slow_checkpoints.first() {
        writeln!(
            text,
            "\nSlow blocks were slow in {}: {} s more than usual.",
            escape(&first.name),
            number(Some(first.excess_s))
        )?;
    }
    Ok(())
}

/// Without what Markdown or HTML would take for markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '*' | '[' | ']' | '\\' | '`' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

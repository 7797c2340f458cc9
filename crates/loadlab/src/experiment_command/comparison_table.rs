//! A comparison of runs, as a table for the terminal.

use std::fmt::{self, Write as _};

use results::answers::{ComparedRun, Comparison, ComparisonVerdict, MetricChange};
use results::noise::Change;
use serde_json::Value;

use crate::trace_command::layout::duration;

/// Metrics of single checkpoints, of which there are many.
const CHECKPOINT: &str = "checkpoint.";
/// What stands for values that were not measured.
const UNKNOWN: &str = "–";
/// The longest value of a parameter that is shown whole.
const VALUE_MAX: usize = 40;

/// The verdict, the runs, the metrics, and the parameters that differ. Checkpoints that are neither
/// better nor worse are only counted unless `all` are wanted.
pub(super) fn text(comparison: &Comparison, all: bool) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let last = comparison.runs.last().map_or("", |run| run.name.as_str());
    let verdict = match comparison.verdict {
        ComparisonVerdict::Better => "better",
        ComparisonVerdict::Worse => "worse",
        ComparisonVerdict::Mixed => "better in some metrics, worse in others",
        ComparisonVerdict::Unknown => "no difference that is more than chance",
    };
    match comparison.nothing_in_common() {
        Some(reason) => writeln!(
            text,
            "{last} cannot be compared with {}: {reason}",
            comparison.base
        )?,
        None => writeln!(text, "{last} against {}: {verdict}", comparison.base)?,
    }
    for run in &comparison.runs {
        writeln!(text, "  {}", described(run))?;
    }
    if comparison.nothing_in_common().is_none() {
        text.push('\n');
        metrics(&mut text, comparison, all)?;
    }
    if !comparison.setup.is_empty() {
        text.push_str("\nparameters that differ\n");
        let rows = comparison.setup.iter().map(|row| {
            let values = row.values.iter().map(value_text);
            [row.parameter.clone()].into_iter().chain(values).collect()
        });
        let names = comparison.runs.iter().map(|run| run.name.clone());
        let head: Vec<String> = [String::new()].into_iter().chain(names).collect();
        let rows: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
        table(&mut text, &rows, false)?;
    }
    Ok(text)
}

fn described(run: &ComparedRun) -> String {
    let deployment = run.deployment_id.map_or_else(
        || "no deployment".to_owned(),
        |id| format!("deployment {id}"),
    );
    let stored = run.completeness.map_or_else(
        || "no log entries stored".to_owned(),
        // Never rounded up to what it has not reached.
        |share| {
            let percent = (share * 1e4).floor() / 1e2;
            format!("{percent} % of its log entries stored")
        },
    );
    let gaps = match run.unknown_gaps {
        0 => String::new(),
        1 => ", 1 gap of unknown size".to_owned(),
        count => format!(", {count} gaps of unknown size"),
    };
    format!(
        "{}: {deployment}, {stored}{gaps}, {} block traces",
        run.name, run.traces
    )
}

fn metrics(text: &mut String, comparison: &Comparison, all: bool) -> fmt::Result {
    let (mut checkpoints, figures): (Vec<&MetricChange>, Vec<&MetricChange>) = comparison
        .metrics
        .iter()
        .partition(|metric| metric.metric.starts_with(CHECKPOINT));
    // What is most certainly different comes first.
    let certain = |metric: &MetricChange| {
        metric
            .difference
            .zip(metric.noise)
            .map_or(f64::NEG_INFINITY, |(difference, noise)| {
                difference.abs() - noise
            })
    };
    checkpoints.sort_by(|a, b| certain(b).total_cmp(&certain(a)));
    let many = checkpoints.len();
    if !all {
        checkpoints.retain(|metric| matches!(metric.verdict, Change::Better | Change::Worse));
    }
    let hidden = many - checkpoints.len();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut head = vec!["metric".to_owned()];
    head.extend(comparison.runs.iter().map(|run| run.name.clone()));
    head.extend(["difference", "noise", "verdict"].map(str::to_owned));
    rows.push(head);
    for metric in figures.into_iter().chain(checkpoints) {
        rows.push(row(metric));
    }
    table(text, &rows, true)?;
    let count = |change| {
        let metrics = comparison.metrics.iter();
        metrics.filter(|metric| metric.verdict == change).count()
    };
    writeln!(
        text,
        "\n{} worse, {} better, {} same, {} unknown",
        count(Change::Worse),
        count(Change::Better),
        count(Change::Same),
        count(Change::Unknown)
    )?;
    if hidden > 0 {
        writeln!(
            text,
            "not shown: {hidden} checkpoints that are neither better nor worse; --all shows them"
        )?;
    }
    Ok(())
}

fn row(metric: &MetricChange) -> Vec<String> {
    let value = |value: Option<f64>| {
        value.map_or_else(|| UNKNOWN.to_owned(), |value| quantity(value, &metric.unit))
    };
    let mut cells = vec![metric.metric.clone()];
    cells.extend(metric.values.iter().map(|of_run| value(*of_run)));
    cells.push(metric.difference.map_or_else(
        || UNKNOWN.to_owned(),
        |difference| {
            let sign = if difference > 0.0 { "+" } else { "" };
            format!("{sign}{}", quantity(difference, &metric.unit))
        },
    ));
    cells.push(metric.noise.map_or_else(
        || UNKNOWN.to_owned(),
        |noise| format!("±{}", quantity(noise, &metric.unit)),
    ));
    let verdict = match metric.verdict {
        Change::Better => "better",
        Change::Worse => "worse",
        Change::Same => "same",
        Change::Unknown => "unknown",
    };
    cells.push(match &metric.reason {
        Some(reason) => format!("{verdict}: {reason}"),
        None => verdict.to_owned(),
    });
    cells
}

/// A value with its unit.
fn quantity(value: f64, unit: &str) -> String {
    if unit == "s" {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", duration(value.abs()));
    }
    let digits = if value.abs() >= 100.0 { 1 } else { 4 };
    let text = format!("{value:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let text = if text == "-0" { "0" } else { text };
    format!("{text} {unit}").trim_end().to_owned()
}

/// A value of a parameter on one line.
fn value_text(value: &Value) -> String {
    let text = match value {
        Value::Null => return UNKNOWN.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if line.chars().count() <= VALUE_MAX {
        return line;
    }
    let cut: String = line.chars().take(VALUE_MAX - 1).collect();
    format!("{cut}…")
}

/// Rows in columns. Names in the first stand left, numbers right, and verdicts in the last left.
fn table(text: &mut String, rows: &[Vec<String>], has_verdicts: bool) -> fmt::Result {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let is_text = |column: usize| column == 0 || (has_verdicts && column + 1 == columns);
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            if is_text(column) {
                write!(line, "{cell:<width$}")?;
            } else {
                write!(line, "{cell:>width$}")?;
            }
        }
        writeln!(text, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use results::answers::SetupDifference;
    use serde_json::json;

    use super::*;

    fn metric(name: &str, values: [f64; 2], noise: Option<f64>, verdict: Change) -> MetricChange {
        MetricChange {
            metric: name.to_owned(),
            unit: if name == "included" { "" } else { "s" }.to_owned(),
            values: values.map(Some).to_vec(),
            difference: Some(values[1] - values[0]),
            noise,
            verdict,
            reason: noise.is_none().then(|| "fewer than 3 blocks".to_owned()),
            rounds: Vec::new(),
        }
    }

    fn comparison(metrics: Vec<MetricChange>) -> Comparison {
        let run = |name: &str, completeness| ComparedRun {
            name: name.to_owned(),
            deployment_id: Some(3),
            completeness,
            lost_entries: 0,
            unknown_gaps: i64::from(name == "one"),
            traces: 120,
        };
        Comparison {
            verdict: ComparisonVerdict::Worse,
            base: "one".to_owned(),
            runs: vec![run("one", Some(0.999_99)), run("two", None)],
            metrics,
            setup: vec![SetupDifference {
                parameter: "BaseTps".to_owned(),
                values: vec![json!(0.5), Value::Null],
            }],
        }
    }

    #[test]
    fn what_differs_is_shown_and_the_rest_counted() {
        let metrics = vec![
            metric("included", [1.0, 0.875], Some(0.25), Change::Unknown),
            metric("latency.p95", [201.0, 211.5], Some(0.75), Change::Worse),
            metric("checkpoint.A", [0.5, 0.5], Some(0.01), Change::Same),
            metric("checkpoint.B", [0.5, 0.25], Some(0.125), Change::Better),
        ];
        assert_eq!(
            text(&comparison(metrics), false).unwrap(),
            "two against one: worse
  one: deployment 3, 99.99 % of its log entries stored, 1 gap of unknown size, 120 block traces
  two: deployment 3, no log entries stored, 120 block traces

metric               one         two   difference        noise  verdict
included               1       0.875       -0.125        ±0.25  unknown
latency.p95    201.000 s   211.500 s    +10.500 s  ±750.000 ms  worse
checkpoint.B  500.000 ms  250.000 ms  -250.000 ms  ±125.000 ms  better

1 worse, 1 better, 1 same, 1 unknown
not shown: 1 checkpoints that are neither better nor worse; --all shows them

parameters that differ
         one  two
BaseTps  0.5    –
"
        );
    }

    #[test]
    fn runs_with_nothing_in_common_get_one_answer() {
        let metrics = vec![
            metric("latency.p95", [1.0, 2.0], None, Change::Unknown),
            metric("checkpoint.A", [1.0, 2.0], None, Change::Unknown),
        ];
        let text = text(&comparison(metrics), true).unwrap();
        let first = text.lines().next().unwrap();
        assert_eq!(
            first,
            "two cannot be compared with one: fewer than 3 blocks"
        );
        assert!(!text.contains("latency"), "{text}");
    }

    #[test]
    fn values_of_parameters_stay_on_one_line() {
        assert_eq!(value_text(&json!("a\nb")), "a b");
        assert_eq!(
            value_text(&json!("x".repeat(99))).chars().count(),
            VALUE_MAX
        );
        assert_eq!(value_text(&json!([1, 2])), "[1,2]");
    }
}

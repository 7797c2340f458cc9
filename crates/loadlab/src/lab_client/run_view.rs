//! A run of an experiment as the orchestrator describes it.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::Value;
use store::experiment_runs::TransactionCounts;

use crate::experiment_command::table_of;

/// A run, as `/api/v1/experiments/{name}` gives it.
#[derive(Debug)]
pub(crate) struct RunView(Value);

impl RunView {
    pub(crate) fn new(value: Value) -> anyhow::Result<Self> {
        value["status"]
            .as_str()
            .context("the answer is no run of an experiment")?;
        Ok(Self(value))
    }

    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().unwrap_or_default()
    }

    pub(crate) fn status(&self) -> &str {
        self.0["status"].as_str().unwrap_or_default()
    }

    /// Whether nothing more is going to happen.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status(), "success" | "error" | "cancelled")
    }

    /// The whole answer.
    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Where it is, and what has become of its transactions so far.
    pub(crate) fn line(&self) -> String {
        let count = |what: &str| self.0["transactions"][what].as_i64().unwrap_or(0);
        format!(
            "{}: {}, step {} ({}), {} of {} accepted, {} in blocks",
            self.name(),
            self.status(),
            self.0["step"],
            self.0["step_name"].as_str().unwrap_or_default(),
            count("accepted"),
            count("intended"),
            count("included"),
        )
    }

    /// What came of it, as `experiment status` shows it.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        let mut text = format!(
            "{}: {}, step {} ({})\n",
            self.name(),
            self.status(),
            self.0["step"],
            self.0["step_name"].as_str().unwrap_or_default()
        );
        let waits = (
            self.0["waiting_for"].as_str(),
            self.0["waiting_until"].as_str(),
        );
        if let (Some(what), Some(until)) = waits {
            writeln!(text, "waits for {what} until {until} at most")?;
        }
        let rounds: Vec<(String, String, TransactionCounts)> = list(&self.0["delivery"])
            .map(|round| {
                let kind = round["kind"].as_str().unwrap_or_default();
                (round["round"].to_string(), kind.to_owned(), delivery(round))
            })
            .collect();
        let unsent: Vec<(&str, &str)> = list(&self.0["transactions"]["unsent_reasons"])
            .filter_map(|unsent| Some((unsent["kind"].as_str()?, unsent["reason"].as_str()?)))
            .collect();
        text.push_str(&table_of(&rounds, &unsent)?);
        for row in list(&self.0["clean_up"]) {
            let text_of = |key: &str| row[key].as_str().unwrap_or_default();
            writeln!(
                text,
                "not stopped yet: {} at {}",
                text_of("kind"),
                text_of("node")
            )?;
        }
        let mut add = |what: &str, key: &str| -> anyhow::Result<()> {
            for line in list(&self.0[key]).filter_map(Value::as_str) {
                writeln!(text, "{what}: {line}")?;
            }
            Ok(())
        };
        add("warning", "warnings")?;
        add("error", "errors")?;
        Ok(text)
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn delivery(counts: &Value) -> TransactionCounts {
    let count = |what: &str| counts[what].as_i64().unwrap_or(0);
    TransactionCounts {
        intended: count("intended"),
        accepted: count("accepted"),
        unsent: count("unsent"),
        seen: count("seen"),
        included: count("included"),
        applied: count("applied"),
        failed: count("failed"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_shown_like_that_of_the_database() {
        let run = RunView::new(json!({
            "name": "one", "status": "error", "step": 3, "step_name": "payments",
            "delivery": [{"round": 0, "kind": "payments", "intended": 5, "accepted": 4,
                "unsent": 1, "seen": 3, "included": 3, "applied": 2, "failed": 1}],
            "transactions": {"accepted": 4, "intended": 5, "included": 3,
                "unsent_reasons": [{"kind": "payments", "reason": "late"}]},
            "clean_up": [{"node": "a:1", "kind": "payments"}],
            "warnings": ["w"], "errors": ["e"]
        }))
        .unwrap();
        assert!(run.has_ended());
        let text = run.text().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "one: error, step 3 (payments)");
        assert!(
            lines[2].ends_with("5        4        1        3        3        2        1"),
            "{text}"
        );
        assert_eq!(
            lines[3..],
            [
                "unsent payments: late",
                "not stopped yet: payments at a:1",
                "warning: w",
                "error: e"
            ]
        );
        assert!(
            run.line().contains("4 of 5 accepted, 3 in blocks"),
            "{}",
            run.line()
        );
        assert!(RunView::new(json!({"error": "none"})).is_err());
    }
}

//! The result of the demo: what was asked, accepted, seen and included.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

use crate::cli::OutputFormat;

/// Numbers of transactions on their way from the plan into blocks.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Transactions {
    /// Asked of nodes.
    intended: i64,
    /// Accepted by nodes.
    accepted: i64,
    /// Seen in traces.
    seen: i64,
    /// In blocks.
    included: i64,
}

impl Transactions {
    fn read(counts: &Value) -> anyhow::Result<Self> {
        let count = |name: &str| {
            counts[name]
                .as_i64()
                .with_context(|| format!("the orchestrator does not tell `{name}`"))
        };
        Ok(Self {
            intended: count("intended")?,
            accepted: count("accepted")?,
            seen: count("seen")?,
            included: count("included")?,
        })
    }
}

/// One kind of transactions in one round.
#[derive(Debug, Serialize)]
struct Round {
    #[serde(rename = "round")]
    number: i64,
    /// `payments` or `zkapps`.
    kind: String,
    #[serde(flatten)]
    transactions: Transactions,
}

/// The result.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    experiment: String,
    deployment_id: i32,
    rounds: Vec<Round>,
    transactions: Transactions,
    /// Log entries that are stored, as a part of all that nodes wrote.
    completeness: f64,
    nodes: usize,
    /// Blocks of which any node has a trace.
    blocks: usize,
    seconds: f64,
}

impl Report {
    pub(super) fn new(
        experiment: &Value,
        completeness: f64,
        deployment_id: i32,
        nodes: usize,
        blocks: usize,
        duration: Duration,
    ) -> anyhow::Result<Self> {
        let delivery = experiment["delivery"].as_array();
        let rounds = delivery
            .context("the orchestrator does not tell `delivery`")?
            .iter()
            .map(|round| {
                Ok(Round {
                    number: round["round"].as_i64().context("a round without number")?,
                    kind: round["kind"].as_str().unwrap_or_default().to_owned(),
                    transactions: Transactions::read(round)?,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            experiment: experiment["name"].as_str().unwrap_or_default().to_owned(),
            deployment_id,
            rounds,
            transactions: Transactions::read(&experiment["transactions"])?,
            completeness,
            nodes,
            blocks,
            seconds: (duration.as_secs_f64() * 10.0).round() / 10.0,
        })
    }

    /// The deployment that the demo has made.
    pub(super) fn deployment_id(&self) -> i32 {
        self.deployment_id
    }

    #[expect(clippy::print_stdout, reason = "the result of the command")]
    pub(super) fn print(&self, format: OutputFormat) -> anyhow::Result<()> {
        match format {
            OutputFormat::Json => println!("{}", serde_json::to_string(self)?),
            OutputFormat::Text => print!("{}", self.text()),
        }
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = format!(
            "\n{:<8}{:<10}{:>10}{:>10}{:>10}{:>10}\n",
            "round", "kind", "intended", "accepted", "seen", "included"
        );
        let mut row = |round: &str, kind: &str, counts: Transactions| {
            let Transactions {
                intended,
                accepted,
                seen,
                included,
            } = counts;
            // writing to a string cannot fail
            let _written = writeln!(
                text,
                "{round:<8}{kind:<10}{intended:>10}{accepted:>10}{seen:>10}{included:>10}"
            );
        };
        for round in &self.rounds {
            row(&round.number.to_string(), &round.kind, round.transactions);
        }
        row("all", "", self.transactions);
        let _written = writeln!(
            text,
            "\n{} nodes, {} blocks, {:.2} % of all log entries stored, {} s",
            self.nodes,
            self.blocks,
            self.completeness * 100.0,
            self.seconds
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report() -> Report {
        let counts = json!({"intended": 180, "accepted": 180, "seen": 178, "included": 170});
        let mut round = counts.clone();
        round["round"] = 0.into();
        round["kind"] = "payments".into();
        let experiment = json!({"name": "x", "transactions": counts, "delivery": [round]});
        Report::new(&experiment, 0.999, 1, 5, 12, Duration::from_millis(61_240)).unwrap()
    }

    #[test]
    fn the_table_shows_each_round_and_the_whole() {
        assert_eq!(
            report().text(),
            "
round   kind        intended  accepted      seen  included
0       payments         180       180       178       170
all                      180       180       178       170

5 nodes, 12 blocks, 99.90 % of all log entries stored, 61.2 s
"
        );
    }

    #[test]
    fn the_object_has_what_scripts_read() {
        let object = serde_json::to_value(report()).unwrap();
        assert_eq!(object["rounds"][0]["included"], 170);
        assert_eq!(object["transactions"]["intended"], 180);
        for key in ["completeness", "nodes", "blocks", "seconds"] {
            assert!(object[key].is_number(), "{key}");
        }
    }

    #[test]
    fn an_answer_without_figures_is_an_error() {
        let nothing = json!({});
        assert!(Report::new(&nothing, 1.0, 1, 1, 1, Duration::ZERO).is_err());
    }
}

//! The result of the demo: what was asked of nodes, and what came of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use results::Verdict;
use results::answers::Results;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use url::Url;

use super::services::Completeness;
use super::slowest::Slowest;
use crate::output::{self, OutputFormat};

/// Numbers of transactions on their way from the plan into blocks.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Transactions {
    /// Asked of nodes.
    intended: i64,
    /// Accepted by nodes.
    accepted: i64,
    /// Accepted, but not sent in time.
    unsent: i64,
    /// Seen in traces.
    seen: i64,
    /// In blocks.
    included: i64,
    /// In blocks, and applied to the ledger.
    applied: i64,
    /// In blocks, but refused by the ledger.
    failed: i64,
}

impl Transactions {
    fn read(counts: &Value) -> anyhow::Result<Self> {
        let count = |name: &str| {
            counts[name]
                .as_i64()
                .with_context(|| format!("the orchestrator does not report `{name}`"))
        };
        Ok(Self {
            intended: count("intended")?,
            accepted: count("accepted")?,
            unsent: count("unsent")?,
            seen: count("seen")?,
            included: count("included")?,
            applied: count("applied")?,
            failed: count("failed")?,
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

/// What the run came to by its thresholds, in the words of this object.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn verdict_word<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match verdict {
        Verdict::Pass => "success",
        Verdict::Fail => "failure",
        Verdict::NotEnoughData => "not_enough_data",
    })
}

/// The result.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The verdict of the run by its thresholds, as in its report.
    #[serde(serialize_with = "verdict_word")]
    verdict: Verdict,
    /// Why it is not a pass.
    reason: Option<String>,
    experiment: String,
    deployment_id: i32,
    rounds: Vec<Round>,
    transactions: Transactions,
    /// Accepted, but in no block.
    missing: i64,
    /// In blocks, but refused by the ledger.
    failed: i64,
    /// How many the ledger refused for which reason.
    failures: Map<String, Value>,
    /// Why nodes have not sent all that they accepted.
    unsent_reasons: Vec<String>,
    /// What the run warns of.
    warnings: Vec<String>,
    /// Log entries that are stored, as a part of all that nodes are known to have written.
    completeness: f64,
    /// Times of which nobody knows how many entries are lost.
    unknown_gaps: u32,
    nodes: usize,
    /// Blocks of which any node has a trace.
    blocks: usize,
    seconds: f64,
    /// Where everything can be reached, by the names of services.
    urls: BTreeMap<String, String>,
    /// The page with the whole result.
    #[serde(skip)]
    page: Option<PathBuf>,
    #[serde(skip)]
    slowest: Option<Slowest>,
}

impl Report {
    pub(super) fn new(
        experiment: &Value,
        results: &Results,
        completeness: Completeness,
        deployment_id: i32,
        nodes: usize,
        blocks: usize,
        duration: Duration,
    ) -> anyhow::Result<Self> {
        let delivery = experiment["delivery"].as_array();
        let rounds = delivery
            .context("the orchestrator does not report `delivery`")?
            .iter()
            .map(|round| {
                Ok(Round {
                    number: round["round"].as_i64().context("a round without number")?,
                    kind: round["kind"].as_str().unwrap_or_default().to_owned(),
                    transactions: Transactions::read(round)?,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let transactions = Transactions::read(&experiment["transactions"])?;
        let missing = (transactions.accepted - transactions.included).max(0);
        let reasons = experiment["transactions"]["unsent_reasons"].as_array();
        let warnings = experiment["warnings"].as_array();
        Ok(Self {
            verdict: results.verdict.unwrap_or(Verdict::NotEnoughData),
            reason: results.reason.clone(),
            experiment: experiment["name"].as_str().unwrap_or_default().to_owned(),
            deployment_id,
            rounds,
            transactions,
            missing,
            failed: transactions.failed,
            failures: experiment["transactions"]["failures"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
            unsent_reasons: texts(reasons, |unsent| {
                let (kind, reason) = (unsent["kind"].as_str()?, unsent["reason"].as_str()?);
                Some(format!("{kind}: {reason}"))
            }),
            warnings: texts(warnings, |warning| warning.as_str().map(str::to_owned)),
            completeness: completeness.share,
            unknown_gaps: completeness.unknown_gaps,
            nodes,
            blocks,
            seconds: (duration.as_secs_f64() * 10.0).round() / 10.0,
            urls: BTreeMap::new(),
            page: None,
            slowest: None,
        })
    }

    /// What the run came to by its thresholds.
    pub(super) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Adds where everything can be reached.
    pub(super) fn add_urls(&mut self, urls: BTreeMap<String, String>) {
        self.urls.extend(urls);
    }

    /// Adds the page with the whole result.
    pub(super) fn add_page(&mut self, page: PathBuf) {
        if let Ok(url) = Url::from_file_path(&page) {
            self.urls.insert("report".to_owned(), url.into());
        }
        self.page = Some(page);
    }

    /// The name of the experiment.
    pub(super) fn experiment(&self) -> &str {
        &self.experiment
    }

    /// Adds where the network has spent its time.
    pub(super) fn add_slowest(&mut self, slowest: Option<Slowest>) {
        self.slowest = slowest;
    }

    /// The deployment that the demo has made.
    pub(super) fn deployment_id(&self) -> i32 {
        self.deployment_id
    }

    pub(super) fn print(&self, format: OutputFormat) -> anyhow::Result<()> {
        match format {
            OutputFormat::Json => output::print_json(self),
            OutputFormat::Text => output::print(&self.text()),
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "\n{:<8}{:<10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
            "round",
            "kind",
            "intended",
            "accepted",
            "unsent",
            "seen",
            "included",
            "applied",
            "failed"
        );
        let mut row = |round: &str, kind: &str, counts: Transactions| {
            let Transactions {
                intended,
                accepted,
                unsent,
                seen,
                included,
                applied,
                failed,
            } = counts;
            // writing to a string cannot fail
            let _written = writeln!(
                text,
                "{round:<8}{kind:<10}{intended:>10}{accepted:>10}{unsent:>10}{seen:>10}\
                 {included:>10}{applied:>10}{failed:>10}"
            );
        };
        for round in &self.rounds {
            row(&round.number.to_string(), &round.kind, round.transactions);
        }
        row("all", "", self.transactions);
        text.push('\n');
        for reason in &self.unsent_reasons {
            let _written = writeln!(text, "unsent {reason}");
        }
        for warning in &self.warnings {
            let _written = writeln!(text, "warning: {warning}");
        }
        let mut verdict = match self.verdict {
            Verdict::Pass => "success: what was asked has arrived",
            Verdict::Fail => "FAILURE: not all that was asked has arrived",
            Verdict::NotEnoughData => "NOT ENOUGH DATA for a verdict",
        }
        .to_owned();
        if let Some(reason) = &self.reason {
            let _written = write!(verdict, " ({reason})");
        }
        let _written = writeln!(
            text,
            "{} nodes, {} blocks, {}, {} s\n{verdict}",
            self.nodes,
            self.blocks,
            Completeness {
                share: self.completeness,
                unknown_gaps: self.unknown_gaps
            },
            self.seconds
        );
        if let Some(page) = &self.page {
            let _written = writeln!(text, "report: {}", page.display());
        }
        if let Some(slowest) = &self.slowest {
            let _written = writeln!(text, "{slowest}");
        }
        text
    }
}

fn texts(list: Option<&Vec<Value>>, text: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    list.into_iter().flatten().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn results(verdict: Verdict, reason: Option<&str>) -> Results {
        let empty = results::summary::results(&[], &results::summary::Part::default(), &[]);
        Results {
            verdict: Some(verdict),
            reason: reason.map(str::to_owned),
            ..empty
        }
    }

    fn complete(share: f64) -> Completeness {
        Completeness {
            share,
            unknown_gaps: 0,
        }
    }

    fn report(applied: i64, failures: &Value) -> Report {
        let failed = 200 - applied;
        let counts = json!({"intended": 203, "accepted": 203, "unsent": 2, "seen": 201,
            "included": 200, "applied": applied, "failed": failed, "failures": failures,
            "unsent_reasons": [{"kind": "zkapps", "reason": "they come first"}]});
        let mut round = counts.clone();
        round["round"] = 0.into();
        round["kind"] = "payments".into();
        let mut experiment = json!({"name": "x", "transactions": counts, "delivery": [round]});
        if failed > 0 {
            experiment["warnings"] = json!(["some failed"]);
        }
        let results = if failed > 0 {
            results(Verdict::Fail, Some("does not hold: failed == 0"))
        } else {
            results(Verdict::Pass, None)
        };
        let duration = Duration::from_millis(61_240);
        Report::new(&experiment, &results, complete(0.999), 1, 5, 12, duration).unwrap()
    }

    #[test]
    fn the_table_shows_each_round_and_the_whole() {
        assert_eq!(
            report(200, &json!({})).text(),
            "
round   kind        intended  accepted    unsent      seen  included   applied    failed
0       payments         203       203         2       201       200       200         0
all                      203       203         2       201       200       200         0

unsent zkapps: they come first
5 nodes, 12 blocks, 99.90 % of all log entries stored, 61.2 s
success: what was asked has arrived
"
        );
    }

    #[test]
    fn a_run_whose_transactions_fail_is_no_success() {
        let report = report(0, &json!({"Overflow": 200}));
        assert_eq!(report.verdict(), Verdict::Fail);
        let text = report.text();
        assert!(text.contains("200         0       200\n"), "{text}");
        assert!(text.contains("warning: some failed\n"), "{text}");
        assert!(
            text.ends_with(
                "FAILURE: not all that was asked has arrived (does not hold: failed == 0)\n"
            ),
            "{text}"
        );
        let object = serde_json::to_value(report).unwrap();
        assert_eq!(object["verdict"], "failure");
        assert_eq!(object["failed"], 200);
        assert_eq!(object["failures"], json!({"Overflow": 200}));
    }

    #[test]
    fn what_is_missing_is_no_success_either() {
        let counts = json!({"intended": 100, "accepted": 100, "unsent": 0, "seen": 97,
            "included": 97, "applied": 97, "failed": 0});
        let experiment = json!({"name": "x", "transactions": counts, "delivery": []});
        let results = results(
            Verdict::NotEnoughData,
            Some("not decided yet: included >= 98%"),
        );
        let mut report = Report::new(
            &experiment,
            &results,
            complete(1.0),
            1,
            5,
            12,
            Duration::ZERO,
        )
        .unwrap();
        assert_eq!(report.missing, 3);
        report.add_page(PathBuf::from("/lab/demo report.html"));
        assert!(
            report.text().ends_with(
                "NOT ENOUGH DATA for a verdict (not decided yet: included >= 98%)\n\
                 report: /lab/demo report.html\n"
            ),
            "{}",
            report.text()
        );
        let object = serde_json::to_value(report).unwrap();
        assert_eq!(object["verdict"], "not_enough_data");
        assert_eq!(object["urls"]["report"], "file:///lab/demo%20report.html");
    }

    #[test]
    fn the_object_has_what_scripts_read() {
        let object = serde_json::to_value(report(200, &json!({}))).unwrap();
        assert_eq!(object["rounds"][0]["included"], 200);
        assert_eq!(object["transactions"]["intended"], 203);
        assert_eq!(object["verdict"], "success");
        for key in [
            "completeness",
            "unknown_gaps",
            "nodes",
            "blocks",
            "seconds",
            "missing",
            "failed",
        ] {
            assert!(object[key].is_number(), "{key}");
        }
    }

    #[test]
    fn an_answer_without_figures_is_an_error() {
        let nothing = json!({});
        let results = results(Verdict::Pass, None);
        assert!(Report::new(&nothing, &results, complete(1.0), 1, 1, 1, Duration::ZERO).is_err());
    }
}

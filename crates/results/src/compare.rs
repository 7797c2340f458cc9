//! Runs beside each other: per metric the difference of the last run and the base, what chance
//! alone makes, and what it means.
//!
//! Figures of rounds are compared round by round, as the rounds of two runs with one setup have the
//! same load. Times of checkpoints are compared by block: only blocks are independent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::answers::{
    ComparedRun, Comparison, ComparisonVerdict, MetricChange, Results, RoundResult, SetupDifference,
};
use crate::figures::COMPLETENESS_MIN;
use crate::noise::{Change, Difference, SAMPLES_MIN, independent, paired};
use crate::own_times::{TraceSet, TraceTimes, mean};

/// Most runs of one comparison.
pub const RUNS_MAX: usize = 8;

/// A run and what it is measured by.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// Its deployment.
    pub deployment_id: Option<i32>,
    /// Its parameters, and those of its deployment.
    pub setup: Map<String, Value>,
    /// What it came to.
    pub results: Results,
    /// Block traces of its time that nodes received.
    pub traces: TraceSet,
}

/// A figure of a round: its name, its unit, whether less of it is better, and its value.
type RoundFigure = (
    &'static str,
    &'static str,
    bool,
    fn(&RoundResult) -> Option<f64>,
);

const ROUND_FIGURES: [RoundFigure; 13] = [
    ("included", "", false, |round| {
        share(round.included, round.total)
    }),
    ("applied", "", false, |round| {
        share(round.applied, round.total)
    }),
    ("missed", "", true, |round| share(round.missed, round.total)),
    ("failed", "", true, |round| share(round.failed, round.total)),
    ("rate.included", "/min", false, |round| round.rate.included),
    ("rate.applied", "/min", false, |round| round.rate.applied),
    ("latency.p50", "s", true, |round| round.latency_s.p50),
    ("latency.p95", "s", true, |round| round.latency_s.p95),
    ("latency.max", "s", true, |round| round.latency_s.max),
    ("block_application.p50", "s", true, |round| {
        round.apply_s.p50
    }),
    ("block_application.p95", "s", true, |round| {
        round.apply_s.p95
    }),
    ("orphans", "", true, |round| Some(number(round.orphans))),
    ("restarts", "", true, |round| Some(number(round.restarts))),
];

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of transactions and blocks"
)]
fn number(count: u64) -> f64 {
    count as f64
}

fn share(part: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| number(part) / number(total))
}

/// Compares the last run with the one at `base`. None for fewer than two runs.
#[must_use]
pub fn compare(runs: &[Measured], base: usize) -> Option<Comparison> {
    let (first, last) = (runs.get(base)?, runs.last().filter(|_| runs.len() > 1)?);
    let names: BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.traces.names.iter().map(String::as_str))
        .collect();
    let tests = ROUND_FIGURES.len() + names.len() + 1;
    let incomplete = [first, last]
        .into_iter()
        .find(|run| !is_complete(run))
        .map(|run| format!("log entries are missing from the time of {}", run.name));
    let mut metrics: Vec<MetricChange> = ROUND_FIGURES
        .iter()
        .map(|figure| round_metric(figure, runs, first, last, tests))
        .collect();
    let totals: Vec<Vec<f64>> = runs
        .iter()
        .map(|run| run.traces.traces.iter().map(TraceTimes::total_s).collect())
        .collect();
    metrics.push(trace_metric(
        "block_application.mean".to_owned(),
        runs,
        base,
        &totals,
        tests,
    ));
    let columns: Vec<BTreeMap<&str, Vec<f64>>> = runs
        .iter()
        .map(|run| {
            let names = run.traces.names.iter().map(String::as_str);
            names.zip(run.traces.by_name()).collect()
        })
        .collect();
    for name in names {
        let values: Vec<Vec<f64>> = columns
            .iter()
            .zip(runs)
            .map(|(columns, run)| {
                let nothing = || vec![0.0; run.traces.traces.len()];
                columns.get(name).cloned().unwrap_or_else(nothing)
            })
            .collect();
        metrics.push(trace_metric(
            format!("checkpoint.{name}"),
            runs,
            base,
            &values,
            tests,
        ));
    }
    if let Some(reason) = &incomplete {
        for metric in &mut metrics {
            metric.verdict = Change::Unknown;
            metric.reason = Some(reason.clone());
        }
    }
    Some(Comparison {
        verdict: verdict(&metrics),
        base: first.name.clone(),
        runs: runs
            .iter()
            .map(|run| ComparedRun {
                name: run.name.clone(),
                deployment_id: run.deployment_id,
                completeness: run.results.run.completeness,
                lost_entries: run.results.run.lost_entries,
                unknown_gaps: run.results.run.unknown_gaps,
                traces: i64::try_from(run.traces.traces.len()).unwrap_or(i64::MAX),
            })
            .collect(),
        metrics,
        setup: setup(runs),
    })
}

impl Comparison {
    /// Why nothing of the last run could be compared with the base: the reasons of all metrics.
    /// None if at least one metric has a noise floor.
    #[must_use]
    pub fn nothing_in_common(&self) -> Option<String> {
        let reasons: Option<BTreeSet<&str>> = self
            .metrics
            .iter()
            .map(|metric| metric.reason.as_deref())
            .collect();
        let reasons: Vec<&str> = reasons?.into_iter().collect();
        Some(reasons.join(", "))
    }
}

fn is_complete(run: &Measured) -> bool {
    run.results
        .run
        .completeness
        .is_some_and(|share| share >= COMPLETENESS_MIN)
}

fn verdict(metrics: &[MetricChange]) -> ComparisonVerdict {
    let has = |change| metrics.iter().any(|metric| metric.verdict == change);
    match (has(Change::Better), has(Change::Worse)) {
        (true, true) => ComparisonVerdict::Mixed,
        (true, false) => ComparisonVerdict::Better,
        (false, true) => ComparisonVerdict::Worse,
        (false, false) => ComparisonVerdict::Unknown,
    }
}

fn round_metric(
    (name, unit, less_is_better, value): &RoundFigure,
    runs: &[Measured],
    first: &Measured,
    last: &Measured,
    tests: usize,
) -> MetricChange {
    let by_round = |run: &Measured| -> BTreeMap<Option<i32>, f64> {
        let rounds = run.results.rounds.iter();
        rounds
            .filter_map(|round| Some((round.round, value(round)?)))
            .collect()
    };
    let others = by_round(last);
    let pairs: Vec<(f64, f64)> = by_round(first)
        .into_iter()
        .filter_map(|(round, a)| Some((a, *others.get(&round)?)))
        .collect();
    let values: Vec<Option<f64>> = runs.iter().map(|run| value(&run.results.run)).collect();
    let simple = value(&first.results.run)
        .zip(value(&last.results.run))
        .map(|(a, b)| b - a);
    let rounds = runs
        .iter()
        .map(|run| run.results.rounds.iter().map(value).collect())
        .collect();
    let change = paired(&pairs, tests);
    metric(
        (*name).to_owned(),
        unit,
        values,
        rounds,
        change,
        *less_is_better,
        simple,
    )
}

fn trace_metric(
    name: String,
    runs: &[Measured],
    base: usize,
    values: &[Vec<f64>],
    tests: usize,
) -> MetricChange {
    let blocks: Vec<Vec<f64>> = runs
        .iter()
        .zip(values)
        .map(|(run, values)| run.traces.block_means(values))
        .collect();
    let means = blocks
        .iter()
        .map(|blocks| (!blocks.is_empty()).then(|| mean(blocks)))
        .collect();
    let change = blocks
        .get(base)
        .zip(blocks.last())
        .and_then(|(first, last)| independent(first, last, tests));
    metric(name, "s", means, Vec::new(), change, true, None)
}

fn metric(
    metric: String,
    unit: &str,
    values: Vec<Option<f64>>,
    rounds: Vec<Vec<Option<f64>>>,
    change: Option<Difference>,
    less_is_better: bool,
    simple: Option<f64>,
) -> MetricChange {
    let reason = change.is_none().then(|| {
        let what = if rounds.is_empty() {
            "blocks"
        } else {
            "rounds in common"
        };
        format!("fewer than {SAMPLES_MIN} {what}")
    });
    let verdict = change.map_or(Change::Unknown, |found| match found.change {
        Change::Worse if !less_is_better => Change::Better,
        Change::Better if !less_is_better => Change::Worse,
        other => other,
    });
    MetricChange {
        metric,
        unit: unit.to_owned(),
        values,
        difference: change.map(|found| found.difference).or(simple),
        noise: change.map(|found| found.noise),
        verdict,
        reason,
        rounds,
    }
}

/// Parameters that differ; the name of a run is no difference.
fn setup(runs: &[Measured]) -> Vec<SetupDifference> {
    let parameters: BTreeSet<&String> = runs.iter().flat_map(|run| run.setup.keys()).collect();
    parameters
        .into_iter()
        .filter(|parameter| *parameter != "ExperimentName")
        .filter_map(|parameter| {
            let values: Vec<Value> = runs
                .iter()
                .map(|run| run.setup.get(parameter).cloned().unwrap_or(Value::Null))
                .collect();
            let differ = values.windows(2).any(|pair| pair[0] != pair[1]);
            differ.then(|| SetupDifference {
                parameter: parameter.clone(),
                values,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::attribution::attribute;
    use crate::figures::{Figures, Quantiles};
    use crate::summary::{Part, results};

    /// A simulated network: 40 steps of very different length, each with noise of its own, on 5
    /// nodes that work on the same blocks.
    struct Network(u64);

    impl Network {
        /// Uniform within 0 and 1 (splitmix64).
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        fn chance(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }

        /// About normal: the sum of twelve.
        fn normal(&mut self) -> f64 {
            (0..12).map(|_| self.chance()).sum::<f64>() - 6.0
        }

        fn run(&mut self, blocks: usize, slowed: Option<usize>) -> Measured {
            let names: Vec<String> = (0..40).map(|step| format!("step-{step}")).collect();
            let mut traces = Vec::new();
            for block in 0..blocks {
                // A block that is large is so for every node.
                let size: Vec<f64> = (0..40).map(|_| (0.08 * self.normal()).exp()).collect();
                for node in 0..5 {
                    let own_s = (0u32..)
                        .zip(&size)
                        .map(|(step, size)| {
                            let usual = 0.01 * 1.15f64.powf(f64::from(step));
                            let slow = if slowed == Some(step as usize) {
                                1.1
                            } else {
                                1.0
                            };
                            (step, usual * slow * size * (0.1 * self.normal()).exp())
                        })
                        .collect();
                    traces.push(TraceTimes {
                        hash: format!("3N{block}"),
                        node: format!("node-{node}"),
                        round: None,
                        own_s,
                    });
                }
            }
            let latency = 200.0 + 10.0 * self.normal();
            Measured {
                name: "run".to_owned(),
                deployment_id: Some(1),
                setup: Map::new(),
                results: run_of(&[latency, 210.0 + 10.0 * self.normal(), 190.0], 1.0),
                traces: TraceSet { names, traces },
            }
        }
    }

    fn run_of(latencies: &[f64], completeness: f64) -> Results {
        let part = |round: Option<i32>, p95: f64| Part {
            round,
            figures: Figures {
                latency: Quantiles {
                    p95: Some(p95),
                    ..Quantiles::default()
                },
                completeness: Some(completeness),
                ..Figures::default()
            },
            ..Part::default()
        };
        let rounds: Vec<Part> = (0..)
            .zip(latencies)
            .map(|(round, p95)| part(Some(round), *p95))
            .collect();
        results(&[], &part(None, latencies[0]), &rounds)
    }

    fn worse(comparison: &Comparison) -> Vec<&str> {
        let metrics = comparison.metrics.iter();
        metrics
            .filter(|metric| metric.verdict == Change::Worse)
            .map(|metric| metric.metric.as_str())
            .collect()
    }

    #[test]
    fn equal_networks_are_rarely_called_worse() {
        let mut network = Network(1);
        let mut found = 0;
        for _ in 0..20 {
            let runs = [network.run(60, None), network.run(60, None)];
            found += usize::from(!worse(&compare(&runs, 0).unwrap()).is_empty());
        }
        assert!(found <= 1, "{found} of 20");
    }

    #[test]
    fn a_step_that_takes_a_tenth_longer_is_found_and_named_first() {
        let mut network = Network(2);
        let mut found = 0;
        for turn in 0..20 {
            let slowed = turn * 2;
            let runs = [network.run(60, None), network.run(60, Some(slowed))];
            let name = format!("step-{slowed}");
            let comparison = compare(&runs, 0).unwrap();
            let is_worse = worse(&comparison).contains(&format!("checkpoint.{name}").as_str());
            let cause = attribute(&runs[1].traces, &runs[0].traces, "run:a");
            found += usize::from(is_worse && cause.checkpoints[0].name == name);
        }
        assert!(found >= 19, "{found} of 20");
    }

    fn measured(name: &str, latencies: &[f64], completeness: f64) -> Measured {
        Measured {
            name: name.to_owned(),
            deployment_id: None,
            setup: Map::new(),
            results: run_of(latencies, completeness),
            traces: TraceSet::default(),
        }
    }

    fn latency(comparison: &Comparison) -> &MetricChange {
        let mut metrics = comparison.metrics.iter();
        metrics
            .find(|metric| metric.metric == "latency.p95")
            .unwrap()
    }

    #[test]
    fn rounds_are_compared_pair_by_pair() {
        // Rounds differ by far more than the runs do.
        let runs = [
            measured("a", &[100.0, 200.0, 400.0, 800.0], 1.0),
            measured("b", &[110.0, 211.0, 410.0, 809.0], 1.0),
        ];
        let comparison = compare(&runs, 0).unwrap();
        let found = latency(&comparison);
        assert_eq!(
            (found.verdict, found.difference),
            (Change::Worse, Some(10.0))
        );
        assert!(found.noise.unwrap() < 10.0, "{:?}", found.noise);
        assert_eq!(comparison.verdict, ComparisonVerdict::Worse);
        assert_eq!(found.rounds[1][1], Some(211.0));
    }

    #[test]
    fn few_rounds_or_lost_entries_give_no_verdict() {
        let few = [
            measured("a", &[1.0, 1.0], 1.0),
            measured("b", &[9.0, 9.0], 1.0),
        ];
        let comparison = compare(&few, 0).unwrap();
        let found = latency(&comparison);
        assert_eq!((found.verdict, found.noise), (Change::Unknown, None));
        assert_eq!(found.difference, Some(8.0));
        assert_eq!(
            found.reason.as_deref(),
            Some("fewer than 3 rounds in common")
        );
        let lossy = [
            measured("a", &[100.0, 200.0, 400.0], 1.0),
            measured("b", &[200.0, 300.0, 500.0], 0.5),
        ];
        let comparison = compare(&lossy, 0).unwrap();
        assert_eq!(comparison.verdict, ComparisonVerdict::Unknown);
        let reason = latency(&comparison).reason.as_deref();
        assert_eq!(reason, Some("log entries are missing from the time of b"));
    }

    #[test]
    fn parameters_that_differ_are_listed() {
        let mut runs = [measured("a", &[1.0], 1.0), measured("b", &[1.0], 1.0)];
        let setup = |value| match value {
            Value::Object(setup) => setup,
            _ => Map::new(),
        };
        runs[0].setup = setup(json!({"ExperimentName": "a", "Rounds": 2, "Gap": 9}));
        runs[1].setup = setup(json!({"ExperimentName": "b", "Rounds": 3, "Gap": 9, "Seed": 1}));
        let found = compare(&runs, 0).unwrap().setup;
        let found: Vec<(&str, &[Value])> = found
            .iter()
            .map(|row| (row.parameter.as_str(), row.values.as_slice()))
            .collect();
        let expected: [(&str, &[Value]); 2] = [
            ("Rounds", &[json!(2), json!(3)]),
            ("Seed", &[Value::Null, json!(1)]),
        ];
        assert_eq!(found, expected);
        assert_eq!(compare(&runs[..1], 0), None);
    }
}

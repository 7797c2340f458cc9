//! What made a set of traces slow: the checkpoints ranked by their share of the excess over a base,
//! in own time.

use std::collections::BTreeMap;

use crate::answers::{
    Attribution, AttributionBase, AttributionSet, AttributionVerdict, CheckpointExcess, KeyShare,
    TraceName,
};
use crate::figures::{COMPLETENESS_MIN, quantile};
use crate::noise::independent;
use crate::own_times::{TraceSet, TraceTimes, mean, sorted};

/// Fewest traces on each side.
pub const TRACES_MIN: usize = 5;

/// Most checkpoints of an answer.
const ROWS_MAX: usize = 20;

/// Most keys of a row.
const KEYS_MAX: usize = 20;

/// The three greatest shares together explain an excess from here on.
const EXPLAINED_MIN: f64 = 0.5;

/// Explains the excess of `set` over `base`; `rule` says how the base was chosen.
#[must_use]
pub fn attribute(set: &TraceSet, base: &TraceSet, rule: &str) -> Attribution {
    let totals: Vec<f64> = set.traces.iter().map(TraceTimes::total_s).collect();
    let base_totals: Vec<f64> = base.traces.iter().map(TraceTimes::total_s).collect();
    let median = quantile(&sorted(&base_totals), 50).unwrap_or(0.0);
    let (mean_s, base_mean) = (mean(&totals), mean(&base_totals));
    let excess_s = mean_s - base_mean;
    let mut rows = rows(set, base);
    let all: f64 = rows
        .iter()
        .map(|row| row.excess_s)
        .filter(|excess| *excess > 0.0)
        .sum();
    for row in &mut rows {
        row.share = if all > 0.0 { row.excess_s / all } else { 0.0 };
    }
    // What is more than chance comes first: a long step varies by more than a short one is slowed.
    rows.sort_by(|a, b| {
        b.certain_s
            .total_cmp(&a.certain_s)
            .then_with(|| b.excess_s.total_cmp(&a.excess_s))
            .then_with(|| a.name.cmp(&b.name))
    });
    let top: f64 = rows.iter().take(3).map(|row| row.share.max(0.0)).sum();
    let has_data = set.traces.len() >= TRACES_MIN && base.traces.len() >= TRACES_MIN;
    let verdict = if !has_data {
        AttributionVerdict::NotEnoughData
    } else if excess_s > 0.0 && top >= EXPLAINED_MIN {
        AttributionVerdict::Explained
    } else {
        AttributionVerdict::Spread
    };
    let listed = listed(rows);
    let explained: f64 = listed.iter().map(|row| row.share.max(0.0)).sum();
    Attribution {
        set: AttributionSet {
            traces: count(set.traces.len()),
            blocks: distinct(set.traces.iter().map(|trace| trace.hash.as_str())),
            nodes: distinct(set.traces.iter().map(|trace| trace.node.as_str())),
            mean_s: (!totals.is_empty()).then_some(mean_s),
            completeness: None,
        },
        base: AttributionBase {
            traces: count(base.traces.len()),
            mean_s: (!base_totals.is_empty()).then_some(base_mean),
            median_s: (!base_totals.is_empty()).then_some(median),
            rule: rule.to_owned(),
            completeness: None,
        },
        excess_s: has_data.then_some(excess_s),
        explained: has_data.then_some(explained.min(1.0)),
        verdict,
        reason: (!has_data).then(|| {
            format!(
                "{} traces in the set and {} in the base; {TRACES_MIN} are needed on each side",
                set.traces.len(),
                base.traces.len()
            )
        }),
        checkpoints: if has_data { listed } else { Vec::new() },
    }
}

/// Takes into account how complete the log entries of both sides are: where too many are missing,
/// what looks slow may be a gap, and there is no verdict.
pub fn weigh(found: &mut Attribution, set_share: Option<f64>, base_share: Option<f64>) {
    found.set.completeness = set_share;
    found.base.completeness = base_share;
    let sides = [("the set", set_share), ("the base", base_share)];
    let incomplete = sides
        .into_iter()
        .find_map(|(side, share)| Some((side, share.filter(|share| *share < COMPLETENESS_MIN)?)));
    if let Some((side, share)) = incomplete
        && found.verdict != AttributionVerdict::NotEnoughData
    {
        found.verdict = AttributionVerdict::NotEnoughData;
        found.reason = Some(format!(
            "{:.2} % of the log entries of {side} are stored; a verdict needs {:.0} %",
            (share * 1e4).floor() / 1e2,
            COMPLETENESS_MIN * 100.0
        ));
    }
}

/// Keeps the traces that are slower than this percentage of all.
pub fn keep_slower(set: &mut TraceSet, percent: usize) {
    split(set, percent, true);
}

/// Keeps the traces that are not slower than this percentage of all.
pub fn keep_faster(set: &mut TraceSet, percent: usize) {
    split(set, percent, false);
}

/// The base that is meant where none is named: the traces at or below the median.
pub fn keep_usual(set: &mut TraceSet) {
    keep_faster(set, 50);
}

fn split(set: &mut TraceSet, percent: usize, keeps_slower: bool) {
    let totals: Vec<f64> = set.traces.iter().map(TraceTimes::total_s).collect();
    if let Some(limit) = quantile(&sorted(&totals), percent) {
        set.traces
            .retain(|trace| (trace.total_s() > limit) == keeps_slower);
    }
}

/// The greatest, and of those that are faster than the base the fastest.
fn listed(mut rows: Vec<CheckpointExcess>) -> Vec<CheckpointExcess> {
    rows.retain(|row| row.excess_s != 0.0);
    let faster = rows.iter().filter(|row| row.excess_s < 0.0).count();
    if rows.len() > ROWS_MAX {
        let kept_faster = faster.min(ROWS_MAX / 4);
        let last = rows.split_off(rows.len() - kept_faster);
        rows.truncate(ROWS_MAX - kept_faster);
        rows.extend(last);
    }
    rows
}

fn rows(set: &TraceSet, base: &TraceSet) -> Vec<CheckpointExcess> {
    let base_columns = base.by_name();
    let by_name: BTreeMap<&str, &Vec<f64>> = base
        .names
        .iter()
        .map(String::as_str)
        .zip(&base_columns)
        .collect();
    let set_columns = set.by_name();
    let of_set: BTreeMap<&str, &Vec<f64>> = set
        .names
        .iter()
        .map(String::as_str)
        .zip(&set_columns)
        .collect();
    let nothing = Vec::new();
    let mut names: Vec<&str> = of_set.keys().chain(by_name.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let tests = names.len();
    names
        .into_iter()
        .map(|name| {
            let usual = by_name.get(name).copied().unwrap_or(&nothing);
            let slow = of_set.get(name).copied().unwrap_or(&nothing);
            row(name, (set, slow), (base, usual), tests)
        })
        .collect()
}

fn row(
    name: &str,
    (set, slow): (&TraceSet, &[f64]),
    (base, usual): (&TraceSet, &[f64]),
    tests: usize,
) -> CheckpointExcess {
    let ordered = sorted(usual);
    let median = quantile(&ordered, 50).unwrap_or(0.0);
    let unusual = quantile(&ordered, 95).unwrap_or(0.0);
    let (set_mean, base_mean) = (mean(slow), mean(usual));
    let excess: Vec<f64> = slow.iter().map(|seconds| seconds - base_mean).collect();
    let chance = independent(&base.block_means(usual), &set.block_means(slow), tests);
    let noise = chance.map_or(f64::INFINITY, |difference| difference.noise);
    let slowest = slow
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .and_then(|(index, _)| set.traces.get(index));
    let typical = usual
        .iter()
        .enumerate()
        .min_by(|a, b| (a.1 - median).abs().total_cmp(&(b.1 - median).abs()))
        .and_then(|(index, _)| base.traces.get(index));
    let named = |trace: &TraceTimes| TraceName {
        hash: trace.hash.clone(),
        node: trace.node.clone(),
    };
    CheckpointExcess {
        name: name.to_owned(),
        excess_s: set_mean - base_mean,
        certain_s: (set_mean - base_mean - noise).max(0.0),
        share: 0.0,
        set_mean_s: set_mean,
        base_median_s: median,
        in_traces: count(slow.iter().filter(|seconds| **seconds > unusual).count()),
        by_node: shares(set.traces.iter().map(|trace| trace.node.clone()), &excess),
        by_round: shares(
            set.traces.iter().map(|trace| {
                trace
                    .round
                    .map_or_else(String::new, |round| round.to_string())
            }),
            &excess,
        ),
        slow: slowest.map(named),
        typical: typical.map(named),
    }
}

/// The shares of keys in the positive sum, the greatest first; an empty key is none.
fn shares(keys: impl Iterator<Item = String>, excess: &[f64]) -> Vec<KeyShare> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for (key, excess) in keys.zip(excess) {
        *sums.entry(key).or_default() += excess;
    }
    let all: f64 = sums.values().filter(|sum| **sum > 0.0).sum();
    let mut shares: Vec<KeyShare> = sums
        .into_iter()
        .filter(|(key, sum)| !key.is_empty() && *sum > 0.0)
        .map(|(key, sum)| KeyShare {
            key,
            share: sum / all,
        })
        .collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.key.cmp(&b.key)));
    shares.truncate(KEYS_MAX);
    shares
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> i64 {
    count(values.collect::<std::collections::BTreeSet<_>>().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(count: usize, node: &str, own: &[(&str, f64)]) -> TraceSet {
        TraceSet {
            names: own.iter().map(|(name, _)| (*name).to_owned()).collect(),
            traces: (0..count)
                .map(|index| TraceTimes {
                    hash: format!("3N{index}"),
                    node: node.to_owned(),
                    round: Some(i32::from(index % 2 == 0)),
                    own_s: (0u32..)
                        .zip(own.iter().map(|(_, seconds)| *seconds))
                        .collect(),
                })
                .collect(),
        }
    }

    #[test]
    fn the_step_that_takes_longer_is_first() {
        let base = traces(10, "a", &[("Verify", 1.0), ("Apply", 2.0), ("Wait", 0.5)]);
        // In another order, with a step that the base has not, and without one that it has.
        let set = traces(6, "b", &[("Apply", 5.0), ("Verify", 0.75), ("Sync", 1.0)]);
        let found = attribute(&set, &base, "run:a");
        assert_eq!(found.verdict, AttributionVerdict::Explained);
        assert_eq!(
            (found.excess_s, found.base.median_s),
            (Some(3.25), Some(3.5))
        );
        let rows: Vec<(&str, f64, f64)> = found
            .checkpoints
            .iter()
            .map(|row| (row.name.as_str(), row.excess_s, row.share))
            .collect();
        let expected = [
            ("Apply", 3.0, 0.75),
            ("Sync", 1.0, 0.25),
            ("Verify", -0.25, -0.0625),
            ("Wait", -0.5, -0.125),
        ];
        assert_eq!(rows, expected);
        let first = &found.checkpoints[0];
        assert_eq!(
            (first.in_traces, first.set_mean_s, first.base_median_s),
            (6, 5.0, 2.0)
        );
        assert!((first.by_node[0].share - 1.0).abs() < 1e-12);
        assert_eq!(first.by_round.len(), 2);
        assert_eq!(first.slow.as_ref().unwrap().node, "b");
        assert_eq!(first.typical.as_ref().unwrap().node, "a");
    }

    #[test]
    fn the_own_times_of_rows_sum_to_the_difference_of_the_means() {
        let base = traces(5, "a", &[("x", 1.0), ("y", 2.0)]);
        let set = traces(5, "a", &[("x", 1.5), ("y", 1.75)]);
        let found = attribute(&set, &base, "");
        let sum: f64 = found.checkpoints.iter().map(|row| row.excess_s).sum();
        assert!((sum - found.excess_s.unwrap()).abs() < 1e-12);
    }

    #[test]
    fn a_set_is_split_by_its_totals() {
        let mut all = traces(4, "a", &[("x", 1.0)]);
        for (trace, seconds) in all.traces.iter_mut().zip([4.0, 1.0, 3.0, 2.0]) {
            trace.own_s[0].1 = seconds;
        }
        let totals =
            |set: &TraceSet| -> Vec<f64> { set.traces.iter().map(TraceTimes::total_s).collect() };
        let (mut slow, mut usual) = (all.clone(), all);
        keep_slower(&mut slow, 50);
        keep_usual(&mut usual);
        assert_eq!(
            (totals(&slow), totals(&usual)),
            (vec![4.0, 3.0], vec![1.0, 2.0])
        );
    }

    #[test]
    fn few_traces_explain_nothing() {
        let found = attribute(
            &traces(4, "a", &[("x", 2.0)]),
            &traces(50, "a", &[("x", 1.0)]),
            "",
        );
        assert_eq!(found.verdict, AttributionVerdict::NotEnoughData);
        assert_eq!((found.excess_s, found.checkpoints.len()), (None, 0));
        assert_eq!(found.set.traces, 4);
    }

    #[test]
    fn many_small_excesses_are_spread() {
        let names: Vec<String> = (0..30).map(|index| format!("step-{index:02}")).collect();
        let own = |seconds: f64| -> Vec<(&str, f64)> {
            names.iter().map(|name| (name.as_str(), seconds)).collect()
        };
        let found = attribute(&traces(9, "a", &own(1.1)), &traces(9, "a", &own(1.0)), "");
        assert_eq!(found.verdict, AttributionVerdict::Spread);
        assert_eq!(found.checkpoints.len(), 20);
        assert!(found.explained.unwrap() < 0.7);
    }

    #[test]
    fn lost_entries_take_the_verdict_away() {
        let base = traces(10, "a", &[("x", 1.0)]);
        let set = traces(10, "b", &[("x", 2.0)]);
        let verdict = |set_share, base_share| {
            let mut found = attribute(&set, &base, "");
            weigh(&mut found, set_share, base_share);
            assert_eq!(found.checkpoints.len(), 1, "what was measured stays");
            (found.verdict, found.reason)
        };
        assert_eq!(
            verdict(Some(1.0), Some(0.99)),
            (AttributionVerdict::Explained, None)
        );
        // Imported traces of unknown completeness are taken as they are.
        assert_eq!(verdict(None, None).0, AttributionVerdict::Explained);
        let (found, reason) = verdict(Some(1.0), Some(0.987_654));
        assert_eq!(found, AttributionVerdict::NotEnoughData);
        let expected = "98.76 % of the log entries of the base are stored; a verdict needs 99 %";
        assert_eq!(reason.as_deref(), Some(expected));
    }
}

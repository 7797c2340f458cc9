//! How long checkpoints take over many traces: percentiles and buckets by name and group.

use std::collections::{BTreeMap, HashMap};

use crate::answers::{CheckpointCall, CheckpointHeat, CheckpointNode, CheckpointRow};
use crate::figures::quantile;

/// Most columns of a heat map.
const COLUMNS_MAX: i64 = 60;

/// Most calls that are named.
const CALLS_MAX: usize = 10;

/// The upper ends of 36 buckets, four steps to a decade, from 1 µs to 1,000 s.
#[must_use]
pub fn bounds_s() -> Vec<f64> {
    (0..=36)
        .map(|step| 10f64.powf(f64::from(step) / 4.0 - 6.0))
        .collect()
}

/// What rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Sum of times.
    Total,
    /// Name.
    Name,
    /// Calls.
    Calls,
    /// Median.
    P50,
    /// 90th percentile.
    P90,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Longest.
    Max,
}

/// The sort keys with their names.
pub const SORT_KEYS: [(&str, SortKey); 8] = [
    ("total", SortKey::Total),
    ("name", SortKey::Name),
    ("calls", SortKey::Calls),
    ("p50", SortKey::P50),
    ("p90", SortKey::P90),
    ("p95", SortKey::P95),
    ("p99", SortKey::P99),
    ("max", SortKey::Max),
];

/// Times of checkpoints by name and group.
#[derive(Debug, Clone, Default)]
pub struct Times {
    names: Vec<String>,
    positions: HashMap<String, usize>,
    cells: HashMap<(usize, Option<String>), Vec<f64>>,
    parents: BTreeMap<(usize, Option<usize>), u64>,
}

impl Times {
    /// Adds a call of the checkpoint `name`, a part of `parent`, in `group`.
    pub fn add(&mut self, name: &str, parent: Option<&str>, group: Option<&str>, seconds: f64) {
        let name = self.position(name);
        let parent = parent.map(|parent| self.position(parent));
        *self.parents.entry((name, parent)).or_default() += 1;
        let cell = self.cells.entry((name, group.map(str::to_owned)));
        cell.or_default().push(seconds);
    }

    fn position(&mut self, name: &str) -> usize {
        if let Some(position) = self.positions.get(name) {
            return *position;
        }
        let position = self.names.len();
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), position);
        position
    }

    /// The most frequent parent of each name.
    fn usual_parents(&self) -> HashMap<usize, Option<usize>> {
        let mut usual: HashMap<usize, (u64, Option<usize>)> = HashMap::new();
        for ((name, parent), count) in &self.parents {
            let best = usual.entry(*name).or_insert((0, None));
            if *count > best.0 {
                *best = (*count, *parent);
            }
        }
        usual
            .into_iter()
            .map(|(name, (_, parent))| (name, parent))
            .collect()
    }

    /// A row for each name and group; `bounds_s` are the ascending upper ends of buckets.
    #[must_use]
    pub fn rows(self, bounds_s: &[f64]) -> Vec<CheckpointRow> {
        let parents = self.usual_parents();
        let name_of = |position: usize| self.names.get(position).cloned();
        self.cells
            .into_iter()
            .map(|((name, group), mut seconds)| {
                seconds.sort_by(f64::total_cmp);
                let mut buckets = vec![0; bounds_s.len() + 1];
                for value in &seconds {
                    buckets[bucket(bounds_s, *value)] += 1;
                }
                CheckpointRow {
                    name: name_of(name).unwrap_or_default(),
                    parent: parents.get(&name).copied().flatten().and_then(name_of),
                    group,
                    calls: length(seconds.len()),
                    total_s: seconds.iter().sum(),
                    p50_s: quantile(&seconds, 50),
                    p90_s: quantile(&seconds, 90),
                    p95_s: quantile(&seconds, 95),
                    p99_s: quantile(&seconds, 99),
                    max_s: seconds.last().copied().unwrap_or(0.0),
                    buckets,
                }
            })
            .collect()
    }
}

/// The bucket of a time: its upper end is the first that is greater.
#[must_use]
pub fn bucket(bounds_s: &[f64], seconds: f64) -> usize {
    bounds_s.partition_point(|bound| *bound <= seconds)
}

/// Orders rows by a key and then by name and group; unknown values stand last both ways.
pub fn sort(rows: &mut [CheckpointRow], key: SortKey, is_descending: bool) {
    #[expect(clippy::cast_precision_loss, reason = "a count to sort by")]
    let value = |row: &CheckpointRow| match key {
        SortKey::Name => None,
        SortKey::Total => Some(row.total_s),
        SortKey::Calls => Some(row.calls as f64),
        SortKey::P50 => row.p50_s,
        SortKey::P90 => row.p90_s,
        SortKey::P95 => row.p95_s,
        SortKey::P99 => row.p99_s,
        SortKey::Max => Some(row.max_s),
    };
    rows.sort_by(|a, b| {
        let by_value = match (value(a), value(b)) {
            (Some(a), Some(b)) if is_descending => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let by_name = a.name.cmp(&b.name);
        let by_name = if key == SortKey::Name && is_descending {
            by_name.reverse()
        } else {
            by_name
        };
        by_value.then(by_name).then_with(|| a.group.cmp(&b.group))
    });
}

/// The nodes of calls, the greatest 95th percentile first.
#[must_use]
pub fn by_node(calls: &[CheckpointCall]) -> Vec<CheckpointNode> {
    let mut nodes: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for call in calls {
        nodes.entry(&call.node).or_default().push(call.total_s);
    }
    let mut rows: Vec<CheckpointNode> = nodes
        .into_iter()
        .map(|(node, mut seconds)| {
            seconds.sort_by(f64::total_cmp);
            CheckpointNode {
                node: node.to_owned(),
                calls: length(seconds.len()),
                p50_s: quantile(&seconds, 50),
                p95_s: quantile(&seconds, 95),
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        let [p95_a, p95_b] = [a, b].map(|row| row.p95_s.unwrap_or(0.0));
        p95_b.total_cmp(&p95_a).then_with(|| a.node.cmp(&b.node))
    });
    rows
}

/// Calls by time, in at most 60 steps of whole seconds, and by duration.
#[must_use]
pub fn heat(calls: &[CheckpointCall], bounds_s: &[f64]) -> CheckpointHeat {
    const SECOND_US: i64 = 1_000_000;
    let times = || calls.iter().map(|call| call.started);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return CheckpointHeat {
            bounds_s: bounds_s.to_vec(),
            ..CheckpointHeat::default()
        };
    };
    let first = first.div_euclid(SECOND_US).saturating_mul(SECOND_US);
    let seconds = last.saturating_sub(first).div_euclid(SECOND_US) + 1;
    let step_us = ((seconds + COLUMNS_MAX - 1) / COLUMNS_MAX).saturating_mul(SECOND_US);
    let columns = last.saturating_sub(first).div_euclid(step_us) + 1;
    let width = usize::try_from(columns).unwrap_or(0);
    let mut counts = vec![0; width * (bounds_s.len() + 1)];
    for call in calls {
        let column = (call.started - first).div_euclid(step_us);
        let row = bucket(bounds_s, call.total_s);
        let at = usize::try_from(column)
            .ok()
            .map(|column| row * width + column);
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    CheckpointHeat {
        t: (0..columns)
            .map(|column| first + column * step_us)
            .collect(),
        bounds_s: bounds_s.to_vec(),
        counts,
    }
}

/// The slowest calls, or those of one bucket, longest first.
#[must_use]
pub fn slowest(
    calls: &[CheckpointCall],
    bounds_s: &[f64],
    of_bucket: Option<usize>,
) -> Vec<CheckpointCall> {
    let mut wanted: Vec<&CheckpointCall> = calls
        .iter()
        .filter(|call| of_bucket.is_none_or(|wanted| bucket(bounds_s, call.total_s) == wanted))
        .collect();
    wanted.sort_by(|a, b| {
        let longer = b.total_s.total_cmp(&a.total_s);
        longer.then_with(|| (b.started, &a.node).cmp(&(a.started, &b.node)))
    });
    wanted.into_iter().take(CALLS_MAX).cloned().collect()
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_percentiles_buckets_and_the_usual_parent() {
        let mut times = Times::default();
        for number in 1..=10 {
            let parent = if number == 1 { None } else { Some("Build") };
            times.add("Apply", parent, Some("a"), f64::from(number));
        }
        times.add("Apply", Some("Build"), Some("b"), 0.5);
        let mut rows = times.rows(&[1.0, 5.0, 100.0]);
        sort(&mut rows, SortKey::Total, true);
        let groups: Vec<Option<&str>> = rows.iter().map(|row| row.group.as_deref()).collect();
        assert_eq!(groups, [Some("a"), Some("b")]);
        let row = &rows[0];
        assert_eq!(row.parent.as_deref(), Some("Build"));
        assert_eq!((row.calls, row.total_s, row.max_s), (10, 55.0, 10.0));
        assert_eq!((row.p50_s, row.p90_s), (Some(5.0), Some(9.0)));
        // The lower end is within, the upper one is not.
        assert_eq!(row.buckets, [0, 4, 6, 0]);
        assert_eq!(rows[1].buckets, [1, 0, 0, 0]);
    }

    #[test]
    fn rows_are_sorted_by_every_key() {
        let mut times = Times::default();
        for (name, seconds) in [("b", 1.0), ("b", 1.0), ("a", 3.0), ("c", 0.5)] {
            times.add(name, None, None, seconds);
        }
        let rows = times.rows(&[]);
        for (key, is_descending, expected) in [
            ("total", true, "abc"),
            ("total", false, "cba"),
            ("name", false, "abc"),
            ("name", true, "cba"),
            ("calls", true, "bac"),
            ("max", false, "cba"),
            ("p99", true, "abc"),
        ] {
            let key = SORT_KEYS.iter().find(|(name, _)| *name == key).unwrap().1;
            let mut sorted = rows.clone();
            sort(&mut sorted, key, is_descending);
            let names: String = sorted.iter().map(|row| row.name.as_str()).collect();
            assert_eq!(names, expected, "{key:?}");
        }
    }

    fn call(node: &str, started: i64, total_s: f64) -> CheckpointCall {
        CheckpointCall {
            deployment_id: 1,
            node: node.to_owned(),
            hash: "3N".to_owned(),
            index: None,
            started,
            total_s,
        }
    }

    #[test]
    fn calls_are_counted_by_node_time_and_duration() {
        let calls = [
            call("a", 1_500_000, 0.5),
            call("a", 2_500_000, 2.0),
            call("b", 121_000_000, 3.0),
        ];
        let nodes = by_node(&calls);
        let names: Vec<&str> = nodes.iter().map(|row| row.node.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!((nodes[1].p50_s, nodes[1].p95_s), (Some(0.5), Some(2.0)));
        let heat = heat(&calls, &[1.0]);
        // 121 s in steps of three
        assert_eq!((heat.t.len(), heat.t[1] - heat.t[0]), (41, 3_000_000));
        assert_eq!(heat.counts.iter().sum::<i64>(), 3);
        assert_eq!(
            (heat.counts[0], heat.counts[41], heat.counts[81]),
            (1, 1, 1)
        );
        let slow = slowest(&calls, &[1.0], None);
        assert!((slow[0].total_s - 3.0).abs() < 1e-9);
        assert_eq!(slowest(&calls, &[1.0], Some(0)), [calls[0].clone()]);
        assert_eq!(super::heat(&[], &[1.0]).counts, Vec::<i64>::new());
    }
}

//! How long the steps of block traces took by themselves.
//!
//! The own time of a checkpoint is the time until the next one, so the own times of a trace sum to
//! its total, and parents and parts never count twice.

use std::collections::BTreeMap;

/// Own times of many traces. Names stand once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceSet {
    /// Names of checkpoints.
    pub names: Vec<String>,
    /// The traces.
    pub traces: Vec<TraceTimes>,
}

/// Own times of one trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceTimes {
    /// State hash of the block.
    pub hash: String,
    /// The node.
    pub node: String,
    /// The round in whose time it began, if any.
    pub round: Option<i32>,
    /// Seconds by position of the name, each name once.
    pub own_s: Vec<(u32, f64)>,
}

impl TraceTimes {
    /// Seconds in all.
    #[must_use]
    pub fn total_s(&self) -> f64 {
        self.own_s.iter().map(|(_, seconds)| seconds).sum()
    }
}

/// A checkpoint of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// When it began, in seconds.
    pub at: f64,
    /// Its row; of checkpoints that began at one time, the smaller row is the earlier one.
    pub id: i64,
    /// Position of its name.
    pub name: u32,
}

/// The seconds that each name took by itself, by position of the name: a checkpoint lasts until the
/// next one, so the last has none.
pub fn own_times(steps: &mut [Step]) -> Vec<(u32, f64)> {
    steps.sort_unstable_by(|a, b| a.at.total_cmp(&b.at).then(a.id.cmp(&b.id)));
    let mut own: Vec<(u32, f64)> = steps
        .windows(2)
        .map(|pair| (pair[0].name, pair[1].at - pair[0].at))
        .collect();
    own.sort_by_key(|(name, _)| *name);
    own.dedup_by(|next, sum| {
        let is_same = next.0 == sum.0;
        if is_same {
            sum.1 += next.1;
        }
        is_same
    });
    own
}

impl TraceSet {
    /// For each name the seconds of every trace, 0 where a trace has not taken the step.
    pub(crate) fn by_name(&self) -> Vec<Vec<f64>> {
        let mut columns = vec![vec![0.0; self.traces.len()]; self.names.len()];
        for (row, trace) in self.traces.iter().enumerate() {
            for (name, seconds) in &trace.own_s {
                let column = usize::try_from(*name)
                    .ok()
                    .and_then(|name| columns.get_mut(name));
                if let Some(cell) = column.and_then(|column| column.get_mut(row)) {
                    *cell += seconds;
                }
            }
        }
        columns
    }
}

impl TraceSet {
    /// The means of values of traces by block: nodes that work on one block share its cost, so
    /// only blocks are independent.
    pub(crate) fn block_means(&self, values: &[f64]) -> Vec<f64> {
        let mut blocks: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (trace, value) in self.traces.iter().zip(values) {
            blocks.entry(&trace.hash).or_default().push(*value);
        }
        blocks.values().map(|values| mean(values)).collect()
    }
}

/// The values in ascending order.
#[must_use]
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The mean, 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of traces")]
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_lasts_until_the_next_and_a_name_is_summed() {
        let step = |at, id, name| Step { at, id, name };
        // In any order; 7 and 8 began at one time.
        let mut steps = [
            step(3.0, 8, 2),
            step(1.0, 5, 0),
            step(3.0, 7, 1),
            step(1.5, 6, 2),
            step(7.0, 9, 0),
        ];
        assert_eq!(own_times(&mut steps), [(0, 0.5), (1, 0.0), (2, 5.5)]);
        assert_eq!(own_times(&mut steps[..1]), []);
        assert_eq!(own_times(&mut []), []);
    }
}

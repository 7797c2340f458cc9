//! What each node did with the blocks of a time: its height, its lag, how long it took.

use std::collections::HashMap;

use crate::figures::quantile_of;
use crate::lag::{BlockAtNode, CellTime, cells};
use crate::matrix::CellStatus;

/// Blocks whose lags are shown one by one.
const RECENT: usize = 60;

/// What nodes did, of blocks that are added oldest first.
#[derive(Debug, Default)]
pub struct NodeMeasures {
    nodes: HashMap<String, Measured>,
    /// The number of the first block whose lags are shown.
    first_recent: usize,
    recent: usize,
}

#[derive(Debug, Default)]
struct Measured {
    height: Option<i64>,
    lag: Vec<f64>,
    lag2: Vec<f64>,
    apply: Vec<f64>,
    clock_suspect: bool,
    recent: Vec<Option<f64>>,
}

/// What one node did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeMeasure {
    /// Height of its best chain.
    pub height: Option<i64>,
    /// Median time after the first node, in seconds.
    pub lag_s: Option<f64>,
    /// Median time after the second node.
    pub lag2_s: Option<f64>,
    /// Median total time of block traces.
    pub apply_p50_s: Option<f64>,
    /// 95th percentile of total times.
    pub apply_p95_s: Option<f64>,
    /// Its clock is wrong.
    pub clock_suspect: bool,
    /// Its lag for the newest blocks, oldest first.
    pub spark: Vec<Option<f64>>,
}

impl NodeMeasures {
    /// No traces yet of this number of blocks.
    #[must_use]
    pub fn of_blocks(blocks: usize) -> Self {
        let recent = blocks.min(RECENT);
        Self {
            nodes: HashMap::new(),
            first_recent: blocks - recent,
            recent,
        }
    }

    /// Adds the traces of blocks with these heights at nodes of these names. The first of the blocks
    /// has the number `first`; `is_suspect` says by node whether its clock is wrong.
    pub fn add(
        &mut self,
        first: usize,
        (heights, nodes): (&[Option<i64>], &[String]),
        traces: &[BlockAtNode],
        is_suspect: &[bool],
    ) {
        let of_node = |time| {
            let mut by_node = vec![Vec::new(); nodes.len()];
            for cell in cells(traces, (heights.len(), nodes.len()), is_suspect, time) {
                by_node[cell.node].push(cell);
            }
            by_node
        };
        let all = of_node(CellTime::Lag)
            .into_iter()
            .zip(of_node(CellTime::Lag2))
            .zip(of_node(CellTime::Apply));
        for ((number, name), ((lag, lag2), apply)) in nodes.iter().enumerate().zip(all) {
            let recent = self.recent;
            let node = self.nodes.entry(name.clone()).or_insert_with(|| Measured {
                recent: vec![None; recent],
                ..Measured::default()
            });
            node.clock_suspect |= is_suspect.get(number).copied().unwrap_or(false);
            for cell in &lag {
                if cell.status == CellStatus::Success {
                    node.height = node.height.max(heights[cell.block]);
                }
                let place = (first + cell.block).checked_sub(self.first_recent);
                if let Some(place) = place.and_then(|place| node.recent.get_mut(place)) {
                    *place = cell.value;
                }
            }
            node.lag.extend(lag.iter().filter_map(|cell| cell.value));
            node.lag2.extend(lag2.iter().filter_map(|cell| cell.value));
            node.apply
                .extend(apply.iter().filter_map(|cell| cell.value));
        }
    }

    /// The names of the nodes that have traces, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// The greatest height of a node.
    #[must_use]
    pub fn best_height(&self) -> Option<i64> {
        self.nodes.values().filter_map(|node| node.height).max()
    }

    /// What a node did; a node without traces has only nulls.
    pub fn take(&mut self, name: &str) -> NodeMeasure {
        let Some(mut node) = self.nodes.remove(name) else {
            return NodeMeasure {
                spark: vec![None; self.recent],
                ..NodeMeasure::default()
            };
        };
        NodeMeasure {
            height: node.height,
            lag_s: quantile_of(&mut node.lag, 50),
            lag2_s: quantile_of(&mut node.lag2, 50),
            apply_p50_s: quantile_of(&mut node.apply, 50),
            apply_p95_s: quantile_of(&mut node.apply, 95),
            clock_suspect: node.clock_suspect,
            spark: node.recent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lag::BlockSource;

    fn trace(block: usize, node: usize, started: f64, status: CellStatus) -> BlockAtNode {
        BlockAtNode {
            block,
            node,
            source: BlockSource::External,
            status,
            started,
            total_s: 2.0,
        }
    }

    #[test]
    fn what_a_node_did_does_not_depend_on_how_blocks_are_cut() {
        let nodes = ["a", "b"].map(str::to_owned);
        let heights: Vec<Option<i64>> = (0..70).map(Some).collect();
        let traces: Vec<BlockAtNode> = (0..70_u32)
            .flat_map(|block| {
                let at = f64::from(block) * 100.0;
                let number = block as usize;
                let late = at + f64::from(block);
                // The newest one is not applied yet by the second node.
                let status = if block == 69 {
                    CellStatus::Pending
                } else {
                    CellStatus::Success
                };
                [
                    trace(number, 0, at, CellStatus::Success),
                    trace(number, 1, late, status),
                ]
            })
            .collect();
        let mut whole = NodeMeasures::of_blocks(70);
        whole.add(0, (&heights, &nodes), &traces, &[false, false]);
        let mut cut = NodeMeasures::of_blocks(70);
        let part = |traces: &[BlockAtNode], first: usize| -> Vec<BlockAtNode> {
            let part = traces.iter().map(|one| BlockAtNode {
                block: one.block - first,
                ..*one
            });
            part.collect()
        };
        let (early, late) = traces.split_at(100);
        cut.add(0, (&heights[..50], &nodes), early, &[]);
        cut.add(50, (&heights[50..], &nodes), &part(late, 50), &[]);
        assert_eq!(
            (whole.best_height(), cut.best_height()),
            (Some(69), Some(69))
        );
        let [first, second] = ["a", "b"].map(|name| whole.take(name));
        assert_eq!(cut.take("a"), first);
        assert_eq!(cut.take("b"), second);
        assert_eq!((first.height, second.height), (Some(69), Some(68)));
        assert_eq!((first.lag_s, second.lag_s), (Some(0.0), Some(34.0)));
        assert_eq!(second.apply_p95_s, Some(2.0));
        assert_eq!(second.spark.len(), 60);
        assert_eq!(
            (second.spark[0], second.spark[59]),
            (Some(10.0), Some(69.0))
        );
        let absent = whole.take("c");
        assert_eq!((absent.height, absent.spark), (None, vec![None; 60]));
    }
}

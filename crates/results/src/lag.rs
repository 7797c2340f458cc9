//! How much later than others a node had a block.
//!
//! A node that received a block before its producer had made it has a wrong clock: it is no zero
//! point. Hundreds of thousands of traces are looked at without a sort of all of them.

use crate::matrix::{Cell, CellStatus};

/// Where a node got a block from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockSource {
    /// It made it.
    Internal,
    /// From the network.
    External,
    /// From the network, while it caught up.
    Catchup,
    /// Anything else, such as its disk.
    Other,
}

/// A trace of a block at a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockAtNode {
    /// Position of the block.
    pub block: usize,
    /// Position of the node.
    pub node: usize,
    /// Where the block came from.
    pub source: BlockSource,
    /// How far the node came with it.
    pub status: CellStatus,
    /// When it began, seconds since 1970.
    pub started: f64,
    /// How many seconds it took, 0 or less if that is unknown.
    pub total_s: f64,
}

/// Which time a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellTime {
    /// Time after the first node.
    Lag,
    /// Time after the second node.
    Lag2,
    /// Total time of the trace, but of blocks that the node made.
    Apply,
}

/// The first two moments at which nodes had a block.
#[derive(Debug, Clone, Copy)]
struct FirstTwo(f64, f64);

impl FirstTwo {
    const NONE: Self = Self(f64::INFINITY, f64::INFINITY);

    fn add(&mut self, at: f64) {
        if at < self.0 {
            *self = Self(at, self.0);
        } else if at < self.1 {
            self.1 = at;
        }
    }
}

/// When the first node had each of `blocks` blocks, by nodes whose clocks are not known to be wrong;
/// by the others where no such node had the block.
#[must_use]
pub fn first_seen(traces: &[BlockAtNode], blocks: usize, is_suspect: &[bool]) -> Vec<Option<f64>> {
    let (mut trusted, mut any) = (vec![f64::INFINITY; blocks], vec![f64::INFINITY; blocks]);
    for trace in traces {
        if let Some((trusted, any)) = trusted.get_mut(trace.block).zip(any.get_mut(trace.block)) {
            *any = any.min(trace.started);
            if !is_suspect.get(trace.node).copied().unwrap_or(false) {
                *trusted = trusted.min(trace.started);
            }
        }
    }
    let best = trusted.into_iter().zip(any);
    best.map(|(trusted, any)| [trusted, any].into_iter().find(|at| at.is_finite()))
        .collect()
}

/// Whether the clock of each of `nodes` nodes is wrong: it received a block before its producer had
/// made it. `made_until` are the ends of that by block, none where no producer is known.
#[must_use]
pub fn wrong_clocks(traces: &[BlockAtNode], made_until: &[Option<f64>], nodes: usize) -> Vec<bool> {
    let mut wrong = vec![false; nodes];
    for trace in traces {
        let made = made_until.get(trace.block).copied().flatten();
        if trace.source == BlockSource::External
            && made.is_some_and(|until| trace.started < until)
            && let Some(wrong) = wrong.get_mut(trace.node)
        {
            *wrong = true;
        }
    }
    wrong
}

/// The cells of the first trace of each block at each node. `traces` are all traces of `blocks`
/// blocks. `is_suspect` says by node whether its clock is wrong: it is no zero point and has no lag.
/// Blocks that a node made itself or loaded from its disk have no lag either.
#[must_use]
pub fn cells(
    traces: &[BlockAtNode],
    (blocks, nodes): (usize, usize),
    is_suspect: &[bool],
    time: CellTime,
) -> Vec<Cell> {
    let first = first_ones(traces, (blocks, nodes));
    let traces = || {
        let first = first.iter().filter(|number| **number != NONE);
        first.filter_map(|&number| at(traces, number))
    };
    let is_suspect = |node: usize| is_suspect.get(node).copied().unwrap_or(false);
    let mut zero = vec![FirstTwo::NONE; blocks];
    for trace in traces().filter(|trace| !is_suspect(trace.node)) {
        if let Some(zero) = zero.get_mut(trace.block) {
            zero.add(trace.started);
        }
    }
    traces()
        .map(|trace| {
            let FirstTwo(first, second) = zero.get(trace.block).copied().unwrap_or(FirstTwo::NONE);
            let from_network = matches!(trace.source, BlockSource::External | BlockSource::Catchup);
            let is_measured = from_network && !is_suspect(trace.node);
            let after = |zero: f64| zero.is_finite().then(|| (trace.started - zero).max(0.0));
            let value = match time {
                CellTime::Lag => after(first).filter(|_| is_measured),
                CellTime::Lag2 => after(second).filter(|_| is_measured && trace.started > first),
                CellTime::Apply => {
                    let is_applied = trace.status == CellStatus::Success
                        && trace.total_s > 0.0
                        && trace.source != BlockSource::Internal;
                    is_applied.then_some(trace.total_s)
                }
            };
            Cell {
                block: trace.block,
                node: trace.node,
                status: trace.status,
                value,
                started_us: micros(trace.started),
                ended_us: micros(trace.started + trace.total_s.max(0.0)),
            }
        })
        .collect()
}

/// No trace.
const NONE: u32 = u32::MAX;

/// The number of the first trace of each block at each node, block by block; [`NONE`] without one.
fn first_ones(traces: &[BlockAtNode], (blocks, nodes): (usize, usize)) -> Vec<u32> {
    let mut first = vec![NONE; blocks.saturating_mul(nodes)];
    for (number, trace) in (0_u32..).zip(traces) {
        let place = trace.block.saturating_mul(nodes).saturating_add(trace.node);
        if trace.node < nodes
            && let Some(known) = first.get_mut(place)
            && at(traces, *known).is_none_or(|known| trace.started < known.started)
        {
            *known = number;
        }
    }
    first
}

fn at(traces: &[BlockAtNode], number: u32) -> Option<&BlockAtNode> {
    traces.get(usize::try_from(number).ok()?)
}

#[expect(clippy::cast_possible_truncation, reason = "times of this century")]
fn micros(seconds: f64) -> i64 {
    // As PostgreSQL casts: the nearest, and of two the even one.
    (seconds * 1e6).round_ties_even() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(block: usize, node: usize, source: BlockSource, started: f64) -> BlockAtNode {
        BlockAtNode {
            block,
            node,
            source,
            status: CellStatus::Success,
            started,
            total_s: 2.0,
        }
    }

    fn values(traces: &[BlockAtNode], suspect: &[bool], time: CellTime) -> Vec<Option<f64>> {
        let mut cells = cells(traces, (1, 5), suspect, time);
        cells.sort_by_key(|cell| cell.node);
        cells.iter().map(|cell| cell.value).collect()
    }

    #[test]
    fn a_lag_counts_from_the_first_and_from_the_second_node_that_had_the_block() {
        let traces = [
            trace(0, 0, BlockSource::Internal, 100.0),
            trace(0, 1, BlockSource::External, 101.0),
            trace(0, 2, BlockSource::Catchup, 104.0),
            trace(0, 3, BlockSource::Other, 90.0),
            trace(0, 4, BlockSource::External, 95.0),
            // Only the first trace of a block at a node counts.
            trace(0, 1, BlockSource::External, 99.5e9),
        ];
        let suspect = [false, false, false, true, true];
        assert_eq!(
            values(&traces, &suspect, CellTime::Lag),
            [None, Some(1.0), Some(4.0), None, None]
        );
        assert_eq!(
            values(&traces, &suspect, CellTime::Lag2),
            [None, Some(0.0), Some(3.0), None, None]
        );
        assert_eq!(
            values(&traces, &suspect, CellTime::Apply),
            [None, Some(2.0), Some(2.0), Some(2.0), Some(2.0)]
        );
        assert_eq!(first_seen(&traces, 2, &suspect), [Some(100.0), None]);
        assert_eq!(first_seen(&traces, 1, &[true; 5]), [Some(90.0)]);
        // All clocks are wrong: there is no zero point.
        let none = values(&traces, &[true; 5], CellTime::Lag);
        assert_eq!(none, [None; 5]);
    }

    #[test]
    fn a_clock_is_wrong_that_had_a_block_before_it_was_made() {
        let traces = [
            trace(0, 0, BlockSource::External, 99.0),
            trace(0, 1, BlockSource::External, 100.0),
            trace(0, 2, BlockSource::Internal, 98.0),
            trace(0, 3, BlockSource::Catchup, 98.0),
            trace(1, 4, BlockSource::External, 98.0),
        ];
        let wrong = wrong_clocks(&traces, &[Some(100.0), None], 5);
        assert_eq!(wrong, [true, false, false, false, false]);
    }

    #[test]
    fn two_nodes_at_one_moment_are_first_and_second() {
        let traces = [
            trace(0, 0, BlockSource::External, 100.0),
            trace(0, 1, BlockSource::External, 100.0),
            trace(0, 2, BlockSource::External, 103.0),
        ];
        let found = values(&traces, &[], CellTime::Lag2);
        assert_eq!(found, [None, None, Some(3.0)]);
        assert_eq!(values(&traces[2..], &[], CellTime::Lag2), [None]);
    }

    #[test]
    fn what_is_not_known_or_not_applied_has_no_time() {
        let mut pending = trace(0, 0, BlockSource::External, 100.0);
        pending.status = CellStatus::Pending;
        let mut unknown = trace(0, 1, BlockSource::External, 100.0);
        unknown.total_s = -1.0;
        let found = cells(&[pending, unknown], (1, 2), &[], CellTime::Apply);
        assert_eq!([found[0].value, found[1].value], [None, None]);
        assert_eq!(found[1].ended_us, 100_000_000);
        assert_eq!(found[0].ended_us, 102_000_000);
    }
}

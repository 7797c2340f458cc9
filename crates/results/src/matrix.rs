//! Nodes × blocks: which node did what with which block, and where that is not known.

use std::collections::{BTreeSet, HashMap};

use crate::answers::{Block, Completeness, Matrix};
use crate::figures::quantile_of;

/// How far a node came with a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellStatus {
    /// The block was added.
    Success,
    /// Not yet.
    Pending,
    /// It was not.
    Failure,
}

/// A trace of one of the blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Position of the block among the columns.
    pub block: usize,
    /// Position of the node among the nodes that are given with the cells.
    pub node: usize,
    /// How far the node came.
    pub status: CellStatus,
    /// The value; none where the metric does not apply, as to a block that the node made.
    pub value: Option<f64>,
    /// When it began, microseconds since 1970.
    pub started_us: i64,
    /// When it ended.
    pub ended_us: i64,
}

/// A time of a node: it was read, or entries of it are lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeTime {
    /// The node.
    pub node: String,
    /// Beginning, microseconds since 1970.
    pub from_us: i64,
    /// End.
    pub until_us: i64,
}

/// Log entries of a node in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntries {
    /// The node, and when.
    pub time: NodeTime,
    /// Stored entries.
    pub stored: i64,
    /// Lost entries; none if nobody knows how many.
    pub lost: Option<i64>,
}

/// How rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// By name.
    Name,
    /// The worst median first, which is the greatest or, of completeness, the least; nodes without
    /// values last.
    Median,
}

/// Puts traces into cells. `blocks` are the columns, oldest first; `nodes` those that have cells;
/// `read` are the times in which nodes were read, `lost` those of which entries are lost.
#[must_use]
pub fn matrix(
    blocks: Vec<Block>,
    (nodes, cells): (&[String], &[Cell]),
    read: &[NodeTime],
    lost: &[NodeTime],
    order: RowOrder,
) -> Matrix {
    filled(blocks, (nodes, cells), (read, lost), None, order)
}

/// The same cells with the stored part of the node's log entries at the time of the block as values,
/// null where nobody knows it. `entries` are those of the nodes at that time.
#[must_use]
pub fn completeness_matrix(
    blocks: Vec<Block>,
    (nodes, cells): (&[String], &[Cell]),
    read: &[NodeTime],
    lost: &[NodeTime],
    entries: &[NodeEntries],
    order: RowOrder,
) -> Matrix {
    filled(blocks, (nodes, cells), (read, lost), Some(entries), order)
}

/// The positions of the rows in their order: as they are, or the worst median first. The least is the
/// worst of completeness, the greatest of a time; a row without a value comes last.
fn ordered(values: &[Option<f64>], rows: usize, order: RowOrder, least_first: bool) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..rows).collect();
    if order == RowOrder::Name || values.is_empty() {
        return positions;
    }
    let mut known = Vec::new();
    let badness: Vec<f64> = values
        .chunks(values.len() / rows)
        .map(|row| {
            known.clear();
            known.extend(row.iter().flatten());
            match quantile_of(&mut known, 50) {
                Some(median) if least_first => -median,
                Some(median) => median,
                None => f64::NEG_INFINITY,
            }
        })
        .collect();
    // Rows are in the order of names, and stay so where they are equally bad.
    positions.sort_by(|&a, &b| badness[b].total_cmp(&badness[a]));
    positions
}

/// From when until when.
type Span = (i64, i64);

/// The times of each of the nodes that have positions.
fn by_position<'a>(
    times: impl Iterator<Item = &'a NodeTime>,
    positions: &HashMap<&str, usize>,
) -> Vec<Vec<Span>> {
    let mut found = vec![Vec::new(); positions.len()];
    for time in times {
        let position = positions.get(time.node.as_str());
        if let Some(times) = position.and_then(|&position| found.get_mut(position)) {
            times.push((time.from_us, time.until_us));
        }
    }
    found
}

fn filled(
    blocks: Vec<Block>,
    (nodes, cells): (&[String], &[Cell]),
    (read, lost): (&[NodeTime], &[NodeTime]),
    entries: Option<&[NodeEntries]>,
    order: RowOrder,
) -> Matrix {
    let names: BTreeSet<&str> = nodes
        .iter()
        .map(String::as_str)
        .chain(read.iter().map(|time| time.node.as_str()))
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let positions: HashMap<&str, usize> = names.iter().copied().zip(0..).collect();
    let row_of: Vec<Option<usize>> = nodes
        .iter()
        .map(|name| positions.get(name.as_str()).copied())
        .collect();
    let columns = blocks.len();
    let mut placed: Vec<Option<&Cell>> = vec![None; names.len() * columns];
    let mut spans: Vec<Option<Span>> = vec![None; columns];
    for cell in cells {
        let row = row_of.get(cell.node).copied().flatten();
        if let Some((row, span)) = row.zip(spans.get_mut(cell.block)) {
            let span = span.get_or_insert((cell.started_us, cell.ended_us));
            *span = (span.0.min(cell.started_us), span.1.max(cell.ended_us));
            placed[row * columns + cell.block] = Some(cell);
        }
    }
    let read = by_position(read.iter(), &positions);
    let lost = by_position(lost.iter(), &positions);
    let entries_of = entries.map(|entries| {
        let mut found = vec![Vec::new(); names.len()];
        for entry in entries {
            if let Some(&position) = positions.get(entry.time.node.as_str()) {
                found[position].push(entry);
            }
        }
        found
    });
    // Rows in the order of names.
    let mut states = Vec::with_capacity(placed.len());
    let mut values = Vec::with_capacity(placed.len());
    for (row, (read, lost)) in read.iter().zip(&lost).enumerate() {
        let entries = entries_of.as_ref().map(|entries| &entries[row][..]);
        let placed = &placed[row * columns..][..columns];
        for (cell, span) in placed.iter().zip(&spans) {
            let state = state(*cell, *span, read, lost);
            // What lost entries overlap is no measurement, but of completeness itself.
            let value = match entries {
                Some(_) if state == 'x' => None,
                Some(entries) => span.and_then(|span| stored_share(entries, span)),
                None => cell
                    .and_then(|cell| cell.value)
                    .filter(|_| state != 'u')
                    .map(to_microsecond),
            };
            states.push(state);
            values.push(value);
        }
    }
    let mut known = Vec::with_capacity(names.len());
    let (medians, p95) = (0..columns)
        .map(|column| {
            known.clear();
            known.extend(values.iter().skip(column).step_by(columns).flatten());
            (quantile_of(&mut known, 50), quantile_of(&mut known, 95))
        })
        .unzip();
    let ordered = ordered(&values, names.len(), order, entries.is_some());
    let row = |position: usize| position * columns..(position + 1) * columns;
    let in_order = || ordered.iter().map(|&position| row(position));
    Matrix {
        nodes: ordered.iter().map(|&at| names[at].to_owned()).collect(),
        blocks,
        values: in_order().flat_map(|row| &values[row]).copied().collect(),
        states: in_order().flat_map(|row| &states[row]).collect(),
        medians,
        p95,
    }
}

/// Seconds to the microsecond, which is what nodes' clocks tell: the digits behind it come from the
/// difference of two times, and are half of an answer.
fn to_microsecond(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// The letter of a cell. `span` is the time of its block, `read` and `lost` are times of its node.
fn state(cell: Option<&Cell>, span: Option<Span>, read: &[Span], lost: &[Span]) -> char {
    let overlap = |times: &[Span]| {
        span.is_some_and(|(from, until)| times.iter().any(|time| time.0 <= until && time.1 >= from))
    };
    match cell {
        _ if overlap(lost) => 'u',
        Some(cell) if cell.status == CellStatus::Failure => 'f',
        Some(cell) if cell.status == CellStatus::Pending => 'p',
        Some(_) => 'v',
        None if overlap(read) => 'n',
        None => 'x',
    }
}

/// The stored part of entries that overlap a time.
fn stored_share(entries: &[&NodeEntries], (from, until): (i64, i64)) -> Option<f64> {
    let (mut stored, mut lost) = (0_i64, 0_i64);
    for entry in entries {
        if entry.time.from_us <= until && entry.time.until_us >= from {
            stored = stored.saturating_add(entry.stored);
            lost = lost.saturating_add(entry.lost?);
        }
    }
    Completeness::share_of(stored, lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks() -> Vec<Block> {
        let block = |hash: &str| Block {
            hash: hash.to_owned(),
            ..Block::default()
        };
        ["a", "b"].map(block).into()
    }

    fn nodes<const COUNT: usize>(names: [&str; COUNT]) -> Vec<String> {
        names.map(str::to_owned).into()
    }

    fn cell(
        block: usize,
        node: usize,
        status: CellStatus,
        value: Option<f64>,
        started_us: i64,
    ) -> Cell {
        Cell {
            block,
            node,
            status,
            value,
            started_us,
            ended_us: started_us + 10,
        }
    }

    fn time(node: &str, from_us: i64, until_us: i64) -> NodeTime {
        NodeTime {
            node: node.to_owned(),
            from_us,
            until_us,
        }
    }

    #[test]
    fn every_kind_of_absence_has_its_letter() {
        let blocks = blocks();
        let cells = [
            cell(0, 0, CellStatus::Success, None, 100),
            // what is behind a microsecond comes from the difference of two times
            cell(0, 1, CellStatus::Success, Some(3.000_000_238_4), 105),
            cell(0, 2, CellStatus::Pending, Some(4.0), 106),
            cell(1, 1, CellStatus::Failure, Some(1.0), 200),
            cell(1, 2, CellStatus::Success, Some(2.0), 201),
            // elsewhere
            cell(2, 0, CellStatus::Success, Some(9.0), 1),
        ];
        let nodes = nodes(["n1", "n2", "n3"]);
        let of_nodes = (&nodes[..], &cells[..]);
        let read = [time("n1", 0, 300), time("n4", 90, 120), time("n5", 0, 300)];
        let lost = [time("n5", 205, 206), time("n3", 211, 220)];
        let by_name = matrix(blocks.clone(), of_nodes, &read, &lost, RowOrder::Name);
        assert_eq!(by_name.nodes, ["n1", "n2", "n3", "n4", "n5"]);
        assert_eq!(by_name.states, "vnvfpunxnu");
        let expected = [
            None,
            None,
            Some(3.0),
            Some(1.0),
            Some(4.0),
            None,
            None,
            None,
            None,
            None,
        ];
        assert_eq!(by_name.values, expected);
        assert_eq!(by_name.medians, [Some(3.0), Some(1.0)]);
        assert_eq!(by_name.p95, [Some(4.0), Some(1.0)]);
        let worst = matrix(blocks, of_nodes, &read, &lost, RowOrder::Median);
        assert_eq!(worst.nodes, ["n3", "n2", "n1", "n4", "n5"]);
    }

    #[test]
    fn completeness_stands_in_every_cell_that_was_measured() {
        let blocks = blocks();
        let cells = [
            cell(0, 0, CellStatus::Success, None, 100),
            cell(1, 0, CellStatus::Success, None, 200),
        ];
        let nodes = nodes(["n1"]);
        let of_nodes = (&nodes[..], &cells[..]);
        let read = ["n1", "n2", "n3"].map(|node| time(node, 0, 300));
        let read = [&read[..], &[time("n4", 0, 150)]].concat();
        let entries = |node: &str, from, until, stored, lost| NodeEntries {
            time: time(node, from, until),
            stored,
            lost,
        };
        let entries = [
            entries("n1", 0, 300, 10, Some(0)),
            entries("n2", 0, 150, 8, Some(0)),
            entries("n2", 105, 106, 0, Some(8)),
            entries("n2", 151, 300, 8, Some(0)),
            entries("n3", 0, 300, 8, Some(0)),
            entries("n3", 205, 206, 0, None),
            entries("n4", 0, 150, 6, Some(2)),
        ];
        let lost = [time("n2", 105, 106), time("n3", 205, 206)];
        let found = completeness_matrix(blocks, of_nodes, &read, &lost, &entries, RowOrder::Median);
        assert_eq!(found.nodes, ["n2", "n4", "n1", "n3"]);
        assert_eq!(found.states, "unnxvvnu");
        let expected = [0.5, 1.0, 0.75, f64::NAN, 1.0, 1.0, 1.0, f64::NAN];
        let expected = expected.map(|share| share.is_finite().then_some(share));
        assert_eq!(found.values, expected);
    }
}

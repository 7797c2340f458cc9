//! The rows of a table and a day, from the database and in the order of the archive.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use futures_util::stream::BoxStream;
use open_data::{CopiedRows, NotARow, field};
use store::StoreError;
use store::archive::{ArchivedTable, DayRange, Reading, TablePlan};
use tokio::sync::mpsc;

use crate::error::ArchiveError;
use crate::progress::Progress;
use crate::sorting::{Key, Sorted, Sorter};
use crate::traces::Traces;

/// Rows that are handed to a thread at once.
const ROWS_AT_ONCE: usize = 4096;
/// Such hand-overs that wait.
const BATCHES_WAITING: usize = 4;

/// The rows of a day in order, with what follows from their block traces.
#[derive(Debug)]
pub(crate) struct SortedDay {
    pub(crate) table: &'static ArchivedTable,
    pub(crate) traces: Arc<Traces>,
    pub(crate) rows: Sorted,
}

/// Reads the rows of a day. `nodes` are the names of all nodes in their order.
pub(crate) async fn sort_day(
    reading: &mut Reading,
    table: &'static ArchivedTable,
    plan: &TablePlan,
    range: &DayRange,
    nodes: &Arc<Nodes>,
    progress: &Progress,
) -> Result<SortedDay, ArchiveError> {
    let mut traces = Traces::default();
    reading.traces(range, |facts| traces.add(facts)).await?;
    let traces = Arc::new(traces);
    let parts = reading.rows(table, plan, range).await?;
    let of_each = parts.len();
    let (threads, fed): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .map(|part| {
            let (batches, received) = mpsc::channel(BATCHES_WAITING);
            let (progress, nodes) = (progress.clone(), Arc::clone(nodes));
            let (traces, sorter) = (Arc::clone(&traces), Sorter::one_of(of_each));
            let thread = tokio::task::spawn_blocking(move || {
                sort(table, &traces, &nodes, received, sorter, &progress)
            });
            (thread, feed(part, batches))
        })
        .unzip();
    let fed = try_join_all(fed).await;
    let mut sorters = Vec::new();
    for thread in threads {
        // A thread that has ended explains why rows could not be handed over.
        sorters.push(thread.await.map_err(|_| ArchiveError::Thread)?);
    }
    fed?;
    let sorters = sorters.into_iter().collect::<Result<_, _>>()?;
    let rows = tokio::task::spawn_blocking(|| Sorted::of(sorters)).await;
    Ok(SortedDay {
        table,
        traces,
        rows: rows
            .map_err(|_| ArchiveError::Thread)?
            .map_err(ArchiveError::Temporary)?,
    })
}

/// The places of nodes by their names.
#[derive(Debug)]
pub(crate) struct Nodes(HashMap<String, u32, foldhash::fast::RandomState>);

impl Nodes {
    /// Of names in order.
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self(names.into_iter().zip(0..).collect())
    }

    /// The place of a node; behind all others if it has no block trace.
    fn place(&self, name: &str) -> u32 {
        self.0.get(name).copied().unwrap_or(u32::MAX)
    }
}

/// Takes the rows of a part.
fn sort(
    table: &'static ArchivedTable,
    traces: &Traces,
    nodes: &Nodes,
    mut batches: mpsc::Receiver<Result<Vec<Bytes>, ()>>,
    mut sorter: Sorter,
    progress: &Progress,
) -> Result<Sorter, ArchiveError> {
    let not_a_row = |source| ArchiveError::NotARow {
        table: table.name,
        source,
    };
    let places: Vec<u32> = traces.names.iter().map(|name| nodes.place(name)).collect();
    let mut copied = CopiedRows::default();
    while let Some(batch) = batches.blocking_recv() {
        // The database does not send all: what is there is no file.
        let Ok(batch) = batch else {
            return Err(ArchiveError::Thread);
        };
        let mut rows = 0;
        for piece in &batch {
            let fields = copied.fields(piece, table.read_columns());
            let Some(row) = fields.map_err(not_a_row)? else {
                continue;
            };
            let (trace, own) = trace_of(table, row).map_err(not_a_row)?;
            let node = match (table.node_column, trace) {
                (Some(column), _) => nodes.place(text_of(own, column).map_err(not_a_row)?),
                (None, Some(trace)) => traces.by_id.get(&trace).map_or(u32::MAX, |facts| {
                    places.get(facts.node).copied().unwrap_or(u32::MAX)
                }),
                (None, None) => u32::MAX,
            };
            let key = Key {
                node,
                trace: trace.map_or(i64::MAX, i64::from),
                id: id_of(own).map_err(not_a_row)?,
            };
            sorter.push(key, row).map_err(ArchiveError::Temporary)?;
            rows += 1;
        }
        progress.add(rows);
    }
    Ok(sorter)
}

async fn feed(
    rows: BoxStream<'_, Result<Bytes, StoreError>>,
    batches: mpsc::Sender<Result<Vec<Bytes>, ()>>,
) -> Result<(), StoreError> {
    let mut rows = rows.ready_chunks(ROWS_AT_ONCE);
    while let Some(pieces) = rows.next().await {
        let pieces: Result<Vec<_>, _> = pieces.into_iter().collect();
        match pieces {
            Ok(pieces) => {
                if batches.send(Ok(pieces)).await.is_err() {
                    break;
                }
            }
            Err(error) => {
                let _ = batches.send(Err(())).await;
                return Err(error);
            }
        }
    }
    Ok(())
}

/// The block trace of a row as it was read, and the columns of its table.
pub(crate) fn trace_of<'a>(
    table: &ArchivedTable,
    row: &'a [u8],
) -> Result<(Option<i32>, &'a [u8]), NotARow> {
    let mut rest = row;
    for _ in 0..table.trace_column.unwrap_or(0) {
        field(&mut rest)?;
    }
    let id = field(&mut rest)?.map(|id| id.try_into().map(i32::from_be_bytes));
    let id = id.transpose().map_err(|_| NotARow)?;
    let own = if table.trace_column.is_some() {
        row
    } else {
        rest
    };
    Ok((id, own))
}

/// The id of a row, which is its first column.
pub(crate) fn id_of(mut row: &[u8]) -> Result<i64, NotARow> {
    let id = field(&mut row)?.ok_or(NotARow)?;
    if let Ok(id) = id.try_into() {
        return Ok(i64::from_be_bytes(id));
    }
    let id = id.try_into().map_err(|_| NotARow)?;
    Ok(i64::from(i32::from_be_bytes(id)))
}

/// The text of a column of a row.
pub(crate) fn text_of(row: &[u8], column: usize) -> Result<&str, NotARow> {
    let mut rest = row;
    for _ in 0..column {
        field(&mut rest)?;
    }
    let text = field(&mut rest)?.unwrap_or_default();
    std::str::from_utf8(text).map_err(|_| NotARow)
}

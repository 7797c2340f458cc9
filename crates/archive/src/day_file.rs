//! The rows of a table and a day, from the database into a file, or only into their digests.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use open_data::{
    CopiedRows, GROUP_ROWS_MAX, GROUP_TEXT_BYTES_MAX, GroupWriter, NotARow, Rows, Text, field,
};
use parquet::errors::ParquetError;
use store::StoreError;
use store::archive::{ArchivedTable, DayRange, Reading, TablePlan, TraceFacts};
use tokio::sync::mpsc;

use crate::digest::{NodeDigests, NodeRows};
use crate::error::ArchiveError;
use crate::progress::Progress;
use crate::sorting::{Key, Sorted, Sorter};
use crate::upload::{Sink, Written};

/// Rows that are handed to the thread at once.
const ROWS_AT_ONCE: usize = 4096;
/// Rows after which progress is counted.
const ROWS_COUNTED: u64 = 4096;
/// Such hand-overs that wait.
const BATCHES_WAITING: usize = 4;
/// In the last rows before it is full, a group ends where a block trace ends, so that durations do
/// not reach from one group into another: the number of these rows.
const TRACE_ROWS: usize = 1 << 16;
/// The same of texts, in bytes.
const TRACE_TEXT_BYTES: usize = 8 << 20;

/// What was read of a day.
#[derive(Debug)]
pub(crate) struct DayRead {
    pub(crate) rows: u64,
    pub(crate) nodes: Vec<NodeRows>,
    /// The file, if there is one.
    pub(crate) written: Option<Written>,
}

/// The rows of a day in order, with what follows from their block traces.
#[derive(Debug)]
pub(crate) struct SortedDay {
    table: &'static ArchivedTable,
    traces: Traces,
    rows: Sorted,
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
    let (batches, received) = mpsc::channel(BATCHES_WAITING);
    let (counted, nodes) = (progress.clone(), Arc::clone(nodes));
    let thread =
        tokio::task::spawn_blocking(move || sort(table, traces, &nodes, received, &counted));
    let fed = feed(reading, table, plan, range, batches).await;
    let done = thread.await.map_err(|_| ArchiveError::Thread)?;
    fed?;
    // A thread that has ended explains why rows could not be handed over.
    done
}

impl SortedDay {
    /// Goes through the rows; writes them into `sink` if there is one.
    pub(crate) async fn read(
        self,
        sink: Option<Sink>,
        progress: &Progress,
    ) -> Result<DayRead, ArchiveError> {
        let counted = progress.clone();
        let thread = tokio::task::spawn_blocking(move || {
            DayRows::new(self.table, self.traces, sink)?.take_all(self.rows, &counted)
        });
        thread.await.map_err(|_| ArchiveError::Thread)?
    }
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

fn sort(
    table: &'static ArchivedTable,
    traces: Traces,
    nodes: &Nodes,
    mut batches: mpsc::Receiver<Result<Vec<Bytes>, ()>>,
    progress: &Progress,
) -> Result<SortedDay, ArchiveError> {
    let not_a_row = |source| ArchiveError::NotARow {
        table: table.name,
        source,
    };
    let places: Vec<u32> = traces.names.iter().map(|name| nodes.place(name)).collect();
    let mut copied = CopiedRows::default();
    let mut sorter = Sorter::new();
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
    let rows = sorter.finish().map_err(ArchiveError::Temporary)?;
    Ok(SortedDay {
        table,
        traces,
        rows,
    })
}

async fn feed(
    reading: &mut Reading,
    table: &'static ArchivedTable,
    plan: &TablePlan,
    range: &DayRange,
    batches: mpsc::Sender<Result<Vec<Bytes>, ()>>,
) -> Result<(), StoreError> {
    let rows = reading.rows(table, plan, range).await;
    let mut rows = match rows {
        Ok(rows) => rows.ready_chunks(ROWS_AT_ONCE),
        Err(error) => {
            let _ = batches.send(Err(())).await;
            return Err(error);
        }
    };
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

/// The block traces of a day. Nodes and blocks stand once.
#[derive(Debug, Default)]
struct Traces {
    by_id: HashMap<i32, Facts, foldhash::fast::RandomState>,
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Facts {
    node: usize,
    block: usize,
    height: i32,
    started_at: f64,
    completed_at: Option<f64>,
}

impl Traces {
    fn add(&mut self, facts: TraceFacts) {
        let node = self.number(facts.node);
        let block = self.number(facts.block);
        self.by_id.insert(
            facts.block_trace_id,
            Facts {
                node,
                block,
                height: facts.height,
                started_at: facts.started_at,
                completed_at: facts.completed_at,
            },
        );
    }

    fn number(&mut self, name: String) -> usize {
        if let Some(&number) = self.numbers.get(&name) {
            return number;
        }
        self.names.push(name.clone());
        self.numbers.insert(name, self.names.len() - 1);
        self.names.len() - 1
    }

    fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", String::as_str)
    }
}

/// The columns of checkpoints that durations follow from.
#[derive(Debug, Clone, Copy)]
struct DurationColumns {
    id: usize,
    source: usize,
    main_trace: usize,
    is_control: usize,
    started_at: usize,
    gossip: usize,
}

impl DurationColumns {
    fn of(table: &ArchivedTable) -> Option<Self> {
        let at = |name| table.columns.iter().position(|column| column.name == name);
        Some(Self {
            id: at("block_trace_checkpoint_id")?,
            source: at("source")?,
            main_trace: at("main_trace")?,
            is_control: at("is_control")?,
            started_at: at("started_at")?,
            gossip: at("gossip")?,
        })
    }

    /// The time of the newest row, if it is a step of the main process on its block, as the reckoning
    /// of own times takes it.
    fn step(self, rows: &Rows, facts: &Facts) -> Option<f64> {
        let is = |column| rows.newest_bool(column) == Some(true);
        let started_at = rows.newest_float8(self.started_at)?;
        let is_step = is(self.main_trace)
            && !is(self.is_control)
            && !is(self.gossip)
            && rows.newest_text(self.source) == Some("M")
            && started_at >= facts.started_at
            && started_at <= facts.completed_at?;
        is_step.then_some(started_at)
    }
}

/// A step of the block trace that is being read: time, id, position in the group.
type Step = (f64, i64, usize);

/// The rows of a day, as they come.
struct DayRows {
    table: &'static ArchivedTable,
    traces: Traces,
    digests: NodeDigests,
    writer: Option<GroupWriter<Sink>>,
    rows: Rows,
    count: u64,
    /// The block trace of the newest row.
    trace: Option<i32>,
    facts: Option<Facts>,
    /// Its node and block in this group.
    texts: Option<(Text, Option<Text>)>,
    duration_columns: Option<DurationColumns>,
    durations: Vec<Option<i64>>,
    steps: Vec<Step>,
}

impl DayRows {
    fn new(
        table: &'static ArchivedTable,
        traces: Traces,
        sink: Option<Sink>,
    ) -> Result<Self, ArchiveError> {
        let columns = table.file_columns();
        let writer = match sink {
            Some(sink) => Some(
                GroupWriter::new(sink, table.name, &columns, &["block"])
                    .map_err(|source| parquet_error(table, source))?,
            ),
            None => None,
        };
        Ok(Self {
            table,
            traces,
            digests: NodeDigests::default(),
            writer,
            rows: Rows::new(columns),
            count: 0,
            trace: None,
            facts: None,
            texts: None,
            duration_columns: table
                .has_durations()
                .then(|| DurationColumns::of(table))
                .flatten(),
            durations: Vec::new(),
            steps: Vec::new(),
        })
    }

    fn take_all(mut self, mut rows: Sorted, progress: &Progress) -> Result<DayRead, ArchiveError> {
        let mut counted = 0;
        while let Some(row) = rows.next().map_err(ArchiveError::Temporary)? {
            self.take(row)?;
            if self.count - counted >= ROWS_COUNTED {
                progress.add(self.count - counted);
                counted = self.count;
            }
        }
        progress.add(self.count - counted);
        drop(rows);
        self.write_group()?;
        let written = match self.writer.take() {
            Some(writer) => {
                let finish = |source| parquet_error(self.table, source);
                let sink = writer.finish().map_err(finish)?;
                let written = sink.finish();
                Some(written.map_err(|error| finish(ParquetError::External(error.into())))?)
            }
            None => None,
        };
        Ok(DayRead {
            rows: self.count,
            nodes: self.digests.finish(),
            written,
        })
    }

    fn take(&mut self, row: &[u8]) -> Result<(), ArchiveError> {
        let table = self.table.name;
        let not_a_row = |source| ArchiveError::NotARow { table, source };
        let (trace, own) = trace_of(self.table, row).map_err(not_a_row)?;
        if self.count == 0 || trace != self.trace {
            self.end_trace();
            if self.rows.len() + TRACE_ROWS >= GROUP_ROWS_MAX
                || self.rows.text_bytes() + TRACE_TEXT_BYTES >= GROUP_TEXT_BYTES_MAX
            {
                self.write_group()?;
            }
            self.trace = trace;
            self.facts = trace.and_then(|id| self.traces.by_id.get(&id).copied());
            self.texts = None;
        } else if self.rows.len() == GROUP_ROWS_MAX
            || self.rows.text_bytes() >= GROUP_TEXT_BYTES_MAX
        {
            self.write_group()?;
        }
        self.count += 1;
        let node = match (self.table.node_column, &self.facts) {
            (Some(column), _) => text_of(own, column).map_err(not_a_row)?,
            (None, Some(facts)) => self.traces.name(facts.node),
            (None, None) => "",
        };
        self.digests.add(node, own);
        if self.writer.is_some() {
            let columns = self.table.columns.len();
            self.rows.push(own, columns).map_err(not_a_row)?;
            let facts = self.facts;
            let (node, block) = if let Some(texts) = self.texts {
                texts
            } else {
                let node = self.rows.text(node);
                let block = facts.map(|facts| self.rows.text(self.traces.name(facts.block)));
                // Rows of a table that names nodes itself say which it is one by one.
                if facts.is_some() && self.table.node_column.is_none() {
                    self.texts = Some((node, block));
                }
                (node, block)
            };
            self.add_extra(columns, node, block);
        }
        Ok(())
    }

    fn add_extra(&mut self, columns: usize, node: Text, block: Option<Text>) {
        let facts = self.facts;
        self.rows.push_text(columns, Some(node));
        self.rows.push_text(columns + 1, block);
        self.rows
            .push_int4(columns + 2, facts.map(|facts| facts.height));
        if let Some(duration_columns) = self.duration_columns {
            let step = facts.and_then(|facts| duration_columns.step(&self.rows, &facts));
            if let Some(time) = step {
                let id = self.rows.newest_int8(duration_columns.id);
                self.steps
                    .push((time, id.unwrap_or_default(), self.durations.len()));
            }
            self.durations.push(None);
        }
    }

    /// A step lasts until the next one of its block trace by time.
    fn end_trace(&mut self) {
        self.steps
            .sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        for pair in self.steps.windows(2) {
            let seconds = pair[1].0 - pair[0].0;
            #[expect(clippy::cast_possible_truncation, reason = "it is checked to fit")]
            if let Some(duration) = self.durations.get_mut(pair[0].2)
                && seconds < 1e12
            {
                *duration = Some((seconds * 1e6).round() as i64);
            }
        }
        self.steps.clear();
    }

    fn write_group(&mut self) -> Result<(), ArchiveError> {
        self.end_trace();
        if let Some(writer) = &mut self.writer
            && !self.rows.is_empty()
        {
            if self.duration_columns.is_some() {
                let column = self.table.columns.len() + 3;
                self.rows.set_int8(column, &self.durations);
            }
            writer
                .write(&self.rows)
                .map_err(|source| parquet_error(self.table, source))?;
        }
        self.rows.clear();
        self.durations.clear();
        self.texts = None;
        Ok(())
    }
}

/// The block trace of a row as it was read, and the columns of its table.
fn trace_of<'a>(table: &ArchivedTable, row: &'a [u8]) -> Result<(Option<i32>, &'a [u8]), NotARow> {
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
fn id_of(mut row: &[u8]) -> Result<i64, NotARow> {
    let id = field(&mut row)?.ok_or(NotARow)?;
    if let Ok(id) = id.try_into() {
        return Ok(i64::from_be_bytes(id));
    }
    let id = id.try_into().map_err(|_| NotARow)?;
    Ok(i64::from(i32::from_be_bytes(id)))
}

/// The text of a column of a row.
fn text_of(row: &[u8], column: usize) -> Result<&str, NotARow> {
    let mut rest = row;
    for _ in 0..column {
        field(&mut rest)?;
    }
    let text = field(&mut rest)?.unwrap_or_default();
    std::str::from_utf8(text).map_err(|_| NotARow)
}

pub(crate) fn parquet_error(table: &ArchivedTable, source: ParquetError) -> ArchiveError {
    ArchiveError::Parquet {
        table: table.name,
        source,
    }
}

//! The rows of a table and a day, in order, into a file or only into their digests.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use open_data::{GROUP_ROWS_MAX, GROUP_TEXT_BYTES_MAX, GroupWriter, Rows, Text};
use parquet::errors::ParquetError;
use store::archive::ArchivedTable;

use crate::digest::{NodeDigests, NodeRows};
use crate::error::ArchiveError;
use crate::progress::Progress;
use crate::sorted_day::{SortedDay, text_of, trace_of};
use crate::sorting::{Batch, Sorted};
use crate::traces::{Facts, Traces};
use crate::upload::{Sink, Written};

/// Batches of rows in order that wait to be taken.
const BATCHES_SORTED: usize = 4;
/// Higher levels save a few percent and take several times as long.
const ZSTD_LEVEL: i32 = 3;
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
    traces: Arc<Traces>,
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
        traces: Arc<Traces>,
        sink: Option<Sink>,
    ) -> Result<Self, ArchiveError> {
        let columns = table.file_columns();
        let writer = match sink {
            Some(sink) => Some(
                GroupWriter::new(sink, table.name, &columns, &["block"], ZSTD_LEVEL)
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

    /// Takes the rows on this thread, while another one puts the next ones in order.
    fn take_all(mut self, mut rows: Sorted, progress: &Progress) -> Result<DayRead, ArchiveError> {
        let (sender, batches) = sync_channel::<Batch>(BATCHES_SORTED);
        let (give_back, emptied) = sync_channel::<Batch>(BATCHES_SORTED);
        thread::scope(|scope| {
            let sorter = scope.spawn(move || -> Result<(), ArchiveError> {
                loop {
                    let mut batch = emptied.try_recv().unwrap_or_default();
                    let more = rows.fill(&mut batch).map_err(ArchiveError::Temporary)?;
                    if !more || sender.send(batch).is_err() {
                        return Ok(());
                    }
                }
            });
            let taken: Result<(), ArchiveError> = batches.iter().try_for_each(|batch| {
                let before = self.count;
                batch.rows().try_for_each(|row| self.take(row))?;
                progress.add(self.count - before);
                // The sorter may have ended already.
                let _ = give_back.try_send(batch);
                Ok(())
            });
            // So that the sorter does not wait for room.
            drop(batches);
            sorter.join().map_err(|_| ArchiveError::Thread)??;
            taken
        })?;
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

pub(crate) fn parquet_error(table: &ArchivedTable, source: ParquetError) -> ArchiveError {
    ArchiveError::Parquet {
        table: table.name,
        source,
    }
}

//! A table as a Parquet file.

use std::io::Write;
use std::mem;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use parquet::errors::ParquetError;
use store::open_data::{Column, Table};

use crate::copy_format::CopiedRows;
use crate::error::ExportError;
use crate::progress::Progress;
use crate::row_groups::{GROUP_ROWS_MAX, GROUP_TEXT_BYTES_MAX, GroupWriter};
use crate::rows::Rows;
use crate::sink::{Batches, CountedFile};

/// An export is waited for: higher levels save little and take longer.
const ZSTD_LEVEL: i32 = 1;

/// Writes the file; gives its rows and bytes. While a group is encoded, the rows of the next ones are
/// taken, those of each part on a thread of its own: the database need not wait.
pub(crate) fn write(
    table: &'static Table,
    path: &Path,
    parts: Vec<Batches>,
    progress: &Progress,
) -> Result<(u64, u64), ExportError> {
    let failed = |error| ExportError::parquet(path, error);
    let file = CountedFile::create(path, progress)?;
    let columns: Vec<&Column> = table.columns.iter().collect();
    let writer = GroupWriter::new(file, table.name, &columns, &[], ZSTD_LEVEL).map_err(failed)?;
    let limits = Limits::of_each(parts.len());
    let (counts, file) = thread::scope(|scope| {
        let (takers, groups): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .map(|batches| {
                let (taken, groups) = way();
                let taker = scope.spawn(move || take(table, batches, &taken, limits));
                (taker, groups)
            })
            .unzip();
        // That the file cannot be written explains why nobody takes rows any more.
        let file = encode(writer, groups).map_err(failed)?;
        let ended = |_| ExportError::Thread(path.to_path_buf());
        let counts = takers
            .into_iter()
            .map(|taker| taker.join().map_err(ended).flatten());
        Ok::<_, ExportError>((counts.collect::<Result<Vec<u64>, _>>()?, file))
    })?;
    let bytes = file.sync().map_err(ExportError::write(path))?;
    Ok((counts.iter().sum(), bytes))
}

/// When a group is full.
#[derive(Debug, Clone, Copy)]
struct Limits {
    rows: usize,
    text_bytes: usize,
}

impl Limits {
    /// The groups of all parts that are filled at once take as much memory as one of one part.
    fn of_each(parts: usize) -> Self {
        Self {
            rows: GROUP_ROWS_MAX / parts.max(1),
            text_bytes: GROUP_TEXT_BYTES_MAX / parts.max(1),
        }
    }
}

/// Where full groups of a part go to, and where those come from whose room is used again.
struct Taken {
    full: SyncSender<Rows>,
    empty: Receiver<Rows>,
}

/// The other end.
struct Groups {
    full: Receiver<Rows>,
    empty: SyncSender<Rows>,
}

fn way() -> (Taken, Groups) {
    // A full group is handed over when it is its turn to be encoded.
    let (full_sender, full) = sync_channel(0);
    let (empty_sender, empty) = sync_channel(1);
    let taken = Taken {
        full: full_sender,
        empty,
    };
    let groups = Groups {
        full,
        empty: empty_sender,
    };
    (taken, groups)
}

/// Writes one group of each part in turn, so that the same rows give the same file.
fn encode<W: Write + Send>(
    mut writer: GroupWriter<W>,
    mut parts: Vec<Groups>,
) -> Result<W, ParquetError> {
    while !parts.is_empty() {
        let mut failure = None;
        parts.retain(|part| {
            let Ok(mut rows) = part.full.recv() else {
                return false;
            };
            if failure.is_none() {
                failure = writer.write(&rows).err();
            }
            rows.clear();
            // Who has ended takes none.
            let _ = part.empty.try_send(rows);
            true
        });
        if let Some(error) = failure {
            return Err(error);
        }
    }
    writer.finish()
}

/// Makes groups of a part's rows until there are no more, or nobody takes them; gives the number of
/// rows.
fn take(
    table: &'static Table,
    mut batches: Batches,
    taken: &Taken,
    limits: Limits,
) -> Result<u64, ExportError> {
    let not_a_row = |_| ExportError::NotARow { table: table.name };
    let columns = table.columns.len();
    let mut copied = CopiedRows::default();
    let mut rows = Rows::new(table.columns);
    let mut count = 0;
    while let Some(batch) = batches.next() {
        let before = count;
        for piece in &batch {
            let Some(fields) = copied.fields(piece, columns).map_err(not_a_row)? else {
                continue;
            };
            rows.push(fields, columns).map_err(not_a_row)?;
            count += 1;
            if rows.len() >= limits.rows || rows.text_bytes() >= limits.text_bytes {
                let group = mem::replace(&mut rows, Rows::new(table.columns));
                if taken.full.send(group).is_err() {
                    return Ok(count);
                }
                // The group before is encoded: its room is used again.
                if let Ok(room) = taken.empty.try_recv() {
                    rows = room;
                }
            }
        }
        batches.progress().add_rows(count - before);
    }
    if !rows.is_empty() {
        let _ = taken.full.send(rows);
    }
    Ok(count)
}

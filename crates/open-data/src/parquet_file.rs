//! A table as a Parquet file.

use std::mem;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use store::open_data::{Column, Table};

use crate::copy_format::CopiedRows;
use crate::error::ExportError;
use crate::row_groups::{GROUP_ROWS_MAX, GROUP_TEXT_BYTES_MAX, GroupWriter};
use crate::rows::Rows;
use crate::sink::{Batches, CountedFile};

/// Writes the file; gives its rows and bytes. While a group is encoded, the rows of the next one are
/// taken: the database need not wait.
pub(crate) fn write(
    table: &'static Table,
    path: &Path,
    mut batches: Batches,
) -> Result<(u64, u64), ExportError> {
    let failed = |error| ExportError::parquet(path, error);
    let file = CountedFile::create(path, batches.progress())?;
    let columns: Vec<&Column> = table.columns.iter().collect();
    let mut writer = GroupWriter::new(file, table.name, &columns, &[]).map_err(failed)?;
    // Hands a full group over when the one before is encoded, and takes an empty one.
    let (full, groups) = sync_channel::<Rows>(0);
    let (emptied, empty) = sync_channel::<Rows>(1);
    let (count, file) = thread::scope(|scope| {
        let encoder = scope.spawn(move || {
            for mut rows in groups {
                writer.write(&rows)?;
                rows.clear();
                // Who has ended takes none.
                let _ = emptied.try_send(rows);
            }
            writer.finish()
        });
        let count = take(table, &mut batches, &full, &empty);
        drop(full);
        let file = encoder.join();
        let file = file.map_err(|_| ExportError::Thread(path.to_path_buf()))?;
        // That the file cannot be written explains why its thread takes no more.
        let file = file.map_err(failed)?;
        Ok::<_, ExportError>((count?, file))
    })?;
    let bytes = file.sync().map_err(ExportError::write(path))?;
    Ok((count, bytes))
}

/// Makes groups of rows until there are no more, or nobody takes them; gives the number of rows.
fn take(
    table: &'static Table,
    batches: &mut Batches,
    full: &SyncSender<Rows>,
    empty: &Receiver<Rows>,
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
            if rows.len() >= GROUP_ROWS_MAX || rows.text_bytes() >= GROUP_TEXT_BYTES_MAX {
                let group = mem::replace(&mut rows, Rows::new(table.columns));
                if full.send(group).is_err() {
                    return Ok(count);
                }
                // The group before is encoded: its room is used again.
                if let Ok(room) = empty.try_recv() {
                    rows = room;
                }
            }
        }
        batches.progress().add_rows(count - before);
    }
    if !rows.is_empty() {
        let _ = full.send(rows);
    }
    Ok(count)
}

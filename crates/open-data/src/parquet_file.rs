//! A table as a Parquet file.

use std::path::Path;

use store::open_data::{Column, Table};

use crate::copy_format::CopiedRows;
use crate::error::ExportError;
use crate::row_groups::{GROUP_ROWS_MAX, GROUP_TEXT_BYTES_MAX, GroupWriter};
use crate::rows::Rows;
use crate::sink::{Batches, CountedFile};

/// Writes the file; gives its rows and bytes.
pub(crate) fn write(
    table: &'static Table,
    path: &Path,
    mut batches: Batches,
) -> Result<(u64, u64), ExportError> {
    let failed = |error| ExportError::parquet(path, error);
    let not_a_row = |_| ExportError::NotARow { table: table.name };
    let file = CountedFile::create(path, batches.progress())?;
    let columns: Vec<&Column> = table.columns.iter().collect();
    let mut writer = GroupWriter::new(file, table.name, &columns, &[]).map_err(failed)?;
    let mut copied = CopiedRows::default();
    let mut rows = Rows::new(table.columns);
    let mut count = 0;
    while let Some(batch) = batches.next() {
        let before = count;
        for piece in &batch {
            let Some(fields) = copied.fields(piece, columns.len()).map_err(not_a_row)? else {
                continue;
            };
            rows.push(fields, columns.len()).map_err(not_a_row)?;
            count += 1;
            if rows.len() >= GROUP_ROWS_MAX || rows.text_bytes() >= GROUP_TEXT_BYTES_MAX {
                writer.write(&rows).map_err(failed)?;
                rows.clear();
            }
        }
        batches.progress().add_rows(count - before);
    }
    if !rows.is_empty() {
        writer.write(&rows).map_err(failed)?;
    }
    let file = writer.finish().map_err(failed)?;
    let bytes = file.sync().map_err(ExportError::write(path))?;
    Ok((count, bytes))
}

//! CSV as the database writes it, compressed with zstd.

use std::io::Write as _;
use std::path::Path;

use crate::error::ExportError;
use crate::progress::Progress;
use crate::sink::{Batches, CountedFile};

/// Faster than the database sends.
const LEVEL: i32 = 3;

/// Writes the file; gives its rows, without the line of names, and its bytes.
pub(crate) fn write(
    path: &Path,
    parts: Vec<Batches>,
    progress: &Progress,
) -> Result<(u64, u64), ExportError> {
    let file = CountedFile::create(path, progress)?;
    let failed = ExportError::write(path);
    let mut encoder = zstd::Encoder::new(file, LEVEL).map_err(&failed)?;
    let mut lines = 0;
    // Lines come in one part.
    for mut batches in parts {
        while let Some(batch) = batches.next() {
            for line in &batch {
                encoder.write_all(line).map_err(&failed)?;
            }
            lines += batch.len() as u64;
            progress.add_rows(batch.len() as u64);
        }
    }
    let file = encoder.finish().map_err(&failed)?;
    let bytes = file.sync().map_err(&failed)?;
    Ok((lines.saturating_sub(1), bytes))
}

//! The part of an import that needs no database, without reading files.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use trace::{LineSplitter, Process, RepetitionFilter, Taken, Tracer, TracerOptions};
use trace_import::{BATCH_BYTES, BATCH_ROWS};

/// Bytes that are handed over at once.
const PIECE_BYTES: usize = 256 << 10;

/// Each file is traced so often, and the fastest time counts: that with the
/// least of other work beside it.
const PASSES: usize = 3;

/// Seconds for tracing all files in a folder, one after another. Only one file
/// is in memory at a time; reading it is not counted.
pub(super) async fn measure(folder: &Path) -> anyhow::Result<f64> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut spent = Duration::ZERO;
        for entry in std::fs::read_dir(&folder)? {
            let bytes = std::fs::read(entry?.path())?;
            let mut fastest = Duration::MAX;
            for _ in 0..PASSES {
                let begun = Instant::now();
                let rows = trace_all(&bytes);
                fastest = fastest.min(begun.elapsed());
                ensure!(rows > 0, "the tracer has made no rows");
            }
            spent += fastest;
        }
        Ok(spent.as_secs_f64())
    })
    .await
    .context("the tracing thread failed")?
}

/// Traces a file as the import does; gives the number of rows.
fn trace_all(bytes: &[u8]) -> usize {
    let mut splitter = LineSplitter::default();
    let mut intake = RepetitionFilter::default();
    let mut tracer = Tracer::new(TracerOptions::default());
    let mut rows = 0;
    for piece in bytes.chunks(PIECE_BYTES) {
        splitter.space(piece.len())[..piece.len()].copy_from_slice(piece);
        splitter.filled(piece.len());
        while let Some(line) = splitter.next_line() {
            if let Taken::Entry(entry) = intake.take(line) {
                tracer.push(Process::Main, &entry, intake.counts().lines);
            }
            if tracer.pending_rows() >= BATCH_ROWS || tracer.pending_bytes() >= BATCH_BYTES {
                rows += tracer.take_batch().checkpoints.len();
            }
        }
    }
    rows + tracer.take_batch().checkpoints.len()
}

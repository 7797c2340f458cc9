//! A file that is written on a thread of its own, while the database sends what comes next.

use std::path::PathBuf;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use store::StoreError;
use store::open_data::Table;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::ExportError;
use crate::format::Format;
use crate::progress::Progress;
use crate::sink::Batches;
use crate::{csv, parquet_file};

/// Rows of a batch at most.
const ROWS_AT_ONCE: usize = 4096;
/// Batches of rows of a part that wait to be written.
const BATCHES_WAITING: usize = 8;

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct TableFile {
    path: PathBuf,
    writer: JoinHandle<Result<(u64, u64), ExportError>>,
}

/// Takes the rows of a part.
pub(crate) type Sender = mpsc::Sender<Vec<Bytes>>;

impl TableFile {
    /// Begins a file of a table whose rows come in `parts` parts.
    pub(crate) fn start(
        table: &'static Table,
        format: Format,
        path: PathBuf,
        parts: usize,
        progress: &Progress,
    ) -> (Self, Vec<Sender>) {
        let (senders, batches): (Vec<_>, Vec<_>) = (0..parts)
            .map(|_| {
                let (sender, received) = mpsc::channel(BATCHES_WAITING);
                (sender, Batches::new(received, progress.clone()))
            })
            .unzip();
        let (file, progress) = (path.clone(), progress.clone());
        let writer = tokio::task::spawn_blocking(move || match format {
            Format::Parquet => parquet_file::write(table, &file, batches, &progress),
            Format::Csv => csv::write(&file, batches, &progress),
        });
        (Self { path, writer }, senders)
    }

    /// Waits until the file is on disk; gives its rows and bytes. All senders must be gone.
    pub(crate) async fn finish(self) -> Result<(u64, u64), ExportError> {
        let written = self.writer.await;
        written.unwrap_or(Err(ExportError::Thread(self.path)))
    }
}

/// Hands the rows of a part over, until there are no more. Where the file cannot be written any more,
/// [`TableFile::finish`] says why.
pub(crate) async fn hand_over(
    rows: BoxStream<'_, Result<Bytes, StoreError>>,
    sender: Sender,
) -> Result<(), StoreError> {
    let mut rows = rows.ready_chunks(ROWS_AT_ONCE);
    while let Some(pieces) = rows.next().await {
        let pieces: Result<Vec<_>, _> = pieces.into_iter().collect();
        if sender.send(pieces?).await.is_err() {
            break;
        }
    }
    Ok(())
}

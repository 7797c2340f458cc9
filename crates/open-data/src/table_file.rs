//! A file that is written on a thread of its own, while the database sends what comes next.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use store::open_data::{RowForm, Table};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::csv;
use crate::parquet_file;
use crate::{ExportError, Format, Progress};

/// Batches of rows that wait to be written.
const BATCHES_WAITING: usize = 8;

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct TableFile {
    path: PathBuf,
    form: RowForm,
    batches: mpsc::Sender<Vec<Bytes>>,
    writer: JoinHandle<Result<(u64, u64), ExportError>>,
}

impl TableFile {
    pub(crate) fn start(
        table: &'static Table,
        format: Format,
        path: PathBuf,
        progress: Progress,
    ) -> Self {
        let (batches, received) = mpsc::channel(BATCHES_WAITING);
        let rows = Batches { received, progress };
        let form = match format {
            Format::Parquet => RowForm::Binary,
            Format::Csv => RowForm::Csv,
        };
        let file = path.clone();
        let writer = tokio::task::spawn_blocking(move || match format {
            Format::Parquet => parquet_file::write(table, &file, rows),
            Format::Csv => csv::write(&file, rows),
        });
        Self {
            path,
            form,
            batches,
            writer,
        }
    }

    /// The form in which it takes rows.
    pub(crate) fn row_form(&self) -> RowForm {
        self.form
    }

    /// Hands rows over. False: the file cannot be written any more, and [`Self::finish`] says why.
    pub(crate) async fn push(&mut self, rows: Vec<Bytes>) -> bool {
        self.batches.send(rows).await.is_ok()
    }

    /// Waits until the file is on disk; gives its rows and bytes.
    pub(crate) async fn finish(self) -> Result<(u64, u64), ExportError> {
        drop(self.batches);
        let written = self.writer.await;
        written.unwrap_or(Err(ExportError::Thread(self.path)))
    }
}

/// What the database sends, batch by batch.
#[derive(Debug)]
pub(crate) struct Batches {
    received: mpsc::Receiver<Vec<Bytes>>,
    progress: Progress,
}

impl Batches {
    /// Waits for the next batch; none at the end.
    pub(crate) fn next(&mut self) -> Option<Vec<Bytes>> {
        self.received.blocking_recv()
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// A new file whose bytes are counted.
#[derive(Debug)]
pub(crate) struct CountedFile {
    file: File,
    bytes: u64,
    progress: Progress,
}

impl CountedFile {
    pub(crate) fn create(path: &Path, progress: &Progress) -> Result<Self, ExportError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        Ok(Self {
            file: file.map_err(ExportError::write(path))?,
            bytes: 0,
            progress: progress.clone(),
        })
    }

    /// Waits until everything is on disk; gives its bytes.
    pub(crate) fn sync(&self) -> io::Result<u64> {
        self.file.sync_all()?;
        Ok(self.bytes)
    }
}

impl Write for CountedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        self.progress.add_bytes(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

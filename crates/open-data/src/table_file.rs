//! A file that is written on a thread of its own, while the database sends what comes next.

use std::path::PathBuf;

use bytes::Bytes;
use store::open_data::{RowForm, Table};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::ExportError;
use crate::format::Format;
use crate::progress::Progress;
use crate::sink::Batches;
use crate::{csv, parquet_file};

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
        let rows = Batches::new(received, progress);
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

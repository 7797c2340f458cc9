//! Where rows come from and bytes go to, as the thread that writes sees it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::error::ExportError;
use crate::progress::Progress;

/// What the database sends, batch by batch.
#[derive(Debug)]
pub(crate) struct Batches {
    received: mpsc::Receiver<Vec<Bytes>>,
    progress: Progress,
}

impl Batches {
    pub(crate) fn new(received: mpsc::Receiver<Vec<Bytes>>, progress: Progress) -> Self {
        Self { received, progress }
    }

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

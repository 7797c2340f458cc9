//! The raw archive: the trace lines of each node as the original fetcher wrote
//! them, compressed, rotated and bounded.
//!
//! Below the output folder there is one folder per node, and in it files
//! `internal-trace-<number>.jsonl.zst`, `prover-…` and `verifier-…`. Only
//! what is stored in the database is archived, a moment later; the database is
//! what counts, so a crash may leave out the last lines, and lines that come
//! faster than the disk takes them are dropped and counted. `loadlab trace
//! import` reads the files.

mod config;
mod lines;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics::counter;
use service::Tasks;
use tokio::sync::mpsc;

pub use config::ArchiveConfig;
pub(crate) use lines::ArchivedLines;
use writer::ArchiveWriter;

/// Lines in memory that wait for the disk.
const WAITING_BYTES_MAX: usize = 16 << 20;
const WAITING_PARTS_MAX: usize = 4_096;

/// The archive cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the output folder {} cannot be used", folder.display())]
pub struct ArchiveError {
    folder: PathBuf,
    #[source]
    source: std::io::Error,
}

struct Portion {
    node: String,
    lines: ArchivedLines,
}

/// Takes lines without waiting for the disk.
#[derive(Debug)]
pub(crate) struct Archive {
    sender: mpsc::Sender<Portion>,
    waiting_bytes: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Portion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Portion({:?})", self.node)
    }
}

impl Archive {
    /// Opens the folder and starts the thread that writes. It ends when the
    /// archive is dropped and everything is written.
    pub(crate) fn start(config: &ArchiveConfig, tasks: &mut Tasks) -> Result<Self, ArchiveError> {
        let failed = |source| ArchiveError {
            folder: config.folder.clone(),
            source,
        };
        let mut writer = ArchiveWriter::open(config).map_err(failed)?;
        let (sender, mut portions) = mpsc::channel::<Portion>(WAITING_PARTS_MAX);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let waiting = Arc::clone(&waiting_bytes);
        tasks.spawn_blocking("archive", move || {
            let mut is_failing = false;
            while let Some(portion) = portions.blocking_recv() {
                waiting.fetch_sub(portion.lines.bytes(), Ordering::Relaxed);
                let written = writer.write(&portion.node, &portion.lines);
                if let Err(error) = &written {
                    counter!("log_fetcher_archive_lines_dropped_total")
                        .increment(portion.lines.count());
                    if !is_failing {
                        tracing::error!(%error, "trace lines cannot be archived");
                    }
                }
                is_failing = written.is_err();
            }
        });
        Ok(Self {
            sender,
            waiting_bytes,
        })
    }

    /// Archives lines, unless the disk is too slow.
    pub(crate) fn keep(&self, node: &str, lines: ArchivedLines) {
        let (bytes, count) = (lines.bytes(), lines.count());
        if count == 0 {
            return;
        }
        let portion = Portion {
            node: node.to_owned(),
            lines,
        };
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        if waiting + bytes > WAITING_BYTES_MAX || self.sender.try_send(portion).is_err() {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            counter!("log_fetcher_archive_lines_dropped_total").increment(count);
        }
    }
}

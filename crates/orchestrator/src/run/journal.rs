//! Where a run writes what happens: the database, or memory for runs from the command line.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use experiment::script::outputs::OutputLine;
use parking_lot::Mutex;
use store::Database;
use store::StoreError;
use store::experiment_runs::{JournalWrites, LogLine};
use store::lease::Lease;

use super::memory::Memory;
use crate::tenure::Tenure;

/// Takes output lines as clients of the original read them.
pub(crate) type OutputSink = Arc<dyn Fn(&OutputLine) -> std::io::Result<()> + Send + Sync>;

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The journal of one run. Log lines are gathered and written with whatever is written next.
#[derive(Clone)]
pub(crate) struct Journal {
    target: Target,
    name: Arc<str>,
    lines: Arc<Mutex<Vec<LogLine>>>,
    output: Option<OutputSink>,
    /// Takes log lines too.
    log_file: Option<Arc<File>>,
}

#[derive(Clone)]
enum Target {
    Database {
        database: Database,
        lease: Lease,
        tenure: Tenure,
    },
    Memory(Arc<Memory>),
}

impl Journal {
    /// A journal in the database, written under the lease.
    pub(crate) fn in_database(
        database: Database,
        lease: Lease,
        tenure: Tenure,
        name: &str,
        log_file: Option<&Path>,
    ) -> Self {
        let target = Target::Database {
            database,
            lease,
            tenure,
        };
        Self::new(target, name, None, log_file)
    }

    /// A journal that ends with the process.
    pub(crate) fn in_memory(name: &str, output: OutputSink, log_file: Option<&Path>) -> Self {
        Self::new(Target::Memory(Arc::default()), name, Some(output), log_file)
    }

    fn new(
        target: Target,
        name: &str,
        output: Option<OutputSink>,
        log_file: Option<&Path>,
    ) -> Self {
        let log_file = log_file.and_then(|path| {
            let opened = OpenOptions::new().append(true).create(true).open(path);
            if let Err(error) = &opened {
                tracing::warn!("cannot write the log file {}: {error}", path.display());
            }
            opened.ok().map(Arc::new)
        });
        Self {
            target,
            name: name.into(),
            lines: Arc::default(),
            output,
            log_file,
        }
    }

    /// The name of the run.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Who takes output lines.
    pub(crate) fn output(&self) -> Option<&OutputSink> {
        self.output.as_ref()
    }

    /// The database, if the journal is in one.
    pub(crate) fn database(&self) -> Option<&Database> {
        match &self.target {
            Target::Database { database, .. } => Some(database),
            Target::Memory(_) => None,
        }
    }

    /// What was asked of nodes, if the journal is in memory.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        match &self.target {
            Target::Memory(memory) => Some(memory),
            Target::Database { .. } => None,
        }
    }

    /// Logs a line about the run: to the process's log at once, to the run's log with the next
    /// write. Never give it a secret.
    pub(crate) fn log(&self, level: Level, step: Option<u32>, message: impl Into<String>) {
        let message = message.into();
        let run = &*self.name;
        match level {
            Level::Debug => tracing::debug!(run, "{message}"),
            Level::Info => tracing::info!(run, "{message}"),
            Level::Warning => tracing::warn!(run, "{message}"),
            Level::Error => tracing::error!(run, "{message}"),
        }
        if let Some(file) = &self.log_file {
            let now = jiff::Timestamp::now();
            let line = format!("{now} {} {run}: {message}\n", level.name());
            // What matters is in the journal.
            let _ = file.as_ref().write_all(line.as_bytes());
        }
        let mut lines = self.lines.lock();
        lines.push(LogLine {
            level: level.name(),
            step,
            // PostgreSQL has no character for it.
            message: message.replace('\0', "\u{fffd}"),
        });
    }

    /// Writes, all of it or nothing; with the log lines told so far.
    pub(crate) async fn write(&self, mut writes: JournalWrites) -> Result<(), StoreError> {
        let told = {
            let mut lines = self.lines.lock();
            std::mem::take(&mut *lines)
        };
        writes.lines = told;
        if writes.is_empty() {
            return Ok(());
        }
        match &self.target {
            Target::Memory(memory) => {
                memory.write(&writes);
                Ok(())
            }
            Target::Database {
                database,
                lease,
                tenure,
            } => {
                let written = if tenure.holds() {
                    database.write_journal(lease, &self.name, &writes).await
                } else {
                    // What was not sent because of that must not be written down as refused.
                    Err(lost(lease))
                };
                metrics::counter!("orchestrator_journal_writes_total").increment(1);
                if written.is_err() {
                    let mut lines = self.lines.lock();
                    lines.splice(0..0, writes.lines);
                }
                written
            }
        }
    }

    /// Marks what nodes may still be at as to be undone.
    pub(crate) async fn want_undo(&self) -> Result<(), StoreError> {
        match &self.target {
            Target::Memory(_) => Ok(()),
            Target::Database {
                database, lease, ..
            } => database.want_undo(lease, &self.name).await,
        }
    }

    /// Writes the log lines told so far.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        self.write(JournalWrites::default()).await
    }
}

fn lost(lease: &Lease) -> StoreError {
    StoreError::LeaseLost {
        resource: lease.resource().to_owned(),
    }
}

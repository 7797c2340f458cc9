//! One entry of a node's internal log.

use std::sync::Arc;

use simulation::LogEntry;
use trace::Process;

/// An entry with its place in the queue. Its texts are made when they are asked for: most
/// entries are dropped or flushed without ever being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    id: u64,
    content: LogContent,
}

/// An entry without its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogContent {
    /// What a simulated node wrote.
    Simulated(LogEntry),
    /// A line of the load generator.
    Load {
        unix_micros: i64,
        process: Process,
        body: LogBody,
    },
}

/// What a line of the load generator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogBody {
    /// The name of a checkpoint.
    Checkpoint(Arc<str>),
    /// The items of a control entry.
    Control(Arc<[ControlItem]>),
}

/// One item of a control entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ControlItem {
    /// Its name, such as `current_block`.
    pub(crate) item: Arc<str>,
    /// Its value as JSON text.
    pub(crate) value: Arc<str>,
}

impl LogRecord {
    pub(crate) fn new(id: u64, content: LogContent) -> Self {
        Self { id, content }
    }

    /// From 1 in each run of the node.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// When it happened, in microseconds since 1970 by the node's clock.
    #[must_use]
    pub fn unix_micros(&self) -> i64 {
        match &self.content {
            LogContent::Simulated(entry) => entry.unix_micros(),
            LogContent::Load { unix_micros, .. } => *unix_micros,
        }
    }

    /// The message: the checkpoint's name, or `@control`.
    #[must_use]
    pub fn message(&self) -> &str {
        match &self.content {
            LogContent::Simulated(entry) => entry.message(),
            LogContent::Load { body, .. } => match body {
                LogBody::Checkpoint(name) => name,
                LogBody::Control(_) => "@control",
            },
        }
    }

    /// Calls `take` with the name and the JSON value of each item of the metadata, in order; not
    /// at all for a checkpoint.
    pub fn items(&self, mut take: impl FnMut(&str, &str)) {
        match &self.content {
            LogContent::Simulated(entry) => entry.items(take),
            LogContent::Load { body, .. } => {
                if let LogBody::Control(items) = body {
                    items.iter().for_each(|item| take(&item.item, &item.value));
                }
            }
        }
    }

    /// The process that wrote it as the protocol names it: nothing for the daemon itself.
    #[must_use]
    pub fn process_name(&self) -> Option<&'static str> {
        let process = match &self.content {
            LogContent::Simulated(entry) => entry.process(),
            LogContent::Load { process, .. } => *process,
        };
        match process {
            Process::Main => None,
            Process::Prover => Some("prover"),
            Process::Verifier => Some("verifier"),
        }
    }
}

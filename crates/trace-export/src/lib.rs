//! Block traces in the formats of other tools: Perfetto, OpenTelemetry, JSON.
//!
//! All formats show the same tree of checkpoints with the same times, and nothing that is stored
//! of a checkpoint is left out. No input or output: what [`store`] has read becomes bytes.

mod json;
mod otlp;
mod perfetto;
mod spans;

use std::fmt;
use std::str::FromStr;

use store::read::{BlockTraceRow, StoredBlockTrace};
use trace::Compatibility;
use trace::flat::{FlatCheckpoint, flatten};
use trace::tree::{self, Node};

/// A format that a block trace can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A file for <https://ui.perfetto.dev> and `trace_processor`.
    Perfetto,
    /// Spans as OTLP JSON, which OpenTelemetry collectors, Jaeger and Tempo read.
    Otlp,
    /// The tree as loadlab computes it.
    Json,
}

impl Format {
    /// All formats, by name.
    pub const ALL: [Self; 3] = [Self::Perfetto, Self::Otlp, Self::Json];

    /// The name that users choose it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Perfetto => "perfetto",
            Self::Otlp => "otlp",
            Self::Json => "json",
        }
    }

    /// The media type of the bytes.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Perfetto => "application/octet-stream",
            Self::Otlp | Self::Json => "application/json",
        }
    }

    /// How names of such files end, without the point before it.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Perfetto => "pftrace",
            Self::Otlp => "otlp.json",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format: choose perfetto, otlp or json")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let named = Self::ALL.into_iter().find(|format| format.name() == text);
        named.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// A block trace as a tree.
#[derive(Debug, Clone)]
pub struct BlockTrace {
    row: BlockTraceRow,
    /// Until the block was integrated, in order of work.
    checkpoints: Vec<FlatCheckpoint>,
    /// Their tree, depth first.
    tree: Vec<Node>,
    /// What came after the block was integrated.
    after_success: Vec<FlatCheckpoint>,
}

impl BlockTrace {
    /// Makes the tree of a stored trace.
    #[must_use]
    pub fn new(stored: StoredBlockTrace, compatibility: Compatibility) -> Self {
        let flat = flatten(stored.entries);
        let times: Vec<(&str, f64)> = flat
            .checkpoints
            .iter()
            .map(|checkpoint| (checkpoint.name.as_str(), checkpoint.started_at))
            .collect();
        let tree = tree::build(&times, compatibility);
        Self {
            row: stored.row,
            checkpoints: flat.checkpoints,
            tree,
            after_success: flat.after_success,
        }
    }

    /// The trace as a file of this format.
    #[must_use]
    pub fn write(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Perfetto => perfetto::write(self),
            Format::Otlp => otlp::json(self),
            Format::Json => json::write(self),
        }
    }

    /// The spans as the body of a request to an OTLP/HTTP receiver, in its binary form
    /// (`application/x-protobuf`).
    #[must_use]
    pub fn otlp_request(&self) -> Vec<u8> {
        otlp::protobuf(self)
    }

    /// A name for a file of this format: the beginning of the hash, and the node.
    #[must_use]
    pub fn file_name(&self, format: Format) -> String {
        let hash: String = self.row.block_id.chars().take(12).collect();
        let safe: String = format!("{hash}-{}", self.row.node_name)
            .chars()
            .map(|c| {
                let is_plain = c.is_ascii_alphanumeric() || "-_.".contains(c);
                if is_plain { c } else { '_' }
            })
            .collect();
        format!("{}.{}", safe.trim_start_matches('.'), format.extension())
    }
}

#[cfg(test)]
mod tests;

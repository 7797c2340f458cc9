//! The arguments of `bench fan-in`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::TypedValueParser as _;

use crate::output::OutputFormat;

/// Arguments of `bench fan-in`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Nodes
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(10..=10_000).map(usize::from))]
    pub(super) nodes: usize,
    /// Log entries that each writes per second
    #[arg(long, default_value_t = 12.5)]
    pub(super) lines_per_second: f64,
    /// Seconds of each of the two phases: all nodes well, and one in ten bad
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(super) seconds: u64,
    /// Longest pause between two polls of a node, in milliseconds
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub(super) interval_ms: u64,
    /// Nodes with a backlog of an hour to drain
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1_000).map(usize::from))]
    pub(super) catch_up_nodes: usize,
    /// The trace that the logs are made from; a recorded one if none is given
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(super) format: OutputFormat,
}

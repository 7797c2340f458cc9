//! The arguments of `loadlab demo`.

use std::path::PathBuf;

use clap::Args;

use crate::output::OutputFormat;
use crate::up::{NetworkArguments, PortArguments};

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Trace files: import them, show a block, and serve the log API, instead of running
    /// an experiment.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Stop at the end instead of leaving everything running.
    #[arg(long)]
    pub(super) exit: bool,
    /// Nodes of the simulated network.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=100))]
    pub(super) nodes: u16,
    #[command(flatten)]
    pub(super) network: NetworkArguments,
    #[command(flatten)]
    pub(super) ports: PortArguments,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: OutputFormat,
}

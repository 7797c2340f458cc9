//! `bench fan-in`: one fetcher and many nodes on one machine. How late entries
//! are stored, what that costs, what bad nodes do to good ones, and how fast a
//! backlog is drained.

mod catch_up;
mod child;
mod fleet;
mod lag;
mod log;
mod nodes;
mod process;
mod report;
mod steady;

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use clap::builder::TypedValueParser as _;

pub(crate) use child::{ChildArguments, run_child};
use report::Report;

use crate::{OutputFormat, source};

/// Arguments of `bench fan-in`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Nodes
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(10..=10_000).map(usize::from))]
    nodes: usize,
    /// Log entries that each writes per second
    #[arg(long, default_value_t = 12.5)]
    lines_per_second: f64,
    /// Seconds of each of the two phases: all nodes well, and one in ten bad
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Longest pause between two polls of a node, in milliseconds
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    interval_ms: u64,
    /// Nodes with a backlog of an hour to drain
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1_000).map(usize::from))]
    catch_up_nodes: usize,
    /// The trace that the logs are made from; a recorded one if none is given
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    ensure!(
        arguments.lines_per_second > 0.0 && arguments.lines_per_second <= 10_000.0,
        "--lines-per-second must be above 0 and at most 10000"
    );
    let template = source::template(arguments.trace.clone())?;
    let steady = steady::measure(&arguments, &template).await?;
    let catch_up = catch_up::measure(&arguments, &template).await?;
    Report {
        arguments: &arguments,
        steady,
        catch_up,
    }
    .print(arguments.format);
    Ok(())
}

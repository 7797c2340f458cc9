//! `loadlab trace`.

mod choose;
mod diff;
mod export;
pub(crate) mod import;
pub(crate) mod layout;
pub(crate) mod show;

use std::process::ExitCode;

use clap::Subcommand;

use crate::choice::Connection;
use diff::DiffArguments;
use export::ExportArguments;
use import::ImportArguments;
use show::ShowArguments;

/// What to do with traces.
#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Import the trace of one node. Going on after an interruption, and
    /// importing a file twice, store every entry once.
    Import(ImportArguments),
    /// Show the checkpoint tree of a block, with durations and bars.
    Show(ShowArguments),
    /// Show two block traces beside each other, and which checkpoints make the
    /// difference.
    Diff(DiffArguments),
    /// Write a block trace for Perfetto, for OpenTelemetry, or as JSON.
    Export(ExportArguments),
}

pub(crate) async fn run(
    command: TraceCommand,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    match command {
        TraceCommand::Import(arguments) => import::run(arguments, connection).await,
        TraceCommand::Show(arguments) => show::run(&arguments, connection).await,
        TraceCommand::Diff(arguments) => diff::run(&arguments, connection).await,
        TraceCommand::Export(arguments) => export::run(&arguments, connection).await,
    }
}

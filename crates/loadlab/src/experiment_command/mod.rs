//! `loadlab experiment`: experiments without a browser.

mod compare;
mod comparison_table;
mod control;
mod delivery_table;
mod plan;
mod plan_table;
mod remote;
mod report;

use std::process::ExitCode;

use clap::Subcommand;

use crate::choice::Connection;

use compare::CompareArguments;
use control::{KillArguments, ListArguments, StatusArguments};
pub(crate) use delivery_table::table_of;
use plan::PlanArguments;
pub(crate) use plan::read as read_setup;
use remote::{CancelArguments, RunArguments, WatchArguments};
pub(crate) use remote::{body, follow, sentence, start};
use report::ReportArguments;

/// What to do with experiments.
#[derive(Debug, Subcommand)]
pub(crate) enum ExperimentCommand {
    /// Show what a setup file and a seed amount to: rounds, rates, funding, stops
    /// and pauses. A run with the same setup and seed does just that.
    Plan(PlanArguments),
    /// Start an experiment in a lab, and follow it with --watch.
    Run(Box<RunArguments>),
    /// Follow an experiment of a lab to its end; the exit code is 0 if it succeeds.
    Watch(Box<WatchArguments>),
    /// Cancel an experiment of a lab: its orchestrator stops what it has started.
    Cancel(Box<CancelArguments>),
    /// List experiments, the newest first.
    List(ListArguments),
    /// Show where an experiment is, and what nodes were asked for, accepted, and
    /// put into blocks.
    Status(StatusArguments),
    /// Write what an experiment came to as a page with charts, as Markdown, JSON or
    /// CSV.
    Report(ReportArguments),
    /// Compare experiments: what differs by more than chance, for better or worse, and
    /// which parameters differ.
    Compare(CompareArguments),
    /// Cancel an experiment and stop at every node what it has started. Needs no
    /// service, because it is for when the orchestrator is away: it asks the database
    /// (`--database-url`) and the nodes. `cancel` asks the orchestrator of a lab.
    Kill(Box<KillArguments>),
}

pub(crate) async fn run(
    command: &ExperimentCommand,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    match command {
        ExperimentCommand::Plan(arguments) => plan::run(arguments),
        ExperimentCommand::Run(arguments) => remote::run(arguments).await,
        ExperimentCommand::Watch(arguments) => remote::watch(arguments).await,
        ExperimentCommand::Cancel(arguments) => remote::cancel(arguments).await,
        ExperimentCommand::List(arguments) => control::list(arguments, connection).await,
        ExperimentCommand::Status(arguments) => control::status(arguments, connection).await,
        ExperimentCommand::Report(arguments) => report::run(arguments, connection).await,
        ExperimentCommand::Compare(arguments) => compare::run(arguments, connection).await,
        ExperimentCommand::Kill(arguments) => control::kill(arguments, connection).await,
    }
}

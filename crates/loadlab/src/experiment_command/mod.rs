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

use crate::cli::{Connection, ExperimentCommand};

pub(crate) use compare::CompareArguments;
pub(crate) use control::{KillArguments, ListArguments, StatusArguments};
pub(crate) use delivery_table::table_of;
pub(crate) use plan::{PlanArguments, read as read_setup};
pub(crate) use remote::{
    CancelArguments, RunArguments, WatchArguments, body, follow, sentence, start,
};
pub(crate) use report::ReportArguments;

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

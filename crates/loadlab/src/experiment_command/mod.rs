//! `loadlab experiment`: experiments without a browser.

mod control;
mod delivery_table;
mod plan;
mod plan_table;

use std::process::ExitCode;

use crate::cli::{Connection, ExperimentCommand};

pub(crate) use control::{KillArguments, ListArguments, StatusArguments};
pub(crate) use plan::PlanArguments;

pub(crate) async fn run(
    command: &ExperimentCommand,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    match command {
        ExperimentCommand::Plan(arguments) => plan::run(arguments),
        ExperimentCommand::List(arguments) => control::list(arguments, connection).await,
        ExperimentCommand::Status(arguments) => control::status(arguments, connection).await,
        ExperimentCommand::Kill(arguments) => control::kill(arguments, connection).await,
    }
}

//! `loadlab experiment`: experiments without a browser.

mod plan;
mod plan_table;

use std::process::ExitCode;

use crate::cli::ExperimentCommand;

pub(crate) use plan::PlanArguments;

pub(crate) fn run(command: &ExperimentCommand) -> anyhow::Result<ExitCode> {
    match command {
        ExperimentCommand::Plan(arguments) => plan::run(arguments),
    }
}

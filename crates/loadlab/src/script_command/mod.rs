//! `loadlab script`: scripts of experiments for people who keep them in files.

mod generate;
mod run;

use std::process::ExitCode;

use crate::cli::ScriptCommand;

pub(crate) use generate::{exists, random_seed};
pub(crate) use run::RunArguments;

pub(crate) async fn run(command: &ScriptCommand) -> anyhow::Result<ExitCode> {
    match command {
        ScriptCommand::Generate { arguments } => generate::run(arguments),
        ScriptCommand::Run(arguments) => run::run(arguments).await,
    }
}

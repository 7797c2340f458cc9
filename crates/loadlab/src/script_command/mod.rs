//! `loadlab script`: scripts of experiments for people who keep them in files.

mod generate;
mod run;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use generate::{exists, random_seed};
use run::RunArguments;

/// What to do with scripts.
#[derive(Debug, Subcommand)]
pub(crate) enum ScriptCommand {
    /// Print the script of an experiment. Takes the flags of the original's
    /// generator (`-rounds 4`, `-rounds=4`), then key files; `-help` lists them.
    #[command(disable_help_flag = true)]
    Generate {
        /// Flags and key files.
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "FLAGS… KEY-FILE"
        )]
        arguments: Vec<String>,
    },
    /// Run a script from standard input, without a database. Outputs are printed
    /// as lines of JSON. Ctrl-C stops at the nodes what the script has started.
    Run(RunArguments),
}

pub(crate) async fn run(command: &ScriptCommand) -> anyhow::Result<ExitCode> {
    match command {
        ScriptCommand::Generate { arguments } => generate::run(arguments),
        ScriptCommand::Run(arguments) => run::run(arguments).await,
    }
}

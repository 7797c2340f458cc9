//! `loadlab script run CONFIG < script`: what the existing orchestrator does with these.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use experiment::script::BYTES_MAX;
use orchestrator::ScriptRunError;

use crate::orchestrator_command::{self, FolderArguments};

/// Arguments of `script run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The JSON configuration of the orchestrator.
    #[arg(value_name = "CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    folders: FolderArguments,
    /// How many times faster than real time the network's time passes. Default: `timeScale` of the
    /// configuration, or 1.
    #[arg(long, value_name = "FACTOR", value_parser = orchestrator_command::parse_scale, hide = true)]
    time_scale: Option<f64>,
}

pub(super) async fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let Some(file) = &arguments.config else {
        return Ok(fail("No config provided"));
    };
    let (folders, time_scale) = (arguments.folders.clone(), arguments.time_scale);
    let config = match orchestrator_command::config(file, folders, time_scale) {
        Ok(config) => config,
        Err(error) => return Ok(orchestrator_command::refuse(&error)),
    };
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    let script = text_file::read_from(std::io::stdin().lock(), limit)
        .context("cannot read the script from standard input")?;
    let output = |line: &experiment::script::outputs::OutputLine| {
        let mut text = line.to_text()?;
        text.push('\n');
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    };
    let cancel = service::shutdown::on_signal()?;
    match orchestrator::run_script(&config, &script, output, cancel).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error @ ScriptRunError::Failed(_)) => Ok(fail(&format!("Error: {error}"))),
        Err(error @ ScriptRunError::Interrupted { .. }) => {
            fail(&error.to_string());
            Ok(ExitCode::from(130))
        }
    }
}

#[expect(clippy::print_stderr, reason = "the last word to the user")]
fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

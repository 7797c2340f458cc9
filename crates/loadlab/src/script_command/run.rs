//! `loadlab script run CONFIG < script`: what the original's orchestrator does with these.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::Args;
use experiment::script::BYTES_MAX;
use orchestrator::{CommandedNetwork, ScriptRunError};

use crate::orchestrator_command::{self, FolderArguments};
use crate::output::inform;

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
    let config = match CommandedNetwork::read(file) {
        Ok(network) => orchestrator_command::config(network, folders, time_scale),
        Err(error) => return Ok(orchestrator_command::refuse(&error)),
    };
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    let script = text_file::read_from(std::io::stdin().lock(), limit)
        .context("cannot read the script from standard input")?;
    let cancel = service::shutdown::on_signal()?;
    let reader_left = Arc::new(AtomicBool::new(false));
    let output = {
        let (cancel, reader_left) = (cancel.clone(), Arc::clone(&reader_left));
        move |line: &experiment::script::outputs::OutputLine| {
            let mut text = line.to_text()?;
            text.push('\n');
            let mut stdout = std::io::stdout().lock();
            let written = stdout.write_all(text.as_bytes());
            match written.and_then(|()| stdout.flush()) {
                // Nobody would know what to undo: it is undone now, as by Ctrl-C.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    reader_left.store(true, Ordering::Relaxed);
                    cancel.cancel();
                    Ok(())
                }
                result => result,
            }
        }
    };
    match orchestrator::run_script(&config, &script, output, cancel).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error @ ScriptRunError::Interrupted { .. }) if reader_left.load(Ordering::Relaxed) => {
            inform(&format!("the reader of the outputs has left: {error}"));
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ ScriptRunError::Failed(_)) => Ok(fail(&format!("Error: {error}"))),
        Err(error @ ScriptRunError::Interrupted { .. }) => {
            fail(&error.to_string());
            Ok(ExitCode::from(130))
        }
    }
}

fn fail(message: &str) -> ExitCode {
    inform(message);
    ExitCode::FAILURE
}

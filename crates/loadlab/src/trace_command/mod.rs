//! `loadlab trace`.

mod choose;
mod diff;
mod export;
pub(crate) mod import;
pub(crate) mod layout;
pub(crate) mod show;

use std::process::ExitCode;

use crate::cli::{Connection, TraceCommand};

pub(crate) use diff::DiffArguments;
pub(crate) use export::ExportArguments;

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

//! loadlab: the load-testing and tracing laboratory for Mina networks.
//!
//! One binary, one subcommand per job. Standard output holds results, standard
//! error everything that is said about them. The exit code is 0 on success, 1
//! on failure, 2 for wrong arguments, 130 after Ctrl-C. A reader that leaves is
//! no failure: a result ends there, and talk is lost.

mod archive_command;
mod audit_command;
mod choice;
mod cli;
mod connection;
mod cycle_command;
mod dashboard_command;
mod db_command;
mod demo;
mod deployment_command;
mod doctor;
mod experiment_command;
mod experiments_api_command;
mod export_command;
mod guard_arguments;
mod interpretation;
mod lab_client;
mod libpq_variables;
mod log_api_command;
mod log_fetcher_command;
mod orchestrator_command;
mod output;
mod quantity;
mod script_command;
mod services;
mod serving;
mod settings;
mod shell_command;
mod simnet_command;
mod token_command;
mod trace_command;
mod tracing_command;
mod up;
mod uptime_backend_command;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use allocator::Allocator;
use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::services::ServiceArguments;
use crate::serving::alone;
use crate::settings::Settings;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    allocator::shorten_purge_delay();
    let line: Vec<OsString> = std::env::args_os().collect();
    let settings = match Settings::load(Cli::command(), &line) {
        Ok(settings) => settings,
        Err(error) => return fail(&anyhow::Error::new(error)),
    };
    let cli = Cli::read(&line, &settings);
    if let Err(error) = libpq_variables::leave_behind(&cli.connection) {
        let error = anyhow::Error::new(error);
        return fail(&error.context("cannot start anew without the variables of PostgreSQL (PG…)"));
    }
    if let Err(error) = start_logging(&cli) {
        return fail(&error);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error)),
    };
    let result = runtime.block_on(run(cli, &settings, &line));
    // A thread that still reads a file must not hold up the end.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// Log lines go to standard error, but for the demo, whose result they would hide.
fn start_logging(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Demo(_) => {
            let file = demo::log_file(&cli.connection)?;
            service::logging::init_into(file, cli.log_format, &cli.log)?;
        }
        _ => service::logging::init(cli.log_format, &cli.log)?,
    }
    Ok(())
}

async fn run(cli: Cli, settings: &Settings, line: &[OsString]) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Trace(command) => trace_command::run(command, &cli.connection).await,
        Command::UptimeBackend(arguments) => {
            alone(ServiceArguments::UptimeBackend(arguments), &cli.connection).await
        }
        Command::LogApi(arguments) => {
            alone(ServiceArguments::LogApi(arguments), &cli.connection).await
        }
        Command::ExperimentsApi(arguments) => {
            alone(ServiceArguments::ExperimentsApi(arguments), &cli.connection).await
        }
        Command::LogFetcher(arguments) => {
            alone(ServiceArguments::LogFetcher(arguments), &cli.connection).await
        }
        Command::Orchestrator(arguments) => {
            alone(ServiceArguments::Orchestrator(arguments), &cli.connection).await
        }
        Command::Dashboard(arguments) => dashboard_command::run(*arguments).await,
        Command::Deployment(command) => deployment_command::run(&command, &cli.connection).await,
        Command::Token(command) => token_command::run(&command, &cli.connection).await,
        Command::Audit(arguments) => audit_command::run(&arguments, &cli.connection).await,
        Command::Experiment(command) => experiment_command::run(&command, &cli.connection).await,
        Command::Export(arguments) => export_command::run(&arguments, &cli.connection).await,
        Command::Archive(command) => archive_command::run(&command, &cli.connection).await,
        Command::Tracing(command) => tracing_command::run(&command).await,
        Command::Cycle(arguments) => cycle_command::run(&arguments).await,
        Command::Completions { shell } => shell_command::completions(shell),
        Command::Man { folder } => shell_command::man(&folder),
        Command::Script(command) => script_command::run(&command).await,
        Command::Simnet(arguments) => simnet_command::run(*arguments).await,
        Command::Db(command) => db_command::run(command, &cli.connection).await,
        Command::Up(arguments) => up::run(arguments, &cli.connection, settings).await,
        Command::Demo(arguments) => demo::run(arguments, &cli.connection, settings).await,
        Command::Doctor(arguments) => doctor::run(&arguments, &cli.connection, settings).await,
        Command::Version(arguments) => version::run(&arguments),
        Command::Init(arguments) => settings::init(&arguments, &Cli::command()),
        Command::Config(command) => settings::config(&command, settings, line),
    }
}

/// Says what went wrong, with the deepest cause.
fn fail(error: &anyhow::Error) -> ExitCode {
    let root = error.root_cause().to_string();
    let message = error.to_string();
    if message.contains(&root) {
        output::inform(&format!("error: {message}"));
    } else {
        output::inform(&format!("error: {message} ({root})"));
    }
    ExitCode::FAILURE
}

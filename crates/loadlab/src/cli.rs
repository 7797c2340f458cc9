//! The command line: one tree, documented where it is declared.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{FromArgMatches as _, Parser, Subcommand};

use crate::archive_command::ArchiveCommand;
use crate::audit_command::AuditArguments;
use crate::choice::Connection;
use crate::cycle_command::CycleArguments;
use crate::dashboard_command::DashboardArguments;
use crate::db_command::DbCommand;
use crate::demo::DemoArguments;
use crate::deployment_command::DeploymentCommand;
use crate::doctor::DoctorArguments;
use crate::experiment_command::ExperimentCommand;
use crate::experiments_api_command::ExperimentsApiArguments;
use crate::export_command::ExportArguments;
use crate::log_api_command::LogApiArguments;
use crate::log_fetcher_command::LogFetcherArguments;
use crate::orchestrator_command::OrchestratorArguments;
use crate::script_command::ScriptCommand;
use crate::settings::{ConfigCommand, InitArguments, Settings};
use crate::simnet_command::SimnetArguments;
use crate::token_command::TokenCommand;
use crate::trace_command::TraceCommand;
use crate::tracing_command::TracingCommand;
use crate::up::UpArguments;
use crate::uptime_backend_command::UptimeBackendArguments;
use crate::version::{VersionArguments, version_text};

/// The load-testing and tracing laboratory for Mina networks.
#[derive(Debug, Parser)]
#[command(
    version = version_text(),
    propagate_version = true,
    after_help = "Try `loadlab demo`, or import a trace and look at a block:\n  \
        loadlab trace import internal-trace.jsonl --node my-node\n  \
        loadlab trace show 3NK…\n  \
        loadlab log-api"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// What is logged on standard error: a level, or `target=level` pairs with commas.
    #[arg(
        long,
        global = true,
        env = "LOADLAB_LOG",
        default_value = "warn,sqlx=error,loadlab=info,log_api=info,store=info,service=info,uptime_backend=info,experiments_api=info,simnet=info,log_fetcher=info,orchestrator=info,dashboard=info",
        value_name = "FILTER",
        hide_default_value = true
    )]
    pub(crate) log: String,
    /// How log lines are written: `text` or `json`.
    #[arg(
        long,
        global = true,
        env = "LOADLAB_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub(crate) log_format: service::logging::Format,
    /// The settings file (TOML): keys are long names of flags, tables are commands; flags and
    /// variables go before it. Variable: `LOADLAB_SETTINGS`. Default: loadlab.toml in the working
    /// directory, if it is there.
    // It is read before the command line is understood.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Understands a command line, with the values of the settings file as defaults.
    pub(crate) fn read(line: &[OsString], settings: &Settings) -> Self {
        let matches = settings.command_for(line).get_matches_from(line);
        match Self::from_arg_matches(&matches) {
            Ok(mut cli) => {
                cli.connection.file = settings.connection();
                cli
            }
            Err(error) => error.exit(),
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Import trace files, look at block traces.
    #[command(subcommand)]
    Trace(TraceCommand),
    /// Serve block traces over GraphQL (port 9080).
    #[command(alias = "serve")]
    LogApi(LogApiArguments),
    /// Fetch the logs of all nodes, every entry exactly once (port 4000).
    #[command(alias = "fetcher")]
    LogFetcher(Box<LogFetcherArguments>),
    /// Take the signed submissions of nodes and list which are online (port 8080).
    // Boxed: its many arguments would make every other command as large.
    UptimeBackend(Box<UptimeBackendArguments>),
    /// Show experiments, take deployments and node restarts, clean up (port 3003).
    ExperimentsApi(ExperimentsApiArguments),
    /// Run experiments and finish them whatever happens (port 9090).
    // Boxed for the same reason.
    Orchestrator(Box<OrchestratorArguments>),
    /// Serve the page that shows all services (port 4200).
    // Boxed for the same reason.
    Dashboard(Box<DashboardArguments>),
    /// Plan experiments, see what became of them, stop them.
    #[command(subcommand)]
    Experiment(ExperimentCommand),
    /// Write scripts of experiments to files, run scripts.
    #[command(subcommand)]
    Script(ScriptCommand),
    /// Make deployments, see what they take, drop old ones.
    #[command(subcommand)]
    Deployment(DeploymentCommand),
    /// Write a deployment into a folder, a Parquet or CSV file for each table.
    Export(ExportArguments),
    /// Keep deployments as Parquet files in a folder or bucket, and bring them back.
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// Make, list and revoke tokens for the services of a lab.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show who has changed what.
    Audit(AuditArguments),
    /// Stop and continue fetching in a lab, clean up, see how complete the logs are.
    #[command(subcommand)]
    Tracing(TracingCommand),
    /// Freeze, redeploy, make a deployment, unfreeze, run an experiment: the cycle of a lab.
    Cycle(Box<CycleArguments>),
    /// Run a simulated Mina network on this machine, for the other services to work with.
    Simnet(Box<SimnetArguments>),
    /// Prepare, find, and enter the database.
    #[command(subcommand)]
    Db(DbCommand),
    /// Run services in one process, for a real network or beside a simulated one.
    Up(UpArguments),
    /// Run a full experiment cycle on a simulated network, and show what came of it.
    Demo(DemoArguments),
    /// Look for what is wrong with a lab on this machine, and say what to do.
    Doctor(DoctorArguments),
    /// Print the version, the commit, and the version of the schema.
    Version(VersionArguments),
    /// Write a settings file to fill in.
    Init(InitArguments),
    /// Show settings and where they come from.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print what a shell needs to complete commands and flags.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write manual pages.
    Man {
        /// The folder for the pages, one for each command.
        folder: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Every command that does something, as a user types it.
    fn commands(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        if !path.is_empty() && !command.is_subcommand_required_set() {
            found.push(path.to_owned());
        }
        for below in command.get_subcommands() {
            commands(below, &format!("{path} {}", below.get_name()), found);
        }
    }

    /// The tests that try all commands take them from this file, and fail for one they do not
    /// know how to call.
    #[test]
    fn every_command_is_in_the_list_that_tests_go_through() {
        let mut found = Vec::new();
        commands(&Cli::command(), "", &mut found);
        let found: Vec<&str> = found.iter().map(|path| path.trim_start()).collect();
        let listed: Vec<&str> = include_str!("../tests/commands.txt").lines().collect();
        assert_eq!(found, listed, "tests/commands.txt lists all commands");
    }
}

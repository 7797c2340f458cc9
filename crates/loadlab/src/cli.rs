//! The command line: one tree, documented where it is declared.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::audit_command::AuditArguments;
use crate::choice::FileConnection;
use crate::cycle_command::CycleArguments;
use crate::dashboard_command::DashboardArguments;
use crate::db_command::role_reader::RoleReaderArguments;
use crate::demo::DemoArguments;
use crate::deployment_command::DeploymentCommand;
use crate::doctor::DoctorArguments;
use crate::experiment_command::{
    CancelArguments, CompareArguments, KillArguments, ListArguments, PlanArguments,
    ReportArguments, RunArguments as RunExperimentArguments, StatusArguments, WatchArguments,
};
use crate::experiments_api_command::ExperimentsApiArguments;
use crate::export_command::ExportArguments;
use crate::guard_arguments::GuardArguments;
use crate::log_fetcher_command::LogFetcherArguments;
use crate::orchestrator_command::OrchestratorArguments;
use crate::script_command::RunArguments;
use crate::settings::{ConfigCommand, InitArguments};
use crate::simnet_command::SimnetArguments;
use crate::token_command::TokenCommand;
use crate::trace_command::{DiffArguments, ExportArguments as TraceExportArguments};
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

/// Which database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct Connection {
    /// The database, as postgres://user:password@host:port/name or as `host=… dbname=…`.
    /// Without it, the embedded server of the data folder is used, and started if need
    /// be. Others on this machine can see arguments: a text with a password belongs into
    /// a variable (`DATABASE_URL`, `PSQL_CONNECTION_STRING`) or a file.
    // Marked as a secret for whatever shows settings.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        alias = "db-uri",
        hide_env_values = true
    )]
    pub(crate) database_url: Option<String>,
    /// A file that holds the database URL. Variable: `DATABASE_URL_FILE`.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub(crate) database_url_file: Option<PathBuf>,
    /// The folder of the embedded server, which is used whatever the variables for other
    /// databases say. Variable: `LOADLAB_DATA_DIR`, which does not beat them. Default:
    /// /var/lib/loadlab for root, else ~/.local/share/loadlab.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The folder with the programs `postgres` and `initdb` of the embedded server.
    #[arg(long, global = true, env = "LOADLAB_POSTGRES_BIN", value_name = "DIR")]
    pub(crate) postgres_bin: Option<PathBuf>,
    /// The port that the embedded server takes at its first start, if it is free.
    #[arg(
        long,
        global = true,
        env = "LOADLAB_POSTGRES_PORT",
        value_name = "PORT",
        default_value_t = 5432
    )]
    pub(crate) postgres_port: u16,
    /// What the settings file says.
    #[arg(skip)]
    pub(crate) file: FileConnection,
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
    /// Take the signed submissions of nodes and tell which are online (port 8080).
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

/// What to do with traces.
#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Import the trace of one node. Going on after an interruption, and
    /// importing a file twice, store every entry once.
    Import(ImportArguments),
    /// Show the checkpoint tree of a block, with durations and bars.
    Show(ShowArguments),
    /// Show two block traces beside each other, and which checkpoints make the
    /// difference.
    Diff(DiffArguments),
    /// Write a block trace for Perfetto, for OpenTelemetry, or as JSON.
    Export(TraceExportArguments),
}

/// Arguments of `trace import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// Trace files of the main process: plain, gzip or zstd; `-` is standard
    /// input. The files `prover-…` and `verifier-…` beside them and rotated
    /// pieces (`FILE.0`, `FILE.1`, …) are found by themselves.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The node that wrote the trace, as it shall be named.
    #[arg(long, value_name = "NAME")]
    pub(crate) node: String,
    /// The deployment that the trace belongs to. Default: the newest; a first one is
    /// made if there is none.
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<i32>,
    /// What is printed at the end.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    #[command(flatten)]
    pub(crate) interpretation: Interpretation,
}

/// How entries are interpreted.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Interpretation {
    /// End a block's times before its integration and fill the distributions.
    #[arg(long, env = "HANDLE_STATUS_CHANGE", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub(crate) handle_status_change: bool,
    /// Compute durations as corrected, or as the original implementation does.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) compatibility: Compatibility,
}

/// Arguments of `trace show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// State hash of the block, or the beginning of it; `0` for what happened
    /// outside of blocks.
    pub(crate) block: String,
    /// The node. Default: the only node, or the first by name, that has the block.
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// The deployment. Default: the newest.
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<i32>,
    /// Leave out so many entries first. Only for block `0`, which has no end.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u32,
    /// Show so many entries at most. Only for block `0`.
    #[arg(long, value_name = "N", default_value_t = 500,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// Compute durations as corrected, or as the original implementation does.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) compatibility: Compatibility,
}

/// Arguments of `log-api`.
#[derive(Debug, Args)]
pub(crate) struct LogApiArguments {
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "LOG_API_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "LOG_API_PORT", default_value_t = log_api::DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Serve trees, distributions and total times as corrected, or as the
    /// original implementation computes them.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) compatibility: Compatibility,
    #[command(flatten)]
    pub(crate) guard: GuardArguments,
}

/// What to do with experiments.
#[derive(Debug, Subcommand)]
pub(crate) enum ExperimentCommand {
    /// Show what a setup file and a seed amount to: rounds, rates, funding, stops
    /// and pauses. A run with the same setup and seed does just that.
    Plan(PlanArguments),
    /// Start an experiment in a lab, and follow it with --watch.
    Run(Box<RunExperimentArguments>),
    /// Follow an experiment of a lab to its end; the exit code is 0 if it succeeds.
    Watch(Box<WatchArguments>),
    /// Cancel an experiment of a lab: its orchestrator stops what it has started.
    Cancel(Box<CancelArguments>),
    /// List experiments, the newest first.
    List(ListArguments),
    /// Show where an experiment is, and what nodes were asked for, accepted, and
    /// put into blocks.
    Status(StatusArguments),
    /// Write what an experiment came to as a page with charts, as Markdown, JSON or
    /// CSV.
    Report(ReportArguments),
    /// Compare experiments: what differs by more than chance, for better or worse, and
    /// which parameters differ.
    Compare(CompareArguments),
    /// Cancel an experiment and stop at every node what it has started. Needs no
    /// service: it asks the database and the nodes.
    Kill(Box<KillArguments>),
}

/// What to do with scripts.
#[derive(Debug, Subcommand)]
pub(crate) enum ScriptCommand {
    /// Print the script of an experiment. Takes the flags of the existing
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

/// What to do with the database.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Create or upgrade all tables and views.
    Migrate,
    /// Print the URL of the database, with its password.
    Url,
    /// Enter the database with psql; arguments after `--` are handed to it.
    Psql {
        /// Arguments for psql, such as `-c 'SELECT …'`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Make a role that reads everything and changes nothing, or mend it.
    RoleReader(RoleReaderArguments),
    /// Write everything that is stored to a file, in the custom format of `pg_dump`.
    /// Other commands may go on meanwhile.
    Dump {
        /// The file, which must not exist yet; `-` for standard output.
        file: PathBuf,
    },
    /// Fill a new data folder, or an empty database, from a file of `db dump`.
    Restore {
        /// The file; `-` for standard input.
        file: PathBuf,
    },
    /// Move the data of the embedded server to a newer major version of PostgreSQL.
    /// Both versions must be installed, and nothing else may use the data. The new
    /// version is the newest that is installed, or that in `--postgres-bin`. The old
    /// data stay beside the new ones.
    Upgrade {
        /// The folder with the programs of the old version. Default: found where
        /// systems install them.
        #[arg(long, value_name = "FOLDER")]
        old_postgres_bin: Option<PathBuf>,
    },
    /// Run the embedded server in the foreground until Ctrl-C.
    Run {
        /// Write the URL to this file (mode 0600) when the server is ready.
        #[arg(long, value_name = "FILE")]
        url_file: Option<PathBuf>,
        /// Also stop when standard input ends: when the parent process is gone.
        #[arg(long)]
        until_stdin_closes: bool,
    },
}

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Whose computations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compatibility {
    /// With the defects of the original corrected.
    #[default]
    Corrected,
    /// As the original.
    Original,
}

impl From<Compatibility> for trace::Compatibility {
    fn from(compatibility: Compatibility) -> Self {
        match compatibility {
            Compatibility::Corrected => Self::Corrected,
            Compatibility::Original => Self::Original,
        }
    }
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

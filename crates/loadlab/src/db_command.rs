//! `loadlab db`: prepare, find, enter, back up and move the database.

mod backup;
mod client;
mod role_reader;
mod upgrade;

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use store::{ConnectOptions, Database};
use tokio::io::AsyncReadExt as _;

use crate::choice::Connection;
use crate::output;
use client::{SIGPIPE, client};
use role_reader::RoleReaderArguments;

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
    /// Distribute the large tables over the workers of a Citus coordinator.
    Distribute {
        /// What stays together on one worker.
        #[arg(long, value_enum)]
        by: By,
    },
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

/// What stays together on one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The rows of a deployment.
    Deployment,
}

pub(crate) async fn run(command: DbCommand, connection: &Connection) -> anyhow::Result<ExitCode> {
    match command {
        DbCommand::Migrate => migrate(connection).await,
        DbCommand::Url => print_url(connection).await,
        DbCommand::Psql { arguments } => psql(connection, &arguments).await,
        DbCommand::Distribute { by: By::Deployment } => distribute(connection).await,
        DbCommand::RoleReader(arguments) => role_reader::run(&arguments, connection).await,
        DbCommand::Dump { file } => backup::dump(connection, &file).await,
        DbCommand::Restore { file } => backup::restore(connection, &file).await,
        DbCommand::Upgrade { old_postgres_bin } => {
            upgrade::run_upgrade(connection, old_postgres_bin.as_deref()).await
        }
        DbCommand::Run {
            url_file,
            until_stdin_closes,
        } => serve(connection, url_file.as_deref(), until_stdin_closes).await,
    }
}

async fn migrate(connection: &Connection) -> anyhow::Result<ExitCode> {
    let (url, server) = connection.server().await?;
    let database = Database::connect(&url, &ConnectOptions::for_writing()).await?;
    database.migrate().await?;
    let schema = format!("schema {}", store::survey::schema_version());
    backup::note(&database, "db migrate", Some(schema)).await?;
    output::print(&format!(
        "the database is up to date: {}\n",
        store::redacted_url(&url)
    ))?;
    database.close().await;
    drop(server);
    Ok(ExitCode::SUCCESS)
}

async fn distribute(connection: &Connection) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_writing()).await?;
    let distributing = opened.database.distribute_by_deployment();
    let done = access::command(&opened.database, "db distribute", None, distributing).await;
    opened.close().await?;
    let distributed = done??;
    output::print(&if distributed.is_empty() {
        "the large tables are distributed by deployment already\n".to_owned()
    } else {
        format!("distributed by deployment: {}\n", distributed.join(", "))
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn print_url(connection: &Connection) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    output::print(&format!("{}\n", opened.url()))?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn psql(connection: &Connection, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let mut child = client(Path::new("psql"), opened.url())?;
    child.args(arguments);
    // Ctrl-C in psql is meant for psql, not for the server below it.
    let _ignored = service::shutdown::on_signal()?;
    let status = child.status().await.context(
        "cannot run psql; install it (Debian: `apt-get install postgresql-client`) or connect \
         another client to the output of `loadlab db url`",
    )?;
    opened.close().await?;
    if status.signal() == Some(SIGPIPE) {
        // Its reader has seen enough.
        return Ok(ExitCode::SUCCESS);
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Runs the embedded server until a signal stops it.
async fn serve(
    connection: &Connection,
    url_file: Option<&Path>,
    until_stdin_closes: bool,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    let options = ConnectOptions::for_writing();
    let opened = tokio::select! {
        opened = connection.open(&options) => opened?,
        () = shutdown.cancelled() => return Ok(ExitCode::SUCCESS),
    };
    match url_file {
        Some(file) => durable::write(file, 0o600, opened.url().as_bytes())
            .with_context(|| format!("cannot write {}", file.display()))?,
        None => output::print(&format!(
            "PostgreSQL is running: {}\n",
            store::redacted_url(opened.url())
        ))?,
    }
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = standard_input_closes(), if until_stdin_closes => {}
    }
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn standard_input_closes() {
    let mut buffer = [0; 1024];
    let mut input = tokio::io::stdin();
    while matches!(input.read(&mut buffer).await, Ok(1..)) {}
}

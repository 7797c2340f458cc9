//! `loadlab db`: prepare, find, enter, back up and move the database.

mod backup;
pub(crate) mod role_reader;
mod upgrade;

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use store::{ConnectOptions, Database};
use tokio::io::AsyncReadExt as _;

use crate::cli::{Connection, DbCommand};
use crate::output;

/// The signal of a pipe that nobody reads, on every Unix.
const SIGPIPE: i32 = 13;

pub(crate) async fn run(command: DbCommand, connection: &Connection) -> anyhow::Result<ExitCode> {
    match command {
        DbCommand::Migrate => migrate(connection).await,
        DbCommand::Url => print_url(connection).await,
        DbCommand::Psql { arguments } => psql(connection, &arguments).await,
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
    output::print(&format!(
        "the database is up to date: {}\n",
        store::redacted_url(&url)
    ))?;
    database.close().await;
    drop(server);
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

/// A client program of PostgreSQL that will connect to a database.
fn client(program: &Path, url: &str) -> anyhow::Result<tokio::process::Command> {
    // The password travels in the environment: arguments can be seen by others.
    let store::ForClients { text, password } = store::for_clients(url)?;
    let mut child = tokio::process::Command::new(program);
    if let Some(password) = password {
        child.env("PGPASSWORD", password);
    }
    child.args(["--dbname", &text]);
    Ok(child)
}

/// Runs the embedded server until it is told to stop.
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

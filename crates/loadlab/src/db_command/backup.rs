//! `loadlab db dump` and `restore`: everything that is stored, as one file of `pg_dump`.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, bail};
use store::embedded::Embedded;
use store::{ConnectOptions, Database, StoreError};
use tokio::process::Command;

use super::client::{SIGPIPE, client};
use crate::choice::Connection;
use crate::output::inform;

/// What a dump is taken with: the compressed format of `pg_dump`, without what only the old
/// server knows. Also used for the way to another version.
pub(super) const DUMP: [&str; 3] = ["--format=custom", "--no-owner", "--no-privileges"];
/// All or nothing.
pub(super) const RESTORE: [&str; 4] = [
    "--no-owner",
    "--no-privileges",
    "--exit-on-error",
    "--single-transaction",
];

/// Standard input or output in the place of a file.
const STANDARD: &str = "-";

/// Writes everything that is stored to a file, which appears when it is whole, or to standard
/// output. Others may write meanwhile: what is dumped is the state of one moment.
pub(super) async fn dump(connection: &Connection, file: &Path) -> anyhow::Result<ExitCode> {
    if file != Path::new(STANDARD) && file.exists() {
        bail!("{} exists already; name another file", file.display());
    }
    let (url, server) = connection.server().await?;
    if !is_in_use(&url).await? {
        bail!("there is nothing to dump: the database has not been used yet");
    }
    let mut command = client(&program(server.as_ref(), "pg_dump"), &url)?;
    command.args(DUMP);
    if file == Path::new(STANDARD) {
        let status = command.status().await;
        let status = status.with_context(|| not_found("pg_dump"))?;
        // A reader that has seen enough is no failure.
        if !status.success() && status.signal() != Some(SIGPIPE) {
            bail!("pg_dump has failed: {status}");
        }
    } else {
        let whole = write_whole(file, command).await;
        whole.with_context(|| format!("nothing was written to {}", file.display()))?;
        inform(&format!(
            "everything that is stored is in {}; put it back with `loadlab db restore`",
            file.display()
        ));
    }
    stop(server).await?;
    Ok(ExitCode::SUCCESS)
}

/// Fills a fresh database with what a file, or standard input, holds.
pub(super) async fn restore(connection: &Connection, file: &Path) -> anyhow::Result<ExitCode> {
    let input: Stdio = if file == Path::new(STANDARD) {
        Stdio::inherit()
    } else {
        let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        opened.into()
    };
    let (url, server) = connection.server().await?;
    if is_in_use(&url).await? {
        bail!(
            "{} has been used already; restore into a new one: name another folder with \
             --data-dir, or an empty database",
            store::redacted_url(&url)
        );
    }
    let mut command = client(&program(server.as_ref(), "pg_restore"), &url)?;
    command.args(RESTORE).stdin(input);
    run(command, "pg_restore").await?;
    // The dump may be of an earlier version of this program.
    let database = Database::connect(&url, &ConnectOptions::for_writing()).await?;
    database.migrate().await?;
    note(&database, "db restore", Some(file.display().to_string())).await?;
    database.close().await;
    inform(&format!("restored into {}", store::redacted_url(&url)));
    stop(server).await?;
    Ok(ExitCode::SUCCESS)
}

/// Writes to the audit log what was done to the database as a whole, which had none before.
pub(super) async fn note(
    database: &Database,
    words: &str,
    target: Option<String>,
) -> Result<(), StoreError> {
    let done = async { Ok::<(), StoreError>(()) };
    access::command(database, words, target, done).await?
}

async fn is_in_use(url: &str) -> anyhow::Result<bool> {
    let database = Database::connect(url, &ConnectOptions::for_queries()).await?;
    let is_in_use = database.is_in_use().await;
    database.close().await;
    Ok(is_in_use?)
}

/// A client program: that of the embedded server's installation, or the one on the `PATH`.
fn program(server: Option<&Embedded>, name: &str) -> PathBuf {
    server.map_or_else(|| PathBuf::from(name), |server| server.program(name))
}

fn not_found(name: &str) -> String {
    format!(
        "cannot run {name}; install it (Debian: `apt-get install postgresql-client`), in at least \
         the version of the server"
    )
}

pub(super) async fn run(mut command: Command, name: &str) -> anyhow::Result<()> {
    let status = command.status().await;
    let status = status.with_context(|| not_found(name))?;
    if !status.success() {
        bail!("{name} has failed: {status}");
    }
    Ok(())
}

async fn write_whole(file: &Path, mut command: Command) -> anyhow::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Made with mode 0600.
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    command.stdout(temporary.as_file().try_clone()?);
    run(command, "pg_dump").await?;
    temporary.flush()?;
    temporary.as_file().sync_all()?;
    temporary.persist_noclobber(file)?;
    File::open(folder).and_then(|folder| folder.sync_all())?;
    Ok(())
}

pub(super) async fn stop(server: Option<Embedded>) -> io::Result<()> {
    if let Some(server) = server {
        tokio::task::spawn_blocking(move || server.stop()).await?;
    }
    Ok(())
}

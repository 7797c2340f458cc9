//! `loadlab db upgrade`: the data of the embedded server to a newer major version of PostgreSQL.

use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, bail};
use store::embedded::{Embedded, EmbeddedOptions, Installation, UpgradePath, WriteLock};
use store::{ConnectOptions, Database};

use super::backup::{DUMP, RESTORE, note, run, stop};
use super::client::client;
use crate::choice::Connection;
use crate::output::inform;

/// Copies the data from a server of the old version to one of the new version, and puts them in
/// place when they are whole. Until then nothing has changed, and a failed attempt can be repeated.
pub(super) async fn run_upgrade(
    connection: &Connection,
    old_programs: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    if connection.given_url()?.is_some() {
        bail!("only the embedded server can be upgraded; a URL names another one");
    }
    let data_dir = connection.folder()?;
    let path = UpgradePath::find(&data_dir, old_programs, connection.postgres_bin.as_deref())?;
    let (old, new) = (path.old.major, path.new.major);
    let staging = path.staging()?;
    let from = start(&data_dir, &path.old).await?;
    let copied = copy(&path, from.url(), &staging).await;
    stop(Some(from)).await?;
    copied?;
    path.adopt()?;
    inform(&format!(
        "the data are of PostgreSQL {new} now. Those of PostgreSQL {old} stay in {} until you \
         remove them. Settings made with ALTER SYSTEM are not taken over.",
        data_dir.join(format!("postgresql-{old}")).display()
    ));
    Ok(ExitCode::SUCCESS)
}

async fn start(data_dir: &Path, installation: &Installation) -> anyhow::Result<Embedded> {
    let mut options = EmbeddedOptions::new(data_dir.to_owned());
    options.binaries = Some(installation.programs.clone());
    options.preferred_port = 0;
    let major = installation.major;
    tokio::task::spawn_blocking(move || Embedded::start(&options))
        .await?
        .with_context(|| format!("the server of PostgreSQL {major} does not run"))
}

async fn copy(path: &UpgradePath, from: &str, staging: &Path) -> anyhow::Result<()> {
    let source = Database::connect(from, &ConnectOptions::for_queries()).await?;
    let mut lock = source.lock_writes().await?;
    require_alone(&mut lock).await?;
    inform(&format!(
        "copying the data from PostgreSQL {} to {}",
        path.old.major, path.new.major
    ));
    let to = start(staging, &path.new).await?;
    let copied = async {
        pipe(&path.new, from, to.url()).await?;
        let database = Database::connect(to.url(), &ConnectOptions::for_writing()).await?;
        database.migrate().await?;
        let target = format!("PostgreSQL {} to {}", path.old.major, path.new.major);
        note(&database, "db upgrade", Some(target)).await?;
        database.close().await;
        anyhow::Ok(())
    }
    .await;
    stop(Some(to)).await?;
    copied?;
    // A program that has connected meanwhile would write to the old data.
    require_alone(&mut lock).await?;
    drop(lock);
    source.close().await;
    Ok(())
}

async fn require_alone(lock: &mut WriteLock) -> anyhow::Result<()> {
    let others = lock.other_connections().await?;
    if others > 0 {
        bail!("other programs use the data, with {others} connections; end them first");
    }
    Ok(())
}

/// The programs of the new version can read from servers of older ones.
async fn pipe(new: &Installation, from: &str, to: &str) -> anyhow::Result<()> {
    let mut dump = client(&new.programs.join("pg_dump"), from)?;
    dump.args(DUMP).stdout(Stdio::piped()).kill_on_drop(true);
    let mut dump = dump.spawn().with_context(|| {
        format!(
            "cannot run pg_dump in {}; install it there",
            new.programs.display()
        )
    })?;
    let output: Stdio = dump
        .stdout
        .take()
        .context("pg_dump has no output")?
        .try_into()?;
    let mut restore = client(&new.programs.join("pg_restore"), to)?;
    restore.args(RESTORE).stdin(output);
    run(restore, "pg_restore").await?;
    let status = dump.wait().await?;
    if !status.success() {
        bail!("pg_dump has failed: {status}");
    }
    Ok(())
}

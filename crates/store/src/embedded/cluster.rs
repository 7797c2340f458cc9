//! Creating the data of a server.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use super::EmbeddedError;
use super::binaries::Binaries;
use super::instance::Instance;

/// The database's owner.
pub(super) const SUPERUSER: &str = "postgres";

/// Creates the data unless there are some. Works in another folder that gets
/// its name at the end, so that an interrupted attempt leaves nothing.
pub(super) fn initialise(binaries: &Binaries, instance: &Instance) -> Result<(), EmbeddedError> {
    let data = instance.data();
    if data.join("PG_VERSION").is_file() {
        return Ok(());
    }
    let new = instance.folder().join("data.new");
    if new.exists() {
        fs::remove_dir_all(&new).map_err(|source| EmbeddedError::file(&new, source))?;
    }
    instance.make_server_folder(&new)?;
    instance.make_password()?;
    let password_file = instance.lend_password()?;
    let program = binaries.initdb();
    let mut command = Command::new(&program);
    command
        .arg("--pgdata")
        .arg(&new)
        .args(["--username", SUPERUSER])
        .args(["--encoding", "UTF8", "--locale", "C"])
        .args(["--auth", "scram-sha-256", "--data-checksums"])
        .arg("--pwfile")
        .arg(&password_file);
    prepare(&mut command, instance);
    let output = command.output();
    fs::remove_file(&password_file)
        .map_err(|source| EmbeddedError::file(&password_file, source))?;
    let output = output.map_err(|source| EmbeddedError::Run { program, source })?;
    if output.status.success() {
        // `initdb` has waited for the disk.
        return durable::rename(&new, &data).map_err(|source| EmbeddedError::file(&data, source));
    }
    let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if EmbeddedError::says_disk_full(&output) {
        return Err(EmbeddedError::DiskFull { path: new });
    }
    Err(EmbeddedError::Initialise { output })
}

/// What all programs of PostgreSQL are run with: the right user, an empty
/// environment, messages in English (some are looked for), and out of reach of
/// Ctrl-C at the terminal, which would end the server before its clients.
pub(super) fn prepare(command: &mut Command, instance: &Instance) {
    command
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .process_group(0);
    if let Some(account) = instance.account() {
        account.apply(command);
    }
    parent_death::interrupt_at_parent_death(command);
}

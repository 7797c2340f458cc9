//! Client programs of PostgreSQL, as children of this one.

use std::path::Path;

/// The signal of a pipe that nobody reads, on every Unix.
pub(super) const SIGPIPE: i32 = 13;

/// A client program of PostgreSQL that will connect to a database.
pub(super) fn client(program: &Path, url: &str) -> anyhow::Result<tokio::process::Command> {
    // The password travels in the environment: arguments can be seen by others.
    let store::ForClients { text, password } = store::for_clients(url)?;
    let mut child = tokio::process::Command::new(program);
    if let Some(password) = password {
        child.env("PGPASSWORD", password);
    }
    child.args(["--dbname", &text]);
    Ok(child)
}

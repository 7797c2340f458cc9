//! The embedded server is reached as this program says, whatever variables such as `PGHOST` and
//! `PGOPTIONS` say to clients of PostgreSQL.
//!
//! The database driver reads some of them by itself, and programs such as psql read all of them.
//! Therefore the process starts itself anew without them, before it has done anything.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::choice::Connection;
use crate::choice::{Choice, environment};

/// What names of variables of PostgreSQL's client library begin with.
const PREFIX: &[u8] = b"PG";

/// Where Linux has the running program, also if its file was replaced.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Starts the process anew without the variables, where there are any and the embedded server is
/// used. Returns only if nothing had to be done, or on failure.
pub(crate) fn leave_behind(connection: &Connection) -> io::Result<()> {
    // The command reports what cannot be chosen.
    if !matches!(connection.choose(&environment), Ok(Choice::Embedded(_))) {
        return Ok(());
    }
    let names: Vec<OsString> = env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.as_encoded_bytes().starts_with(PREFIX))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let own = PathBuf::from(OWN_PROGRAM);
    let program = if own.exists() {
        own
    } else {
        env::current_exe()?
    };
    let mut arguments = env::args_os();
    let mut command = Command::new(program);
    command.arg0(arguments.next().unwrap_or_else(|| "loadlab".into()));
    command.args(arguments);
    for name in names {
        command.env_remove(name);
    }
    Err(command.exec())
}

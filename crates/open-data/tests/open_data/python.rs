//! Packages of Python that tests compare with. Tests of other crates take this file in, too.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// DuckDB, another reader of Parquet.
#[allow(
    dead_code,
    reason = "not every crate that takes this file in asks DuckDB"
)]
pub(crate) const DUCKDB: &str = "duckdb==2.0.1";

/// A Python with a package: what a variable such as `LOADLAB_DUCKDB_PYTHON` names, or one in a folder
/// of its own outside of the repository, installed there by the first who needs it.
pub(crate) fn python(package: &str) -> Option<PathBuf> {
    let name = package.split_once("==").map_or(package, |(name, _)| name);
    let variable = name.replace('-', "_").to_uppercase();
    if let Some(program) = std::env::var_os(format!("LOADLAB_{variable}_PYTHON")) {
        return Some(program.into());
    }
    let folder = std::env::temp_dir().join(format!("loadlab-{}", package.replace("==", "-")));
    let program = folder.join("bin/python");
    let installed = folder.join("installed");
    fs::create_dir_all(&folder).ok()?;
    let lock = File::create(folder.join("lock")).ok()?;
    lock.lock().ok()?;
    if !installed.exists() {
        let succeeds = |command: &mut Command| {
            let output = command.stdin(Stdio::null()).output();
            output.is_ok_and(|output| output.status.success())
        };
        let is_there = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && succeeds(
                Command::new(folder.join("bin/pip"))
                    .args(["--quiet", "install", "--timeout", "20"])
                    .arg(package),
            );
        if !is_there {
            return None;
        }
        File::create(&installed).ok()?;
    }
    Some(program)
}

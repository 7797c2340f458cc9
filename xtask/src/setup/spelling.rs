//! The spelling checker `typos`. Its authors publish ready programs as a Python package; compiling
//! it takes minutes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

const PROGRAM: &str = "typos";
/// Another version knows other words.
const PACKAGE: &str = "typos==1.52.0";

/// The program, as found in `PATH` or as installed below the target directory.
pub(crate) fn program(target: &Path) -> PathBuf {
    process::in_path(PROGRAM).unwrap_or_else(|| folder(target).join("bin").join(PROGRAM))
}

pub(super) fn require(target: &Path) -> Result<String> {
    let program = program(target);
    if program.is_file() {
        return Ok(program.display().to_string());
    }
    install(&folder(target)).context(
        "cannot install typos from the Python package index; `cargo install typos-cli` does it, too",
    )?;
    Ok(format!("installed as {}", program.display()))
}

fn install(folder: &Path) -> Result<()> {
    process::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder),
    )?;
    let pip = folder.join("bin").join("pip");
    process::run(Command::new(pip).args(["--quiet", "install", PACKAGE]))
}

fn folder(target: &Path) -> PathBuf {
    target.join("tools").join(PROGRAM)
}

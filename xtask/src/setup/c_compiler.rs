//! The C compiler, for the C sources of zstd and mimalloc, and the linker of Rust itself.

use std::env;

use anyhow::{Result, bail};

use crate::process;

pub(super) fn require() -> Result<String> {
    if let Some(compiler) = env::var_os("CC") {
        return Ok(format!("{} (from CC)", compiler.to_string_lossy()));
    }
    for name in ["cc", "gcc", "clang"] {
        if let Some(file) = process::in_path(name) {
            return Ok(file.display().to_string());
        }
    }
    bail!(
        "no C compiler found; install one (Debian: `apt-get install build-essential`, Fedora: \
         `dnf install gcc`, macOS: `xcode-select --install`)"
    )
}

//! Programs that cargo or rustup installs.

use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// A program that `cargo install` gets.
pub(super) struct Tool {
    package: &'static str,
    /// A fixed version where another one could judge differently.
    version: Option<&'static str>,
}

pub(super) const NEXTEST: Tool = Tool {
    package: "cargo-nextest",
    version: None,
};

pub(super) const DENY: Tool = Tool {
    package: "cargo-deny",
    version: Some("0.20.2"),
};

pub(super) const MACHETE: Tool = Tool {
    package: "cargo-machete",
    version: Some("0.9.2"),
};

/// Their packages ask for the slowest optimisation there is, for minutes; they run for seconds.
const QUICK_TO_COMPILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
];

/// A tool of any version is accepted when present: replacing a developer's own is not our business.
pub(super) fn require(tool: &Tool) -> Result<String> {
    if let Some(file) = process::in_path(tool.package) {
        return Ok(file.display().to_string());
    }
    eprintln!(
        "setup: {} is missing; compiling it takes a few minutes, once",
        tool.package
    );
    process::run(process::cargo(install_arguments(tool)).envs(QUICK_TO_COMPILE))
        .with_context(|| format!("cannot install {}", tool.package))?;
    let file = process::in_path(tool.package).with_context(|| {
        format!(
            "{} was installed but is not found; add cargo's `bin` directory to PATH",
            tool.package
        )
    })?;
    Ok(format!("installed as {}", file.display()))
}

/// A component of the Rust toolchain, by rustup's name and by cargo's. That the program is in `PATH`
/// proves nothing: rustup puts stand-ins there.
pub(super) fn require_component(
    component: &'static str,
    subcommand: &'static str,
) -> Result<String> {
    if let Ok(version) = process::output(&mut process::cargo([subcommand, "--version"])) {
        return Ok(version.trim().to_owned());
    }
    process::run(Command::new("rustup").args(["component", "add", component])).with_context(
        || format!("{component} is missing; install it with the Rust toolchain you use"),
    )?;
    Ok("installed by rustup".to_owned())
}

fn install_arguments(tool: &Tool) -> Vec<&'static str> {
    let mut arguments = vec!["install", tool.package, "--locked"];
    if let Some(version) = tool.version {
        arguments.extend(["--version", version]);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_installed_with_their_own_locked_dependencies() {
        assert_eq!(
            install_arguments(&NEXTEST),
            ["install", "cargo-nextest", "--locked"]
        );
        assert_eq!(
            install_arguments(&DENY),
            ["install", "cargo-deny", "--locked", "--version", "0.20.2"]
        );
    }
}

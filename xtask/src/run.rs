//! The tasks that build a program with optimisation and become it: `demo` and `bench`.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{process, setup};

/// Builds loadlab and becomes `loadlab demo`.
pub(crate) fn demo(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    become_program(workspace, "demo", "loadlab", &["demo"], arguments)
}

/// Builds the benchmarks and becomes the one that the first argument names.
pub(crate) fn bench(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if arguments.is_empty() {
        bail!("which benchmark? `cargo xtask bench --help` says how to see their names");
    }
    if let Some((name, rest)) = arguments.split_first()
        && name == "dashboard"
    {
        return page_figures(workspace, rest);
    }
    become_program(workspace, "release", "bench", &[], arguments)
}

/// Builds the dashboard's page and becomes the script that measures it in a browser.
fn page_figures(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let web = workspace.root().join("web");
    let npm = |arguments: &[&str]| {
        let mut npm = Command::new("npm");
        // Standard output belongs to the figures.
        npm.args(arguments)
            .current_dir(&web)
            .stdout(std::io::stderr());
        npm
    };
    if !web.join("node_modules").is_dir() {
        process::run(&mut npm(&["ci", "--no-audit", "--no-fund"]))?;
    }
    process::run(&mut npm(&["run", "build"]))?;
    let failure = Command::new("node")
        .arg("tests/perf/figures.mjs")
        .args(arguments)
        .current_dir(&web)
        .exec();
    Err(failure).context("cannot start node")
}

/// Replaces this process, so that signals, exit status, input and output are the program's own.
fn become_program(
    workspace: &Workspace,
    profile: &str,
    package: &str,
    first: &[&str],
    arguments: &[String],
) -> Result<()> {
    setup::run(setup::Purpose::Running, &workspace.target())?;
    process::run(&mut workspace.cargo([
        "build",
        "--profile",
        profile,
        "--locked",
        "--package",
        package,
    ]))?;
    let program = workspace.target().join(profile).join(package);
    let failure = Command::new(&program).args(first).args(arguments).exec();
    Err(failure).with_context(|| format!("cannot start {}", program.display()))
}

//! Everything a change must pass, in the order of what fails fastest.

use std::num::NonZero;
use std::time::Duration;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{compose, process, setup, tidy};

mod database;
mod lab;
mod report;
mod steps;
mod web;

use report::Report;
use steps::{Done, Steps};

/// Time for fetching the database of advisories: some megabytes.
const FETCH_LIMIT: Duration = Duration::from_mins(2);

/// Runs all steps and stops at the first that fails; the summary is shown in any case.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::begin();
    let result = run_steps(workspace, &mut steps);
    eprint!("\n{}", steps.summary());
    result
}

fn run_steps(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let cargo = |arguments: &[&str]| -> Result<Done> {
        process::run(&mut workspace.cargo(arguments.iter().copied()))?;
        Ok(Done::Passed)
    };
    steps.run("setup", || {
        setup::run(setup::Purpose::Development, &workspace.target())?;
        Ok(Done::Passed)
    })?;
    steps.run("format", || cargo(&["fmt", "--all", "--check"]))?;
    steps.run("tidy", || {
        tidy::run(workspace)?;
        Ok(Done::Passed)
    })?;
    steps.run("spelling", || {
        let program = setup::spelling_checker(&workspace.target());
        if !program.is_file() {
            return Ok(Done::Skipped("typos is not installed".to_owned()));
        }
        process::run(&mut workspace.command(program))?;
        Ok(Done::Passed)
    })?;
    steps.run("unused dependencies", || {
        let mut machete = workspace.cargo(["machete"]);
        // With it, as `cargo run` sets it, the program takes its own name for a folder.
        process::run(machete.env_remove("CARGO_PKG_NAME"))?;
        Ok(Done::Passed)
    })?;
    steps.run("lints", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny=warnings",
        ])
    })?;
    steps.run("documentation", || document(workspace))?;
    steps.run("licences, bans, sources", || {
        cargo(&[
            "deny",
            "--locked",
            "check",
            "--hide-inclusion-graph",
            "licenses",
            "bans",
            "sources",
        ])
    })?;
    steps.run("advisories", || check_advisories(workspace))?;
    steps.run("web", || web::check(workspace))?;
    let nextest = ["nextest", "run", "--workspace", "--locked"];
    steps.run("tests' build", || {
        process::run(workspace.cargo(nextest).arg("--no-run"))?;
        Ok(Done::Passed)
    })?;
    let database = steps.start("database server", || database::start(workspace))?;
    let tested = steps.run("tests", || {
        let mut nextest = workspace.cargo(nextest);
        nextest.arg("--no-fail-fast");
        nextest.args(["--test-threads", &tests_together().to_string()]);
        nextest.env(database::URL_VARIABLE, database.url());
        let run = process::run(&mut nextest);
        let report = Report::read(&workspace.target());
        if let Ok(report) = &report {
            eprint!("\n{}", report.text());
        }
        run?;
        Ok(match report?.skipped() {
            0 => Done::Passed,
            count => Done::PassedExcept(format!("{count} tests SKIPPED")),
        })
    });
    // Stopped whether or not the tests passed; a server that cannot be stopped is a failure too
    let stopped = steps.run("database server's end", || {
        database.stop()?;
        Ok(Done::Passed)
    });
    tested.and(stopped)?;
    steps.run("pages over a real lab", || lab::check(workspace))?;
    steps.run("compose stack", || {
        let skip = compose::run(workspace)?;
        Ok(skip.map_or(Done::Passed, Done::Skipped))
    })
}

/// Tests that run at the same time. They wait for processes, pauses and clocks for about half of
/// their time: with one for each core, half of the machine is idle.
fn tests_together() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    cores + cores.div_ceil(2)
}

fn document(workspace: &Workspace) -> Result<Done> {
    let mut doc = workspace.cargo([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--locked",
    ]);
    doc.env("RUSTDOCFLAGS", "--deny=warnings");
    process::run(&mut doc)?;
    Ok(Done::Passed)
}

/// Advisories need a database from the internet. Failing to fetch it says nothing about our
/// dependencies, so the step counts as skipped, never as passed; what the fetched database says
/// does count.
fn check_advisories(workspace: &Workspace) -> Result<Done> {
    let mut fetch = workspace.cargo(["deny", "fetch", "db"]);
    if let Err(error) = process::run_within(&mut fetch, FETCH_LIMIT) {
        let reason = steps::first_line(&error.to_string());
        return Ok(Done::Skipped(format!(
            "the database of advisories cannot be fetched: {reason}"
        )));
    }
    process::run(&mut workspace.cargo(["deny", "--offline", "check", "advisories"]))?;
    Ok(Done::Passed)
}

//! The project's own tasks, run as `cargo xtask <task>`.
//!
//! Promises: each task gets what it needs by itself (see [`setup`]), says what it does before it
//! does it, and talks on standard error only, because the standard output of `demo` and `bench`
//! belongs to the program they run. It depends on the standard library and `anyhow` alone, so that
//! it compiles in seconds.

#![expect(
    clippy::print_stderr,
    reason = "talking to the developer is what this program is for"
)]

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

mod compose;
mod dist;
mod help;
mod process;
mod run;
mod setup;
mod test;
mod tidy;
mod workspace;

use workspace::Workspace;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", arguments),
    };
    if help::is_wanted(task, rest) {
        eprint!("{}", help::text(task, rest)?);
        return Ok(());
    }
    let workspace = Workspace::find()?;
    match task {
        "setup" => {
            takes_no_arguments(task, rest)?;
            setup::run(setup::Purpose::Development, &workspace.target())
        }
        "test" => {
            takes_no_arguments(task, rest)?;
            test::run(&workspace)
        }
        "tidy" => {
            takes_no_arguments(task, rest)?;
            tidy::run(&workspace)
        }
        "test-compose" => {
            takes_no_arguments(task, rest)?;
            match compose::run(&workspace)? {
                None => eprintln!("the compose stack: PASSED"),
                Some(reason) => eprintln!("SKIPPED: {reason}"),
            }
            Ok(())
        }
        "dist" => dist::run(&workspace, rest),
        "demo" => run::demo(&workspace, rest),
        "bench" => run::bench(&workspace, rest),
        _ => bail!("unknown task `{task}`; `cargo xtask help` lists the tasks"),
    }
}

fn takes_no_arguments(task: &str, rest: &[String]) -> Result<()> {
    match rest.first() {
        None => Ok(()),
        Some(unexpected) => bail!("`{task}` takes no arguments, but got `{unexpected}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispatched(words: &[&str]) -> Result<()> {
        let arguments: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        dispatch(&arguments)
    }

    #[test]
    fn an_unknown_task_is_refused_and_points_to_the_help() {
        let error = dispatched(&["tset"]).unwrap_err().to_string();
        assert!(
            error.contains("`tset`") && error.contains("xtask help"),
            "{error}"
        );
    }

    #[test]
    fn an_argument_that_would_be_ignored_is_refused() {
        let error = dispatched(&["tidy", "--fix"]).unwrap_err().to_string();
        assert!(error.contains("`--fix`"), "{error}");
    }
}

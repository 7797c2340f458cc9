//! Looks for what the tasks need and installs what is missing.
//!
//! Promises: quick (well below a second) when nothing is missing; never touches anything that is
//! there; each command that changes the machine is shown before it runs.

use std::path::Path;

use anyhow::Result;

mod c_compiler;
mod cargo_tools;
mod postgresql;
mod spelling;

pub(crate) use spelling::program as spelling_checker;

/// What the machine is made ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Building and running loadlab.
    Running,
    /// That, and checking changes to it.
    Development,
}

/// Makes the machine ready, or says what is missing and what to do about it. What belongs to this
/// project alone is installed below the target directory.
pub(crate) fn run(purpose: Purpose, target: &Path) -> Result<()> {
    report("C compiler", c_compiler::require())?;
    report("PostgreSQL", postgresql::require())?;
    if purpose == Purpose::Development {
        report("clippy", cargo_tools::require_component("clippy", "clippy"))?;
        report("rustfmt", cargo_tools::require_component("rustfmt", "fmt"))?;
        report("cargo-nextest", cargo_tools::require(&cargo_tools::NEXTEST))?;
        report("cargo-deny", cargo_tools::require(&cargo_tools::DENY))?;
        report("cargo-machete", cargo_tools::require(&cargo_tools::MACHETE))?;
        // Python's package index is one more source, which a machine need not reach.
        match spelling::require(target) {
            Ok(place) => eprintln!("setup: typos: {place}"),
            Err(error) => eprintln!("setup: no spelling check: {error:#}"),
        }
    }
    Ok(())
}

/// Shows one thing that is needed, present or just installed: which and where.
fn report(what: &str, found: Result<String>) -> Result<()> {
    let place = found?;
    eprintln!("setup: {what}: {place}");
    Ok(())
}

//! `loadlab version`: what this program is built from, and which schema it makes.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::output::{OutputFormat, print, print_json};

/// Arguments of `version`.
#[derive(Debug, Args)]
pub(crate) struct VersionArguments {
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// The version of the program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it is built from; `unknown` in development builds.
const COMMIT: &str = env!("LOADLAB_BUILT_FROM");

/// What `--version` prints behind the name.
pub(crate) fn version_text() -> String {
    let schema = store::survey::schema_version();
    format!("{VERSION} (commit {COMMIT}, schema {schema})")
}

pub(crate) fn run(arguments: &VersionArguments) -> anyhow::Result<ExitCode> {
    match arguments.format {
        OutputFormat::Json => print_json(&json!({
            "version": VERSION,
            "commit": COMMIT,
            "schema": store::survey::schema_version(),
        }))?,
        OutputFormat::Text => print(&format!("loadlab {}\n", version_text()))?,
    }
    Ok(ExitCode::SUCCESS)
}

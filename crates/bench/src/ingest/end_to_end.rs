//! The import from files to commit, in a process of its own: its peak memory
//! is then that of the import and of nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use store::Database;
use tokio::process::Command;
use tokio::task::JoinSet;
use trace::TracerOptions;
use trace_import::{ImportOptions, Inputs, Progress, import};

use crate::memory;
use crate::output::print;
use crate::server::{self, TemporaryServer};

/// In the environment, because arguments can be read by everybody.
const URL_VARIABLE: &str = "LOADLAB_BENCH_DATABASE_URL";

#[derive(Debug, clap::Args)]
pub(crate) struct ChildArguments {
    /// The folder with one trace per node, named after it
    folder: PathBuf,
    /// Nodes at once
    connections: u32,
}

/// What the child process says on its standard output.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Imported {
    pub(super) lines: u64,
    pub(super) seconds: f64,
    pub(super) peak_memory_kib: u64,
}

/// Imports the traces of a folder in a child process.
pub(super) async fn measure(
    folder: &Path,
    server: &TemporaryServer,
    connections: u32,
) -> anyhow::Result<Imported> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let output = Command::new(program)
        .arg("import-child")
        .arg(folder)
        .arg(connections.to_string())
        .env(URL_VARIABLE, server.url())
        .stderr(std::process::Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("cannot start the importing process")?;
    ensure!(output.status.success(), "the importing process failed");
    serde_json::from_slice(&output.stdout).context("the importing process gave no result")
}

/// The child process.
pub(crate) async fn run_child(arguments: ChildArguments) -> anyhow::Result<()> {
    let url = std::env::var(URL_VARIABLE).with_context(|| format!("{URL_VARIABLE} is not set"))?;
    // Each import needs a connection for its lock and one for its rows.
    let database = server::connect(&url, 2 * arguments.connections + 1).await?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(&arguments.folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let begun = Instant::now();
    let files = Arc::new(Mutex::new(files));
    let mut importers = JoinSet::new();
    for _ in 0..arguments.connections {
        importers.spawn(import_files(database.clone(), Arc::clone(&files)));
    }
    let mut lines = 0;
    while let Some(imported) = importers.join_next().await {
        lines += imported??;
    }
    let result = Imported {
        lines,
        seconds: begun.elapsed().as_secs_f64(),
        peak_memory_kib: memory::peak_kib()?,
    };
    print(&serde_json::to_string(&result)?);
    Ok(())
}

/// Imports one file after another until none is left; gives their lines.
async fn import_files(database: Database, files: Arc<Mutex<Vec<PathBuf>>>) -> anyhow::Result<u64> {
    let next = || files.lock().pop();
    let mut lines = 0;
    while let Some(file) = next() {
        let node = file.file_stem().unwrap_or_default();
        lines += import_file(&database, &file, &node.to_string_lossy()).await?;
    }
    Ok(lines)
}

/// Imports the trace of a node; gives its lines.
pub(crate) async fn import_file(
    database: &Database,
    file: &Path,
    node_name: &str,
) -> anyhow::Result<u64> {
    let options = ImportOptions {
        node_name: node_name.to_owned(),
        deployment_id: None,
        tracer: TracerOptions::default(),
    };
    let inputs = Inputs::find(&[file.to_owned()])?;
    let summary = import(database, inputs, options, Progress::default()).await?;
    ensure!(
        summary.malformed_lines == 0,
        "{} lines of {} are malformed",
        summary.malformed_lines,
        file.display()
    );
    Ok(summary.lines)
}

//! `loadlab trace export`: a block trace as a file for other tools.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use store::read::ENTRIES_MAX;
use store::{ConnectOptions, Database};
use trace_export::{BlockTrace, Format};

use super::choose;
use crate::choice::Connection;
use crate::interpretation::Compatibility;
use crate::output::{inform, print};

/// Arguments of `trace export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// State hash of the block, or the beginning of it; `0` for what happened
    /// outside of blocks.
    block: String,
    /// `perfetto` for <https://ui.perfetto.dev>, `otlp` for OpenTelemetry collectors,
    /// `json` for the tree with all metadata.
    #[arg(long, value_name = "FORMAT")]
    format: Format,
    /// The file to write; `-` is standard output. Default: `HASH-NODE.pftrace` for Perfetto,
    /// standard output otherwise.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The node. Default: the only node, or the first by name, that has the block.
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// The deployment. Default: the newest.
    #[arg(long, value_name = "ID")]
    deployment: Option<i32>,
    /// Compute durations as corrected, or as the original implementation does.
    #[arg(long, value_enum, default_value_t)]
    compatibility: Compatibility,
}

pub(super) async fn run(
    arguments: &ExportArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let found = read(&opened.database, arguments).await;
    opened.close().await?;
    let trace = found?;
    let bytes = trace.write(arguments.format);
    let file = match (&arguments.output, arguments.format) {
        (Some(file), _) => Some(file.clone()),
        // No terminal should show it.
        (None, Format::Perfetto) => Some(trace.file_name(Format::Perfetto).into()),
        (None, Format::Otlp | Format::Json) => None,
    };
    match file.filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            durable::write(&file, 0o644, &bytes)
                .with_context(|| format!("cannot write {}", file.display()))?;
            print(&format!("{}\n", file.display()))?;
        }
        None => match io::stdout().lock().write_all(&bytes) {
            // A reader that has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written.context("cannot write to standard output")?,
        },
    }
    Ok(ExitCode::SUCCESS)
}

async fn read(database: &Database, arguments: &ExportArguments) -> anyhow::Result<BlockTrace> {
    let deployment_id = choose::deployment(database, arguments.deployment).await?;
    let (hash, node) = (arguments.block.as_str(), arguments.node.as_deref());
    let how = "with --node";
    let (node, block) = choose::block(database, deployment_id, hash, node, None, how).await?;
    let Some(stored) = database.block_trace(deployment_id, &node, &block).await? else {
        bail!("node `{node}` has no block `{block}` in deployment {deployment_id}");
    };
    if i64::try_from(stored.entries.len()).is_ok_and(|entries| entries >= ENTRIES_MAX) {
        inform(&format!(
            "only the first {ENTRIES_MAX} entries are exported"
        ));
    }
    Ok(BlockTrace::new(stored, arguments.compatibility.into()))
}

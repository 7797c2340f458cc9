//! `bench archive`: how small an archive is, and how fast it is written, verified, asked, and brought
//! back.

mod child;
mod duckdb;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use archive::{Place, Progress};
use serde_json::{Value, json};
use store::lease::Holder;

use crate::filling;
use crate::fleet::Fleet;
use crate::output::{OutputFormat, inform, per_second, print};
use crate::server::TemporaryServer;
use crate::source;

pub(crate) use child::{ChildArguments, run_child};

/// Nodes that have written the traces.
const NODES: u64 = 200;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Lines of the traces, at least
    #[arg(long, default_value_t = 8_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    lines: u64,
    /// The trace that they are made from; a recorded one if none is given
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// The Python that has the package duckdb
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let template = Arc::new(source::template(arguments.trace)?);
    let in_source = template.lines;
    let fleet = Fleet::with_at_least(template, NODES, arguments.lines, in_source);
    let server = TemporaryServer::start().await?;
    let database = server.connect(4).await?;
    let deployment_id = database.create_deployment(&serde_json::Map::new()).await?;
    inform(&format!("1/4  importing {} lines", fleet.lines()));
    filling::fill(&server, &fleet).await?;
    // The newest deployment stays.
    database.create_deployment(&serde_json::Map::new()).await?;
    let folder = tempfile::tempdir()?;
    let url = format!("file://{}", folder.path().display());

    inform("2/4  archiving");
    let written = child::measure(&server, &url, deployment_id).await?;
    let place = Place::open(&url)?;
    let (holder, progress) = (Holder::new("bench"), Progress::default());
    let start = Instant::now();
    archive::verify(&place, deployment_id, &progress).await?;
    let verify_seconds = start.elapsed().as_secs_f64();

    inform("3/4  p95 by checkpoint and node");
    let duckdb = duckdb::p95(&arguments.python, folder.path()).await;
    let postgresql = database.time_checkpoint_p95(deployment_id).await?;

    inform("4/4  dropping and restoring");
    let start = Instant::now();
    archive::drop_archived(&database, &holder, &place, deployment_id, &progress).await?;
    let drop_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    archive::restore(&database, &holder, &place, deployment_id, &progress).await?;
    let restore_seconds = start.elapsed().as_secs_f64();
    database.close().await;

    let lines = fleet.lines();
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let figures = json!({
        "lines": lines,
        "rows": written.rows,
        "bytes": written.bytes,
        "bytes_per_line": written.bytes as f64 / lines as f64,
        "lines_per_second": per_second(lines, written.seconds),
        "memory_mib": written.peak_memory_kib as f64 / 1024.0,
        "verify_lines_per_second": per_second(lines, verify_seconds),
        "drop_lines_per_second": per_second(lines, drop_seconds),
        "restore_lines_per_second": per_second(lines, restore_seconds),
        "p95_duckdb_seconds": duckdb.as_ref().ok(),
        "p95_duckdb_reason": duckdb.as_ref().err(),
        "p95_postgresql_seconds": postgresql.as_secs_f64(),
    });
    print(&match arguments.format {
        OutputFormat::Json => figures.to_string(),
        OutputFormat::Text => table(&figures),
    });
    Ok(())
}

fn table(figures: &Value) -> String {
    let figures = figures.as_object().into_iter().flatten();
    let lines: Vec<String> = figures
        .map(|(name, value)| format!("{name:<28} {value}"))
        .collect();
    lines.join("\n")
}

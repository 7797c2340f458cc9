//! `bench ingest`: how fast trace lines become rows, and how near that is to
//! what the database can take.
//!
//! Four measurements of the same lines on the same server: the tracer alone;
//! the import from files to commit; a plain binary `COPY` of the rows that the
//! import has made, over as many connections, into the same tables with the
//! same indexes; and one `INSERT` for each of some of these rows. The ratios
//! between them hold on any machine; the rates do not. Besides, by how much the
//! database grows with a line.

mod end_to_end;
mod report;
mod tracer_alone;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use store::Database;
use store::baseline::CopyShare;
use tokio::task::JoinSet;

pub(crate) use self::end_to_end::{ChildArguments, import_file, run_child};
use self::report::Report;
use crate::fleet::Fleet;
use crate::output::{OutputFormat, inform, per_second};
use crate::server::TemporaryServer;
use crate::source;

/// Import and `COPY` are measured so often, in turns, and the fastest of each
/// counts: the first one finds a server that has yet to make the files of its
/// log, and a disk is now busy with other work and now not.
const ROUNDS: usize = 2;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Lines to import, at least
    #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    lines: u64,
    /// Nodes that have written them
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    nodes: u64,
    /// Nodes that are imported at once, and connections of the plain COPY
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    connections: u32,
    /// Rows to insert one at a time
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    single_rows: u64,
    /// The trace that the lines are made from; a recorded one if none is given
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let template = Arc::new(source::template(arguments.trace)?);
    let in_source = template.lines;
    let fleet = Fleet::with_at_least(template, arguments.nodes, arguments.lines, in_source);
    inform(&format!(
        "{} nodes with {} copies each: {} lines",
        fleet.nodes,
        fleet.copies_per_node,
        fleet.lines()
    ));
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    write_traces(&fleet, folder.path()).await?;

    inform("1/4  the tracer alone, on one core");
    let tracer_seconds = tracer_alone::measure(folder.path()).await?;
    let server = TemporaryServer::start().await?;
    let (mut import_seconds, mut copy_seconds) = (f64::INFINITY, f64::INFINITY);
    let mut peak_memory_kib = 0;
    let mut bytes = 0;
    let mut rows = 0;
    let mut sample = Vec::new();
    let database = server.connect(arguments.connections).await?;
    for round in 1..=ROUNDS {
        inform(&format!(
            "2/4  end to end: from files to commit ({round} of {ROUNDS})"
        ));
        // Nothing of an earlier round is known in a new deployment.
        database.create_deployment(&serde_json::Map::new()).await?;
        database.force_checkpoint().await?;
        let before = database.space().await?.database_bytes;
        let imported = end_to_end::measure(folder.path(), &server, arguments.connections).await?;
        anyhow::ensure!(
            imported.lines == fleet.lines(),
            "{} of {} lines were imported",
            imported.lines,
            fleet.lines()
        );
        import_seconds = import_seconds.min(imported.seconds);
        peak_memory_kib = peak_memory_kib.max(imported.peak_memory_kib);
        rows = database.count_rows().await?;
        bytes = database.space().await?.database_bytes - before;

        inform(&format!(
            "3/4  plain COPY of the same rows ({round} of {ROUNDS})"
        ));
        sample = database.sample_rows(arguments.single_rows).await?;
        let shares = database.copy_rows_out(arguments.connections).await?;
        database.empty_tables().await?;
        database.force_checkpoint().await?;
        copy_seconds = copy_seconds.min(copy(&database, shares, rows).await?);
        database.empty_tables().await?;
    }
    inform("4/4  one INSERT and one commit for each row");
    database.force_checkpoint().await?;
    let begun = Instant::now();
    database.insert_one_by_one(&sample).await?;
    let single_seconds = begun.elapsed().as_secs_f64();
    database.close().await;

    Report {
        tracer_lines_per_second: per_second(fleet.lines(), tracer_seconds),
        end_to_end_lines_per_second: per_second(fleet.lines(), import_seconds),
        end_to_end_rows_per_second: per_second(rows, import_seconds),
        copy_rows_per_second: per_second(rows, copy_seconds),
        row_at_a_time_rows_per_second: per_second(sample.len() as u64, single_seconds),
        peak_memory_kib,
        bytes_per_line: per_line(bytes, fleet.lines()),
    }
    .print(arguments.format);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "rounded to tenths")]
fn per_line(bytes: i64, lines: u64) -> f64 {
    bytes as f64 / lines as f64
}

/// Seconds for copying all rows into the empty tables, each share on a
/// connection of its own.
async fn copy(database: &Database, shares: Vec<CopyShare>, rows: u64) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut copying = JoinSet::new();
    for share in shares {
        let database = database.clone();
        copying.spawn(async move { database.copy_rows_in(&share).await });
    }
    let mut copied = 0;
    while let Some(share) = copying.join_next().await {
        copied += share??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let counted = database.count_rows().await?;
    anyhow::ensure!(
        copied == rows && counted == rows,
        "COPY has stored {copied} rows, of which {counted} are there; the import {rows}"
    );
    Ok(seconds)
}

async fn write_traces(fleet: &Fleet, folder: &std::path::Path) -> anyhow::Result<()> {
    let (fleet, folder) = (fleet.clone(), folder.to_owned());
    tokio::task::spawn_blocking(move || {
        for node in 0..fleet.nodes {
            let path = folder.join(format!("{}.jsonl", Fleet::node_name(node)));
            fleet.write(node, &path)?;
        }
        anyhow::Ok(())
    })
    .await
    .context("the thread that writes the traces failed")?
}

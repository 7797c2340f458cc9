//! `loadlab demo`: what the product does so far, in one command.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use store::embedded::default_data_dir;
use store::{ConnectOptions, Database};
use trace::{Compatibility, TracerOptions};
use trace_import::{ImportOptions, Inputs};

use crate::cli::{Connection, DemoArguments};
use crate::trace_command::import::{import_with_progress, tell};
use crate::trace_command::show::print_block;

/// A composed trace of two blocks: one received, one produced.
const EXAMPLE: [(&str, &str); 3] = [
    (
        "internal-trace.jsonl",
        include_str!("example/internal-trace.jsonl"),
    ),
    (
        "prover-internal-trace.jsonl",
        include_str!("example/prover-internal-trace.jsonl"),
    ),
    (
        "verifier-internal-trace.jsonl",
        include_str!("example/verifier-internal-trace.jsonl"),
    ),
];

/// The node that the demo imports for.
const NODE: &str = "demo";

pub(crate) async fn run(
    arguments: DemoArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    service::metrics::install()?;
    let mut connection = connection.clone();
    // The demo keeps away from the data of real work.
    if connection.given_url().is_none() && connection.data_dir.is_none() {
        connection.data_dir = Some(default_data_dir()?.join("demo"));
    }
    tell("1/4  starting the database");
    let opened = connection.open(&ConnectOptions::for_writing()).await?;
    tell(&format!("     {}", store::redacted_url(opened.url())));
    let tour = tour(&opened.database, arguments.files);
    let finished = tokio::select! {
        result = tour => { result?; true }
        () = shutdown.cancelled() => false,
    };
    if finished && !arguments.exit {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), arguments.port);
        tell(&format!(
            "4/4  the log API answers at http://{address}/graphql (GraphiQL in a browser)\n     \
             for example: curl -s http://{address}/graphql -H 'Content-Type: application/json' \
             -d '{{\"query\":\"{{blockTraces(node_name:\\\"{NODE}\\\",maxLength:2)}}\"}}'\n     \
             Ctrl-C stops everything"
        ));
        let config = log_api::Config {
            address,
            compatibility: Compatibility::Corrected,
        };
        log_api::run(config, opened.database.clone(), shutdown).await?;
    }
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn tour(database: &Database, files: Vec<PathBuf>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let files = if files.is_empty() {
        tell("2/4  importing the built-in example of two blocks");
        vec![write_example(folder.path())?]
    } else {
        tell("2/4  importing");
        files
    };
    let inputs = tokio::task::spawn_blocking(move || Inputs::find(&files)).await??;
    let options = ImportOptions {
        node_name: NODE.to_owned(),
        deployment_id: None,
        tracer: TracerOptions::default(),
    };
    let summary = import_with_progress(database, inputs, options).await?;
    tell(&format!(
        "     {} lines, {} of them stored already; {} new block traces in {:.2} s",
        summary.lines, summary.already_stored_lines, summary.blocks, summary.seconds
    ));
    let longest = database
        .longest_block_trace(summary.deployment_id, NODE)
        .await?;
    if let Some(block) = longest {
        tell("3/4  the block that took the longest\n");
        let corrected = Compatibility::Corrected;
        print_block(database, summary.deployment_id, NODE, &block, corrected).await?;
        tell("");
    }
    Ok(())
}

/// Writes the example where the import finds it; gives its main file.
fn write_example(folder: &Path) -> anyhow::Result<PathBuf> {
    for (name, content) in EXAMPLE {
        let path = folder.join(name);
        std::fs::write(&path, content)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder.join(EXAMPLE[0].0))
}

//! `loadlab demo FILE…`: import, a block's tree, and the log API.

use std::path::PathBuf;
use std::process::ExitCode;

use store::{ConnectOptions, Database};
use tokio_util::sync::CancellationToken;
use trace::{Compatibility, TracerOptions};
use trace_import::{ImportOptions, Inputs};

use super::arguments::DemoArguments;
use crate::choice::Connection;
use crate::connection::Opened;
use crate::output::inform;
use crate::services::Service;
use crate::serving;
use crate::trace_command::import::import_with_progress;
use crate::trace_command::show::print_block;
use crate::up::settle;

/// The node that the demo imports for.
const NODE: &str = "demo";

pub(super) async fn run(
    arguments: DemoArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    inform("1/4  starting the database");
    let options = ConnectOptions::for_writing();
    serving::on_database(
        connection,
        &options,
        &[],
        serving::WhenAway::Fail,
        async |opened, shutdown| run_on(arguments, opened, shutdown).await,
    )
    .await
}

async fn run_on(
    arguments: DemoArguments,
    opened: &Opened,
    shutdown: CancellationToken,
) -> anyhow::Result<ExitCode> {
    inform(&format!("     {}", store::redacted_url(opened.url())));
    let tour = tour(&opened.database, arguments.files);
    let finished = tokio::select! {
        result = tour => { result?; true }
        () = shutdown.cancelled() => false,
    };
    if finished && !arguments.exit {
        let usual = service::loopback(log_api::DEFAULT_PORT);
        let address = settle(usual, arguments.ports.free_ports, Service::LogApi).await?;
        inform(&format!(
            "4/4  the log API answers at http://{address}/graphql (GraphiQL in a browser)\n     \
             for example: curl -s http://{address}/graphql -H 'Content-Type: application/json' \
             -d '{{\"query\":\"{{blockTraces(node_name:\\\"{NODE}\\\",order:Descending,maxLength:2)}}\"}}'\n     \
             Ctrl-C stops everything"
        ));
        let config = log_api::Config {
            address,
            compatibility: Compatibility::Corrected,
            ..log_api::Config::default()
        };
        log_api::run(config, opened.database.clone(), shutdown).await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn tour(database: &Database, files: Vec<PathBuf>) -> anyhow::Result<()> {
    inform("2/4  importing");
    let inputs = tokio::task::spawn_blocking(move || Inputs::find(&files)).await??;
    let options = ImportOptions {
        node_name: NODE.to_owned(),
        deployment_id: None,
        tracer: TracerOptions::default(),
    };
    let summary = import_with_progress(database, inputs, options).await?;
    inform(&format!(
        "     {} lines, {} of them stored already; {} new block traces in {:.2} s",
        summary.lines, summary.already_stored_lines, summary.blocks, summary.seconds
    ));
    let longest = database
        .longest_block_trace(summary.deployment_id, NODE)
        .await?;
    if let Some(block) = longest {
        inform("3/4  the block that took the longest\n");
        let corrected = Compatibility::Corrected;
        print_block(database, summary.deployment_id, NODE, &block, corrected).await?;
        inform("");
    }
    Ok(())
}

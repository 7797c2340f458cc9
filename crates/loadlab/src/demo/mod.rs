//! `loadlab demo`: what the product does, in one command.

mod cycle;
mod report;
mod services;
mod tour;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use store::embedded::default_data_dir;
use store::{ConnectOptions, Database};
use tokio_util::sync::CancellationToken;
use trace::Compatibility;

use self::report::Verdict;
use crate::cli::{Connection, OutputFormat};
use crate::connection::Opened;
use crate::output::tell;
use crate::serving;
use crate::settings::Settings;
use crate::trace_command::show::print_block;
use crate::up::{Lab, Network, NetworkArguments, Plan, PortArguments, table_text};

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Trace files: import them, show a block, and serve the log API, instead of running
    /// an experiment.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Stop at the end instead of leaving everything running.
    #[arg(long)]
    pub(crate) exit: bool,
    /// Nodes of the simulated network.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=100))]
    nodes: u16,
    #[command(flatten)]
    network: NetworkArguments,
    #[command(flatten)]
    ports: PortArguments,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(crate) async fn run(
    arguments: DemoArguments,
    connection: &Connection,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let mut connection = connection.clone();
    // The demo keeps away from the data of real work.
    if connection.names_nothing() {
        connection.data_dir = Some(default_data_dir()?.join("demo"));
    }
    if arguments.files.is_empty() {
        run_cycle(arguments, &connection, settings).await
    } else {
        tour::run(arguments, &connection).await
    }
}

async fn run_cycle(
    arguments: DemoArguments,
    connection: &Connection,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    tell("1/6  starting the database, the services and a simulated network");
    let network = Network {
        nodes: usize::from(arguments.nodes),
        time_scale: arguments.network.time_scale,
        seed: arguments.network.seed,
        folder: connection.folder()?.join("simnet"),
        trace_ports: None,
    };
    let plan = Plan::new(&[], Some(network), arguments.ports.free_ports, settings).await?;
    let (addresses, options) = (plan.listening(), ConnectOptions::for_queries());
    serving::on_database(
        connection,
        &options,
        &addresses,
        async |opened, shutdown| run_lab(arguments, plan, opened, &shutdown).await,
    )
    .await
}

async fn run_lab(
    arguments: DemoArguments,
    plan: Plan,
    opened: &Opened,
    shutdown: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let starting = Lab::start(plan, opened);
    let mut lab = tokio::select! {
        lab = starting => lab?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    tell(&table_text(&lab, &store::redacted_url(opened.url())));
    let cycle = cycle::run(
        lab.addresses,
        usize::from(arguments.nodes),
        arguments.network,
    );
    let result = tokio::select! {
        result = cycle => result.map(Some),
        error = lab.service_ended() => Err(error),
        () = shutdown.cancelled() => Ok(None),
    };
    let mut result = result;
    let finished = matches!(&result, Ok(Some(_)));
    if let Ok(Some(report)) = &result {
        report.print(arguments.format)?;
        if arguments.format == OutputFormat::Text {
            show_a_block(&opened.database, report.deployment_id()).await?;
        }
    }
    if finished && !arguments.exit {
        tell("\neverything is still running; Ctrl-C stops it");
        tokio::select! {
            error = lab.service_ended() => result = Err(error),
            () = shutdown.cancelled() => {}
        }
    }
    lab.stop().await?;
    match result? {
        Some(report) if report.verdict() == Verdict::Success => Ok(ExitCode::SUCCESS),
        Some(_) => Ok(ExitCode::FAILURE),
        None => Ok(ExitCode::from(130)),
    }
}

/// Shows the block of a deployment that took longest on any node.
async fn show_a_block(database: &Database, deployment_id: i32) -> anyhow::Result<()> {
    for node in database.nodes(deployment_id).await? {
        if let Some(block) = database.longest_block_trace(deployment_id, &node).await? {
            tell(&format!("\nthe block that took longest on {node}\n"));
            let corrected = Compatibility::Corrected;
            return print_block(database, deployment_id, &node, &block, corrected).await;
        }
    }
    Ok(())
}

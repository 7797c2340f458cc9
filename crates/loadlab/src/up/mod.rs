//! `loadlab up`: services in one process, for a real network or beside a simulated one.

mod lab;
mod plan;
mod ports;
mod simulated;
mod table;

use std::process::ExitCode;

use clap::Args;
use store::ConnectOptions;
use tokio_util::sync::CancellationToken;

pub(crate) use lab::Lab;
pub(crate) use plan::Plan;
pub(crate) use ports::settle;
pub(crate) use simulated::{SimulatedNetwork, release};
pub(crate) use table::text as table_text;

use crate::choice::Connection;
use crate::connection::Opened;
use crate::output;
use crate::services::Service;
use crate::serving;
use crate::settings::Settings;

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct UpArguments {
    /// The services to run. Default: all that are configured. Each takes its variables,
    /// as it does when it runs alone.
    #[arg(value_enum, value_name = "SERVICE")]
    services: Vec<Service>,
    /// Run a simulated network of this number of nodes beside them. Without it, they work on a
    /// real network.
    #[arg(long, value_name = "NODES", value_parser = clap::value_parser!(u16).range(1..=1000))]
    simnet: Option<u16>,
    #[command(flatten)]
    network: NetworkArguments,
    #[command(flatten)]
    ports: PortArguments,
}

/// How a simulated network runs.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Simulated network")]
pub(crate) struct NetworkArguments {
    /// How many times faster than real time the network runs; the waits of the
    /// orchestrator are on the same scale.
    #[arg(long, value_name = "FACTOR", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) time_scale: u32,
    /// What everything that looks random in the network comes from.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Every node takes longer by this factor at a checkpoint of the handling of
    /// blocks, such as `Apply_diff=1.1`: to see whether a comparison or a threshold finds it.
    #[arg(long, value_name = "CHECKPOINT=FACTOR")]
    pub(crate) slow: Option<simulation::Slowed>,
}

/// On which ports services listen.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PortArguments {
    /// Take any free ports instead of those that the original's users know.
    #[arg(long)]
    pub(crate) free_ports: bool,
}

pub(crate) async fn run(
    arguments: UpArguments,
    connection: &Connection,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let network = match arguments.simnet {
        Some(nodes) => Some(SimulatedNetwork {
            nodes: usize::from(nodes),
            time_scale: arguments.network.time_scale,
            seed: arguments.network.seed,
            slow: arguments.network.slow,
            folder: connection.folder()?.join("simnet"),
            trace_ports: None,
        }),
        None => None,
    };
    // Before anything is started, so that a mistake is reported at once.
    let plan = Plan::new(
        &arguments.services,
        network,
        arguments.ports.free_ports,
        settings,
    )
    .await?;
    let addresses = plan.listening();
    let options = ConnectOptions::for_queries();
    serving::on_database(
        connection,
        &options,
        &addresses,
        serving::WhenAway::Wait,
        async |opened, shutdown| run_lab(plan, opened, &shutdown).await,
    )
    .await
}

async fn run_lab(
    plan: Plan,
    opened: &Opened,
    shutdown: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let starting = Lab::start(plan, opened);
    let mut lab = tokio::select! {
        lab = starting => lab?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    output::print(&table::text(&lab, &store::redacted_url(opened.url())))?;
    let ended = tokio::select! {
        ended = lab.service_ended() => Some(ended),
        () = shutdown.cancelled() => None,
    };
    lab.stop().await?;
    ended.map_or(Ok(ExitCode::SUCCESS), Err)
}

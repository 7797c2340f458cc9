//! `loadlab up`: all services in one process, beside a simulated network.

mod lab;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use store::ConnectOptions;
use tokio_util::sync::CancellationToken;

pub(crate) use lab::{Addresses, Lab, LabOptions, release, service_address};
pub(crate) use table::text as table_text;

use crate::cli::Connection;
use crate::connection::Opened;
use crate::output;
use crate::serving;

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct UpArguments {
    /// Run a simulated network of so many nodes. The services for a real network are
    /// commands of their own.
    #[arg(long, value_name = "NODES", value_parser = clap::value_parser!(u16).range(1..=1000))]
    simnet: u16,
    #[command(flatten)]
    network: NetworkArguments,
}

/// How the simulated network and the services beside it run.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct NetworkArguments {
    /// How many times faster than real time the network runs; the waits of the
    /// orchestrator are on the same scale.
    #[arg(long, value_name = "FACTOR", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) time_scale: u32,
    /// What everything that looks random in the network comes from.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Take any free ports instead of those that the original's users know.
    #[arg(long)]
    pub(crate) free_ports: bool,
}

pub(crate) async fn run(
    arguments: UpArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let folder = connection.folder()?.join("simnet");
    let on_database = ConnectOptions::for_queries();
    serving::on_database(connection, &on_database, None, async |opened, shutdown| {
        run_lab(arguments, folder, opened, &shutdown).await
    })
    .await
}

async fn run_lab(
    arguments: UpArguments,
    folder: PathBuf,
    opened: &Opened,
    shutdown: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let options = LabOptions {
        nodes: usize::from(arguments.simnet),
        network: arguments.network,
        folder,
    };
    let starting = Lab::start(&options, opened);
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

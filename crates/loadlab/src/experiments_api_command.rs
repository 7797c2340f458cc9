//! `loadlab experiments-api`: its arguments, and running it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Args;
use store::ConnectOptions;

use crate::cli::Connection;
use crate::guard_arguments::GuardArguments;
use crate::serving;

/// Arguments of `experiments-api`.
#[derive(Debug, Args)]
pub(crate) struct ExperimentsApiArguments {
    /// The address to listen on. Other machines can connect only if it is not a
    /// loopback address.
    #[arg(long, env = "EXPERIMENTS_API_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on.
    #[arg(long, env = "EXPERIMENTS_API_PORT", default_value_t = experiments_api::DEFAULT_PORT)]
    port: u16,
    #[command(flatten)]
    guard: GuardArguments,
}

pub(crate) async fn run(
    arguments: ExperimentsApiArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let address = SocketAddr::new(arguments.host, arguments.port);
    // Before anything is started, so that a mistake is told at once.
    let guard = arguments.guard.guard(address)?;
    let config = experiments_api::Config { address, guard };
    let options = ConnectOptions::for_queries();
    serving::on_database(
        connection,
        &options,
        Some(address),
        async move |opened, shutdown| {
            experiments_api::run(config, opened.database.clone(), shutdown).await?;
            Ok(ExitCode::SUCCESS)
        },
    )
    .await
}

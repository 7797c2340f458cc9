//! `loadlab log-api`.

use std::net::SocketAddr;
use std::process::ExitCode;

use store::ConnectOptions;

use crate::cli::{Connection, LogApiArguments};

pub(crate) async fn run(
    arguments: LogApiArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    service::metrics::install()?;
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let config = log_api::Config {
        address: SocketAddr::new(arguments.host, arguments.port),
        compatibility: arguments.compatibility.into(),
    };
    log_api::run(config, opened.database.clone(), shutdown).await?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

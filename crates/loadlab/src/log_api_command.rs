//! `loadlab log-api`.

use std::net::SocketAddr;
use std::process::ExitCode;

use store::ConnectOptions;

use crate::cli::{Connection, LogApiArguments};
use crate::serving;

pub(crate) async fn run(
    arguments: LogApiArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let config = log_api::Config {
        address: SocketAddr::new(arguments.host, arguments.port),
        compatibility: arguments.compatibility.into(),
    };
    let options = ConnectOptions::for_queries();
    let address = Some(config.address);
    serving::on_database(
        connection,
        &options,
        address,
        async move |opened, shutdown| {
            log_api::run(config, opened.database.clone(), shutdown).await?;
            Ok(ExitCode::SUCCESS)
        },
    )
    .await
}

//! The fetcher, in a process of its own so that its memory and processor time
//! can be told.

use std::time::Duration;

use clap::Args;
use log_fetcher::Config;
use log_fetcher::discovery::DiscoverySource;
use store::Database;
use url::Url;

use super::nodes;

/// Variable with the database's URL: the arguments of a process can be seen.
pub(super) const DATABASE_VARIABLE: &str = "LOADLAB_BENCH_DATABASE_URL";

/// Arguments of the hidden command.
#[derive(Debug, Args)]
pub(crate) struct ChildArguments {
    #[arg(long)]
    online_url: Url,
    #[arg(long)]
    interval_ms: u64,
    #[arg(long)]
    queue_capacity: u64,
}

pub(crate) async fn run_child(arguments: ChildArguments) -> anyhow::Result<()> {
    let url = std::env::var(DATABASE_VARIABLE)?;
    let source = DiscoverySource::Online(arguments.online_url);
    let mut config = Config::new(nodes::key(), source);
    config.address.set_port(0);
    config.pace.interval_max = Duration::from_millis(arguments.interval_ms);
    config.pace.queue_capacity = arguments.queue_capacity;
    config.allowed = config.allowed.with_loopback();
    let shutdown = service::shutdown::on_signal()?;
    service::metrics::install()?;
    let database = Database::connect(&url, &config.connect_options()).await?;
    log_fetcher::run(config, database.clone(), shutdown).await?;
    database.close().await;
    Ok(())
}

//! `bench results`: how fast answers about results come, and how small and fast open data are.
//!
//! The view `experiments` over a million transactions beside the original's formula, the routes of
//! the experiments API and of the log API over HTTP, and the export of imported traces.

mod experiments;
mod http_client;
mod pages;
mod parquet;
mod report;
mod servers;

use std::path::PathBuf;
use std::time::Duration;

use self::report::Report;
use self::servers::Servers;
use crate::output::{OutputFormat, inform};
use crate::server::TemporaryServer;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Transactions in the view `experiments`
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=100_000_000))]
    transactions: u32,
    /// Rounds that they are of
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
    /// Rounds in the list of experiments
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    listed_rounds: u32,
    /// Clients that ask for the list at the same time
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=512))]
    clients: u32,
    /// For how many seconds they ask
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// The longest time for the original's formula, in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    original_seconds: u64,
    /// Checkpoints of the trace that is read
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=99_000))]
    trace_checkpoints: u32,
    /// Lines of the traces that are exported, at least
    #[arg(long, default_value_t = 3_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    lines: u64,
    /// The trace that they are made from; a recorded one if none is given
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Measures only this: `experiments`, `pages` or `parquet`
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Experiments,
    Pages,
    Parquet,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let measured = |part| arguments.only.is_none_or(|only| only == part);
    let server = TemporaryServer::start().await?;
    let mut report = Report::default();
    if measured(Part::Experiments) {
        inform(&format!(
            "1/3  the view experiments over {} transactions, and its route",
            arguments.transactions
        ));
        let database = server.connect(4).await?;
        let limit = Duration::from_secs(arguments.original_seconds);
        let (transactions, rounds) = (arguments.transactions, arguments.rounds);
        report.view = Some(experiments::view(&database, transactions, rounds, limit).await?);
        database
            .make_transactions(transactions, arguments.listed_rounds)
            .await?;
        let servers = Servers::start(server.url()).await?;
        let time = Duration::from_secs(arguments.seconds);
        let address = servers.experiments_api;
        report.requests = Some(experiments::requests(address, arguments.clients, time).await?);
        servers.stop().await?;
        database.close().await;
    }
    if measured(Part::Pages) {
        inform("2/3  matrix, trace and attribution over HTTP");
        report.pages = Some(pages::measure(&server, arguments.trace_checkpoints).await?);
    }
    if measured(Part::Parquet) {
        inform(&format!(
            "3/3  importing and exporting {} lines",
            arguments.lines
        ));
        report.parquet = Some(parquet::measure(&server, arguments.trace, arguments.lines).await?);
    }
    report.print(arguments.format);
    Ok(())
}

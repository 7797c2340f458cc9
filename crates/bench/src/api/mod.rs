//! `bench api`: how long readers wait while the database is large and busy.
//!
//! The database is filled through the import; then the log API runs on threads
//! of its own, an import writes without a pause, and clients ask over HTTP for
//! random blocks and for the list of blocks of random nodes.

mod clients;
mod report;
mod threads;

use std::path::PathBuf;
use std::sync::Arc;

use self::clients::Clients;
use self::report::Report;
use self::threads::{Api, Importing};
use crate::filling;
use crate::fleet::Fleet;
use crate::output::{OutputFormat, inform};
use crate::server::TemporaryServer;
use crate::source;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Checkpoints to store first, at least
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    checkpoints: u64,
    /// Nodes that have written them
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    nodes: u64,
    /// Requests of each kind
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: u64,
    /// Clients that ask at the same time, each one request after another
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    clients: u32,
    /// The trace that the blocks are made from; a recorded one if none is given
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let template = Arc::new(source::template(arguments.trace)?);
    let in_source = template.checkpoints;
    let fleet = Fleet::with_at_least(template, arguments.nodes, arguments.checkpoints, in_source);
    let server = TemporaryServer::start().await?;
    inform(&format!(
        "1/2  importing {} checkpoints ({} lines) of {} nodes",
        fleet.checkpoints(),
        fleet.lines(),
        fleet.nodes
    ));
    filling::fill(&server, &fleet).await?;
    inform(&format!(
        "2/2  {} requests of each kind from {} clients, while importing",
        arguments.requests, arguments.clients
    ));
    let api = Api::start(server.url()).await?;
    let importing = Importing::start(server.url(), &fleet);
    let clients = Clients {
        address: api.address,
        count: arguments.clients,
        requests: arguments.requests,
    };
    let measured = clients.measure(&fleet).await;
    let ingest_lines_per_second = importing.stop().await?;
    api.stop().await?;
    let (blocks, lists) = measured?;
    Report {
        checkpoints: fleet.checkpoints(),
        blocks,
        lists,
        ingest_lines_per_second,
    }
    .print(arguments.format);
    Ok(())
}

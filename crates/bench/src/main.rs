//! Benchmarks of loadlab: `bench ingest`, `bench api`, `bench fan-in`, `bench simnet`,
//! `bench scheduling`, `bench results` and `bench archive`.
//!
//! Everything that is compared is measured in one run, on one machine and one
//! server, because absolute figures of different machines say little. The
//! server is an embedded one in a temporary folder, with `fsync` on. Results go
//! to standard output, everything else to standard error.

mod api;
mod archive;
mod fan_in;
mod filling;
mod fleet;
mod ingest;
mod memory;
mod output;
mod results;
mod scheduling;
mod server;
mod simnet;
mod source;
mod template;

use std::process::ExitCode;

use allocator::Allocator;
use clap::{Parser, Subcommand};

/// That of the program.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

#[derive(Debug, Parser)]
#[command(name = "bench", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lines per second: tracer alone, end to end, plain COPY, row by row
    Ingest(ingest::Arguments),
    /// Latency of the log API on a large database, while importing
    Api(api::Arguments),
    /// One fetcher and a thousand nodes: lag, losses, cost, bad nodes, catching up
    FanIn(fan_in::Arguments),
    /// The simulated network, and signed submissions to the uptime backend
    Simnet(simnet::Arguments),
    /// How fast a round is scheduled on a thousand nodes, and whether the orchestrator answers
    Scheduling(scheduling::Arguments),
    /// The view of experiments, the pages' questions, and open data: how fast, how small
    Results(results::Arguments),
    /// Deployments in an archive: how small, how fast written, verified, asked and brought back
    Archive(archive::Arguments),
    /// The part of `archive` whose memory is measured
    #[command(hide = true)]
    ArchiveChild(archive::ChildArguments),
    /// The fetcher of `fan-in`, whose memory is measured
    #[command(hide = true)]
    FetcherChild(fan_in::ChildArguments),
    /// The part of `ingest` whose memory is measured
    #[command(hide = true)]
    ImportChild(ingest::ChildArguments),
    /// The part of `simnet` whose memory is measured
    #[command(hide = true)]
    SimnetChild,
}

fn main() -> ExitCode {
    allocator::shorten_purge_delay();
    let cli = Cli::parse();
    let result = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let result = runtime.block_on(run(cli.command));
            runtime.shutdown_background();
            result
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::inform(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs a benchmark. Ctrl-C ends it in order, so that server and temporary
/// folders go.
async fn run(command: Command) -> anyhow::Result<()> {
    let shutdown = service::shutdown::on_signal()?;
    let work = async {
        match command {
            Command::Ingest(arguments) => ingest::run(arguments).await,
            Command::Api(arguments) => api::run(arguments).await,
            Command::FanIn(arguments) => fan_in::run(arguments).await,
            Command::FetcherChild(arguments) => fan_in::run_child(arguments).await,
            Command::Simnet(arguments) => simnet::run(arguments).await,
            Command::Scheduling(arguments) => scheduling::run(arguments).await,
            Command::Results(arguments) => results::run(arguments).await,
            Command::Archive(arguments) => archive::run(arguments).await,
            Command::ArchiveChild(arguments) => archive::run_child(arguments).await,
            Command::ImportChild(arguments) => ingest::run_child(arguments).await,
            Command::SimnetChild => simnet::run_child().await,
        }
    };
    tokio::select! {
        result = work => result,
        () = shutdown.cancelled() => anyhow::bail!("interrupted"),
    }
}

//! `bench fan-in`: one fetcher and many nodes on one machine. How late entries
//! are stored, what that costs, what bad nodes do to good ones, and how fast a
//! backlog is drained.

mod child;
mod lag;
mod nodes;
mod process;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::routing::get;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use store::Database;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

pub(crate) use child::{ChildArguments, run_child};
use lag::Lags;
use nodes::{Behaviour, BenchNode, Clock};

use crate::server::TemporaryServer;
use crate::{OutputFormat, print, tell};

/// A public key, so that nodes have names.
const SUBMITTER: &str = "B62qoTqMG41DFgkyQmY2Pos1x671Gfzs9k8NKqUdSg7wQasEV6qnXQP";
/// How often is looked what is stored.
const LOOK: Duration = Duration::from_millis(200);
/// How long a phase may take at most, beyond its time.
const PATIENCE: Duration = Duration::from_secs(60);
/// One in so many nodes is bad in the second phase.
const BAD_SHARE: usize = 10;

/// Arguments of `bench fan-in`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Nodes.
    #[arg(long, default_value_t = 1_000)]
    nodes: usize,
    /// Log entries that each writes per second.
    #[arg(long, default_value_t = 12.5)]
    lines_per_second: f64,
    /// Seconds of each of the two phases.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Longest pause between two polls of a node, in milliseconds.
    #[arg(long, default_value_t = 5_000)]
    interval_ms: u64,
    /// Nodes with a backlog of an hour to drain.
    #[arg(long, default_value_t = 40)]
    catch_up_nodes: usize,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    format: OutputFormat,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    nodes: usize,
    lines_per_second: f64,
    completeness: f64,
    poll_interval_seconds: f64,
    p50_lag_seconds: f64,
    p99_lag_seconds: f64,
    p99_lag_seconds_with_faults: f64,
    fetcher_memory_mib: f64,
    database_connections: u64,
    cpu_seconds_per_million_lines: f64,
    catch_up_lines_per_second: f64,
    catch_up_memory_mib: f64,
    /// Processors that each was using while the backlog was drained.
    catch_up_processors: Processors,
    catch_up_limit: &'static str,
}

#[derive(Debug, Default, Serialize)]
struct Processors {
    fetcher: f64,
    nodes: f64,
    database: f64,
    machine: f64,
}

/// The nodes of a phase, the list of them, and a fetcher.
struct Fleet {
    nodes: Vec<BenchNode>,
    clock: Clock,
    fetcher: Child,
    pid: u32,
    database: Database,
    _server: TemporaryServer,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    ensure!(
        arguments.nodes >= BAD_SHARE,
        "at least {BAD_SHARE} nodes are needed"
    );
    let mut report = Report {
        nodes: arguments.nodes,
        lines_per_second: arguments.lines_per_second,
        #[expect(clippy::cast_precision_loss, reason = "a pause")]
        poll_interval_seconds: arguments.interval_ms as f64 / 1_000.0,
        ..Report::default()
    };
    steady(&arguments, &mut report).await?;
    catch_up(&arguments, &mut report).await?;
    match arguments.format {
        OutputFormat::Json => print(&serde_json::to_string(&report)?),
        OutputFormat::Text => print(&serde_json::to_string_pretty(&report)?),
    }
    Ok(())
}

/// All nodes well, then one in ten bad.
async fn steady(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    tell(&format!(
        "{} nodes, {} lines/s each",
        arguments.nodes, arguments.lines_per_second
    ));
    let clock = Clock::start(arguments.lines_per_second, 0);
    let fleet = Fleet::start(arguments.nodes, clock, 500, arguments.interval_ms).await?;
    // Until every node is fetched from.
    let warm_up = Duration::from_millis(2 * arguments.interval_ms) + Duration::from_secs(5);
    Lags::default().watch(&fleet, 0, warm_up).await?;
    let phase = Duration::from_secs(arguments.seconds);
    let (cpu_before, lines_before) = (process::cpu_seconds(fleet.pid)?, fleet.stored().await?);
    let mut lags = Lags::default();
    lags.watch(&fleet, 0, phase).await?;
    let cpu = process::cpu_seconds(fleet.pid)? - cpu_before;
    let lines = fleet.stored().await? - lines_before;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let millions = lines as f64 / 1e6;
    report.cpu_seconds_per_million_lines = cpu / millions;
    report.p50_lag_seconds = lags.quantile(0.5);
    report.p99_lag_seconds = lags.quantile(0.99);
    report.database_connections = fleet.database.connections("loadlab log-fetcher").await?;
    report.fetcher_memory_mib = process::peak_memory_mib(fleet.pid)?;

    tell("one node in ten dies, hangs, never ends its answer, or answers nonsense");
    let bad = arguments.nodes / BAD_SHARE;
    let kinds = [
        Behaviour::Dead,
        Behaviour::Hangs,
        Behaviour::NeverEnds,
        Behaviour::Nonsense,
    ];
    for (node, kind) in fleet.nodes[..bad].iter().zip(kinds.iter().cycle()) {
        node.behave(*kind);
    }
    let mut lags = Lags::default();
    lags.watch(&fleet, bad, phase).await?;
    report.p99_lag_seconds_with_faults = lags.quantile(0.99);
    report.fetcher_memory_mib = process::peak_memory_mib(fleet.pid)?.max(report.fetcher_memory_mib);
    report.completeness = fleet.completeness(bad).await?;
    fleet.stop().await
}

/// Nodes that nobody asked for an hour.
async fn catch_up(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let backlog = (3_600.0 * arguments.lines_per_second) as u64;
    let nodes = arguments.catch_up_nodes;
    tell(&format!(
        "{nodes} nodes with a backlog of {backlog} lines each"
    ));
    let clock = Clock::start(0.0, backlog);
    let fleet = Fleet::start(nodes, clock, backlog, arguments.interval_ms).await?;
    let total = backlog * nodes as u64;
    wait_for(&fleet, 1).await?;
    let before = fleet.stored().await?;
    let (fetcher, own, machine) = (
        process::cpu_seconds(fleet.pid)?,
        process::cpu_seconds(std::process::id())?,
        process::machine_cpu_seconds()?,
    );
    let seconds = wait_for(&fleet, total).await?;
    let used = |now: f64, before: f64| (now - before) / seconds.max(1e-9);
    let fetcher = used(process::cpu_seconds(fleet.pid)?, fetcher);
    let own = used(process::cpu_seconds(std::process::id())?, own);
    let machine = used(process::machine_cpu_seconds()?, machine);
    report.catch_up_lines_per_second = crate::per_second(total - before, seconds);
    report.catch_up_memory_mib = process::peak_memory_mib(fleet.pid)?;
    let database = (machine - fetcher - own).max(0.0);
    report.catch_up_processors = Processors {
        fetcher,
        nodes: own,
        database,
        machine,
    };
    report.catch_up_limit = if database >= fetcher && database >= own {
        "database"
    } else if own >= fetcher {
        "simulated nodes"
    } else {
        "fetcher"
    };
    fleet.stop().await
}

/// Waits until so many lines are stored; tells the seconds that took.
async fn wait_for(fleet: &Fleet, lines: u64) -> anyhow::Result<f64> {
    let begun = std::time::Instant::now();
    while fleet.stored().await? < lines {
        ensure!(begun.elapsed() < PATIENCE, "the fetcher does not get on");
        tokio::time::sleep(LOOK / 2).await;
    }
    Ok(begun.elapsed().as_secs_f64())
}

impl Fleet {
    async fn start(
        count: usize,
        clock: Clock,
        capacity: u64,
        interval_ms: u64,
    ) -> anyhow::Result<Self> {
        let server = TemporaryServer::start().await?;
        let database = server.connect(2).await?;
        let mut nodes = Vec::with_capacity(count);
        for number in 0..count {
            nodes.push(BenchNode::start(number, clock, capacity).await?);
        }
        let list: Vec<_> = nodes
            .iter()
            .map(|node| {
                json!({
                    "remote_addr": "127.0.0.1",
                    "submitter": SUBMITTER,
                    "graphql_control_port": node.address.port(),
                })
            })
            .collect();
        let list = Arc::new(serde_json::to_string(&list)?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let online = format!("http://{}/", listener.local_addr()?);
        let router = Router::new().route("/", get(move || std::future::ready(list.to_string())));
        tokio::spawn(async move { axum::serve(listener, router).await });
        // A port that was free a moment ago.
        let free = TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?;
        let fetcher = Command::new(std::env::current_exe()?)
            .arg("fetcher-child")
            .args(["--online-url", &online, "--address", &free.to_string()])
            .args(["--interval-ms", &interval_ms.to_string()])
            .args(["--queue-capacity", &capacity.to_string()])
            .env(child::DATABASE_VARIABLE, server.url())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the fetcher cannot be started")?;
        let pid = fetcher.id().context("the fetcher has ended at once")?;
        Ok(Self {
            nodes,
            clock,
            fetcher,
            pid,
            database,
            _server: server,
        })
    }

    async fn stored(&self) -> anyhow::Result<u64> {
        let cursors = self.database.node_cursors().await?;
        Ok(cursors.into_iter().map(|(_, last)| last).sum())
    }

    /// Of the good nodes: stored as a part of what was written and had the
    /// time to be fetched. Lost entries count against it.
    async fn completeness(&self, bad: usize) -> anyhow::Result<f64> {
        let good: std::collections::HashSet<String> =
            self.nodes[bad..].iter().map(BenchNode::name).collect();
        let deployment = self
            .database
            .newest_deployment()
            .await?
            .context("no deployment")?;
        let nodes = self.database.completeness(deployment, None).await?;
        let nodes = nodes.iter().filter(|node| good.contains(&node.node_name));
        let (mut stored, mut lost, mut count) = (0, 0, 0);
        for node in nodes {
            stored += node.stored_entries;
            lost += node.lost_entries;
            count += 1;
        }
        ensure!(
            count == good.len(),
            "{count} of {} nodes were fetched from",
            good.len()
        );
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let completeness = stored as f64 / (stored + lost) as f64;
        Ok(completeness)
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.fetcher.start_kill()?;
        self.fetcher.wait().await?;
        self.database.close().await;
        Ok(())
    }
}

impl BenchNode {
    fn name(&self) -> String {
        let tail = &SUBMITTER[SUBMITTER.len() - 8..];
        format!("{tail}-127.0.0.1-{}", self.address.port())
    }
}

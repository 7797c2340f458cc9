//! The nodes of a phase, the list of them, a database and a fetcher.

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::routing::get;
use serde_json::json;
use store::Database;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::child;
use super::log::SharedLog;
use super::nodes::{BenchNode, SUBMITTER};
use crate::server::TemporaryServer;

/// How often is looked whether everything is stored.
const LOOK: Duration = Duration::from_millis(100);

pub(super) struct Fleet {
    pub(super) nodes: Vec<BenchNode>,
    pub(super) log: Arc<SharedLog>,
    pub(super) database: Database,
    pub(super) server: TemporaryServer,
    /// When any node was first asked for its log.
    pub(super) first_asked: Arc<OnceLock<Instant>>,
    capacity: u64,
}

/// The fetcher's process.
pub(super) struct Fetcher {
    child: Child,
    pub(super) pid: u32,
}

impl Fleet {
    pub(super) async fn start(
        count: usize,
        log: Arc<SharedLog>,
        capacity: u64,
    ) -> anyhow::Result<Self> {
        let server = TemporaryServer::start().await?;
        let database = server.connect(2).await?;
        let first_asked = Arc::new(OnceLock::new());
        let mut nodes = Vec::with_capacity(count);
        for number in 0..count {
            let (log, first_asked) = (Arc::clone(&log), Arc::clone(&first_asked));
            nodes.push(BenchNode::start(number, log, capacity, first_asked).await?);
        }
        Ok(Self {
            nodes,
            log,
            database,
            server,
            first_asked,
            capacity,
        })
    }

    /// Starts a fetcher that discovers the nodes.
    pub(super) async fn fetch(&self, interval_ms: u64) -> anyhow::Result<Fetcher> {
        let list: Vec<_> = self
            .nodes
            .iter()
            .map(|node| {
                json!({
                    "remote_addr": node.address.ip().to_string(),
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
        let child = Command::new(std::env::current_exe()?)
            .arg("fetcher-child")
            .args(["--online-url", &online])
            .args(["--interval-ms", &interval_ms.to_string()])
            .args(["--queue-capacity", &self.capacity.to_string()])
            .env(child::DATABASE_VARIABLE, self.server.url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the fetcher cannot be started")?;
        let pid = child.id().context("the fetcher has ended at once")?;
        Ok(Fetcher { child, pid })
    }

    /// Entries of all nodes that are stored or counted as lost.
    pub(super) async fn accounted(&self) -> anyhow::Result<u64> {
        let cursors = self.database.node_cursors().await?;
        Ok(cursors.into_iter().map(|(_, last)| last).sum())
    }

    /// Waits until this number of entries is stored or lost.
    pub(super) async fn wait_for(&self, entries: u64, patience: Duration) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let accounted = self.accounted().await?;
            if accounted >= entries {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < patience,
                "the fetcher does not get on: {accounted} of {entries} entries after {} s",
                patience.as_secs()
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends the log, waits until all nodes but the first `skip` are read to its end, and returns
    /// which part of what they have written is stored.
    pub(super) async fn completeness(
        &self,
        skip: usize,
        patience: Duration,
    ) -> anyhow::Result<f64> {
        let newest = self.log.stop();
        let names: HashSet<String> = self.nodes[skip..].iter().map(BenchNode::name).collect();
        let begun = Instant::now();
        loop {
            let cursors = self.database.node_cursors().await?;
            let are_read = cursors
                .iter()
                .filter(|(node, last)| names.contains(node) && *last == newest)
                .count();
            if are_read == names.len() || begun.elapsed() > patience {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let deployment = self.database.newest_deployment().await?;
        let deployment = deployment.context("the fetcher has made no deployment")?;
        let nodes = self.database.completeness(deployment, None).await?;
        let stored: i64 = nodes
            .iter()
            .filter(|node| names.contains(&node.node_name))
            .map(|node| node.stored_entries)
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let completeness = stored as f64 / (newest * names.len() as u64) as f64;
        Ok(completeness)
    }
}

impl Fetcher {
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.start_kill()?;
        self.child.wait().await?;
        Ok(())
    }
}

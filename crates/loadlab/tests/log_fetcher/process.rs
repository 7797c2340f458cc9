//! Fetchers as processes, the nodes that they fetch from, and the list of them.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::{ConnectOptions, Database};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::node::{TestNode, key};

const SUBMITTER: &str = "B62qoTqMG41DFgkyQmY2Pos1x671Gfzs9k8NKqUdSg7wQasEV6qnXQP";

pub(crate) struct Lab {
    pub(crate) nodes: Vec<TestNode>,
    online: SocketAddr,
    folder: TempDir,
}

impl Lab {
    pub(crate) async fn start(nodes: usize, capacity: usize) -> Self {
        let mut started = Vec::new();
        for _ in 0..nodes {
            started.push(TestNode::start(capacity).await);
        }
        let list: Vec<_> = started
            .iter()
            .map(|node| {
                serde_json::json!({
                    "remote_addr": node.address.ip().to_string(),
                    "submitter": SUBMITTER,
                    "graphql_control_port": node.address.port(),
                })
            })
            .collect();
        let list = serde_json::to_string(&list).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let online = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(move || std::future::ready(list.clone())));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let seed = base64_seed();
        std::fs::write(folder.path().join("fetcher_sk"), seed).unwrap();
        assert_eq!(
            key().verifying_key(),
            itn::SigningKey::from_base64(seed).unwrap().verifying_key()
        );
        Self {
            nodes: started,
            online,
            folder,
        }
    }

    /// Starts a fetcher with the command line of the original.
    pub(crate) fn fetch(&self, database_url: &str) -> Fetcher {
        let child = Command::new(env!("CARGO_BIN_EXE_loadlab"))
            .args(["log-fetcher", "-k"])
            .arg(self.folder.path().join("fetcher_sk"))
            .args(["--allow-network", "127.0.0.0/8", "--port", "0"])
            .args([
                "--lease-seconds",
                "1",
                "--discovery-seconds",
                "1",
                "discovery",
            ])
            .env("ONLINE_URL", format!("http://{}/", self.online))
            .env("FETCH_INTERVAL_MS", "200")
            .env("DATABASE_URL", database_url)
            .env("LOADLAB_LOG", "error")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Fetcher(child)
    }

    pub(crate) fn write(&self, entries: u64) {
        for node in &self.nodes {
            node.write(entries);
        }
    }

    /// How many entries the nodes have made.
    pub(crate) fn made(&self) -> u64 {
        self.nodes
            .iter()
            .map(|node| node.state().daemon.last_id)
            .sum()
    }
}

/// The base64 of the seed of [`key`].
fn base64_seed() -> &'static str {
    "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
}

pub(crate) struct Fetcher(Child);

impl Fetcher {
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0.id()).unwrap())
    }

    /// As `kill -9`.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// As Ctrl-C, and waits for the end.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::SIGINT);
        assert!(self.0.wait().unwrap().success());
    }
}

pub(crate) async fn connect(url: &str) -> Database {
    Database::connect(url, &ConnectOptions::for_queries())
        .await
        .unwrap()
}

/// Stored and lost entries of all nodes.
pub(crate) async fn stored_and_lost(database: &Database) -> Option<(u64, u64)> {
    let deployment = database.newest_deployment().await.ok()??;
    let nodes = database.completeness(deployment, None).await.ok()?;
    let stored: i64 = nodes.iter().map(|node| node.stored_entries).sum();
    let lost: i64 = nodes.iter().map(|node| node.lost_entries).sum();
    Some((u64::try_from(stored).ok()?, u64::try_from(lost).ok()?))
}

pub(crate) async fn wait_for(database: &Database, entries: u64) {
    let begun = Instant::now();
    loop {
        let now = stored_and_lost(database).await;
        if now.is_some_and(|(stored, lost)| stored + lost >= entries) {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "{now:?} of {entries}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

//! Fetchers as processes, the nodes that they fetch from, and the list of them.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::{ConnectOptions, Database};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::node::{TestNode, key};

pub(crate) const SUBMITTER: &str = "B62qoTqMG41DFgkyQmY2Pos1x671Gfzs9k8NKqUdSg7wQasEV6qnXQP";

pub(crate) struct Lab {
    pub(crate) nodes: Vec<TestNode>,
    /// For files of a test.
    pub(crate) folder: TempDir,
    online: SocketAddr,
    /// What the online list answers.
    list: Arc<Mutex<String>>,
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
        let list = Arc::new(Mutex::new(list));
        let answer = Arc::clone(&list);
        let router = Router::new().route(
            "/",
            get(move || std::future::ready(answer.lock().unwrap().clone())),
        );
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
            list,
            folder,
        }
    }

    pub(crate) fn online_url(&self) -> String {
        format!("http://{}/", self.online)
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.path().join("fetcher_sk")
    }

    pub(crate) fn listed(&self) -> String {
        self.list.lock().unwrap().clone()
    }

    /// From now on this is the answer of the online list.
    pub(crate) fn list(&self, answer: &str) {
        answer.clone_into(&mut self.list.lock().unwrap());
    }

    /// The program, without variables that may be set around the test.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadlab"));
        for name in ["ONLINE_URL", "AWS_BUCKET", "AWS_PREFIX", "DATABASE_URL"] {
            command.env_remove(name);
        }
        command
            .env("LOADLAB_DATA_DIR", self.folder.path().join("data"))
            .stdin(Stdio::null());
        command
    }

    /// A fetcher that is told nothing but where everything is.
    pub(crate) fn usual(&self, database_url: &str) -> Command {
        let mut command = self.command();
        command
            .args(["log-fetcher", "-k"])
            .arg(self.key_file())
            .args(["--allow-network", "127.0.0.0/8", "--port", "0"])
            .env("ONLINE_URL", self.online_url())
            .env("DATABASE_URL", database_url);
        command
    }

    /// Starts a fetcher that is quick at everything.
    pub(crate) fn fetch(&self, database_url: &str) -> Fetcher {
        let mut command = self.usual(database_url);
        command
            .args(["--lease-seconds", "1", "--discovery-seconds", "1"])
            .arg("discovery")
            .env("FETCH_INTERVAL_MS", "200");
        spawn(command)
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

/// Starts a fetcher and reads what it says.
pub(crate) fn spawn(mut command: Command) -> Fetcher {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    std::thread::spawn(move || {
        for line in said.lines().map_while(Result::ok) {
            heard.lock().unwrap().push(line);
        }
    });
    Fetcher { child, lines }
}

/// The base64 of the seed of [`key`].
fn base64_seed() -> &'static str {
    "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
}

pub(crate) struct Fetcher {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Fetcher {
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// What it has logged so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// What it answers, once it says where it listens.
    pub(crate) async fn get(&self, path: &str) -> serde_json::Value {
        let mut base = None;
        eventually("it says where it listens", async || {
            let lines = self.lines();
            let line = lines.iter().find(|line| line.contains("answers at http"));
            base = line.and_then(|line| {
                let (_, url) = line.split_once("answers at ")?;
                Some(url.strip_suffix("/nodes")?.to_owned())
            });
            base.is_some()
        })
        .await;
        let url = format!("{}{path}", base.unwrap());
        service::proxy::direct()
            .build()
            .unwrap()
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// As `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// As Ctrl-C, and waits for the end.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::SIGINT);
        assert!(self.child.wait().unwrap().success());
    }
}

/// A test that fails leaves nothing running.
impl Drop for Fetcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "waited too long until {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
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

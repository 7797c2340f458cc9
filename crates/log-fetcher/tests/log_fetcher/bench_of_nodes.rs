//! Some nodes, an online list of them, and fetchers over one database.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use log_fetcher::discovery::DiscoverySource;
use log_fetcher::pace::PaceLimits;
use log_fetcher::{Config, run_on};
use serde_json::Value;
use store::Database;
use store::testing::TestDatabase;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::node::{TestNode, key};

/// Public keys, so that nodes have names.
pub(crate) const SUBMITTER: &str = "B62qoTqMG41DFgkyQmY2Pos1x671Gfzs9k8NKqUdSg7wQasEV6qnXQP";

/// What a test works with.
pub(crate) struct Bench {
    pub(crate) test: TestDatabase,
    pub(crate) nodes: Vec<TestNode>,
    /// What the online list answers.
    pub(crate) online: Arc<Mutex<String>>,
    online_address: SocketAddr,
}

/// A fetcher that runs.
pub(crate) struct Fetcher {
    pub(crate) url: String,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Bench {
    pub(crate) async fn start(nodes: usize, capacity: usize) -> Self {
        let mut started = Vec::new();
        for _ in 0..nodes {
            started.push(TestNode::start(capacity).await);
        }
        let online = Arc::new(Mutex::new(String::new()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let online_address = listener.local_addr().unwrap();
        let answer = Arc::clone(&online);
        let router = Router::new().route(
            "/",
            get(move || std::future::ready(answer.lock().unwrap().clone())),
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        let bench = Self {
            test: TestDatabase::create().await.unwrap(),
            nodes: started,
            online,
            online_address,
        };
        bench.list(&bench.nodes);
        bench
    }

    /// Lets the online list name these nodes.
    pub(crate) fn list(&self, nodes: &[TestNode]) {
        let list: Vec<Value> = nodes
            .iter()
            .map(|node| {
                serde_json::json!({
                    "remote_addr": node.address.ip().to_string(),
                    "submitter": SUBMITTER,
                    "graphql_control_port": node.address.port(),
                })
            })
            .collect();
        *self.online.lock().unwrap() = serde_json::to_string(&list).unwrap();
    }

    pub(crate) fn config(&self) -> Config {
        let url = format!("http://{}/", self.online_address).parse().unwrap();
        let mut config = Config::new(key(), DiscoverySource::Online(url));
        config.allowed = config.allowed.with_loopback();
        config.pace = PaceLimits {
            interval_min: Duration::from_millis(20),
            interval_max: Duration::from_millis(200),
            retry_max: Duration::from_millis(500),
            ..PaceLimits::default()
        };
        config.discovery_interval = Duration::from_millis(300);
        config.lease_time = Duration::from_millis(1_500);
        config
    }

    pub(crate) async fn fetch(&self, config: Config) -> Fetcher {
        let options = config.connect_options();
        let database = Database::connect(self.test.url(), &options).await.unwrap();
        self.fetch_with(config, database).await
    }

    pub(crate) async fn fetch_with(&self, config: Config, database: Database) -> Fetcher {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let task = tokio::spawn(async move {
            run_on(listener, config, database.clone(), token)
                .await
                .unwrap();
            database.close().await;
        });
        Fetcher {
            url,
            shutdown,
            task,
        }
    }

    pub(crate) async fn text(&self, sql: &str) -> String {
        self.test.texts(sql).await.unwrap().join(",")
    }

    /// Stored and lost entries of all nodes together.
    pub(crate) async fn stored_and_lost(&self) -> (u64, u64) {
        let text = self
            .text(
                "SELECT coalesce(sum(lines), 0) || ' ' || coalesce(sum(lost_entries), 0)
                   FROM loadlab.session",
            )
            .await;
        let (stored, lost) = text.split_once(' ').unwrap();
        (stored.parse().unwrap(), lost.parse().unwrap())
    }

    /// Waits until `entries` are stored or lost.
    pub(crate) async fn wait_for_entries(&self, entries: u64) {
        eventually("all entries are accounted for", async || {
            let (stored, lost) = self.stored_and_lost().await;
            stored + lost >= entries
        })
        .await;
    }

    /// Every entry that was made is stored once, or lies in a recorded gap, or
    /// was what a run had not given out when it ended.
    pub(crate) async fn check_conservation(&self) {
        let mut names = self
            .test
            .texts("SELECT name FROM block_trace_checkpoint ORDER BY name")
            .await
            .unwrap();
        let rows = names.len();
        names.dedup();
        assert_eq!(names.len(), rows, "no entry is stored twice");
        let (lines, lost) = self.stored_and_lost().await;
        assert_eq!(lines, rows as u64, "what is counted is stored");
        let stored: std::collections::HashSet<String> = names.into_iter().collect();
        let (mut missing, mut tails) = (0, 0);
        let check = |made: &[String], has_ended: bool, missing: &mut u64, tails: &mut u64| {
            let last = made.iter().rposition(|name| stored.contains(name));
            let read = last.map_or(0, |last| last + 1);
            *missing += made[..read]
                .iter()
                .filter(|name| !stored.contains(*name))
                .count() as u64;
            let tail = (made.len() - read) as u64;
            if has_ended {
                // Of a run that nobody ever saw nobody can tell.
                *tails += u64::from(read > 0 && tail > 0);
            } else {
                assert_eq!(tail, 0, "a running daemon is read to its end");
            }
        };
        for node in &self.nodes {
            let state = node.state();
            check(&state.daemon.made, false, &mut missing, &mut tails);
            for made in &state.former {
                check(made, true, &mut missing, &mut tails);
            }
        }
        assert_eq!(
            missing, lost,
            "what is missing is counted, and nothing else"
        );
        let unknown = "SELECT count(*)::text FROM loadlab.gap WHERE missing IS NULL";
        let unknown: u64 = self.text(unknown).await.parse().unwrap();
        assert!(
            unknown >= tails,
            "each lost end of a run is recorded: {unknown} of {tails}"
        );
    }
}

impl Fetcher {
    /// Stops as at a signal.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    /// Stops at once, whatever is in work.
    pub(crate) fn kill(self) {
        self.task.abort();
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = service::proxy::direct()
            .build()
            .unwrap()
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(
            begun.elapsed() < Duration::from_secs(40),
            "waited too long until {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

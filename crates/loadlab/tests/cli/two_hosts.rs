//! The lab on several hosts: two with a log fetcher and an orchestrator each, one with the database,
//! one with the network. Each is cut off from the others for half a minute while an experiment
//! begins a round. Nothing is lost and nothing is done twice.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use store::{ConnectOptions, Database};

use crate::hosts::{Hosts, start_postgres};
use crate::program::{Said, loadlab};

/// How long a host is cut off.
const CUT: Duration = Duration::from_secs(30);
/// A cut begins so long before a round does.
const BEFORE: Duration = Duration::from_secs(6);
/// Time for every service to be ready after a cut.
const READY: Duration = Duration::from_secs(40);
/// Longer than all else should take.
const PATIENCE: Duration = Duration::from_mins(3);

/// Its rounds take a minute each of real time.
const SETUP: &str = r#"{"experiment_setup": {
  "experiment_name": "cut", "priv_keys": ["/keys/plain1"],
  "payment_receiver": "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i",
  "rounds": 4, "round_duration_min": 10, "pause_min": 0, "base_tps": 0.1, "stress_tps": 0.2,
  "zkapp_ratio": 0, "stops_per_round": 0, "gap": 60, "generate_fund_keys": 2, "seed": 1
}}"#;

/// Slots of six seconds of real time: the network is known, and money is there, soon.
const TOPOLOGY: &str =
    "slot_seconds = 60\n[[nodes]]\nname = \"node\"\ncount = 3\nstake = 1000000\n";

struct Lab {
    hosts: Hosts,
    client: reqwest::Client,
    url: String,
    logs: std::path::PathBuf,
}

impl Lab {
    /// Starts everything, or says why it cannot be started here.
    async fn start(folder: &Path) -> Result<Self, String> {
        let mut hosts = Hosts::new(&["nodes", "data", "one", "two"])?;
        let data = folder.join("postgres");
        for folder in [&data, &folder.join("funds")] {
            std::fs::create_dir(folder).unwrap();
        }
        let url = start_postgres(&mut hosts, "data", &data)?;
        let network = folder.join("net");
        let topology = folder.join("topology.toml");
        std::fs::write(&topology, TOPOLOGY).unwrap();
        let nodes = hosts.address("nodes").to_string();
        let mut simnet = loadlab(["simnet", "--time-scale", "10", "--status-port", "7650"]);
        simnet.args(["--host", &nodes, "--status-host", &nodes]);
        simnet.args(["--itn-max-logs", "10000", "--allow-without-token"]);
        simnet
            .arg("--uptime-url")
            .arg(format!("http://{nodes}:8080/v1/submit"));
        simnet
            .arg("--topology")
            .arg(&topology)
            .arg("--dir")
            .arg(&network);
        hosts.start("nodes", &simnet, &folder.join("simnet.log"));
        until("the network is there", async || {
            network.join("network.json").is_file().then_some(())
        })
        .await;
        let client = service::proxy::direct().timeout(Duration::from_secs(5));
        let client = client.build().unwrap();
        let service = |name: &str, host: &str| {
            let mut command = loadlab([name, "--host", host, "--database-url", &url]);
            if name != "uptime-backend" {
                command.arg("--allow-without-token");
            }
            command
        };
        let mut uptime = service("uptime-backend", &nodes);
        uptime.args(["--network-id", "0", "--submissions-per-hour", "100000"]);
        uptime
            .arg("--config-file")
            .arg(network.join("uptime-backend/config.json"));
        hosts.start("nodes", &uptime, &folder.join("uptime-backend.log"));
        for name in ["one", "two"] {
            let host = hosts.address(name).to_string();
            let mut fetcher = service("log-fetcher", &host);
            fetcher
                .arg("--secret-key-path")
                .arg(network.join("fetcher_sk"));
            fetcher.args(["--allow-network", &hosts.network()]);
            fetcher.env("ONLINE_URL", format!("http://{nodes}:8080/v1/online"));
            hosts.start(
                name,
                &fetcher,
                &folder.join(format!("log-fetcher-{name}.log")),
            );
            let mut orchestrator = service("orchestrator", &host);
            orchestrator
                .arg("--config")
                .arg(network.join("orchestrator/config.json"));
            orchestrator.arg("--base-dir").arg(folder.join("funds"));
            orchestrator.arg("--keys-dir").arg(network.join("keys"));
            let log = folder.join(format!("orchestrator-{name}.log"));
            hosts.start(name, &orchestrator, &log);
            // The orchestrator of host one leads, because that of host two begins later.
            until("an orchestrator leads", async || {
                let ready = client.get(format!("http://{host}:9090/readyz"));
                ready.send().await.ok()?.error_for_status().ok()?;
                (!leader(&url).is_empty()).then_some(())
            })
            .await;
        }
        let lab = Self {
            hosts,
            client,
            url,
            logs: folder.to_owned(),
        };
        lab.ready(PATIENCE).await;
        Ok(lab)
    }

    fn orchestrator(&self, host: &str) -> String {
        format!("http://{}:9090", self.hosts.address(host))
    }

    async fn get(&self, url: &str) -> Option<Value> {
        let answer = self.client.get(url).send().await.ok()?;
        answer.json().await.ok()
    }

    /// Waits until every service says that it is ready.
    async fn ready(&self, patience: Duration) {
        let mut all = vec![format!("http://{}:8080", self.hosts.address("nodes"))];
        for host in ["one", "two"] {
            all.push(format!("http://{}:4000", self.hosts.address(host)));
            all.push(self.orchestrator(host));
        }
        let begun = Instant::now();
        for address in all {
            let url = format!("{address}/readyz");
            loop {
                let answer = self.client.get(&url).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                assert!(
                    begun.elapsed() < patience,
                    "{address} is not ready\n{}",
                    self.said()
                );
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// The run as the standby sees it.
    async fn run(&self) -> Option<Value> {
        let url = format!("{}/api/v1/experiments/cut", self.orchestrator("two"));
        self.get(&url).await
    }

    /// The truth of the simulated network.
    async fn truth(&self, path: &str) -> Value {
        let url = format!("http://{}:7650{path}", self.hosts.address("nodes"));
        self.get(&url).await.unwrap()
    }

    /// Every request that schedulers of nodes have executed.
    async fn executed(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for node in self.truth("/api/v1/network").await["nodes"]
            .as_array()
            .unwrap()
        {
            let name = node["name"].as_str().unwrap();
            let runs = self
                .truth(&format!("/api/v1/nodes/{name}/scheduler-runs"))
                .await;
            all.extend(runs.as_array().unwrap().iter().cloned());
        }
        all.retain(|run| run["kind"] == "payments");
        all
    }

    /// Cuts a host off from shortly before the round with this number begins, and waits until all
    /// services are ready again; gives how long that took.
    async fn cut_before_round(&self, round: usize, host: &str) -> Duration {
        let due = until("a round comes to its end", async || {
            let started = self.executed().await.len();
            let run = self.run().await?;
            let waits_until: jiff::Timestamp = run["waiting_until"].as_str()?.parse().ok()?;
            let left = waits_until.duration_since(jiff::Timestamp::now());
            let is_due = left.unsigned_abs() < BEFORE || left.is_negative();
            // All of the rounds before it have started on all nodes.
            (is_due && started >= 3 * round).then_some(())
        });
        due.await;
        self.hosts.cut(host);
        tokio::time::sleep(CUT).await;
        self.hosts.connect(host);
        let connected = Instant::now();
        self.ready(READY).await;
        connected.elapsed()
    }

    /// What a query gives, in lines with cells between bars.
    fn query(&self, sql: &str) -> String {
        query(&self.url, sql)
    }

    /// The ends of all logs.
    fn said(&self) -> String {
        let mut all = String::new();
        for file in std::fs::read_dir(&self.logs).unwrap().flatten() {
            if file
                .path()
                .extension()
                .is_some_and(|ending| ending == "log")
            {
                let text = std::fs::read_to_string(file.path()).unwrap_or_default();
                let lines: Vec<&str> = text.lines().rev().take(15).collect();
                let _ = writeln!(all, "== {}", file.path().display());
                for line in lines.into_iter().rev() {
                    let _ = writeln!(all, "{line}");
                }
            }
        }
        all
    }
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What each node has made of log entries, by the end of its name for the log fetcher.
fn made(truth: &Value) -> BTreeMap<String, (u64, u64)> {
    let nodes = truth["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| {
            let count = |name: &str| node["log"][name].as_u64().unwrap();
            let address = node["itn"].as_str().unwrap().replace(':', "-");
            (address, (count("generated"), count("dropped")))
        })
        .collect()
}

/// Every entry of every node is stored exactly once.
async fn nothing_is_lost_or_doubled_of_logs(lab: &Lab) {
    let database = Database::connect(&lab.url, &ConnectOptions::for_queries())
        .await
        .unwrap();
    let deployment = database.newest_deployment().await.unwrap().unwrap();
    // Nodes go on writing: what is stored lies between what there was before and after.
    until("all log entries are stored", async || {
        let before = made(&lab.truth("/api/v1/network").await);
        let stored = database.completeness(deployment, None).await.ok()?;
        let after = made(&lab.truth("/api/v1/network").await);
        assert_eq!(stored.len(), before.len(), "{stored:?}");
        let mut all_stored = true;
        for node in &stored {
            let is_of = |address: &&String| node.node_name.ends_with(address.as_str());
            let address = before.keys().find(is_of).unwrap();
            let entries = u64::try_from(node.stored_entries).unwrap();
            assert_eq!((node.lost_entries, before[address].1), (0, 0), "{node:?}");
            assert!(entries <= after[address].0, "{node:?} of {after:?}");
            all_stored &= entries >= before[address].0;
        }
        all_stored.then_some(())
    })
    .await;
    database.close().await;
    let doubled = lab.query(
        "SELECT count(*) FROM (
             SELECT FROM block_trace_checkpoint
              WHERE NOT is_control
                -- Several at one moment are several works.
                AND name <> 'Snark_work_scheduled'
              GROUP BY block_trace_id, source, name, started_at, call_id
             HAVING count(*) > 1) AS doubled",
    );
    assert_eq!(doubled.trim(), "0", "rows are stored twice");
}

/// Every request of the run that was accepted was executed by one node, once; and no other was.
async fn every_request_was_executed_once(lab: &Lab) {
    let journal = lab.query(
        "SELECT step, handle FROM loadlab.experiment_request
          WHERE name = 'cut' AND kind = 'payments' AND outcome = 'accepted' ORDER BY 1, 2",
    );
    let mut accepted: HashMap<&str, usize> = HashMap::new();
    for line in journal.lines() {
        *accepted.entry(line.split_once('|').unwrap().1).or_default() += 1;
    }
    // A round that began late, after a cut, is still executed when the run has ended.
    let executed = until("all requests are executed", async || {
        let executed = lab.executed().await;
        let all_done = executed.iter().all(|run| run["state"] == "done");
        all_done.then_some(executed)
    })
    .await;
    // Four rounds on three nodes.
    assert_eq!(accepted.len(), 12, "{journal}");
    assert_eq!(executed.len(), 12, "{executed:?}");
    for run in &executed {
        let handle = run["handle"].as_str().unwrap();
        assert_eq!(accepted.remove(handle), Some(1), "{run}");
    }
    let mut memos: Vec<&str> = executed
        .iter()
        .map(|run| run["memo_prefix"].as_str().unwrap())
        .collect();
    memos.sort_unstable();
    memos.dedup();
    assert_eq!(memos.len(), 12, "{memos:?}");
}

fn query(url: &str, sql: &str) -> String {
    let mut command = loadlab(["db", "psql", "--database-url", url]);
    command.args(["--", "-X", "-A", "-t", "-c", sql]);
    Said::of(&mut command).success()
}

/// Which orchestrator holds the lease; empty if none does.
fn leader(url: &str) -> String {
    query(
        url,
        "SELECT holder FROM loadlab.lease WHERE resource = 'experiment'",
    )
}

/// The run says what the nodes have done.
async fn its_result_is_right(lab: &Lab) {
    let run = until("all transactions are in blocks", async || {
        let run = lab.run().await?;
        let count = |name: &str| run["transactions"][name].as_u64();
        let all = count("seen")? > 0 && count("included")? == count("seen")?;
        all.then_some(run)
    })
    .await;
    let executed = lab.executed().await;
    let sent: u64 = executed
        .iter()
        .filter_map(|run| run["transactions"].as_u64())
        .sum();
    let transactions = &run["transactions"];
    for name in ["seen", "included", "applied"] {
        assert_eq!(transactions[name], sent, "{name}: {transactions}");
    }
    assert_eq!(transactions["failed"], 0, "{transactions}");
    assert_eq!(run["errors"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_between_hosts_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let mut lab = match Lab::start(folder.path()).await {
        Ok(lab) => lab,
        Err(why) => {
            println!("SKIPPED: no hosts can be made here: {why}");
            return;
        }
    };
    until("all nodes are fetched from", async || {
        let nodes = format!("http://{}:4000/nodes", lab.hosts.address("one"));
        (lab.get(&nodes).await?.as_array()?.len() == 3).then_some(())
    })
    .await;
    let answer = lab
        .client
        .post(format!("{}/api/v0/experiment/run", lab.orchestrator("two")))
        .header("content-type", "application/json")
        .body(SETUP)
        .send()
        .await
        .unwrap();
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap()
    );
    let first = leader(&lab.url);
    let after_one = lab.cut_before_round(1, "one").await;
    assert_ne!(
        leader(&lab.url),
        first,
        "the other orchestrator has taken the run over"
    );
    let after_data = lab.cut_before_round(2, "data").await;
    let after_nodes = lab.cut_before_round(3, "nodes").await;
    println!("ready after the cuts: {after_one:?}, {after_data:?}, {after_nodes:?}");
    let run = until("the experiment has ended", async || {
        let run = lab.run().await?;
        (!run["ended_at"].is_null()).then_some(run)
    })
    .await;
    assert_eq!(run["status"], "success", "{run}\n{}", lab.said());
    every_request_was_executed_once(&lab).await;
    its_result_is_right(&lab).await;
    nothing_is_lost_or_doubled_of_logs(&lab).await;
    assert!(lab.hosts.all_run(), "{}", lab.said());
}

//! The lab on several hosts: two with a log fetcher and an orchestrator each, one with the database,
//! one with the network. Each is cut off from the others for half a minute while an experiment
//! begins a round. Nothing is lost and nothing is done twice.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::hosts::{Hosts, start_postgres};
use crate::lab_truth::{LabTruth, PATIENCE, TOPOLOGY, client, until};
use crate::program::loadlab;

/// How long a host is cut off.
const CUT: Duration = Duration::from_secs(30);
/// A cut begins so long before a round does.
const BEFORE: Duration = Duration::from_secs(6);
/// Time for every service to be ready after a cut.
const READY: Duration = Duration::from_secs(40);

struct Lab {
    hosts: Hosts,
    truth: LabTruth,
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
        // A round takes a minute.
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
        let truth = LabTruth {
            client: client(),
            // The run as the standby sees it.
            orchestrator: format!("http://{}:9090", hosts.address("two")),
            simnet: format!("http://{nodes}:7650"),
            url,
            run: "cut",
        };
        let service = |name: &str, host: &str| {
            let mut command = loadlab([name, "--host", host, "--database-url", &truth.url]);
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
                let ready = truth.client.get(format!("http://{host}:9090/readyz"));
                ready.send().await.ok()?.error_for_status().ok()?;
                (!leader(&truth).is_empty()).then_some(())
            })
            .await;
        }
        let lab = Self {
            hosts,
            truth,
            logs: folder.to_owned(),
        };
        lab.ready(PATIENCE).await;
        Ok(lab)
    }

    fn orchestrator(&self, host: &str) -> String {
        format!("http://{}:9090", self.hosts.address(host))
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
                let answer = self.truth.client.get(&url).send().await;
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

    /// Cuts a host off from shortly before the round with this number begins, and waits until all
    /// services are ready again; gives how long that took.
    async fn cut_before_round(&self, round: usize, host: &str) -> Duration {
        let due = until("a round comes to its end", async || {
            let started = self.truth.executed().await.len();
            let run = self.truth.run().await?;
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

/// Which orchestrator holds the lease; empty if none does.
fn leader(truth: &LabTruth) -> String {
    truth.query("SELECT holder FROM loadlab.lease WHERE resource = 'experiment'")
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
        (lab.truth.get(&nodes).await?.as_array()?.len() == 3).then_some(())
    })
    .await;
    lab.truth.start().await;
    let first = leader(&lab.truth);
    let after_one = lab.cut_before_round(1, "one").await;
    assert_ne!(
        leader(&lab.truth),
        first,
        "the other orchestrator has taken the run over"
    );
    let after_data = lab.cut_before_round(2, "data").await;
    let after_nodes = lab.cut_before_round(3, "nodes").await;
    println!("ready after the cuts: {after_one:?}, {after_data:?}, {after_nodes:?}");
    let run = until("the experiment has ended", async || {
        let run = lab.truth.run().await?;
        (!run["ended_at"].is_null()).then_some(run)
    })
    .await;
    assert_eq!(run["status"], "success", "{run}\n{}", lab.said());
    lab.truth.every_request_was_executed_once().await;
    lab.truth.its_result_is_right().await;
    lab.truth.nothing_is_lost_or_doubled_of_logs().await;
    assert!(lab.hosts.all_run(), "{}", lab.said());
}

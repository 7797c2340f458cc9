//! The lab on several hosts: two with a log fetcher and an orchestrator each, and one of them with
//! what is read; one with the database, one with the network. Each is cut off from the others for
//! half a minute while an experiment begins or ends a round. Nothing is lost and nothing is done
//! twice.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hosts_lab::HostsLab;
use crate::lab_truth::{LabTruth, PATIENCE, TOPOLOGY, until};

/// How long a host is cut off.
const CUT: Duration = Duration::from_secs(30);
/// A cut begins so long before a round does.
const BEFORE: Duration = Duration::from_secs(6);
/// Time for every service to be ready after a cut.
const READY: Duration = Duration::from_secs(40);

/// Starts everything, or says why it cannot be started here.
async fn start(folder: &Path) -> Result<HostsLab, String> {
    let hosts = &["nodes", "data", "one", "two"];
    let mut lab = HostsLab::start(hosts, TOPOLOGY, folder, "cut").await?;
    // The run as the standby sees it.
    lab.truth.orchestrator = format!("http://{}:9090", lab.hosts.address("two"));
    for name in ["one", "two"] {
        lab.start_fetcher(name);
        lab.start_orchestrator(name);
        let ready = format!("http://{}:9090/readyz", lab.hosts.address(name));
        // The orchestrator of host one leads, because that of host two begins later.
        until("an orchestrator leads", async || {
            let ready = lab.truth.client.get(&ready);
            ready.send().await.ok()?.error_for_status().ok()?;
            (!leader(&lab.truth).is_empty()).then_some(())
        })
        .await;
    }
    lab.start_log_api("two");
    lab.start_experiments_api("two");
    let services = [
        ("log-fetcher", "one", 4000),
        ("log-api", "two", 9080),
        ("experiments-api", "two", 3003),
        ("orchestrator", "one", 9090),
        ("uptime-backend", "nodes", 8080),
    ];
    lab.start_dashboard("one", &services);
    lab.ready(PATIENCE).await;
    Ok(lab)
}

/// Cuts a host off from shortly before the round with this number begins (or the last one ends), and
/// waits until all services are ready again; gives how long that took.
async fn cut_before_round(lab: &HostsLab, round: usize, host: &str) -> Duration {
    let due = until("a round comes to its end", async || {
        let started = lab.truth.executed().await.len();
        let run = lab.truth.run().await?;
        let waits_until: jiff::Timestamp = run["waiting_until"].as_str()?.parse().ok()?;
        let left = waits_until.duration_since(jiff::Timestamp::now());
        let is_due = left.unsigned_abs() < BEFORE || left.is_negative();
        // All of the rounds before it have started on all nodes.
        (is_due && started >= 3 * round).then_some(())
    });
    due.await;
    lab.hosts.cut(host);
    tokio::time::sleep(CUT).await;
    lab.hosts.connect(host);
    let connected = Instant::now();
    lab.ready(READY).await;
    connected.elapsed()
}

/// Which orchestrator holds the lease; empty if none does.
fn leader(truth: &LabTruth) -> String {
    truth.query("SELECT holder FROM loadlab.lease WHERE resource = 'experiment'")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_between_hosts_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = match start(folder.path()).await {
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
    let after_one = cut_before_round(&lab, 1, "one").await;
    assert_ne!(
        leader(&lab.truth),
        first,
        "the other orchestrator has taken the run over"
    );
    let after_data = cut_before_round(&lab, 2, "data").await;
    let after_nodes = cut_before_round(&lab, 3, "nodes").await;
    let second = leader(&lab.truth);
    let after_two = cut_before_round(&lab, 4, "two").await;
    println!(
        "ready after the cuts: {after_one:?}, {after_data:?}, {after_nodes:?}, {after_two:?}; \
         the run was led by {first}, {second}, {}",
        leader(&lab.truth)
    );
    let run = until("the experiment has ended", async || {
        let run = lab.truth.run().await?;
        (!run["ended_at"].is_null()).then_some(run)
    })
    .await;
    assert_eq!(run["status"], "success", "{run}\n{}", lab.said());
    lab.truth.every_request_was_executed_once().await;
    lab.truth.its_result_is_right().await;
    lab.truth.nothing_is_lost_or_doubled_of_logs().await;
    everything_is_read_from_the_dashboard(&lab, &run["name"]).await;
    assert!(lab.hosts.all_run(), "{}", lab.said());
}

/// The dashboard of host one has a way to the services of all hosts.
async fn everything_is_read_from_the_dashboard(lab: &HostsLab, run: &Value) {
    let dashboard = format!("http://{}:4200/api", lab.hosts.address("one"));
    let ask = async |path: &str| {
        let answer = lab.truth.get(&format!("{dashboard}/{path}")).await;
        answer.unwrap_or_else(|| panic!("{path}: no JSON"))
    };
    let services = ask("lab/v1/services").await;
    let services = services["services"].as_array().unwrap();
    assert_eq!(services.len(), 6, "{services:?}");
    for service in services {
        assert_eq!(service["ready"], true, "{service}");
    }
    let name = run.as_str().unwrap();
    let results = ask(&format!("results/v1/experiments/{name}/results")).await;
    let rounds = results["results"]["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 4, "{results}");
    let blocks = ask("results/v1/blocks").await;
    let deployment = &blocks["meta"]["deployment_id"];
    let hash = blocks["blocks"][0]["hash"].as_str().unwrap();
    let block = ask(&format!("results/v1/blocks/{hash}")).await;
    let node = block["traces"][0]["node"].as_str().unwrap();
    let trace = ask(&format!("traces/v1/traces/{deployment}/{node}/{hash}")).await;
    assert_eq!(trace["trace"]["hash"], hash, "{trace}");
}

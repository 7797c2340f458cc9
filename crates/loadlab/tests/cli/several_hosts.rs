//! Several fetchers and several labs on one database and one archive, each on a host of its own.
//! Shares of nodes move when a host comes or goes, and a deployment is archived once however many
//! processes archive it at the same time.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::hosts_lab::HostsLab;
use crate::lab_truth::{PATIENCE, until};
use crate::program::{Said, loadlab};

/// Six nodes: two and three fetchers can share them evenly.
const TOPOLOGY: &str =
    "slot_seconds = 60\n[[nodes]]\nname = \"node\"\ncount = 6\nstake = 1000000\n";
/// Hosts of fetchers.
const FETCHERS: [&str; 3] = ["one", "two", "three"];
/// Hosts of labs: each commands all fetchers.
const LABS: [&str; 2] = ["one", "three"];

/// Starts the network and what every lab has, without a fetcher.
async fn start(folder: &Path) -> Result<HostsLab, String> {
    let hosts = &["nodes", "data", "one", "two", "three"];
    let mut lab = HostsLab::start(hosts, TOPOLOGY, folder, "none").await?;
    for host in LABS {
        lab.start_experiments_api(host);
    }
    Ok(lab)
}

/// Waits until live fetchers hold this many nodes each, in ascending order.
async fn shares_are(lab: &HostsLab, expected: &[&str]) {
    until("the nodes are shared", async || {
        let counts = lab.truth.query(
            "SELECT count(*) FROM loadlab.lease
              WHERE resource LIKE 'node/%' AND expires_at > clock_timestamp()
              GROUP BY holder ORDER BY 1",
        );
        counts.lines().eq(expected.iter().copied()).then_some(())
    })
    .await;
}

/// A command to the lab of a host.
fn at_lab(lab: &HostsLab, host: &str, arguments: &[&str]) -> String {
    let url = format!("http://{}", lab.hosts.address(host));
    Said::of(loadlab(arguments).args(["--lab", &url])).success()
}

fn archive(lab: &HostsLab, words: &[&str], url: &str) -> Command {
    let mut command = loadlab(["archive"]);
    command.args(words).args(["--to", url, "--format", "json"]);
    command.args(["--database-url", &lab.truth.url]);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_move_as_hosts_come_and_go_and_a_deployment_is_archived_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = match start(folder.path()).await {
        Ok(lab) => lab,
        Err(why) => {
            println!("SKIPPED: no hosts can be made here: {why}");
            return;
        }
    };
    lab.start_fetcher(FETCHERS[0]);
    shares_are(&lab, &["6"]).await;
    lab.start_fetcher(FETCHERS[1]);
    shares_are(&lab, &["3", "3"]).await;
    lab.start_fetcher(FETCHERS[2]);
    shares_are(&lab, &["2", "2", "2"]).await;
    lab.ready(PATIENCE).await;
    lab.hosts.cut(FETCHERS[1]);
    shares_are(&lab, &["3", "3"]).await;
    lab.hosts.connect(FETCHERS[1]);
    shares_are(&lab, &["2", "2", "2"]).await;
    lab.ready(PATIENCE).await;
    lab.truth.nothing_is_lost_or_doubled_of_logs().await;

    // What one lab freezes, the other one unfreezes.
    at_lab(&lab, LABS[0], &["tracing", "freeze"]);
    at_lab(&lab, LABS[1], &["deployment", "new"]);
    at_lab(&lab, LABS[1], &["tracing", "unfreeze"]);
    shares_are(&lab, &["2", "2", "2"]).await;
    let rows = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table} WHERE deployment_id = 1");
        lab.truth.query(&sql).trim().parse::<u64>().unwrap()
    };
    let stored = rows("block_trace_checkpoint");
    assert!(stored > 100, "{stored}");

    let url = format!("file://{}", folder.path().join("archive").display());
    let running: Vec<_> = FETCHERS
        .iter()
        .map(|_| {
            let mut command = archive(&lab, &["run", "1", "--drop"], &url);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let said: Vec<Said> = running
        .into_iter()
        .map(|child| Said::from(child.wait_with_output().unwrap()))
        .collect();
    assert!(said.iter().any(|said| said.code == Some(0)));
    for said in said.iter().filter(|said| said.code != Some(0)) {
        said.assert_failure("another process works on the archive of deployment 1");
    }
    assert_eq!(rows("block_trace_checkpoint"), 0);
    let verified = Said::of(&mut archive(&lab, &["verify", "1"], &url)).success();
    let verified: Value = serde_json::from_str(&verified).unwrap();
    assert!(verified["rows"].as_u64().unwrap() >= stored, "{verified}");
    Said::of(&mut archive(&lab, &["restore", "1"], &url)).success();
    assert_eq!(rows("block_trace_checkpoint"), stored);
    assert!(lab.hosts.all_run(), "{}", lab.said());
}

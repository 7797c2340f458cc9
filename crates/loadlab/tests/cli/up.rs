//! `loadlab up`: the commands and the query of the published guide, against all services at once.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::testing::TestDatabase;

use crate::program::{Said, loadlab};

/// Longer than any part of it should take.
const PATIENCE: Duration = Duration::from_mins(3);

/// The query of the guide, word by word.
const QUERY: &str = "SELECT bt.block_id, bt.time, txs.value ->> 0 as type, count(*) cnt
FROM (
  SELECT block_id, max(meta::text)::jsonb meta, to_timestamp(max(time)) time
  FROM (
    SELECT block_id, metadata_json meta, trace_started_at time
    FROM block_trace
    ORDER BY block_trace_id DESC
    LIMIT 2000
  ) AS subquery1
  GROUP BY block_id
) bt
CROSS JOIN jsonb_array_elements(bt.meta -> 'transactions') txs
WHERE txs.value ->> 0 NOT IN ('coinbase', 'fee_transfer')
GROUP BY bt.block_id, bt.time, txs.value ->> 0
ORDER BY bt.time DESC;";

/// The body with which the guide announces a deployment.
const DEPLOYMENT: &str = r#"{
  "data": {
    "commit": "https://github.com/o1-labs/gitops-infrastructure/commit/YOUR_COMMIT_HASH"
  }
}"#;

/// The body with which the guide starts an experiment.
const EXPERIMENT: &str = r#"{
  "experiment_setup": {
    "priv_keys": ["/keys/plain1"],
    "payment_receiver": "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i",
    "experiment_name": "test-experiment-1"
  }
}"#;

/// All services, ended with the test.
pub(crate) struct Up {
    process: Child,
    /// What is printed: a name and an address on each line.
    table: Vec<String>,
}

impl Up {
    pub(crate) fn start(database: &str, folder: &std::path::Path) -> Self {
        let mut command = loadlab(["up", "--simnet", "3", "--free-ports", "--time-scale", "600"]);
        command
            .args(["--database-url", database])
            .arg("--data-dir")
            .arg(folder);
        Self::of(&mut command)
    }

    /// What a command starts, when it says that it is ready.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut table = Vec::new();
        for line in output.lines() {
            let line = line.unwrap();
            let is_last = line.starts_with("Ctrl-C");
            table.push(line);
            if is_last {
                break;
            }
        }
        Self { process, table }
    }

    /// Ends all, as by Ctrl-C.
    pub(crate) fn end(mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        assert!(self.process.wait().unwrap().success());
    }

    /// What is printed about a service; nothing if it is neither running nor off.
    pub(crate) fn said(&self, service: &str) -> Option<&str> {
        let mut lines = self.table.iter().map(|line| line.trim());
        lines.find(|line| line.starts_with(service))
    }

    /// The address of a service, as `http://host:port`.
    pub(crate) fn address(&self, service: &str) -> String {
        let line = self.said(service).unwrap();
        let url = line.split_whitespace().last().unwrap();
        let url: url::Url = url.parse().unwrap();
        url.origin().ascii_serialization()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Already gone, usually.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) async fn get(url: &str) -> (u16, String) {
    let response = service::proxy::direct()
        .build()
        .unwrap()
        .get(url)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn post(url: &str, body: &'static str) -> (u16, String) {
    let request = service::proxy::direct()
        .build()
        .unwrap()
        .post(url)
        .body(body);
    let request = request.header("Content-Type", "application/json");
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Looks until there is something.
pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "it never comes");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Has no account in a simnet.
const STRANGER: &str = "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS";

/// A run that pays too little to a receiver without an account.
const FAILING: &str = r#"{
  "experiment_setup": {
    "experiment_name": "failing", "priv_keys": ["/keys/plain1"],
    "payment_receiver": "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS",
    "rounds": 2, "round_duration_min": 10, "pause_min": 0, "base_tps": 0.1, "stress_tps": 0.2,
    "zkapp_ratio": 0, "stops_per_round": 0, "gap": 60, "generate_fund_keys": 2, "seed": 1
  }
}"#;

/// Every way to look at a run shows that its payments failed, and why.
async fn a_run_whose_payments_fail_is_no_plain_success(up: &Up, database: &str) {
    let orchestrator = up.address("orchestrator");
    let run = format!("{orchestrator}/api/v0/experiment/run");
    // The one before is being cancelled.
    let started = until(async || {
        let (status, answer) = post(&run, FAILING).await;
        assert!(status == 200 || status == 409, "{answer}");
        (status == 200).then_some(answer)
    })
    .await;
    let started: Value = serde_json::from_str(&started).unwrap();
    assert_eq!(started["result"], "success");
    let warned = started["warnings"][0].as_str().unwrap();
    assert!(warned.contains(STRANGER) && warned.contains("has no account"));

    let one = format!("{orchestrator}/api/v1/experiments/failing");
    let view = until(async || {
        let (_, answer) = get(&one).await;
        let view: Value = serde_json::from_str(&answer).unwrap();
        let transactions = &view["transactions"];
        let all_in = transactions["included"] == transactions["seen"];
        (view["status"] == "success" && transactions["included"] != 0 && all_in).then_some(view)
    })
    .await;
    let transactions = &view["transactions"];
    let included = &transactions["included"];
    assert_eq!(transactions["applied"], 0, "{transactions}");
    assert_eq!(&transactions["failed"], included);
    let reason = "Amount_insufficient_to_create_account";
    assert_eq!(&transactions["failures"][reason], included);
    let is_told = |warnings: &Value| {
        let warnings = warnings.as_array().unwrap().iter();
        let told = warnings.filter_map(Value::as_str).filter(|warning| {
            warning.starts_with("the ledger refused transactions: ") && warning.contains(reason)
        });
        told.count() == 1
    };
    assert!(is_told(&view["warnings"]), "{view}");

    let (_, status) = get(&format!("{orchestrator}/api/v0/experiment/status")).await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert!(is_told(&status["result"]["warnings"]), "{status}");
    let (_, list) = get(&format!("{orchestrator}/api/v1/experiments")).await;
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(&list[0]["transactions"]["failed"], included, "{list}");
    assert!(is_told(&json!([list[0]["warning"]])), "{list}");
    let experiments = up.address("experiments API");
    let (_, rounds) = get(&format!("{experiments}/api/experiments")).await;
    let rounds: Vec<Value> = serde_json::from_str(&rounds).unwrap();
    let round = rounds.iter().find(|round| round["exp"] == "failing");
    let round = round.unwrap();
    assert_eq!(round["applied_count"], "0");
    assert_eq!(round["failed_count"], round["included_count"]);
    assert!(is_told(&json!([round["warning"]])), "{round}");

    for arguments in [
        ["experiment", "status", "failing"],
        ["experiment", "list", "--limit=1"],
    ] {
        let mut command = loadlab(arguments);
        let said = Said::of(command.args(["--database-url", database])).success();
        assert!(
            said.contains("warning: the ledger refused transactions: "),
            "{said}"
        );
    }
}

#[tokio::test]
async fn the_commands_and_the_query_of_the_guide_work_as_they_are_written() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), folder.path());
    let fetcher = up.address("log fetcher");
    let experiments = up.address("experiments API");
    let orchestrator = up.address("orchestrator");

    assert_eq!(get(&format!("{fetcher}/freeze")).await.0, 200);
    assert_eq!(get(&format!("{fetcher}/unfreeze")).await.0, 200);
    let (status, body) = post(&format!("{experiments}/api/deployments"), DEPLOYMENT).await;
    assert_eq!(status, 201, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["message"], "Deployment created");
    let deployment = body["deployment_id"].as_i64().unwrap();
    let run = format!("{orchestrator}/api/v0/experiment/run");
    assert_eq!(
        post(&run, EXPERIMENT).await,
        (200, r#"{"result":"success"}"#.to_owned())
    );
    let (status, state) = get(&format!("{orchestrator}/api/v0/experiment/status")).await;
    assert_eq!(status, 200, "{state}");
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["result"]["name"], "test-experiment-1");
    assert_eq!(state["result"]["status"], "running", "{state}");

    // Blocks with transactions of the experiment come, and the query finds them.
    let blocks = until(async || {
        let blocks = test.texts(QUERY).await.unwrap();
        (!blocks.is_empty()).then_some(blocks)
    })
    .await;
    assert!(
        blocks.iter().all(|block| block.starts_with("3N")),
        "{blocks:?}"
    );
    let rounds = until(async || {
        let (status, rounds) = get(&format!("{experiments}/api/experiments")).await;
        assert_eq!(status, 200, "{rounds}");
        let rounds: Value = serde_json::from_str(&rounds).unwrap();
        rounds.get(0).cloned()
    })
    .await;
    assert_eq!(rounds["exp"], "test-experiment-1");
    assert_eq!(rounds["deployment_id"], json!(deployment));
    // Its payments do what they are sent for.
    let applied = until(async || {
        let (_, answer) = get(&format!("{experiments}/api/experiments")).await;
        let rounds: Value = serde_json::from_str(&answer).unwrap();
        (rounds[0]["applied_count"] != "0").then(|| rounds[0].clone())
    })
    .await;
    assert_eq!(applied["failed_count"], "0", "{applied}");
    assert_eq!(applied["warning"], Value::Null);

    let (status, _) = post(&format!("{orchestrator}/api/v0/experiment/cancel"), "").await;
    assert_eq!(status, 200);
    a_run_whose_payments_fail_is_no_plain_success(&up, test.url()).await;
    let newest = async || {
        let newest = "SELECT max(deployment_id)::text FROM deployment";
        let newest = test.texts(newest).await.unwrap();
        newest[0].parse::<i64>().unwrap()
    };
    assert_eq!(newest().await, deployment);
    up.end();

    // The next network has a chain of its own, and so a deployment. It knows nothing of the nodes
    // of the first one, nor does it wait for them.
    let up = Up::start(test.url(), folder.path());
    assert_eq!(newest().await, deployment + 1);
    let uptime = up.address("uptime backend");
    let online = until(async || {
        let (_, online) = get(&format!("{uptime}/v1/online")).await;
        let online: Vec<Value> = serde_json::from_str(&online).unwrap();
        (online.len() >= 3).then_some(online)
    })
    .await;
    assert_eq!(online.len(), 3, "{online:?}");
    let fetcher = up.address("log fetcher");
    let begun = Instant::now();
    assert_eq!(get(&format!("{fetcher}/freeze")).await.0, 200);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(get(&format!("{fetcher}/unfreeze")).await.0, 200);
    let nodes = until(async || {
        let (status, nodes) = get(&format!("{fetcher}/nodes")).await;
        assert_eq!(status, 200, "{nodes}");
        let nodes: Vec<Value> = serde_json::from_str(&nodes).unwrap();
        (nodes.len() >= 3).then_some(nodes)
    })
    .await;
    assert_eq!(nodes.len(), 3, "{nodes:?}");
    up.end();
}

//! What a lab of several processes has stored and says of a run, beside the truth of its simulated
//! network.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::{ConnectOptions, Database};

use crate::program::{Said, loadlab};

/// Longer than anything here should take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// Three nodes. A slot takes a minute of network time: the network is known, and money is there,
/// soon.
pub(crate) const TOPOLOGY: &str =
    "slot_seconds = 60\n[[nodes]]\nname = \"node\"\ncount = 3\nstake = 1000000\n";
/// Requests of a run: four rounds on three nodes.
const REQUESTS: usize = 12;

/// Where a lab is.
pub(crate) struct LabTruth {
    pub(crate) client: reqwest::Client,
    /// Address of an orchestrator.
    pub(crate) orchestrator: String,
    /// Address of the status page of the simulated network.
    pub(crate) simnet: String,
    /// The database.
    pub(crate) url: String,
    /// Name of the run.
    pub(crate) run: &'static str,
}

/// A client for services of a lab. Proxies of the environment are not asked.
pub(crate) fn client() -> reqwest::Client {
    let client = service::proxy::direct().timeout(Duration::from_secs(5));
    client.build().unwrap()
}

pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

impl LabTruth {
    pub(crate) async fn get(&self, url: &str) -> Option<Value> {
        let answer = self.client.get(url).send().await.ok()?;
        answer.json().await.ok()
    }

    /// Starts the run: four rounds of ten minutes of network time each.
    pub(crate) async fn start(&self) {
        let setup = json!({"experiment_setup": {
            "experiment_name": self.run, "priv_keys": ["/keys/plain1"],
            "payment_receiver": "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i",
            "rounds": 4, "round_duration_min": 10, "pause_min": 0,
            "base_tps": 0.1, "stress_tps": 0.2, "zkapp_ratio": 0, "stops_per_round": 0,
            "gap": 60, "generate_fund_keys": 2, "seed": 1,
        }});
        let answer = self
            .client
            .post(format!("{}/api/v0/experiment/run", self.orchestrator))
            .header("content-type", "application/json")
            .body(setup.to_string())
            .send()
            .await
            .unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{}", answer.text().await.unwrap());
    }

    /// The run as the orchestrator sees it.
    pub(crate) async fn run(&self) -> Option<Value> {
        let url = format!("{}/api/v1/experiments/{}", self.orchestrator, self.run);
        self.get(&url).await
    }

    /// The truth of the simulated network.
    async fn truth(&self, path: &str) -> Value {
        self.get(&format!("{}{path}", self.simnet)).await.unwrap()
    }

    /// Every request that schedulers of nodes have executed.
    pub(crate) async fn executed(&self) -> Vec<Value> {
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

    /// Result of a query, in lines with cells between bars.
    pub(crate) fn query(&self, sql: &str) -> String {
        let mut command = loadlab(["db", "psql", "--database-url", &self.url]);
        command.args(["--", "-X", "-A", "-t", "-c", sql]);
        Said::of(&mut command).success()
    }

    /// Every entry of every node is stored exactly once.
    pub(crate) async fn nothing_is_lost_or_doubled_of_logs(&self) {
        let database = Database::connect(&self.url, &ConnectOptions::for_queries())
            .await
            .unwrap();
        let deployment = database.newest_deployment().await.unwrap().unwrap();
        // Nodes keep writing: what is stored lies between what there was before and after.
        until("all log entries are stored", async || {
            let before = made(&self.truth("/api/v1/network").await);
            let stored = database.completeness(deployment, None).await.ok()?;
            let after = made(&self.truth("/api/v1/network").await);
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
        let doubled = self.query(
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
    pub(crate) async fn every_request_was_executed_once(&self) {
        let journal = self.query(&format!(
            "SELECT step, handle FROM loadlab.experiment_request
              WHERE name = '{}' AND kind = 'payments' AND outcome = 'accepted' ORDER BY 1, 2",
            self.run
        ));
        let mut accepted: HashMap<&str, usize> = HashMap::new();
        for line in journal.lines() {
            *accepted.entry(line.split_once('|').unwrap().1).or_default() += 1;
        }
        // A round that began late is still executed when the run has ended.
        let executed = until("all requests are executed", async || {
            let executed = self.executed().await;
            let all_done = executed.iter().all(|run| run["state"] == "done");
            all_done.then_some(executed)
        })
        .await;
        assert_eq!(accepted.len(), REQUESTS, "{journal}");
        assert_eq!(executed.len(), REQUESTS, "{executed:?}");
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
        assert_eq!(memos.len(), REQUESTS, "{memos:?}");
    }

    /// The run says what the nodes have done.
    pub(crate) async fn its_result_is_right(&self) {
        let run = until("all transactions are in blocks", async || {
            let run = self.run().await?;
            let count = |name: &str| run["transactions"][name].as_u64();
            let all = count("seen")? > 0 && count("included")? == count("seen")?;
            all.then_some(run)
        })
        .await;
        let executed = self.executed().await;
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

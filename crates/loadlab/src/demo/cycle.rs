//! A full experiment cycle: freeze, new deployment, unfreeze, experiment,
//! results.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::report::Report;
use super::services::{Services, completeness};
use super::tell;
use crate::up::{Addresses, NetworkArguments};

/// How long nodes may take to announce themselves.
const NODES_LIMIT: Duration = Duration::from_mins(1);
/// How long a run may take.
const RUN_LIMIT: Duration = Duration::from_mins(10);
/// How long the last transactions may take into blocks and traces: some slots.
const SETTLE_SLOTS: u32 = 6;
const SLOT_SECONDS: u32 = 180;
const LOOK: Duration = Duration::from_millis(250);
/// Receives the payments: the one of the published guide.
const RECEIVER: &str = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";

pub(super) async fn run(
    addresses: Addresses,
    nodes: usize,
    network: NetworkArguments,
) -> anyhow::Result<Report> {
    let services = Services::new(addresses)?;
    let begun = Instant::now();
    tell("2/6  waiting for the nodes to announce themselves");
    wait_for_nodes(&services, nodes).await?;
    tell("3/6  freezing the fetcher, making a deployment, going on");
    services.tell_fetcher("freeze").await?;
    let deployment_id = services.new_deployment().await?;
    services.tell_fetcher("unfreeze").await?;
    wait_for_nodes(&services, nodes).await?;
    let name = format!(
        "demo{}",
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()
    );
    tell(&format!(
        "4/6  running the experiment {name}: payments, zkApps and node stops in two rounds"
    ));
    services.start_experiment(&setup(&name)).await?;
    wait_for_end(&services, &name).await?;
    tell("5/6  waiting for the last transactions");
    let experiment = settle(&services, &name, network).await?;
    tell("6/6  reading the results");
    let logs = services.completeness(deployment_id).await?;
    let mut blocks = BTreeSet::new();
    for node in &logs {
        blocks.extend(services.blocks(deployment_id, &node.node_name).await?);
    }
    Report::new(
        &experiment,
        completeness(&logs),
        deployment_id,
        nodes,
        blocks.len(),
        begun.elapsed(),
    )
}

/// Rounds of ten minutes of network time: ten seconds at the usual scale.
fn setup(name: &str) -> Value {
    json!({
        "experiment_name": name,
        "priv_keys": ["/keys/plain1"],
        "payment_receiver": RECEIVER,
        "rounds": 2,
        "round_duration_min": 10,
        "pause_min": 3,
        "base_tps": 0.3,
        "stress_tps": 0.6,
        "zkapp_ratio": 0.5,
        "stops_per_round": 1,
        "max_stop_ratio": 0.4,
        "gap": 60,
        "generate_fund_keys": 4
    })
}

async fn wait_for_nodes(services: &Services, wanted: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let found = services.nodes().await?;
        if found >= wanted {
            return Ok(());
        }
        if begun.elapsed() > NODES_LIMIT {
            bail!(
                "only {found} of {wanted} nodes are fetched from after {} s",
                NODES_LIMIT.as_secs()
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn wait_for_end(services: &Services, name: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let run = services.experiment(name).await?;
        let status = run["status"].as_str().context("a run without a status")?;
        match status {
            "success" => return Ok(()),
            "error" | "cancelled" => bail!(
                "the experiment has ended with status {status}: {}",
                run["errors"]
            ),
            _ if begun.elapsed() > RUN_LIMIT => bail!("the experiment does not end"),
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Waits until as many transactions are in blocks as were accepted, or some
/// slots have passed; gives the run.
async fn settle(
    services: &Services,
    name: &str,
    network: NetworkArguments,
) -> anyhow::Result<Value> {
    let limit = Duration::from_secs(u64::from(SETTLE_SLOTS * SLOT_SECONDS)) / network.time_scale;
    let begun = Instant::now();
    loop {
        let run = services.experiment(name).await?;
        let transactions = &run["transactions"];
        let all_in = transactions["included"].as_i64() >= transactions["accepted"].as_i64();
        if all_in || begun.elapsed() > limit {
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
}

//! A full experiment cycle: freeze, new deployment, unfreeze, experiment,
//! results.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use experiment::seeded_rng::SEED_MAX;
use results::Verdict;
use results::answers::Results;
use serde_json::{Value, json};

use super::progress::Progress;
use super::report::Report;
use super::services::{Completeness, Services};
use crate::services::Addresses;
use crate::up::NetworkArguments;

/// How long nodes may take to announce themselves.
const NODES_LIMIT: Duration = Duration::from_mins(1);
/// How long a run may take.
const RUN_LIMIT: Duration = Duration::from_mins(10);
/// How long the last transactions may take into blocks and traces: some slots.
const SETTLE_SLOTS: u32 = 6;
/// How long a verdict may take: until what is in no block yet counts as missed, and a slot more.
const VERDICT_SLOTS: u32 = 16;
const SLOT_SECONDS: u32 = 180;
const LOOK: Duration = Duration::from_millis(250);
/// Receives the payments: the one of the published guide. It has an account in every simnet.
const RECEIVER: &str = simnet::RECEIVERS[0];

pub(super) async fn run(
    addresses: Addresses,
    nodes: usize,
    network: NetworkArguments,
    progress: &Progress,
) -> anyhow::Result<Report> {
    let services = Services::new(&addresses)?;
    let begun = Instant::now();
    progress.step(2, "waiting for the nodes to announce themselves");
    wait_for_nodes(&services, nodes, progress).await?;
    progress.step(3, "freezing the fetcher, making a deployment, going on");
    services.tell_fetcher("freeze").await?;
    let deployment_id = services.new_deployment().await?;
    services.tell_fetcher("unfreeze").await?;
    wait_for_nodes(&services, nodes, progress).await?;
    let name = format!(
        "demo{}",
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()
    );
    let what = format!("running the experiment {name}: payments, zkApps, node stops, two rounds");
    progress.step(4, &what);
    services
        .start_experiment(&setup(&name, network.seed))
        .await?;
    wait_for_end(&services, &name, progress).await?;
    progress.step(5, "waiting for the last transactions");
    let (experiment, results) =
        settle(&services, (&name, deployment_id), network, progress).await?;
    progress.step(6, "reading the results");
    let logs = services.completeness(deployment_id).await?;
    let mut blocks = BTreeSet::new();
    for node in &logs {
        blocks.extend(services.blocks(deployment_id, &node.node_name).await?);
    }
    Report::new(
        &experiment,
        &results,
        Completeness::of(&logs),
        deployment_id,
        nodes,
        blocks.len(),
        begun.elapsed(),
    )
}

/// Rounds of ten minutes of network time: ten seconds at the usual scale. The same seed gives the
/// same experiment.
///
/// All that is asked arrives. A node spends the beginning of its zkApp load on deploying as many
/// zkApps as four times the gap has ticks, and sends nothing until these are in the ledger; with a
/// gap of a quarter of the round it deploys to the end of the round. The rates leave time for a
/// late tick after the last one.
///
/// Only nodes that send nothing are stopped; two of five are left for that, and one of them is.
///
/// Of a hundred transactions two may be missing: a tick that a busy node has skipped is no failure.
fn setup(name: &str, seed: u64) -> Value {
    json!({
        "experiment_name": name,
        "priv_keys": ["/keys/plain1"],
        "payment_receiver": RECEIVER,
        "rounds": 2,
        "round_duration_min": 10,
        "pause_min": 3,
        "rate_shape": "steps",
        "rate_steps": [0.3, 0.5],
        "zkapp_ratio": 0.5,
        "sender_ratio": 0.6,
        "stops_per_round": 1,
        "min_stop_ratio": 0.5,
        "max_stop_ratio": 0.5,
        "gap": 150,
        "generate_fund_keys": 4,
        "thresholds": ["included >= 98%", "applied >= 98%", "failed == 0"],
        "seed": seed & SEED_MAX
    })
}

async fn wait_for_nodes(
    services: &Services,
    wanted: usize,
    progress: &Progress,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let found = services.nodes().await?;
        progress.detail(&format!("{found} of {wanted}"));
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

async fn wait_for_end(services: &Services, name: &str, progress: &Progress) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let run = services.experiment(name).await?;
        let status = run["status"].as_str().context("a run without a status")?;
        progress.detail(&counts(&run));
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

/// Waits until nothing moves any more: for a slot all that nodes sent has been in blocks, or some
/// slots have passed; and until there is a verdict. Gives the run and what it came to.
async fn settle(
    services: &Services,
    (name, deployment_id): (&str, i32),
    network: NetworkArguments,
    progress: &Progress,
) -> anyhow::Result<(Value, Results)> {
    let slot = Duration::from_secs(u64::from(SLOT_SECONDS)) / network.time_scale;
    let begun = Instant::now();
    let mut all_in_since = None;
    loop {
        let run = services.experiment(name).await?;
        progress.detail(&counts(&run));
        let count = |what: &str| run["transactions"][what].as_i64().unwrap_or(0);
        let all_in = count("included") >= count("seen")
            && count("included") + count("unsent") >= count("accepted");
        let since = all_in.then(|| all_in_since.unwrap_or_else(Instant::now));
        all_in_since = since;
        let is_settled = count("included") >= count("accepted")
            || since.is_some_and(|since: Instant| since.elapsed() > slot);
        if is_settled || begun.elapsed() > slot * SETTLE_SLOTS {
            let results = services.results(name, deployment_id).await?;
            let is_decided = matches!(results.verdict, Some(Verdict::Pass | Verdict::Fail));
            if is_decided || begun.elapsed() > slot * VERDICT_SLOTS {
                return Ok((run, results));
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// How far a run is.
fn counts(run: &Value) -> String {
    let count = |what: &str| run["transactions"][what].as_i64().unwrap_or(0);
    let step = run["step_name"].as_str().unwrap_or_default();
    format!(
        "{step}, {} accepted, {} in blocks",
        count("accepted"),
        count("included")
    )
}

#[cfg(test)]
mod tests {
    use experiment::Plan;
    use experiment::setup::body::from_body;
    use experiment::setup::decode::Strictness;

    use super::*;

    fn plan(seed: u64) -> Plan {
        let body = json!({"experiment_setup": setup("demo", seed)}).to_string();
        let request = from_body(body.as_bytes(), Strictness::Strict).unwrap();
        let setup = request.decoded.setup;
        Plan::new(&setup, setup.seed.unwrap()).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_experiment() {
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7).rounds, plan(8).rounds);
        plan(u64::MAX);
    }

    #[test]
    fn nodes_deploy_zkapps_to_the_end_of_the_round() {
        let plan = plan(1);
        let setup = &plan.setup;
        let gap = u32::try_from(setup.gap).unwrap();
        let round_seconds = 60 * u32::try_from(setup.round_duration_min).unwrap();
        // Three of five nodes send.
        for senders in [1.0, 3.0, 60.0] {
            for round in &plan.rounds {
                let tps = round.zkapps.as_ref().unwrap().tps / senders;
                let deployed = 4.0 * (tps * f64::from(gap)).ceil();
                assert!(deployed >= tps * f64::from(round_seconds), "{tps}");
            }
        }
    }
}

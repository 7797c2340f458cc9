//! Runs of the same simulated network, and of one in which a checkpoint takes a tenth longer.

use std::fmt::Write as _;

use mina::Amount;
use results::answers::Comparison;
use results::attribution::attribute;
use results::compare::{Measured, compare};
use results::noise::Change;
use simulation::{
    GenesisAccount, Network, NetworkConfig, NodeId, PaymentsDetails, ProofLevel, Span,
    key_from_seed,
};
use store::testing::TestDatabase;

use crate::ingest::{logs_of, sql_time, store};

const NETWORKS: u64 = 20;
const NODES: usize = 4;
/// Long enough for ninety blocks.
const SLOTS: i64 = 130;
const SLOT: Span = Span::from_seconds(20);
const ROUNDS: i64 = 4;

/// Checkpoints that take from a third of a millisecond to fifty, each slowed in as many networks. How long
/// each takes varies by 15 to 20 %: what varies more needs more blocks.
const SLOWED: [&str; 4] = [
    "Hash_new_staged_ledger",
    "Calculate_diffs",
    "Validate_staged_ledger_diff",
    "Check_transition_can_be_connected",
];

/// Plays a run of payments in the network of a seed, stores what its nodes write in a deployment of
/// its own, and measures it.
async fn measured(test: &TestDatabase, seed: u64, slowed: Option<&str>) -> Measured {
    let mut config = NetworkConfig::with_nodes(NODES, seed);
    config.slot = SLOT;
    // What the other processes write is no part of it.
    config.proof_level = ProofLevel::None;
    config.nodes[0].snark_workers = 8;
    config.slowed = slowed.map(|name| format!("{name}=1.1").parse().unwrap());
    let key = key_from_seed(seed, "payer", 0).public_key();
    config.accounts = vec![GenesisAccount {
        public_key: key,
        balance: Amount::from_nanomina(1_000_000_000_000_000),
    }];
    let names: Vec<String> = config.nodes.iter().map(|node| node.name.clone()).collect();
    let name = format!("{}{seed}", if slowed.is_some() { "slow" } else { "usual" });
    let mut network = Network::new(config, seed).unwrap();
    let length = SLOT.times(SLOTS / ROUNDS);
    let mut requests = String::new();
    network.advance_to(network.now() + SLOT);
    for round in 0..ROUNDS {
        let details = PaymentsDetails {
            senders: vec![key],
            receiver: key,
            amount: Amount::from_nanomina(1_000),
            min_fee: Amount::from_nanomina(1_000_000),
            max_fee: Amount::from_nanomina(2_000_000),
            memo_prefix: format!("{name}-{round}-0"),
            tps: 0.05,
            duration_min: 10,
        };
        network
            .schedule_payments(NodeId::from_index(0), &details, None)
            .unwrap();
        let _ignored = write!(
            requests,
            "INSERT INTO loadlab.experiment_request (name, step, request, node, kind, round, \
             handle_is_ours, intended, asked_at, runs_until, outcome)
             VALUES ('{name}', {round}, 0, 'node:0', 'payments', {round}, true, 30, {}, {}, \
             'accepted');",
            sql_time(network.now()),
            sql_time(network.now() + Span::from_seconds(600)),
        );
        network.advance_to(network.now() + length);
    }
    network.advance_to(network.now() + SLOT.times(16));
    let logs = logs_of(&mut network);
    let made = "INSERT INTO deployment (metadata_json) VALUES ('{}') RETURNING deployment_id::text";
    let id = test.texts(made).await.unwrap()[0].parse().unwrap();
    store(test, id, &names, &logs, &Vec::new()).await;
    test.execute(&format!(
        "INSERT INTO experiment_state (name, description, status, setup_json)
         VALUES ('{name}', '', 'success', '{{}}');{requests}"
    ))
    .await
    .unwrap();
    let found = test.database().measured_run(&name).await.unwrap();
    found.unwrap().0
}

fn worse(comparison: &Comparison) -> Vec<&str> {
    let metrics = comparison.metrics.iter();
    metrics
        .filter(|metric| metric.verdict == Change::Worse)
        .map(|metric| metric.metric.as_str())
        .collect()
}

#[tokio::test]
async fn equal_networks_are_rarely_called_worse() {
    let test = TestDatabase::create().await.unwrap();
    let mut former = measured(&test, 0, None).await;
    let mut false_findings = Vec::new();
    for seed in 1..=NETWORKS {
        let next = measured(&test, seed, None).await;
        let comparison = compare(&[former, next.clone()], 0).unwrap();
        assert_eq!(comparison.nothing_in_common(), None);
        let found = worse(&comparison);
        if !found.is_empty() {
            false_findings.push(format!("{seed}: {found:?}"));
        }
        former = next;
    }
    println!("falsely worse: {false_findings:?}");
    assert!(false_findings.len() <= 1, "{false_findings:#?}");
}

#[tokio::test]
async fn a_checkpoint_that_takes_a_tenth_longer_is_found_and_named_first() {
    let test = TestDatabase::create().await.unwrap();
    let mut missed = Vec::new();
    for (checkpoint, seed) in SLOWED.into_iter().zip((100..).step_by(10)) {
        let base = measured(&test, seed, None).await;
        for slow in 1..=NETWORKS / SLOWED.len() as u64 {
            let slow = measured(&test, seed + slow, Some(checkpoint)).await;
            let cause = attribute(&slow.traces, &base.traces, "run");
            let comparison = compare(&[base.clone(), slow], 0).unwrap();
            let found = worse(&comparison);
            let is_worse = found.contains(&format!("checkpoint.{checkpoint}").as_str());
            let first = cause.checkpoints.first().map(|row| row.name.as_str());
            if !is_worse || first != Some(checkpoint) {
                missed.push(format!("{checkpoint}: {found:?}, {first:?} first"));
            }
        }
    }
    println!("not found: {missed:?}");
    assert!(missed.len() <= 1, "{missed:#?}");
}

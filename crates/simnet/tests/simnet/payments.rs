//! A scheduled run of payments, from the request to the chain and the figures.

use itn::PaymentsDetails;
use mina::{KeyFile, PrivateKey};
use serde_json::Value;
use simnet::Config;

use crate::shared::{client, eventually, start};

#[tokio::test]
async fn scheduled_payments_reach_the_chain_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::nodes(3);
    config.time_scale = 500;
    config.folder = Some(folder.path().to_owned());
    let simnet = start(config).await;
    let key = |number: u32| -> PrivateKey {
        let path = folder.path().join(format!("keys/plain{number}"));
        let json = std::fs::read(path).unwrap();
        KeyFile::from_json(&json).unwrap().decrypt(b"").unwrap()
    };
    let details = PaymentsDetails {
        duration_min: 10,
        tps: 0.1,
        memo_prefix: "test-0-0".to_owned(),
        max_fee: "0.002".parse().unwrap(),
        min_fee: "0.001".parse().unwrap(),
        amount: "1.5".parse().unwrap(),
        receiver: key(3).public_key(),
        senders: vec![key(1), key(2)],
    };
    let mut client = client(&simnet, 1);
    let handle = client.schedule_payments(&details, None).await.unwrap();
    let running = client.scheduled_transactions().await.unwrap();
    assert_eq!(running.len(), 1, "{handle:?}");
    let counts = eventually("payments in blocks", async || {
        let counts = simnet.truth()[1].transactions;
        (counts.scheduled >= 50 && counts.included + 5 >= counts.scheduled).then_some(counts)
    })
    .await;
    assert!(counts.sent <= counts.scheduled && counts.included <= counts.sent);
    assert_eq!(counts.failed, 0);
    assert_eq!(simnet.truth()[0].transactions.scheduled, 0);
    let name = &simnet.nodes()[1].name;
    let url = format!("http://{}/api/v1/nodes", simnet.status_address());
    let runs = service::proxy::direct()
        .build()
        .unwrap()
        .get(format!("{url}/{name}/scheduler-runs"))
        .send()
        .await;
    let runs: Value = runs.unwrap().json().await.unwrap();
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs}");
    assert_eq!(runs[0]["handle"], handle.as_str());
    assert_eq!(runs[0]["kind"], "payments");
    assert_eq!(runs[0]["memo_prefix"], "test-0-0");
    let unknown = service::proxy::direct()
        .build()
        .unwrap()
        .get(format!("{url}/nobody/scheduler-runs"))
        .send()
        .await;
    assert_eq!(unknown.unwrap().status(), reqwest::StatusCode::NOT_FOUND);
    eventually("the run ends", async || {
        let running = client.scheduled_transactions().await.unwrap();
        running.is_empty().then_some(())
    })
    .await;
    let runs = simnet.scheduler_runs();
    assert!(runs[0].is_empty(), "{runs:?}");
    assert_eq!((runs[1][0].state, runs[1][0].transactions), ("done", 60));
    simnet.stop().await;
}

//! Nodes that are not what they claim.

use std::time::Duration;

use log_fetcher::other_machines;

use crate::bench_of_nodes::{Bench, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_permitted_are_never_connected_to() {
    let bench = Bench::start(1, 500).await;
    let mut config = bench.config();
    config.allowed = other_machines();
    let fetcher = bench.fetch(config).await;
    eventually("the address is refused", async || {
        fetcher.get("/nodes").await.1.contains("is not permitted")
    })
    .await;
    assert_eq!(bench.nodes[0].state().requests, 0);
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_judged_by_the_address_that_it_leads_to() {
    let bench = Bench::start(1, 500).await;
    let list = bench
        .online
        .lock()
        .unwrap()
        .replace("127.0.0.1", "localhost");
    *bench.online.lock().unwrap() = list;
    let mut config = bench.config();
    config.allowed = other_machines();
    let fetcher = bench.fetch(config).await;
    eventually("the address is refused", async || {
        let (_, nodes) = fetcher.get("/nodes").await;
        nodes.contains(r#""ip":"localhost""#) && nodes.contains("is not permitted")
    })
    .await;
    assert_eq!(bench.nodes[0].state().requests, 0);
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_and_asked_about_seldom() {
    let bench = Bench::start(1, 500).await;
    bench.nodes[0].refuse_key();
    let mut config = bench.config();
    config.pace.retry_max = Duration::from_secs(30);
    let fetcher = bench.fetch(config).await;
    eventually("it is told", async || {
        fetcher
            .get("/nodes")
            .await
            .1
            .contains(r#""state":"wrong key""#)
    })
    .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(bench.nodes[0].state().requests <= 2);
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_submitters_lead_nowhere() {
    let bench = Bench::start(1, 500).await;
    let good = bench.online.lock().unwrap().clone();
    let bad = r#"{"remote_addr":"<script>","submitter":"\u001b[31m","graphql_control_port":3086}"#;
    *bench.online.lock().unwrap() = good.replacen('[', &format!("[{bad},7,"), 1);
    let fetcher = bench.fetch(bench.config()).await;
    bench.nodes[0].write(1);
    bench.wait_for_entries(1).await;
    let (_, nodes) = fetcher.get("/nodes").await;
    assert!(
        !nodes.contains("script") && nodes.contains("EV6qnXQP"),
        "{nodes}"
    );
    fetcher.stop().await;
}

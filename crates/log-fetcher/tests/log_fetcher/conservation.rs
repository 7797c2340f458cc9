//! The conservation law: what nodes make is what is stored and what is counted
//! as lost, whatever happens to them.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::bench_of_nodes::{Bench, eventually};
use crate::node::{Fault, TestNode};

/// One run of several nodes with faults that the seed decides.
#[expect(clippy::print_stderr, reason = "the seed makes a failure repeatable")]
async fn run(seed: u64) {
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let bench = Bench::start(4, 500).await;
    let mut fetcher = Some(bench.fetch(bench.config()).await);
    for _ in 0..25 {
        let node = &bench.nodes[random.random_range(0..4)];
        let other = &bench.nodes[random.random_range(0..4)];
        match random.random_range(0..16) {
            0..6 => node.write(random.random_range(1..200)),
            6 | 7 => node.write(random.random_range(500..3_000)),
            8 => node.restart(),
            9 => node.lose_sequence(),
            10 => node.fault(Fault::Slow(Duration::from_millis(
                random.random_range(10..300),
            ))),
            11 => node.fault(Fault::Error),
            12 => node.fault(Fault::None),
            13 if node.address != other.address => node.swap(other),
            14 => {
                if let Some(fetcher) = fetcher.take() {
                    if random.random() {
                        fetcher.kill();
                    } else {
                        fetcher.stop().await;
                    }
                }
            }
            _ => {}
        }
        if fetcher.is_none() {
            fetcher = Some(bench.fetch(bench.config()).await);
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..150))).await;
    }
    for node in &bench.nodes {
        node.fault(Fault::None);
        // So that the end of each log is read, and seen to be read.
        node.write(1);
    }
    let mut last_names: Vec<String> = Vec::new();
    for node in &bench.nodes {
        last_names.push(node.state().daemon.made.last().unwrap().clone());
    }
    let sql = format!(
        "SELECT count(DISTINCT name)::text FROM block_trace_checkpoint WHERE name IN ('{}')",
        last_names.join("', '")
    );
    eventually("the last entry of each node is stored", async || {
        bench.text(&sql).await == "4"
    })
    .await;
    if let Some(fetcher) = fetcher {
        fetcher.stop().await;
    }
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_is_stored_or_counted_as_lost() {
    // Each takes about ten connections of a server that has a hundred.
    for seeds in [0..4, 4..8] {
        futures_util::future::join_all(seeds.map(run)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_begin_again_within_a_run_are_read_from_the_beginning() {
    let bench = Bench::start(2, 500).await;
    let fetcher = bench.fetch(bench.config()).await;
    let mut made = 0;
    for round in 1..=3 {
        for node in &bench.nodes {
            node.write(100);
            made += 100;
        }
        bench.wait_for_entries(made).await;
        // A flush that is still to come would delete what has the same ids and was not read.
        eventually("everything is flushed", async || {
            bench.nodes.iter().all(TestNode::is_flushed)
        })
        .await;
        // A daemon that draws the same uuid again has forgotten sequence numbers, too.
        bench.nodes[0].lose_sequence();
        for node in &bench.nodes {
            node.reset_ids();
            node.write(30 * round);
            made += 30 * round;
        }
    }
    bench.wait_for_entries(made).await;
    fetcher.stop().await;
    assert_eq!(bench.stored_and_lost().await, (made, 0));
    let reasons = "SELECT reason || ' ' || count(*) FROM loadlab.gap GROUP BY reason";
    let reasons = bench.test.texts(reasons).await.unwrap();
    assert_eq!(reasons, ["the run of the node ended 6"]);
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_that_overflows_the_queue_is_a_gap_of_its_true_size() {
    service::metrics::install().unwrap();
    let bench = Bench::start(1, 500).await;
    bench.nodes[0].write(3_000);
    let fetcher = bench.fetch(bench.config()).await;
    bench.wait_for_entries(3_000).await;
    bench.nodes[0].write(3_000);
    bench.wait_for_entries(6_000).await;
    assert_eq!(bench.stored_and_lost().await, (1_000, 5_000));
    let gaps =
        "SELECT after_entry || ' ' || missing || ' ' || reason FROM loadlab.gap ORDER BY gap_id";
    assert_eq!(
        bench.test.texts(gaps).await.unwrap(),
        [
            "0 2500 dropped before the node was first fetched",
            "3000 2500 dropped between two polls"
        ]
    );
    let (status, nodes) = fetcher.get("/nodes").await;
    assert_eq!(status, 200);
    let nodes: serde_json::Value = serde_json::from_str(&nodes).unwrap();
    assert_eq!(nodes[0]["lost_entries"], 5_000);
    assert!((nodes[0]["completeness"].as_f64().unwrap() - 1.0 / 6.0).abs() < 1e-9);
    let (_, metrics) = fetcher.get("/metrics").await;
    let lost = format!(
        r#"log_fetcher_lost_entries_total{{node="EV6qnXQP{}"}} 5000"#,
        bench.nodes[0].name()
    );
    assert!(metrics.contains(&lost), "{lost} is not in {metrics}");
    let (_, completeness) = fetcher.get("/api/v1/completeness").await;
    let path = "/api/v1/completeness?deployment=";
    assert_eq!(fetcher.get(&format!("{path}1")).await.1, completeness);
    assert_eq!(fetcher.get(&format!("{path}99")).await.1, "[]");
    assert_eq!(fetcher.get(&format!("{path}x")).await.0, 400);
    assert!(
        completeness.contains(r#""lost_entries":5000"#),
        "{completeness}"
    );
    // All of that was within the last minutes, and nothing was an hour ago.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap().as_secs();
    for (from, until, stored, lost) in [(120, 0, 1_000, 5_000), (3_600, 1_800, 0, 0)] {
        let path = format!(
            "/api/v1/completeness?from={}&until={}",
            now - from,
            now + 60 - until
        );
        let (_, within) = fetcher.get(&path).await;
        let within: serde_json::Value = serde_json::from_str(&within).unwrap();
        assert_eq!(within[0]["stored_entries"], stored, "{within}");
        assert_eq!(within[0]["lost_entries"], lost, "{within}");
    }
    let (_, sessions) = fetcher.get("/api/v1/sessions").await;
    assert!(sessions.contains(r#""gaps":2"#), "{sessions}");
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn daemons_that_swap_addresses_are_stored_once() {
    let bench = Bench::start(2, 500).await;
    let fetcher = bench.fetch(bench.config()).await;
    let mut made = 0;
    for round in 0..4 {
        for node in &bench.nodes {
            node.write(100);
            made += 100;
        }
        if round % 2 == 0 {
            // Also what was not yet flushed.
            bench.wait_for_entries(made).await;
        }
        bench.nodes[0].swap(&bench.nodes[1]);
    }
    bench.wait_for_entries(made).await;
    fetcher.stop().await;
    assert_eq!(bench.stored_and_lost().await, (made, 0));
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_slow_or_dead_delays_no_other() {
    let bench = Bench::start(20, 500).await;
    for node in &bench.nodes[..10] {
        node.fault(Fault::Hang);
    }
    let fetcher = bench.fetch(bench.config()).await;
    for node in &bench.nodes[10..] {
        node.write(50);
    }
    let begun = std::time::Instant::now();
    bench.wait_for_entries(500).await;
    assert!(begun.elapsed() < Duration::from_secs(15));
    fetcher.stop().await;
}

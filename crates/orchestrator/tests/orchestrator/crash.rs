//! A run is interrupted at every write to its journal, before and after it; whatever the point,
//! the nodes see the same in the end as without an interruption.

use std::time::Duration;

use futures_util::StreamExt as _;
use store::{ConnectOptions, Database};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::lab::{Lab, PATIENCE};
use crate::network::Effects;
use crate::postgres_proxy::{Proxy, Side};

/// A script with every kind of step that has effects.
fn script(lab: &Lab) -> String {
    let (key, folder) = (lab.text("plain1"), lab.text("keys"));
    [
        r#""begin""#.to_owned(),
        format!(
            r#"{{"action":"fund-keys","params":{{"amount":6000000000,"fee":1000000000,"prefix":"{folder}/a/key","num":6,"privkeys":["{key}"]}}}}"#
        ),
        format!(
            r#"{{"action":"fund-keys","params":{{"amount":6000000000,"fee":1000000000,"prefix":"{folder}/b/key","num":6,"privkeys":["{key}"]}}}}"#
        ),
        r#"{"action":"discovery","params":{}}"#.to_owned(),
        format!(r#"{{"action":"load-keys","params":{{"dir":"{folder}/a"}}}}"#),
        format!(r#"{{"action":"load-keys","params":{{"dir":"{folder}/b"}}}}"#),
        r#"{"action":"payments","params":{"experimentName":"crash-0","tps":0.31,"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{"type":"output","step":-2,"name":"key"},"nodes":{"type":"output","step":-3,"name":"participant"}}}"#.to_owned(),
        r#"{"action":"zkapp-txs","params":{"experimentName":"crash-0","tps":0.2,"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"gap":10,"maxBalanceChange":1000,"deploymentFee":1,"feePayers":{"type":"output","step":-2,"name":"key"},"nodes":{"type":"output","step":-4,"name":"participant"}}}"#.to_owned(),
        r#"{"action":"wait","params":{"sec":30}}"#.to_owned(),
        r#"{"action":"sample","params":{"group":{"type":"output","step":2,"name":"participant"},"ratios":[0.4]}}"#.to_owned(),
        r#"{"action":"stop-daemon","params":{"nodes":{"type":"output","step":-1,"name":"group1"}}}"#.to_owned(),
        r#"{"action":"stop","params":{"receipts":{"type":"output","step":5,"name":"receipt"}}}"#.to_owned(),
    ]
    .join("\n")
}

/// What nodes saw, in a form that does not depend on the order of concurrent requests.
type Visible = (Vec<String>, Vec<String>, u32, usize);

fn visible(effects: &[Effects]) -> Visible {
    let mut started: Vec<String> = effects.iter().flat_map(|e| e.started.clone()).collect();
    let mut stopped: Vec<String> = effects.iter().flat_map(|e| e.stopped.clone()).collect();
    started.sort();
    stopped.sort();
    let stops = effects.iter().map(|e| e.daemon_stops).sum();
    let accounts = effects.iter().map(|e| e.accounts).sum();
    (started, stopped, stops, accounts)
}

/// One process with a connection of its own, until it ends or is killed at the commit.
async fn run_until(lab: &Lab, proxy: Option<&Proxy>, ttl: Duration) {
    let url = match proxy {
        Some(proxy) => through(lab.database.url(), proxy),
        None => lab.database.url().to_owned(),
    };
    let mut config = lab.config();
    config.lease_ttl = ttl;
    let mut options = ConnectOptions::for_writing();
    options.application_name = config.holder().to_string();
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    // A runtime of its own, so that everything in it ends at once.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let serving = runtime.spawn(async move {
        let database = Database::connect(&url, &options).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        orchestrator::serve(config, database, listener, token).await;
    });
    if let Some(proxy) = proxy {
        let ended = lab.ended("crash");
        tokio::select! {
            () = proxy.stopped() => {}
            _ = ended => {}
        }
    } else {
        lab.ended("crash").await;
        shutdown.cancel();
        tokio::time::timeout(PATIENCE, serving)
            .await
            .unwrap()
            .unwrap();
    }
    runtime.shutdown_background();
}

fn through(url: &str, proxy: &Proxy) -> String {
    let (before, after) = url.rsplit_once('@').unwrap();
    let (_, path) = after.split_once('/').unwrap();
    format!("{before}@{}/{path}", proxy.address)
}

fn server(url: &str) -> String {
    let (_, after) = url.rsplit_once('@').unwrap();
    after.split_once('/').unwrap().0.to_owned()
}

async fn interrupted(at: usize, side: Side) -> (String, Vec<String>, Visible) {
    let lab = Lab::new(5, true).await;
    lab.admit("crash", &script(&lab)).await;
    let proxy = Proxy::start(&server(lab.database.url()), at, side).await;
    run_until(&lab, Some(&proxy), Duration::from_millis(1500)).await;
    run_until(&lab, None, Duration::from_secs(5)).await;
    let run = lab.ended("crash").await;
    (
        run.summary.status,
        run.errors,
        visible(&lab.network.effects()),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_changes_nothing_at_the_nodes() {
    let lab = Lab::new(5, true).await;
    lab.admit("crash", &script(&lab)).await;
    let never = Proxy::start(&server(lab.database.url()), usize::MAX, Side::AfterCommit).await;
    run_until(&lab, Some(&never), Duration::from_secs(5)).await;
    let run = lab.ended("crash").await;
    assert_eq!(
        run.summary.status, "success",
        "{:?} {:?}",
        run.errors, run.warnings
    );
    let expected = visible(&lab.network.effects());
    assert_eq!(expected.0.len(), 5, "{expected:?}");
    let commits = never.commits();
    assert!(commits > 15, "{commits}");
    let cases = (1..=commits).flat_map(|at| [(at, Side::BeforeCommit), (at, Side::AfterCommit)]);
    let mut outcomes = futures_util::stream::iter(cases)
        .map(|(at, side)| async move { (at, side, interrupted(at, side).await) })
        .buffer_unordered(3);
    while let Some((at, side, (status, errors, seen))) = outcomes.next().await {
        let place = format!("commit {at} of {commits}, {side:?}");
        assert_eq!(status, "success", "{place}: {errors:?}");
        assert_eq!(seen, expected, "{place}");
    }
}

/// Eight hours of the network in some seconds.
const FAST: f64 = 7200.0;

/// One process that is killed so long after it has taken the run up, or runs until the end.
async fn run_for(lab: &Lab, time: Option<Duration>) {
    let mut config = lab.config();
    config.time_scale = FAST;
    config.lease_ttl = Duration::from_millis(400);
    let mut options = ConnectOptions::for_writing();
    options.application_name = config.holder().to_string();
    let proxy = Proxy::start(&server(lab.database.url()), usize::MAX, Side::AfterCommit).await;
    let url = through(lab.database.url(), &proxy);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.spawn(async move {
        let database = Database::connect(&url, &options).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        orchestrator::serve(config, database, listener, CancellationToken::new()).await;
    });
    let ended = lab.ended("crash");
    match time {
        Some(time) => {
            let life = async {
                while proxy.commits() == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                tokio::time::sleep(time).await;
            };
            tokio::select! {
                () = life => {}
                _ = ended => {}
            }
        }
        None => {
            ended.await;
        }
    }
    // First the database: what a runtime still does while it ends, a killed process does not.
    proxy.cut();
    runtime.shutdown_background();
}

async fn eight_hours(crash_every: Option<Duration>) -> (u32, Visible) {
    let lab = Lab::new(5, true).await;
    // Longer than the time without a process after a crash: a node tells the keys of accounts only
    // as long as it funds them.
    *lab.network.nodes[0].funding_time.lock().unwrap() = Duration::from_secs(1);
    let setup = lab.setup(
        "crash",
        serde_json::json!({
            "rounds": 4, "round_duration_min": 110, "pause_min": 10, "seed": 3,
            "sender_ratio": 0.5, "min_stop_ratio": 0.5, "zkapp_ratio": 0.3, "gap": 60,
            "base_tps": 0.02, "stress_tps": 0.03, "fund_key_prefix": "FOLDER",
        }),
    );
    let text = setup.to_string().replace("FOLDER", &lab.text("fund_keys"));
    let strict = experiment::setup::decode::Strictness::Strict;
    let decoded = experiment::setup::decode::from_json(&text, strict).unwrap();
    let plan = experiment::Plan::new(&decoded.setup, 3).unwrap();
    lab.admit("crash", &plan.script("eight hours").to_string())
        .await;
    let mut crashes = 0;
    while let Some(time) = crash_every {
        run_for(&lab, Some(time)).await;
        let run = lab.db().experiment_run("crash").await.unwrap().unwrap();
        if run.summary.ended_at.is_some() {
            break;
        }
        crashes += 1;
    }
    run_for(&lab, None).await;
    let run = lab.ended("crash").await;
    assert_eq!(run.summary.status, "success", "{:?}", run.errors);
    (crashes, visible(&lab.network.effects()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_hours_with_a_crash_in_each_end_as_without() {
    let (_, undisturbed) = eight_hours(None).await;
    assert!(undisturbed.0.len() >= 8, "{undisturbed:?}");
    let hour = Duration::from_secs_f64(3600.0 / FAST);
    let (crashes, disturbed) = eight_hours(Some(hour)).await;
    assert!(crashes >= 3, "{crashes}");
    assert_eq!(disturbed, undisturbed);
}

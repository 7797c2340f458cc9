//! Eight hours of the network, with and without a crash in each of them.

use std::time::Duration;

use crate::lab::Lab;
use crate::network::Effects;
use crate::process::Process;

/// Eight hours of the network in some seconds.
const FAST: f64 = 7200.0;

/// What nodes saw, in a form that does not depend on the order of concurrent requests.
#[derive(Debug, PartialEq)]
struct Visible {
    started: Vec<String>,
    stopped: Vec<String>,
    daemon_stops: u32,
    accounts: usize,
}

impl Visible {
    fn at(lab: &Lab) -> Self {
        let effects = lab.network.effects();
        let sorted = |memos: fn(&Effects) -> &Vec<String>| {
            let mut all: Vec<String> = effects.iter().flat_map(|e| memos(e).clone()).collect();
            all.sort();
            all
        };
        Self {
            started: sorted(|effects| &effects.started),
            stopped: sorted(|effects| &effects.stopped),
            daemon_stops: effects.iter().map(|e| e.daemon_stops).sum(),
            accounts: effects.iter().map(|e| e.accounts).sum(),
        }
    }
}

/// One process that is killed so long after it has taken the run up, or runs until the end.
async fn run_for(lab: &Lab, time: Option<Duration>) {
    let mut config = lab.config();
    config.time_scale = FAST;
    config.lease_ttl = Duration::from_millis(400);
    let process = Process::start(&lab.database, config).await;
    let ended = lab.ended("crash");
    match time {
        Some(time) => {
            let life = async {
                while process.proxy.writes() == 0 {
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
    process.kill();
}

async fn eight_hours(crash_every: Option<Duration>) -> (u32, Visible) {
    let lab = Lab::new(5, true).await;
    // Longer than the time without a process after a crash: a node reports the keys of accounts only
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
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    (crashes, Visible::at(&lab))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_hours_with_a_crash_in_each_end_as_without() {
    let (_, undisturbed) = eight_hours(None).await;
    assert!(undisturbed.started.len() >= 8, "{undisturbed:?}");
    let hour = Duration::from_secs_f64(3600.0 / FAST);
    let (crashes, disturbed) = eight_hours(Some(hour)).await;
    assert!(crashes >= 3, "{crashes}");
    assert_eq!(disturbed, undisturbed);
}

//! A cancel that comes while an action is at work.

use std::time::Duration;

use serde_json::json;

use crate::lab::{Lab, post};

/// A script that is at this action when it is cancelled, and slow enough at it.
fn script(lab: &Lab, action: &str) -> String {
    let (folder, key) = (lab.text("load"), lab.text("plain1"));
    let prefix = lab.text("new/key");
    let all = r#"{"type":"output","step":0,"name":"participant"}"#;
    let rest = match action {
        "discovery" => return r#"{"action":"discovery"}"#.to_owned(),
        "fund-keys" => format!(
            r#"{{"action":"fund-keys","params":{{"amount":4000000000,"fee":1,"prefix":"{prefix}","num":4,"privkeys":["{key}"]}}}}"#
        ),
        "payments" => format!(
            r#"{{"action":"load-keys","params":{{"dir":"{folder}"}}}}
            {{"action":"payments","params":{{"experimentName":"x-0","tps":0.2,"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{all}}}}}"#
        ),
        "stop-daemon" | "isolate" | "slots-won" | "set-zkapp-soft-limit" => {
            format!(r#"{{"action":"{action}","params":{{"nodes":{all}}}}}"#)
        }
        "wait" => r#"{"action":"wait","params":{"min":6000}}"#.to_owned(),
        other => panic!("no script for {other}"),
    };
    // What comes after it does not end.
    format!(r#"{{"action":"discovery"}} {rest} {{"action":"wait","params":{{"min":6000}}}}"#)
}

/// The step of the action.
fn position(action: &str) -> i32 {
    match action {
        "discovery" => 0,
        "payments" => 2,
        _ => 1,
    }
}

async fn check(action: &'static str) {
    let lab = Lab::new(3, true).await;
    for number in 1..=4 {
        lab.write_key(&format!("load/key-0-{number}"), number);
    }
    *lab.network.nodes[0].funding_time.lock().unwrap() = Duration::from_mins(1);
    for node in &lab.network.nodes {
        *node.delay.lock().unwrap() = Duration::from_secs(1);
    }
    lab.admit("x", &script(&lab, action)).await;
    let service = lab.start().await;
    // It may be over when it is looked at; then the wait after it is cancelled.
    lab.until("x", |run| {
        !run.summary.step_name.is_empty() && run.summary.step >= position(action)
    })
    .await;
    let (status, _) = post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    assert_eq!(status, 200, "{action}");
    let run = lab.ended("x").await;
    assert_eq!(
        run.summary.status.as_str(),
        "cancelled",
        "{action}: {:?}",
        run.errors
    );
    assert!(run.errors.is_empty(), "{action}: {:?}", run.errors);
    let told = run
        .logs
        .iter()
        .any(|line| line.starts_with("Error running step") && line.ends_with("context canceled"));
    assert!(told, "{action}: {:?}", run.logs);
    assert_eq!(run.summary.webhook, None);
    assert_eq!(lab.network.running(), 0, "{action}");
    let isolated = lab.network.effects().iter().any(|e| e.isolated);
    assert!(!isolated, "{action}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_inside_an_action_is_no_error_and_leaves_nothing_at_nodes() {
    let checks = [
        "discovery",
        "fund-keys",
        "payments",
        "stop-daemon",
        "isolate",
        "slots-won",
        "set-zkapp-soft-limit",
        "wait",
    ]
    .map(check);
    futures_util::future::join_all(checks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_before_a_step_is_told_and_the_step_does_not_begin() {
    let lab = Lab::new(1, true).await;
    lab.admit("x", &script(&lab, "payments")).await;
    lab.db().request_cancel(None).await.unwrap();
    let service = lab.start().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "cancelled", "{:?}", run.errors);
    assert!(run.errors.is_empty(), "{:?}", run.errors);
    assert!(
        run.logs.contains(&"Experiment canceled".to_owned()),
        "{:?}",
        run.logs
    );
    let journal = lab.db().read_journal("x").await.unwrap().unwrap();
    assert!(journal.steps.is_empty(), "{:?}", journal.steps);
    service.stop().await;
}

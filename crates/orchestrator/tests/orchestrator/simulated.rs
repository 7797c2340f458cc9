//! Runs against simulated networks: every action that acts on nodes, and what it comes to there.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use store::experiment_runs::RequestStatus;

use crate::lab::{PATIENCE, write_executable};
use crate::simnet_lab::SimnetLab;

/// Has no account in a simnet.
const STRANGER: &str = "B62qjVQLxt9nYMWGn45mkgwYfcz8e8jvjNCBo11VKJb7vxDNwv5QLPS";

const ALL: &str = r#"{"type":"output","step":0,"name":"participant"}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_is_funded_by_nodes_and_what_is_left_is_measured() {
    let mut lab = SimnetLab::new(3, true).await;
    lab.fund_by_node();
    let script = format!(
        r#"{{"action":"discovery"}}
        {{"action":"fund-keys","params":{{"amount":40000000000,"fee":1000000000,"prefix":"./fund_keys/a/key","num":4,"privkeys":["{0}"]}}}}
        {{"action":"load-keys","params":{{"dir":"./fund_keys/a"}}}}
        {{"action":"payments","params":{{"experimentName":"left-0","tps":0.1,"minTps":0.05,"durationMin":10,"maxFee":200000000,"minFee":100000000,"amount":100000,"receiver":"{1}","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{ALL}}}}}
        {{"action":"wait","params":{{"min":25}}}}"#,
        lab.path("net/keys/plain1"),
        lab.public_key("plain2"),
    );
    let run = lab.run("left", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert!(lab.folder.path().join("fund_keys/a/key-0-3").is_file());
    let left = run.remaining_funds.expect("what is left is reported");
    assert_eq!(left["funded_mina"], "40");
    assert_eq!(left["accounts"], 4);
    assert_eq!(left["measured_accounts"], 4, "{left}");
    let mina = |name: &str| left[name].as_str().unwrap().parse::<f64>().unwrap();
    // 60 payments with a fee from 0.1 to 0.2, and four accounts that cost 1 to make.
    assert!((mina("expected_mina") - 26.994).abs() < 1e-9, "{left}");
    let scheduled: u64 = lab
        .simnet
        .truth()
        .iter()
        .map(|node| node.transactions.included)
        .sum();
    assert!(scheduled > 0);
    let measured = mina("measured_mina");
    assert!(measured > 20.0 && measured < 36.0, "{left}");
    assert!(
        run.logs.iter().any(|line| line.contains("MINA given to")),
        "{:?}",
        run.logs
    );
    lab.simnet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_without_an_account_is_warned_of_before_anything_is_paid() {
    let lab = SimnetLab::new(1, true).await;
    let warnings = async |name: &str, receiver: &str, amount: u64| {
        let payments = format!(
            r#"{{"action":"payments","params":{{"receiver":"{receiver}","amount":{amount}}}}}"#
        );
        // It fails at once, as nothing is discovered: that comes after the warnings.
        lab.run(name, &payments).await.warnings
    };
    for receiver in simnet::RECEIVERS {
        let none: [String; 0] = [];
        assert_eq!(warnings(&receiver[..20], receiver, 1).await, none);
    }
    let told = warnings("too-little", STRANGER, 100_000).await;
    assert_eq!(
        told,
        [format!(
            "the receiver {STRANGER} has no account, and payments of 0.0001 MINA do not pay for \
             one, which costs 1 MINA: they will all fail and pay their fees only; create the \
             account first, or name another receiver"
        )]
    );
    let told = warnings("enough", STRANGER, 2_000_000_000).await;
    assert!(told[0].contains("has no account yet"), "{told:?}");

    let mut away = lab.config.clone();
    away["publicGraphql"] = json!(["127.0.0.1:1"]);
    let mut lab = lab;
    lab.config = away;
    let payments = format!(r#"{{"action":"payments","params":{{"receiver":"{STRANGER}"}}}}"#);
    let told = lab.run("away", &payments).await.warnings;
    assert!(
        told[0].starts_with("it is not known whether the receiver of payments has an account"),
        "{told:?}"
    );
    lab.simnet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn balances_rotate_between_the_keys_of_nodes() {
    let lab = SimnetLab::new(3, true).await;
    let servers: Vec<String> = lab
        .simnet
        .nodes()
        .iter()
        .map(|node| node.public_graphql.to_string())
        .collect();
    let keys = ["plain1", "plain2", "plain3"];
    let publics = keys.map(|key| lab.public_key(key));
    let file = |key: &str| lab.folder.path().join(format!("net/keys/{key}"));
    let mut before = Vec::new();
    for key in keys {
        before.push(lab.balance(&file(key)).await.unwrap());
    }
    let script = format!(
        r#"{{"action":"rotate-balance","params":{{"pubkeys":{},"servers":{},"ratio":0.5,"mapping":[1,2,0],"fee":2000000000}}}}
        {{"action":"wait","params":{{"min":20}}}}"#,
        json!(publics),
        json!(servers),
    );
    let run = lab.run("rotate", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert!(run.warnings.is_empty(), "{:?}", run.warnings);
    for (index, key) in keys.iter().enumerate() {
        let share = |of: usize| (before[of] - 2_000_000_000) / 2;
        let from = (index + 2) % 3;
        let expected = before[index] - share(index) - 2_000_000_000 + share(from);
        assert_eq!(lab.balance(&file(key)).await, Some(expected), "{key}");
    }
    lab.simnet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_isolated_restarted_and_joined_again() {
    let mut lab = SimnetLab::new(4, true).await;
    let calls = lab.path("calls");
    let control = lab.path("control");
    let text = format!("#!/bin/sh\necho \"$@\" >> {calls}\n[ \"$2\" != bad ]\n");
    write_executable(control.as_ref(), &text);
    lab.config["controlExec"] = control.into();
    let script = format!(
        r#"{{"action":"discovery"}}
        {{"action":"slots-won","params":{{"nodes":{ALL}}}}}
        {{"action":"allocate-slots","params":{{"groups":[1,1],"minSlots":5,"maxSlots":60,"slotsWon":{{"type":"output","step":-1,"name":"slotsWon"}}}}}}
        {{"action":"isolate","params":{{"nodes":{{"type":"output","step":-1,"name":"group0"}}}}}}
        {{"action":"isolate","params":{{"nodes":{{"type":"output","step":-2,"name":"group1"}}}}}}
        {{"action":"wait","params":{{"min":30}}}}
        {{"action":"reset-gating","params":{{"nodes":{ALL},"addRandomPeers":2}}}}
        {{"action":"restart","params":{{"nodes":{ALL}}}}}
        {{"action":"restart","params":{{"nodes":{ALL},"clean":true}}}}
        {{"action":"restart","params":{{"nodes":["bad:1","good:1"]}}}}"#
    );
    let run = lab.run("gating", &script).await;
    assert_eq!(run.summary.status.as_str(), "error");
    let error = run.errors.last().unwrap();
    assert!(error.contains("restart of bad:1 failed"), "{error}");
    let calls = std::fs::read_to_string(calls).unwrap();
    let mut lines: Vec<&str> = calls.lines().collect();
    assert_eq!(
        lines.pop(),
        Some("restart bad"),
        "the first failure ends the step"
    );
    for (verb, lines) in [("restart", &lines[..4]), ("redeploy", &lines[4..])] {
        let hosts: BTreeSet<&str> = lines
            .iter()
            .filter_map(|line| line.strip_prefix(verb))
            .collect();
        assert_eq!(hosts.len(), 4, "{calls}");
    }
    let groups = [
        lab.outputs("gating", 2, "group0").await,
        lab.outputs("gating", 2, "group1").await,
    ];
    let sizes: Vec<usize> = groups
        .iter()
        .map(|group| group[0].as_array().unwrap().len())
        .collect();
    assert!(sizes.iter().all(|size| *size > 0), "{groups:?}");
    let state = lab.db().read_journal("gating").await.unwrap().unwrap();
    let kinds = |kind: &str| {
        let rows = state.requests.iter();
        rows.filter(|row| row.kind == kind && row.outcome == Some(RequestStatus::Accepted))
            .count()
    };
    assert_eq!(kinds("gating"), sizes.iter().sum::<usize>());
    assert_eq!(kinds("gating-reset"), 8);
    // All are in one network again: they agree on the chain in the end.
    let agree = async {
        loop {
            let truth = lab.simnet.truth();
            if truth
                .iter()
                .all(|node| node.state_hash == truth[0].state_hash)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, agree).await.unwrap();
    lab.simnet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_scheduled_is_stopped_whoever_scheduled_it() {
    let mut lab = SimnetLab::new(3, true).await;
    lab.fund_by_node();
    let script = format!(
        r#"{{"action":"discovery"}}
        {{"action":"fund-keys","params":{{"amount":60000000000,"fee":1000000000,"prefix":"./fund_keys/s/key","num":6,"privkeys":["{0}"]}}}}
        {{"action":"load-keys","params":{{"dir":"./fund_keys/s"}}}}
        {{"action":"payments","params":{{"experimentName":"stop-0","tps":0.31,"minTps":0.1,"durationMin":6000,"maxFee":2,"minFee":1,"amount":1,"receiver":"{1}","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{ALL}}}}}
        {{"action":"preflight"}}
        {{"action":"set-zkapp-soft-limit","params":{{"nodes":{ALL},"limit":7}}}}
        {{"action":"stop-all-scheduled"}}"#,
        lab.path("net/keys/plain1"),
        lab.public_key("plain2"),
    );
    let run = lab.run("stop", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(lab.outputs("stop", 3, "receipt").await.len(), 3);
    let mut stopped = lab.outputs("stop", 6, "receipt").await;
    let mut started = lab.outputs("stop", 3, "receipt").await;
    let by_text = |value: &Value| value.to_string();
    stopped.sort_by_key(by_text);
    started.sort_by_key(by_text);
    assert_eq!(stopped, started);
    let idle = async {
        while lab.simnet.truth().iter().any(|node| node.schedulers > 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, idle).await.unwrap();
    lab.simnet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_nodes_are_skipped_where_schedulers_cannot_be_listed() {
    let lab = SimnetLab::new(2, false).await;
    let script = r#"{"action":"discovery"} {"action":"stop-all-scheduled"}"#;
    let run = lab.run("old", script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let skipped = run
        .warnings
        .iter()
        .filter(|text| text.contains("no ITN harness support"));
    assert_eq!(skipped.count(), 2, "{:?}", run.warnings);
    lab.simnet.stop().await;
}

//! What actions send to nodes, word by word, and what becomes of nodes that fail.

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::network::Behaviour;

const ALL: &str = r#"{"type":"output","step":0,"name":"participant"}"#;

/// Discovers all nodes and does this with them.
fn with_all(rest: &str) -> String {
    format!(r#"{{"action":"discovery"}} {}"#, rest.replace("ALL", ALL))
}

fn addresses(lab: &Lab) -> Vec<String> {
    let nodes = lab.network.nodes.iter();
    nodes.map(|node| node.address.to_string()).collect()
}

#[track_caller]
fn assert_warned(warnings: &[String], beginning: &str) {
    let is_there = warnings.iter().any(|text| text.starts_with(beginning));
    assert!(is_there, "{beginning}: {warnings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn daemons_are_stopped_after_ten_seconds_and_failures_are_warnings() {
    let lab = Lab::new(3, true).await;
    lab.network.behave(2, Behaviour::OnlyTells(503));
    let script = with_all(
        r#"{"action":"stop-daemon","params":{"nodes":ALL}}
        {"action":"stop-daemon","params":{"nodes":ALL,"clean":true}}
        {"action":"stop-daemon","params":{"nodes":["no address"]}}"#,
    );
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    for node in &lab.network.nodes[..2] {
        assert_eq!(
            node.executed("StopDaemon"),
            [
                json!({"delaySeconds": 10, "cleanConfig": false}),
                json!({"delaySeconds": 10, "cleanConfig": true}),
            ]
        );
    }
    let failing = &addresses(&lab)[2];
    let text = format!(
        "failed to stop daemon of {failing}: request to {failing} failed with status 503: "
    );
    assert_warned(&run.warnings, &text);
    assert_warned(&run.warnings, "failed to stop daemon of no address: ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soft_limits_are_set_and_lifted_and_failures_are_warnings() {
    let lab = Lab::new(3, true).await;
    lab.network.behave(1, Behaviour::OnlyTells(503));
    let script = with_all(
        r#"{"action":"set-zkapp-soft-limit","params":{"nodes":ALL,"limit":24}}
        {"action":"set-zkapp-soft-limit","params":{"nodes":ALL,"limit":null}}"#,
    );
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let all = addresses(&lab);
    for node in [0, 2] {
        assert_eq!(
            lab.network.nodes[node].executed("ZkappCommandLimit"),
            [json!({"limit": 24}), json!({"limit": null})]
        );
    }
    for step in [1, 2] {
        let mut set = lab.outputs("x", step, "participant").await;
        set.sort_by_key(Value::to_string);
        let mut expected = [json!(all[0]), json!(all[2])];
        expected.sort_by_key(Value::to_string);
        assert_eq!(set, expected, "{step}");
    }
    let text = format!("Failed to set soft limit for {}: ", all[1]);
    assert_warned(&run.warnings, &text);
}

/// A node as its peers are told of it.
fn peer() -> Value {
    json!({"libp2pPort": 8302, "host": "127.0.0.1", "peerId": "12D3KooWtest"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_isolated_with_each_other_and_opened_to_all_known_ones() {
    let lab = Lab::new(4, true).await;
    let all = addresses(&lab);
    let two = json!([all[0], all[1]]);
    let script = with_all(&format!(
        r#"{{"action":"isolate","params":{{"nodes":{two}}}}}
        {{"action":"reset-gating","params":{{"nodes":{two},"addRandomPeers":3}}}}"#
    ));
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let open = json!({"input": {
        "addedPeers": [], "bannedPeers": [], "trustedPeers": [],
        "cleanAddedPeers": false, "isolate": false,
    }});
    let isolated = json!({"input": {
        "addedPeers": [peer()], "bannedPeers": [], "trustedPeers": [peer()],
        "cleanAddedPeers": true, "isolate": true,
    }});
    // All that the run knows, as there are not more than were asked for.
    let mut opened = open.clone();
    opened["input"]["addedPeers"] = json!([peer(), peer(), peer(), peer()]);
    for node in &lab.network.nodes[..2] {
        assert_eq!(
            node.executed("UpdateGating"),
            [isolated.clone(), open.clone(), opened.clone()]
        );
    }
    for node in &lab.network.nodes[2..] {
        assert!(node.executed("UpdateGating").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_restarted_is_known_by_what_it_says_now() {
    let lab = Lab::new(2, true).await;
    // Some seconds, in which a node is restarted; the next request to it notices.
    let script = with_all(
        r#"{"action":"wait","params":{"sec":2400}}
        {"action":"stop-daemon","params":{"nodes":ALL}}
        {"action":"isolate","params":{"nodes":ALL}}"#,
    );
    lab.admit("x", &script).await;
    let service = lab.start().await;
    lab.until("x", |run| run.summary.step_name == "wait").await;
    lab.network.nodes[0].restart("12D3KooWother");
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let update = &lab.network.nodes[1].executed("UpdateGating")[0]["input"];
    assert_eq!(update["addedPeers"][0]["peerId"], "12D3KooWother");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedulers_that_cannot_be_listed_fail_the_step_at_its_end() {
    let lab = Lab::new(3, true).await;
    for node in [0, 1] {
        lab.network.behave(node, Behaviour::OnlyTells(503));
    }
    let run = lab
        .run_to_end("x", &with_all(r#"{"action":"stop-all-scheduled"}"#))
        .await;
    assert_eq!(run.summary.status.as_str(), "error");
    let mut lines: Vec<String> = run.errors[1].lines().map(str::to_owned).collect();
    lines[0] = lines[0].replace("Error running step 1: ", "");
    let mut expected = addresses(&lab)[..2].to_vec();
    // All that the run knows, sorted.
    expected.sort();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, node) in lines.iter().zip(expected) {
        let text = format!("request to {node} failed with status 503: ");
        assert!(line.starts_with(&text), "{lines:?}");
    }
    assert_eq!(
        lab.network.nodes[2].executed("ScheduledTransactions").len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gating_fails_with_the_first_node_that_does() {
    for action in ["isolate", "reset-gating"] {
        let lab = Lab::new(2, true).await;
        lab.network.behave(1, Behaviour::OnlyTells(503));
        let script = with_all(&format!(
            r#"{{"action":"{action}","params":{{"nodes":ALL}}}}"#
        ));
        let run = lab.run_to_end("x", &script).await;
        assert_eq!(run.summary.status.as_str(), "error");
        let node = &addresses(&lab)[1];
        let text = format!("Error running step 1: failed to update gating for {node}: ");
        assert!(run.errors[1].starts_with(&text), "{:?}", run.errors);
    }
    let lab = Lab::new(1, true).await;
    let script = with_all(r#"{"action":"isolate","params":{"nodes":["127.0.0.1:1"]}}"#);
    let run = lab.run_to_end("x", &script).await;
    let text = "Error running step 1: failed to authenticate peer 127.0.0.1:1: ";
    assert!(run.errors[1].starts_with(text), "{:?}", run.errors);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_block_producers_are_asked_for_their_slots() {
    // The first and the third are block producers.
    let lab = Lab::new(4, true).await;
    lab.network.behave(2, Behaviour::OnlyTells(503));
    let script = with_all(r#"{"action":"slots-won","params":{"nodes":ALL}}"#);
    let run = lab.run_to_end("x", &script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let all = addresses(&lab);
    assert_eq!(
        lab.outputs("x", 1, "slotsWon").await,
        [json!({"address": all[0], "slots": [1, 2, 3]})]
    );
    for node in [1, 3] {
        assert!(lab.network.nodes[node].executed("SlotsWon").is_empty());
        let text = format!("{} is no block producer", all[node]);
        assert_warned(&run.logs, &text);
    }
    let text = format!("failed to ask {} for its slots: ", all[2]);
    assert_warned(&run.warnings, &text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preflight_needs_nodes() {
    let lab = Lab::new(1, true).await;
    let run = lab.run_to_end("x", r#"{"action":"preflight"}"#).await;
    assert_eq!(
        run.errors[1],
        "Error running step 0: preflight: no nodes to check"
    );
}

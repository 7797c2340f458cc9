//! Load at nodes: stopping it by receipt, answers that are lost, and the file of handles.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use store::experiment_runs::RequestStatus;

use crate::lab::{Lab, PATIENCE, get, post};
use crate::process::{Process, expire_lease};

fn load(lab: &Lab, tps: f64) -> String {
    for number in 1..=12 {
        lab.write_key(&format!("load/key-0-{number}"), number);
    }
    let folder = lab.text("load");
    format!(
        r#"{{"action":"discovery"}} {{"action":"load-keys","params":{{"dir":"{folder}"}}}}
        {{"action":"payments","params":{{"experimentName":"x-0","tps":{tps},"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{{"type":"output","step":-2,"name":"participant"}}}}}}"#
    )
}

fn lose_answers(lab: &Lab, count: u32) {
    for node in &lab.network.nodes {
        node.loses_answers.store(count, Ordering::Relaxed);
    }
}

fn load_requests(lab: &Lab) -> Vec<u32> {
    let effects = lab.network.effects();
    effects
        .iter()
        .map(|effects| effects.load_requests)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_receipts_name_is_stopped_whatever_fails_beside_it() {
    let lab = Lab::new(3, false).await;
    let run = lab.run_to_end("x", &load(&lab, 0.31)).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(lab.network.running(), 3);
    let receipts = lab.outputs("x", 2, "receipt").await;
    let node = lab.network.nodes[0].address.to_string();
    let mut all = vec![
        json!({"address": "127.0.0.1:1", "handle": "h"}),
        json!({"address": node, "handle": "nothing"}),
    ];
    all.extend(receipts);
    let stop = format!(
        r#"{{"action":"stop","params":{{"receipts":{}}}}}"#,
        json!(all)
    );
    let run = lab.run_to_end("stop", &stop).await;
    assert_eq!(run.summary.status.as_str(), "error");
    let lines: Vec<&str> = run.errors[1].lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let first = "Error running step 0: error stopping transactions at h on 127.0.0.1:1: \
                 request to 127.0.0.1:1 failed: ";
    assert!(lines[0].starts_with(first), "{lines:?}");
    let second = format!(
        "error stopping transactions at nothing on {node}: request to {node} failed with status 200: "
    );
    assert!(lines[1].starts_with(&second), "{lines:?}");
    for receipt in lab.outputs("x", 2, "receipt").await {
        let (handle, node) = (receipt["handle"].as_str(), receipt["address"].as_str());
        let (handle, node) = (handle.unwrap(), node.unwrap());
        let line = format!("stopped scheduled transactions at {handle} on {node}: ok");
        assert!(run.logs.contains(&line), "{:?}", run.logs);
    }
    assert_eq!(lab.network.running(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_under_a_handle_is_repeated_when_its_answer_is_lost() {
    let lab = Lab::new(3, true).await;
    lose_answers(&lab, 2);
    let run = lab.run_to_end("x", &load(&lab, 0.31)).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(load_requests(&lab), [3, 3, 3]);
    for effects in lab.network.effects() {
        assert_eq!(effects.started.len(), 1, "once, however often it was asked");
    }
    assert!(run.warnings.is_empty(), "{:?}", run.warnings);
}

/// Whether it was executed nobody knows: the step fails, and what may run is stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_without_any_answer_is_stopped_too() {
    let lab = Lab::new(3, true).await;
    lose_answers(&lab, 9);
    let run = lab.run_to_end("x", &load(&lab, 0.31)).await;
    assert_eq!(run.summary.status.as_str(), "error");
    assert_eq!(
        run.errors[1],
        "Error running step 2: failed to schedule any payments batch across 3 nodes and 0 fallback nodes"
    );
    assert_eq!(load_requests(&lab), [3, 3, 3], "three attempts each");
    for effects in lab.network.effects() {
        assert_eq!(effects.started.len(), 1);
    }
    assert_eq!(lab.network.running(), 0);
}

/// A node remembers a handle as long as what it stands for runs. After that only its count of
/// requests tells that it has executed the one whose answer nobody has seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_is_not_repeated_at_a_node_that_has_forgotten_its_handle() {
    let lab = Lab::new(3, true).await;
    let hold = |holds: bool| {
        for node in &lab.network.nodes {
            node.holds_answers.store(holds, Ordering::Relaxed);
        }
    };
    hold(true);
    lab.admit("x", &load(&lab, 0.31)).await;
    let mut config = lab.config();
    config.lease_ttl = PATIENCE;
    let process = Process::start(&lab.database, config).await;
    let asked = async {
        // One node is asked before the others.
        while load_requests(&lab).iter().sum::<u32>() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap();
    process.kill();
    // The orchestrator is away for longer than the load runs.
    for node in &lab.network.nodes {
        node.end_load();
    }
    let later = "UPDATE loadlab.experiment_request SET asked_at = asked_at - interval '1 hour'";
    lab.database.execute(later).await.unwrap();
    expire_lease(&lab.database).await;
    hold(false);
    let service = lab.start().await;
    let run = lab.ended("x").await;
    service.stop().await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(load_requests(&lab), [1, 1, 1]);
    let journal = lab.db().read_journal("x").await.unwrap().unwrap();
    let outcomes = journal.requests.into_iter().filter_map(|row| row.outcome);
    assert_eq!(
        outcomes.collect::<Vec<_>>(),
        [
            RequestStatus::Unconfirmed,
            RequestStatus::Accepted,
            RequestStatus::Accepted
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_nodes_are_never_asked_twice() {
    let lab = Lab::new(4, false).await;
    lose_answers(&lab, 1);
    lab.admit("x", &load(&lab, 0.2)).await;
    let service = lab.start().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "error");
    assert_eq!(
        load_requests(&lab),
        [1; 4],
        "two selected, two instead of them"
    );
    let effects = lab.network.effects();
    let payers: usize = effects.iter().map(|effects| effects.payers.len()).sum();
    let distinct: BTreeSet<&String> = effects.iter().flat_map(|effects| &effects.payers).collect();
    assert_eq!(distinct.len(), payers, "no key is given to two nodes");
    // Nobody can stop them: that is told.
    let (_, body) = get(&service.url("/api/v1/experiments/x")).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    let left = body["clean_up"].as_array().unwrap();
    assert_eq!(left.len(), 4, "{body}");
    for one in left {
        let error = one["error"].as_str().unwrap();
        assert!(error.starts_with("its handle is not known"), "{error}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_of_our_choice_are_noted_before_they_are_sent() {
    for is_newest in [true, false] {
        let mut lab = Lab::new(3, is_newest).await;
        let file = lab.path("handles");
        lab.set_more(format!(r#","handleJournal":"{}""#, file.display()));
        lose_answers(&lab, u32::from(is_newest));
        let run = lab.run_to_end("x", &load(&lab, 0.31)).await;
        let Ok(text) = std::fs::read_to_string(&file) else {
            assert!(!is_newest, "no file");
            continue;
        };
        assert!(is_newest, "older nodes choose their handles: {text}");
        assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut noted: Vec<Value> = Vec::new();
        for line in &lines {
            assert_eq!(line["kind"], "payments");
            let time: Result<jiff::Timestamp, _> = line["time"].as_str().unwrap().parse();
            assert!(time.is_ok(), "{line}");
            noted.push(json!({"address": line["node"], "handle": line["handle"]}));
        }
        let mut receipts = lab.outputs("x", 2, "receipt").await;
        let by_handle = |value: &Value| value["handle"].to_string();
        receipts.sort_by_key(by_handle);
        noted.sort_by_key(by_handle);
        assert_eq!(noted, receipts, "each once, repeated or not");
        let handles: BTreeSet<String> = lines
            .iter()
            .map(|line| line["handle"].to_string())
            .collect();
        assert_eq!(handles.len(), 3);
    }
}

/// Whether a run was cancelled is never told from the text of an error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_speaks_of_a_cancel_is_an_error() {
    let lab = Lab::new(1, true).await;
    let script = r#"{"action":"load-keys","params":{"dir":"/nowhere/context canceled"}}"#;
    lab.admit("x", script).await;
    let service = lab.start().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "error");
    assert!(
        run.errors[1].contains("context canceled"),
        "{:?}",
        run.errors
    );
    let (status, _) = post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    assert_eq!(status, 409);
    service.stop().await;
}

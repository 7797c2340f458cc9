//! Runs in the service: to the end, cancelled, waiting, taken up by another.

use std::time::Duration;

use serde_json::{Value, json};
use store::access::NewAuditEntry;

use crate::lab::{Lab, PATIENCE, get, post};
use crate::network::Behaviour;

fn payments(tps: f64, min_tps: f64) -> String {
    format!(
        r#"{{"action":"payments","params":{{"experimentName":"x-0","round":0,"tps":{tps},"minTps":{min_tps},"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{{"type":"output","step":-1,"name":"key"}},"nodes":{{"type":"output","step":-2,"name":"participant"}}}}}}"#
    )
}

fn load(lab: &Lab, tps: f64, min_tps: f64, then: &str) -> String {
    for number in 1..=18 {
        lab.write_key(&format!("load/key-0-{number}"), number);
    }
    let folder = lab.text("load");
    format!(
        r#"{{"action":"discovery"}} {{"action":"load-keys","params":{{"dir":"{folder}"}}}} {} {then}"#,
        payments(tps, min_tps)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_experiment_runs_from_a_request_to_its_end() {
    {
        let lab = Lab::new(4, true).await;
        let service = lab.start().await;
        let setup = lab.setup("whole", json!({"seed": 7}));
        let (status, test) = post(&service.url("/api/v0/experiment/test"), &setup).await;
        assert_eq!(status, 200, "{test}");
        let (status, run) = post(&service.url("/api/v0/experiment/run"), &setup).await;
        assert_eq!(status, 200, "{run}");
        assert_eq!(run, test, "the dry run shows what is run");
        let ended = lab.ended("whole").await;
        assert_eq!(
            ended.summary.status.as_str(),
            "success",
            "{:?}",
            ended.errors
        );
        assert!(
            ended
                .logs
                .iter()
                .any(|line| line.contains("Performing step discovery"))
        );
        let effects = lab.network.effects();
        assert!(
            effects
                .iter()
                .any(|e| e.started.iter().any(|memo| memo.starts_with("whole-0-")))
        );
        let (status, body) = get(&service.url("/api/v1/experiments/whole")).await;
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let counts = &body["transactions"];
        assert_eq!(counts["intended"], counts["accepted"], "{counts}");
        assert!(counts["intended"].as_i64().unwrap() >= 4, "{counts}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_id_of_a_request_goes_with_its_run_to_the_database_and_to_every_node() {
    let lab = Lab::new(3, true).await;
    // As a guard records a request.
    let request = NewAuditEntry {
        request_id: Some("edge-7".to_owned()),
        ..NewAuditEntry::default()
    };
    let entry = lab.db().begin_audit(&request).await.unwrap();
    let script = load(&lab, 0.31, 0.1, "");
    store::access::within(entry, lab.admit("traced", &script)).await;
    let service = lab.start().await;
    let run = lab.ended("traced").await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    for node in &lab.network.nodes {
        let ids: Vec<_> = node.request_ids.lock().unwrap().iter().cloned().collect();
        assert_eq!(ids, [Some("edge-7".to_owned())]);
    }
    let stored = "SELECT request_id FROM loadlab.experiment_run WHERE name = 'traced'";
    assert_eq!(lab.database.texts(stored).await.unwrap(), ["edge-7"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_ends_a_wait_and_stops_what_was_scheduled() {
    for is_newest in [true, false] {
        let lab = Lab::new(3, is_newest).await;
        lab.admit(
            "x",
            &load(
                &lab,
                0.31,
                0.1,
                r#"{"action":"wait","params":{"min":6000}}"#,
            ),
        )
        .await;
        let service = lab.start().await;
        lab.until("x", |run| run.summary.step_name == "wait").await;
        assert_eq!(lab.network.running(), 3);
        for _ in 0..2 {
            let (status, body) = post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
            assert_eq!((status, body.as_str()), (200, r#"{"result":"canceled"}"#));
            if lab.ended("x").await.summary.ended_at.is_some() {
                break;
            }
        }
        let run = lab.ended("x").await;
        assert_eq!(run.summary.status.as_str(), "cancelled");
        assert!(run.errors.is_empty(), "{:?}", run.errors);
        assert_eq!(lab.network.running(), 0);
        let (status, body) = post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
        assert_eq!(status, 409);
        assert_eq!(
            body,
            r#"{"errors":["no experiment running"],"result":"error"}"#
        );
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_cannot_be_reached_is_stopped_when_it_is_back() {
    let lab = Lab::new(2, true).await;
    lab.admit(
        "x",
        &load(&lab, 0.2, 0.1, r#"{"action":"wait","params":{"min":6000}}"#),
    )
    .await;
    let service = lab.start().await;
    lab.until("x", |run| run.summary.step_name == "wait").await;
    lab.network.behave(1, Behaviour::Status(503));
    post(&service.url("/api/v1/experiments/x/cancel"), &json!({})).await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "cancelled");
    assert_eq!(lab.network.running(), 1);
    let (_, body) = get(&service.url("/api/v1/experiments/x")).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    let address = lab.network.nodes[1].address.to_string();
    assert_eq!(body["clean_up"][0]["node"], address, "{body}");
    lab.network.behave(1, Behaviour::Well);
    let stopped = async {
        while lab.network.running() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, stopped).await.unwrap();
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_step_is_an_error_and_stops_what_earlier_steps_scheduled() {
    let lab = Lab::new(2, true).await;
    let bad = r#"{"action":"load-keys","params":{"dir":"/nonexistent"}}"#;
    lab.admit("x", &load(&lab, 0.2, 0.1, bad)).await;
    let service = lab.start().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "error");
    assert!(run.errors[0].starts_with("Experiment finished with error: Error running step 3: "));
    assert_eq!(
        format!("Experiment finished with error: {}", run.errors[1]),
        run.errors[0]
    );
    assert_eq!(lab.network.running(), 0);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_nodes_is_a_reason_to_wait_not_the_end() {
    let lab = Lab::new(2, true).await;
    *lab.network.hides.lock().unwrap() = true;
    lab.admit("x", &load(&lab, 0.2, 0.1, "")).await;
    let service = lab.start().await;
    let waiting =
        |run: &store::experiment_runs::RunView| run.summary.waiting_for.as_deref() == Some("nodes");
    let run = lab.until("x", waiting).await;
    assert!(
        run.warnings[0].contains("didn't find any participants"),
        "{:?}",
        run.warnings
    );
    *lab.network.hides.lock().unwrap() = false;
    assert_eq!(lab.ended("x").await.summary.status.as_str(), "success");
    assert_eq!(lab.network.running(), 2);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_of_nodes_that_refuse_goes_to_others_with_other_keys() {
    let lab = Lab::new(6, false).await;
    lab.network.behave(0, Behaviour::RefusesLoad);
    lab.network.behave(1, Behaviour::RefusesLoad);
    lab.admit("x", &load(&lab, 0.4, 0.1, "")).await;
    let service = lab.start().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let effects = lab.network.effects();
    let placed: f64 = effects.iter().flat_map(|e| e.tps.clone()).sum();
    assert!((placed - 0.4).abs() < 1e-6, "{placed}");
    let payers: usize = effects.iter().map(|e| e.payers.len()).sum();
    let distinct: std::collections::BTreeSet<_> =
        effects.iter().flat_map(|e| e.payers.clone()).collect();
    assert_eq!(distinct.len(), payers, "no key is given to two nodes");
    let memos: Vec<_> = effects.iter().flat_map(|e| e.started.clone()).collect();
    let distinct: std::collections::BTreeSet<_> = memos.iter().collect();
    assert_eq!(distinct.len(), memos.len(), "no batch is used twice");
    service.stop().await;
}

/// Four nodes that answer load so are asked this often, and the run fails with this.
async fn check_rejection(behaviour: Behaviour, requests: u32, error: &str) {
    let lab = Lab::new(4, false).await;
    for node in 0..4 {
        lab.network.behave(node, behaviour);
    }
    lab.admit("x", &load(&lab, 0.4, 0.1, "")).await;
    let service = lab.start().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "error");
    assert!(run.errors[1].contains(error), "{:?}", run.errors);
    let asked: u32 = lab.network.effects().iter().map(|e| e.load_requests).sum();
    assert_eq!(asked, requests, "{behaviour:?}");
    if requests == 1 {
        assert!(
            run.errors[1].contains("malformed input"),
            "{:?}",
            run.errors
        );
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permanent_rejection_costs_one_request_and_keeps_the_reason() {
    let permanent = "and the cause is permanent: ";
    let none = "failed to schedule any payments batch across 4 nodes and 0 fallback nodes";
    tokio::join!(
        check_rejection(Behaviour::RejectsLoad(400), 1, permanent),
        check_rejection(Behaviour::RejectsLoad(429), 4, none),
        check_rejection(Behaviour::RefusesLoad, 4, none),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_nodes_do_not_hold_a_run_up() {
    let lab = Lab::new(4, true).await;
    lab.network.behave(1, Behaviour::Nonsense);
    lab.network.behave(2, Behaviour::Status(401));
    lab.admit("x", &load(&lab, 0.4, 0.1, "")).await;
    let service = lab.start().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let auth = run
        .warnings
        .iter()
        .filter(|text| text.starts_with("Error on auth for "));
    assert_eq!(auth.count(), 2, "{:?}", run.warnings);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_orchestrator_takes_over_and_waits_keep_their_deadline() {
    let lab = Lab::new(2, true).await;
    lab.admit(
        "x",
        &load(&lab, 0.2, 0.1, r#"{"action":"wait","params":{"sec":1200}}"#),
    )
    .await;
    let first = lab.start().await;
    let second = lab.start().await;
    lab.until("x", |run| {
        run.summary.waiting_for.as_deref() == Some("time")
    })
    .await;
    let before = lab.db().read_journal("x").await.unwrap().unwrap();
    first.stop().await;
    let run = lab.ended("x").await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let after = lab.db().read_journal("x").await.unwrap().unwrap();
    let decided = |state: &store::experiment_runs::JournalState| state.steps[3].decided.clone();
    assert_eq!(decided(&before), decided(&after));
    assert_eq!(lab.network.running(), 2);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kill_switch_works_without_the_service() {
    let lab = Lab::new(3, true).await;
    lab.admit(
        "x",
        &load(
            &lab,
            0.31,
            0.1,
            r#"{"action":"wait","params":{"min":6000}}"#,
        ),
    )
    .await;
    let service = lab.start().await;
    lab.until("x", |run| run.summary.step_name == "wait").await;
    service.stop().await;
    assert_eq!(lab.network.running(), 3);
    let killed = orchestrator::kill(&lab.config(), lab.db(), None, PATIENCE)
        .await
        .unwrap();
    assert_eq!((killed.stopped, killed.left.len()), (3, 0));
    assert!(killed.has_ended);
    assert_eq!(lab.network.running(), 0);
    assert_eq!(lab.ended("x").await.summary.status.as_str(), "cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gating_is_reset_when_a_run_is_cancelled() {
    let lab = Lab::new(2, true).await;
    let script = r#"{"action":"discovery"}
        {"action":"isolate","params":{"nodes":{"type":"output","step":-1,"name":"participant"}}}
        {"action":"wait","params":{"min":6000}}"#;
    lab.admit("x", script).await;
    let service = lab.start().await;
    lab.until("x", |run| run.summary.step_name == "wait").await;
    assert!(lab.network.effects().iter().all(|e| e.isolated));
    post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    lab.ended("x").await;
    assert!(lab.network.effects().iter().all(|e| !e.isolated));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued_runs_follow_one_after_another() {
    let lab = Lab::new(3, true).await;
    let service = lab.start().await;
    let first = lab.setup("first", json!({}));
    let mut second = lab.setup("second", json!({"queue": true}));
    second["fund_key_prefix"] = json!(lab.text("other_keys"));
    let url = service.url("/api/v1/experiments");
    assert_eq!(post(&url, &first).await.0, 201);
    let (status, body) = post(&url, &second).await;
    assert_eq!(status, 201, "{body}");
    assert!(body.contains(r#""status":"queued""#), "{body}");
    assert_eq!(lab.ended("first").await.summary.status.as_str(), "success");
    assert_eq!(lab.ended("second").await.summary.status.as_str(), "success");
    service.stop().await;
}

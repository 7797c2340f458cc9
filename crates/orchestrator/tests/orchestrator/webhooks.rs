//! Webhooks from end to end: a receiver on this machine, which an operator has permitted.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post as post_route;
use serde_json::{Value, json};
use store::experiment_runs::{LEASE, WebhookState};
use store::lease::Holder;

use crate::lab::{Lab, PATIENCE, Service, get, post};
use crate::process::{Process, expire_lease};

/// A request that the receiver got.
#[derive(Debug, Clone)]
struct Told {
    path: String,
    content_type: String,
    user_agent: String,
    body: Value,
}

/// A receiver that answers with these statuses, one after the other, the last for ever.
struct Receiver {
    url: String,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Receiver {
    async fn start(answers: &'static [u16]) -> Self {
        let told: Arc<Mutex<Vec<Told>>> = Arc::default();
        let list = Arc::clone(&told);
        let take = async move |Path(path): Path<String>, headers: HeaderMap, body: String| {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            let mut list = list.lock().unwrap();
            let status = answers[list.len().min(answers.len() - 1)];
            list.push(Told {
                path,
                content_type: header("content-type"),
                user_agent: header("user-agent"),
                body: serde_json::from_str(&body).unwrap(),
            });
            StatusCode::from_u16(status).unwrap()
        };
        let router = Router::new().route("/{*path}", post_route(take));
        let address = crate::network::serve(router).await;
        Self {
            url: format!("http://{address}/resume/MARKED-HOOK"),
            told,
        }
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }
}

/// A service whose operator permits receivers on this machine.
async fn start(lab: &Lab) -> Service {
    let mut config = lab.config();
    config.webhook_networks = vec!["127.0.0.0/8".parse().unwrap()];
    lab.start_with(config).await
}

async fn run(lab: &Lab, service: &Service, setup: Value) {
    let name = setup["experiment_name"].as_str().unwrap().to_owned();
    let (status, body) = post(&service.url("/api/v0/experiment/run"), &setup).await;
    assert_eq!(status, 200, "{body}");
    assert!(!body.contains("MARKED"), "{body}");
    lab.until(&name, |run| {
        run.summary.webhook.map(WebhookState::as_str) != Some("pending")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_run_is_told_again_until_it_is_taken() {
    let lab = Lab::new(2, true).await;
    let receiver = Receiver::start(&[503, 302, 204]).await;
    let service = start(&lab).await;
    let hook = json!({ "webhook_url": receiver.url });
    run(&lab, &service, lab.setup("told", hook)).await;
    let told = receiver.told();
    assert_eq!(told.len(), 3, "two refusals, then it is taken");
    for one in &told {
        assert_eq!(one.path, "resume/MARKED-HOOK");
        assert_eq!(one.content_type, "application/json");
        assert_eq!(one.user_agent, "mina-orchestrator/1.0");
        assert_eq!(one.body["experiment_name"], "told");
        assert_eq!(one.body["success"], true);
        assert!(one.body.get("error").is_none());
    }
    let (_, body) = get(&service.url("/api/v1/experiments/told")).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["webhook"], "delivered");
    service.stop().await;
    let tables = lab.database.contents().await.unwrap();
    assert!(
        tables.contains("\"webhook_state\": \"delivered\""),
        "{tables}"
    );
    assert!(!tables.contains("MARKED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_run_is_told_with_its_reason_and_a_cancelled_one_is_not_told() {
    let lab = Lab::new(2, true).await;
    let receiver = Receiver::start(&[200]).await;
    let service = start(&lab).await;
    // There is no script that restarts nodes.
    let changes = json!({
        "webhook_url": receiver.url, "use_restart_script": true, "min_stop_ratio": 0.5,
        "zkapp_ratio": 0.0, "sender_ratio": 0.5,
    });
    run(&lab, &service, lab.setup("fails", changes)).await;
    let ended = lab.ended("fails").await;
    assert_eq!(ended.summary.status.as_str(), "error", "{ended:?}");
    let told = receiver.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].body["success"], false);
    let error = told[0].body["error"].as_str().unwrap();
    assert_eq!(Some(error), ended.errors.last().map(String::as_str));
    assert!(error.ends_with("no restart exec provided"), "{error}");

    let mut setup = lab.setup("cancelled", json!({ "round_duration_min": 6000 }));
    setup["webhook_url"] = json!(receiver.url);
    setup["fund_key_prefix"] = json!(lab.text("other_keys"));
    let (status, body) = post(&service.url("/api/v0/experiment/run"), &setup).await;
    assert_eq!(status, 200, "{body}");
    lab.until("cancelled", |run| run.summary.step_name == "wait")
        .await;
    let (status, body) = post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    assert_eq!(status, 200, "{body}");
    lab.ended("cancelled").await;
    // What comes after it is told; it is not.
    let mut next = lab.setup("next", json!({ "webhook_url": receiver.url }));
    next["fund_key_prefix"] = json!(lab.text("next_keys"));
    run(&lab, &service, next).await;
    let names: Vec<Value> = receiver
        .told()
        .iter()
        .map(|told| told.body["experiment_name"].clone())
        .collect();
    assert_eq!(names, ["fails", "next"]);
    service.stop().await;
}

/// Whether the executable is of the network's build turns out when the run begins, as it would
/// have come out of an image.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_executable_is_refused_ends_and_is_told() {
    let mut lab = Lab::new(1, false).await;
    let executable = lab.mina_executable();
    lab.set_more(format!(
        r#","minaExec":"{executable}","minaImageRegistry":"127.0.0.1:1/lab""#
    ));
    let receiver = Receiver::start(&[200]).await;
    let service = start(&lab).await;
    let hook = json!({ "webhook_url": receiver.url });
    run(&lab, &service, lab.setup("refused", hook)).await;
    let ended = lab.ended("refused").await;
    assert_eq!(ended.summary.status.as_str(), "error");
    let error = ended.errors.last().unwrap();
    assert!(error.contains("Refusing to run"), "{error}");
    let told = receiver.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].body["success"], false);
    assert_eq!(told[0].body["error"], error.as_str());
    assert!(!lab.path("calls").exists(), "nothing was paid");
    assert!(!lab.path("fund_keys").exists(), "nothing was written");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_never_takes_it_is_given_up_and_shown() {
    let lab = Lab::new(1, true).await;
    let receiver = Receiver::start(&[500]).await;
    let service = start(&lab).await;
    let hook = json!({ "webhook_url": receiver.url });
    run(&lab, &service, lab.setup("untold", hook)).await;
    assert_eq!(receiver.told().len(), 3);
    let (_, body) = get(&service.url("/api/v1/experiments/untold")).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["webhook"], "failed");
    assert_eq!(
        body["status"], "success",
        "that nobody was told is no failure"
    );
    service.stop().await;
}

/// A process is paused between two attempts for longer than its lease lasts, and another one calls the
/// webhook: the first one does not call it again when it wakes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_between_attempts_a_webhook_is_told_once() {
    let lab = Lab::new(2, true).await;
    let receiver = Receiver::start(&[503, 204]).await;
    let config = || {
        let mut config = lab.config();
        config.webhook_networks = vec!["127.0.0.0/8".parse().unwrap()];
        config.lease_ttl = Duration::from_secs(2);
        // The attempts are a third of a second apart.
        config.time_scale = 30.0;
        config
    };
    // Taken in by one that does not execute it.
    let other = Holder::new("test");
    let lease = lab.db().acquire_lease(LEASE, &other, PATIENCE).await;
    assert!(lease.unwrap().is_some());
    let service = lab.start_with(config()).await;
    let setup = lab.setup("told", json!({ "webhook_url": receiver.url }));
    let (status, body) = post(&service.url("/api/v0/experiment/run"), &setup).await;
    assert_eq!(status, 200, "{body}");
    service.stop().await;
    expire_lease(&lab.database).await;
    let told = async |count: usize| {
        let waiting = async {
            while receiver.told().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    };
    let first = Process::start(&lab.database, config()).await;
    told(1).await;
    first.pause().await;
    let paused = Instant::now();
    expire_lease(&lab.database).await;
    let second = Process::start(&lab.database, config()).await;
    told(2).await;
    tokio::time::sleep(Duration::from_secs(2).saturating_sub(paused.elapsed())).await;
    first.wake();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(receiver.told().len(), 2);
    let run = lab.db().experiment_run("told").await.unwrap().unwrap();
    assert_eq!(
        run.summary.webhook.map(WebhookState::as_str),
        Some("delivered")
    );
    first.kill();
    second.kill();
}

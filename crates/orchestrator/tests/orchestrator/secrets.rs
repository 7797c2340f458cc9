//! Marked secrets are searched for in everything that a run leaves behind or answers.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post as post_route;
use mina::PrivateKey;
use serde_json::json;
use store::experiment_runs::WebhookState;
use tracing_subscriber::fmt::MakeWriter;

use crate::lab::{Lab, Service, get, post};
use crate::network::{Behaviour, KEY};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A run to its end, with payments and zkApps, that calls a webhook on this machine. Gives the
/// answer to its request.
async fn finish(lab: &Lab, service: &Service, hook: std::net::SocketAddr) -> String {
    let told = format!("http://{hook}/MARKED-DELIVERED?token=MARKED-TOKEN");
    let mut setup = lab.setup("finished", json!({ "webhook_url": told }));
    setup["fund_key_prefix"] = json!(lab.text("finished_keys"));
    let (status, started) = post(&service.url("/api/v0/experiment/run"), &setup).await;
    assert_eq!(status, 200, "{started}");
    let run = lab
        .until("finished", |run| {
            run.summary.webhook.map(WebhookState::as_str) == Some("delivered")
        })
        .await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    for kind in ["scheduled payment", "scheduled zkapp"] {
        let is_there = run.logs.iter().any(|line| line.starts_with(kind));
        assert!(is_there, "{kind}: {:?}", run.logs);
    }
    started
}

/// A run that fails at nodes whose errors repeat what they were sent.
async fn fail(lab: &Lab) {
    for node in 0..3 {
        lab.network.behave(node, Behaviour::Echoes);
    }
    let script = format!(
        r#"{{"action":"load-keys","params":{{"dir":"{}"}}}}
        {{"action":"discovery"}}
        {{"action":"payments","params":{{"experimentName":"f-0","tps":0.31,"minTps":0.1,"durationMin":600,"maxFee":2,"minFee":1,"amount":1,"receiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","feePayers":{{"type":"output","step":-2,"name":"key"}},"nodes":{{"type":"output","step":-1,"name":"participant"}}}}}}"#,
        lab.text("finished_keys/finished/round-0/payments")
    );
    lab.admit("failed", &script).await;
    let run = lab.ended("failed").await;
    assert_eq!(run.summary.status.as_str(), "error", "{:?}", run.warnings);
    assert!(
        run.warnings.iter().any(|text| text.contains("cannot take")),
        "{:?}",
        run.warnings
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_left_anywhere() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .with_ansi(false)
        .init();
    service::metrics::install().unwrap();
    let mut lab = Lab::new(3, true).await;
    let (node, handles) = (lab.network.nodes[0].address, lab.text("handles"));
    lab.set_more(format!(
        r#","fundItnNodes":["{node}"],"printRequests":true,"handleJournal":"{handles}""#
    ));
    let hook = Router::new().route("/{*path}", post_route(async |_: Bytes| "ok"));
    let hook = crate::network::serve(hook).await;
    // What is refused is not told either.
    let refused = "http://169.254.169.254/MARKED-REFUSED-HOOK";
    let mut config = lab.config();
    config.webhook_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let service = lab.start_with(config).await;
    let run = "/api/v0/experiment/run";
    let setup = lab.setup("refused", json!({ "webhook_url": refused }));
    let (_, refusal) = post(&service.url(run), &setup).await;
    // Cancelled runs tell nobody, so that nothing leaves this machine.
    let webhook = "http://8.8.8.8:1/MARKED-HOOK?token=MARKED-TOKEN";
    let changes = json!({ "webhook_url": webhook, "round_duration_min": 6000 });
    let setup = lab.setup("secret", changes);
    let (status, started) = post(&service.url(run), &setup).await;
    assert_eq!(status, 200, "{started}");
    lab.until("secret", |run| {
        run.logs
            .iter()
            .any(|line| line.starts_with("scheduled payment"))
    })
    .await;
    post(&service.url("/api/v0/experiment/cancel"), &json!({})).await;
    let ended = lab.ended("secret").await;
    assert_eq!(
        ended.summary.status.as_str(),
        "cancelled",
        "{:?}",
        ended.errors
    );
    let finished_start = finish(&lab, &service, hook).await;
    fail(&lab).await;
    let mut found = vec![
        ("refusal", refusal),
        ("start", started),
        ("start of the one that finished", finished_start),
        ("tables", lab.database.contents().await.unwrap()),
        (
            "log",
            String::from_utf8(log.0.lock().unwrap().clone()).unwrap(),
        ),
    ];
    for path in [
        "/api/v0/experiment/status",
        "/api/v1/experiments",
        "/api/v1/experiments/secret",
        "/api/v1/experiments/secret/journal",
        "/api/v1/experiments/secret/events",
        "/api/v1/experiments/finished",
        "/api/v1/experiments/finished/journal",
        "/api/v1/experiments/finished/events",
        "/api/v1/experiments/failed",
        "/api/v1/experiments/failed/journal",
        "/api/v1/experiments/failed/events",
        "/metrics",
    ] {
        found.push((path, get(&service.url(path)).await.1));
    }
    let paying = PrivateKey::from_uniform_bytes(&[1; 64]).unwrap();
    let paying = paying.to_base58check().to_string();
    found.push(("handles", std::fs::read_to_string(handles).unwrap()));
    let mut secrets = vec![
        "MARKED-".to_owned(),
        KEY.to_owned(),
        paying,
        "Signature ".to_owned(),
    ];
    for effects in lab.network.effects() {
        secrets.extend(effects.payers);
    }
    assert!(secrets.len() > 5, "keys were used");
    // As bytes of tables are shown.
    let hexadecimal = |secret: &String| {
        let digits = secret.bytes().map(|byte| format!("{byte:02x}"));
        digits.collect::<String>()
    };
    let as_bytes: Vec<String> = secrets.iter().map(hexadecimal).collect();
    secrets.extend(as_bytes);
    for (place, text) in &found {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "a secret in {place}");
        }
    }
    assert!(found[4].1.contains("Performing step"), "the log was caught");
    assert!(
        found[3].1.contains("Performing step"),
        "the tables were read"
    );
    assert!(found[3].1.contains("keys (***)"), "requests were printed");
    service.stop().await;
}

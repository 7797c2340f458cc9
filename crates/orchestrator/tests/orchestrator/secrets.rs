//! Marked secrets are searched for in everything that a run leaves behind or answers.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post as post_route;
use mina::PrivateKey;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::lab::{Lab, get, post};
use crate::network::KEY;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_left_anywhere() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .with_ansi(false)
        .init();
    service::metrics::install().unwrap();
    let lab = Lab::new(3, true).await;
    let hook = Router::new().route("/{*path}", post_route(async |_: Bytes| "ok"));
    let hook = crate::network::serve(hook).await;
    // A loopback address is refused, so that the run has none; what is refused is not told either.
    let refused = format!("http://{hook}/MARKED-REFUSED-HOOK");
    let service = lab.start().await;
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
    assert_eq!(ended.summary.status, "cancelled", "{:?}", ended.errors);
    let mut found = vec![
        ("refusal", refusal),
        ("start", started),
        ("tables", lab.database.dump().await.unwrap()),
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
        "/metrics",
    ] {
        found.push((path, get(&service.url(path)).await.1));
    }
    let paying = PrivateKey::from_uniform_bytes(&[1; 64]).unwrap();
    let paying = paying.to_base58check().to_string();
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
    for (place, text) in &found {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "a secret in {place}");
        }
    }
    assert!(found[3].1.contains("Performing step"), "the log was caught");
    service.stop().await;
}

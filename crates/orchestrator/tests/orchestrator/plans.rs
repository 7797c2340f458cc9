//! Plans without a run: who may ask for them, how many at the same time, and how large they may be.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use service::{Guard, Token};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::lab::{Lab, PATIENCE, post};

const TEST: &str = "/api/v0/experiment/test";
const PLAN: &str = "/api/v1/experiments/plan";
const SECRET: &str = "correct-horse-battery";

/// What costs much, changes something, or knows of files and addresses needs the token. The table is
/// the description of the interface itself, and the routes that are older than it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_permission_is_told_nothing() {
    let lab = Lab::new(1, true).await;
    let mut config = lab.config();
    let token = Some(Token::new(SECRET).unwrap());
    config.guard = Guard::new(config.address, token, false).unwrap();
    let service = lab.start_with(config).await;
    let description: Value = serde_json::from_str(&orchestrator::openapi()).unwrap();
    let paths = description["paths"].as_object().unwrap().iter();
    let posts = paths.filter(|(_, methods)| methods.get("post").is_some());
    let mut paths: Vec<String> = posts.map(|(path, _)| path.replace("{name}", "x")).collect();
    assert!(paths.contains(&PLAN.to_owned()), "{paths:?}");
    paths.extend(["run", "test", "cancel"].map(|what| format!("/api/v0/experiment/{what}")));
    let setup = json!({
        "experiment_name": "x", "priv_keys": ["/nowhere/key"],
        "webhook_url": "http://no-such-host.invalid/",
    });
    for path in paths {
        let (status, answer) = post(&service.url(&path), &setup).await;
        assert_eq!(status, 401, "{path}: {answer}");
        for told in ["nowhere", "no-such-host", "key"] {
            assert!(!answer.contains(told), "{path}: {answer}");
        }
    }
    // Those who have it are answered.
    let with_token = service::proxy::direct()
        .build()
        .unwrap()
        .post(service.url(TEST))
        .bearer_auth(SECRET)
        .json(&lab.setup("x", json!({})));
    assert_eq!(with_token.send().await.unwrap().status(), 200);
    service.stop().await;
}

/// Clients of the original on the same machine send no token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_this_machine_a_plan_needs_no_token() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    for path in [TEST, PLAN] {
        let (status, answer) = post(&service.url(path), &lab.setup("x", json!({}))).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_that_would_be_too_large_is_refused_at_once() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    let long = "x".repeat(100_000);
    for changes in [
        json!({ "rounds": 10_000, "stops_per_round": 10 }),
        json!({ "rounds": 50, "stops_per_round": 1_000 }),
        json!({ "rounds": 1_000, "fund_key_prefix": long }),
        json!({ "rounds": 1_000, "password_env": long }),
        json!({ "rounds": 10_000, "privkeys_per_fund_cmd": 100, "generate_fund_keys": 100 }),
    ] {
        for path in [TEST, PLAN, "/api/v0/experiment/run", "/api/v1/experiments"] {
            let begin = Instant::now();
            let (status, answer) = post(&service.url(path), &lab.setup("x", changes.clone())).await;
            assert_eq!(status, 400, "{path}: {answer:.300}");
            let expected = "the script may have more than 33554432 bytes";
            assert!(
                answer.contains(expected),
                "{path} {changes:.100}: {answer:.300}"
            );
            assert!(begin.elapsed() < PATIENCE / 10, "{path}");
        }
    }
    service.stop().await;
}

/// Asks for a plan of some MiB, and reads nothing of it but its head.
async fn ask_and_wait(address: SocketAddr, body: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut connection = socket.connect(address).await.unwrap();
    let head = format!(
        "POST {TEST} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut begin = [0; 12];
    let reading = connection.read_exact(&mut begin);
    tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    connection
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_plans_are_held_at_the_same_time_until_they_are_read_or_the_client_is_gone() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    // Larger than what the system's buffers of a connection take.
    let changes = json!({
        "rounds": 800, "stops_per_round": 10, "base_tps": 0.01, "stress_tps": 0.02,
        "generate_fund_keys": 0,
    });
    let large = lab.setup("large", changes).to_string();
    let first = ask_and_wait(service.address, &large).await;
    let mut second = ask_and_wait(service.address, &large).await;
    let small = lab.setup("small", json!({}));
    for path in [TEST, PLAN] {
        let (status, answer) = post(&service.url(path), &small).await;
        assert_eq!(status, 503, "{path}: {answer:.300}");
        assert!(answer.contains("try again"), "{path}: {answer:.300}");
    }
    // Gone: there is room for one more.
    drop(first);
    let (status, answer) = post(&service.url(TEST), &small).await;
    assert_eq!(status, 200, "{answer:.300}");
    // The other one comes in full.
    let mut rest = Vec::new();
    let piece = Duration::from_secs(10);
    let mut buffer = vec![0; 1 << 16];
    let length = loop {
        let text = String::from_utf8_lossy(&rest).to_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let (_, length) = head.split_once("content-length: ").unwrap();
            let length: usize = length.lines().next().unwrap().parse().unwrap();
            break head.len() + 4 + length;
        }
        let count = second.read(&mut buffer).await.unwrap();
        assert!(count > 0);
        rest.extend_from_slice(&buffer[..count]);
    };
    while rest.len() < length {
        let read = tokio::time::timeout(piece, second.read(&mut buffer)).await;
        let count = read.unwrap().unwrap();
        assert!(count > 0);
        rest.extend_from_slice(&buffer[..count]);
    }
    assert!(rest.ends_with(b"}}"));
    assert!(length > 5 << 20, "{length}");
    service.stop().await;
}

/// A form shows what is wrong beside the field that it is about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_names_its_parameter() {
    let lab = Lab::new(1, true).await;
    let service = lab.start().await;
    let known: Value = service::proxy::direct()
        .build()
        .unwrap()
        .get(service.url("/api/v1/parameters"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let keys: Vec<&str> = known["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|parameter| parameter["key"].as_str())
        .collect();
    let bad = lab.setup(
        "a",
        json!({"zkapp_ratio": 2.0, "rotation_ratio": 2.0, "min_stop_ratio": 2.0}),
    );
    for path in [PLAN, "/api/v1/experiments"] {
        let (status, answer) = post(&service.url(path), &bad).await;
        assert_eq!(status, 400, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let details = answer["error"]["details"].as_array().unwrap();
        let said = |key: &str| {
            let detail = details.iter().find(|detail| detail["parameter"] == key);
            detail.and_then(|detail| detail["message"].as_str())
        };
        assert_eq!(said("ZkappRatio"), Some("Invalid zkapp ratio"), "{answer}");
        assert_eq!(said("RotationRatio"), Some("Invalid rotation ratio"));
        assert!(said("MinStopRatio").is_some(), "{answer}");
        for detail in details {
            let parameter = detail["parameter"].as_str().unwrap();
            assert!(keys.contains(&parameter), "{parameter} is no parameter");
        }
    }
    let (_, answer) = post(&service.url(PLAN), &json!({"priv_keys": ["k"]})).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["error"]["details"][0]["parameter"], "ExperimentName");
    let (_, answer) = post(
        &service.url(PLAN),
        &json!({"experiment_name": "a", "rounds": "x"}),
    )
    .await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let details = answer["error"]["details"].as_array().unwrap();
    assert!(!details.is_empty(), "{answer}");
    service.stop().await;
}

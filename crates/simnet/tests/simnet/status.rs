//! The status page and the control endpoint.

use reqwest::StatusCode;
use serde_json::{Value, json};
use simnet::{Config, Simnet};

use crate::shared::start;

async fn get(simnet: &Simnet, path: &str) -> reqwest::Response {
    let url = format!("http://{}{path}", simnet.status_address());
    service::proxy::direct()
        .build()
        .unwrap()
        .get(url)
        .send()
        .await
        .unwrap()
}

async fn fault(simnet: &Simnet, body: &Value) -> (StatusCode, Value) {
    let url = format!("http://{}/api/v1/faults", simnet.status_address());
    let answer = service::proxy::direct()
        .build()
        .unwrap()
        .post(url)
        .json(body)
        .send()
        .await;
    let answer = answer.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn the_page_and_its_figures_are_there() {
    let simnet = start(Config::nodes(2)).await;
    let page = get(&simnet, "/").await.text().await.unwrap();
    assert!(page.contains("api/v1/network"));
    let network: Value = get(&simnet, "/api/v1/network").await.json().await.unwrap();
    assert_eq!(network["time_scale"], 1);
    assert_eq!(network["blockchain_length"], 1);
    let node = &network["nodes"][1];
    assert_eq!(node["name"], "node-1");
    assert_eq!(node["sync_status"], "SYNCED");
    assert_eq!(node["transactions"]["scheduled"], 0);
    assert_eq!(node["log"]["dropped"], 0);
    assert!(get(&simnet, "/healthz").await.status().is_success());
    simnet.stop().await;
}

#[tokio::test]
async fn faults_can_be_made_and_are_refused_with_a_reason() {
    let simnet = start(Config::nodes(2)).await;
    let (status, _) = fault(&simnet, &json!({"kind": "stop", "node": "node-1"})).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!simnet.nodes()[1].is_running);
    let (status, _) = fault(&simnet, &json!({"kind": "start", "node": "node-1"})).await;
    assert_eq!(status, StatusCode::OK);
    assert!(simnet.nodes()[1].is_running);
    for (body, expected, word) in [
        (
            json!({"kind": "stop", "node": "x"}),
            StatusCode::NOT_FOUND,
            "`x`",
        ),
        (json!({"kind": "stop"}), StatusCode::BAD_REQUEST, "node"),
        (
            json!({"kind": "explode", "node": "node-0"}),
            StatusCode::UNPROCESSABLE_ENTITY,
            "explode",
        ),
        (
            json!({"kind": "slow", "node": "node-0"}),
            StatusCode::BAD_REQUEST,
            "delay_ms",
        ),
    ] {
        let (status, answer) = fault(&simnet, &body).await;
        assert_eq!(status, expected, "{body}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(word), "{message}");
    }
    simnet.stop().await;
}

#[tokio::test]
async fn a_foreign_web_page_cannot_make_faults() {
    let simnet = start(Config::nodes(1)).await;
    let url = format!("http://{}/api/v1/faults", simnet.status_address());
    let answer = service::proxy::direct()
        .build()
        .unwrap()
        .post(url)
        .header("origin", "http://example.com")
        .json(&json!({"kind": "stop", "node": "node-0"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(simnet.nodes()[0].is_running);
    simnet.stop().await;
}

//! `discovery`: who is found, who is skipped, and what becomes of a step that finds too few.

use std::collections::BTreeSet;

use orchestrator::{ScriptRunError, run_script};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::lab::{Lab, PATIENCE};
use crate::network::serve;

/// An address where nobody listens any more.
async fn nobody() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_found_once_by_role_and_up_to_a_limit() {
    // The first and the third are block producers.
    let lab = Lab::new(4, true).await;
    let gone = nobody().await;
    let entry = |address: std::net::SocketAddr, submitter: &str| {
        json!({
            "remote_addr": address.ip().to_string(),
            "submitter": submitter,
            "graphql_control_port": address.port(),
        })
    };
    let again = entry(lab.network.nodes[0].address, "B62qother");
    let more = vec![again, entry(gone, "B62qgone")];
    *lab.network.more_entries.lock().unwrap() = more;
    let script = r#"{"action":"discovery"}
        {"action":"discovery","params":{"onlyBPs":true}}
        {"action":"discovery","params":{"noBPs":true}}
        {"action":"discovery","params":{"limit":3}}
        {"action":"discovery","params":{"limit":2,"exactly":true}}"#;
    let run = lab.run_to_end("x", script).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let addresses: Vec<String> = lab
        .network
        .nodes
        .iter()
        .map(|node| node.address.to_string())
        .collect();
    let found = async |step: u32| -> Vec<Value> { lab.outputs("x", step, "participant").await };
    let check = async |step: u32, expected: &[usize]| {
        let found: Vec<String> = found(step)
            .await
            .iter()
            .map(|value| value.as_str().unwrap().to_owned())
            .collect();
        let expected: BTreeSet<&String> = expected.iter().map(|node| &addresses[*node]).collect();
        assert_eq!(found.iter().collect::<BTreeSet<_>>(), expected, "{step}");
        assert_eq!(found.len(), expected.len(), "each once in step {step}");
    };
    check(0, &[0, 1, 2, 3]).await;
    check(1, &[0, 2]).await;
    check(2, &[1, 3]).await;
    for (step, count) in [(3, 3), (4, 2)] {
        let found: BTreeSet<String> = found(step).await.iter().map(Value::to_string).collect();
        assert_eq!(found.len(), count, "{found:?}");
    }
    for node in &lab.network.nodes {
        assert_eq!(node.executed("Auth").len(), 1, "asked once in a run");
    }
    let expected = format!("Error on auth for {gone} (B62qgone): request to {gone} failed: ");
    let skipped = run
        .warnings
        .iter()
        .filter(|text| text.starts_with(&expected));
    assert_eq!(skipped.count(), 5, "{:?}", run.warnings);
}

/// What the original's orchestrator finds in such a list, and what spoils the whole of it there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_element_that_is_no_node_spoils_itself_only() {
    let lab = Lab::new(2, true).await;
    let first = lab.network.nodes[0].address;
    let other_case = json!({
        "REMOTE_ADDR": first.ip().to_string(),
        "Submitter": "B62qother",
        "Graphql_Control_Port": first.port(),
    });
    *lab.network.more_entries.lock().unwrap() = vec![
        json!(null),
        json!({"remote_addr": "127.0.0.1", "submitter": "B62qx", "graphql_control_port": "3086"}),
        json!({"remote_addr": "127.0.0.1", "submitter": "B62qx", "graphql_control_port": 70000}),
        json!({"remote_addr": "127.0.0.1", "submitter": "B62qnone", "graphql_control_port": null}),
        json!({"remote_addr": 7}),
        other_case,
    ];
    let run = lab.run_to_end("x", r#"{"action":"discovery"}"#).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    assert_eq!(lab.outputs("x", 0, "participant").await.len(), 2);
    let passed_over = "4 elements of the list of nodes are no nodes and were passed over";
    assert!(
        run.warnings.iter().any(|text| text == passed_over),
        "{:?}",
        run.warnings
    );
}

/// The error of a script whose waits are over at once.
async fn failure(lab: &Lab, config: orchestrator::Config, script: &str) -> String {
    let _ = lab;
    let mut config = config;
    config.time_scale = 1e9;
    let running = run_script(&config, script, |_| Ok(()), CancellationToken::new());
    let result = tokio::time::timeout(PATIENCE, running).await.unwrap();
    match result {
        Err(ScriptRunError::Failed(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_nodes_are_a_failure_when_the_wait_for_them_is_over() {
    let lab = Lab::new(2, true).await;
    let discovery = r#"{"action":"discovery"}"#;
    let exactly = r#"{"action":"discovery","params":{"limit":3,"exactly":true}}"#;
    assert_eq!(
        failure(&lab, lab.config(), exactly).await,
        "Error running step 0: failed to discover the exact number of nodes"
    );
    *lab.network.hides.lock().unwrap() = true;
    assert_eq!(
        failure(&lab, lab.config(), discovery).await,
        "Error running step 0: didn't find any participants"
    );
    // Whatever is there instead of the list of nodes.
    for body in ["", "{}", "<html>"] {
        let answer = axum::Router::new().route("/", axum::routing::get(async move || body));
        let address = serve(answer).await;
        let mut config = lab.config();
        config.network = orchestrator::CommandedNetwork::from_json(
            &json!({
                "key": crate::network::KEY,
                "onlineURL": format!("http://{address}/"),
            })
            .to_string(),
        )
        .unwrap();
        let failure = failure(&lab, config, discovery).await;
        let expected = "Error running step 0: the online list is not a JSON array: ";
        assert!(failure.starts_with(expected), "{body}: {failure}");
    }
}

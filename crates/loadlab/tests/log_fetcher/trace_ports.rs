//! The port of each node, as the Nodes page of the original dashboard uses it:
//! the requests that the page makes, to a laboratory as users start it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use store::testing::TestDatabase;

use crate::process::{Lab, eventually};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = kill(
            Pid::from_raw(i32::try_from(self.0.id()).unwrap()),
            Signal::SIGINT,
        );
        let _ = self.0.wait();
    }
}

async fn ask(url: &str, query: &str) -> Value {
    let asking = service::proxy::direct()
        .build()
        .unwrap()
        .post(url)
        .header("origin", "http://dashboard.example")
        .json(&json!({"query": query, "variables": {}}));
    let response = asking.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(
        response
            .headers()
            .contains_key("access-control-allow-origin")
    );
    response.json().await.unwrap()
}

/// The URL on the trace port of a node, as the page makes it.
fn trace_url(node: &Value) -> String {
    format!("http://127.0.0.1:{}/graphql", node["internal_trace_port"])
}

/// Starts two nodes and all services; the addresses of `/nodes` and of the log API.
fn start(lab: &Lab, test: &TestDatabase) -> (Running, String, String) {
    let mut child = lab
        .command()
        .args(["up", "--simnet", "2", "--free-ports", "--time-scale", "300"])
        .env("DATABASE_URL", test.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let running = Running(child);
    let (mut nodes, mut api) = (String::new(), String::new());
    for line in output.lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["log", "fetcher", url] => (*url).clone_into(&mut nodes),
            ["log", "API", url] => (*url).clone_into(&mut api),
            ["Ctrl-C", ..] => break,
            _ => {}
        }
    }
    (running, nodes, api)
}

/// A slot that a node has traces of, not the newest ones.
async fn slot_of(node: &Value) -> Option<u64> {
    let url = trace_url(node);
    service::proxy::direct()
        .build()
        .unwrap()
        .get(&url)
        .send()
        .await
        .ok()?;
    let answer = ask(&url, "query latestBlockHeight { blockTraces }").await;
    let traces = answer["data"]["blockTraces"]["traces"].as_array().unwrap();
    traces.iter().rev().nth(2)?["global_slot"].as_u64()
}

/// Whether a node has traces of a slot: blocks come to it later than to others.
async fn has_slot(node: &Value, slot: u64) -> bool {
    let query = format!("query traces {{ blockTraces(global_slot: {slot}) }}");
    let answer = ask(&trace_url(node), &query).await;
    let traces = answer["data"]["blockTraces"]["traces"].as_array().unwrap();
    !traces.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_of_a_node_answers_for_it_without_its_name() {
    // For the files of `up` only.
    let lab = Lab::start(0, 1).await;
    let test = TestDatabase::create().await.unwrap();
    let (running, nodes_url, api) = start(&lab, &test);
    let mut nodes = Vec::new();
    let mut slot = 0;
    eventually("both nodes have traces", async || {
        let answer = service::proxy::direct()
            .build()
            .unwrap()
            .get(&nodes_url)
            .send()
            .await
            .unwrap();
        nodes = answer.json::<Vec<Value>>().await.unwrap();
        let [one, other] = nodes.as_slice() else {
            return false;
        };
        let slots = (slot_of(one).await, slot_of(other).await);
        slot = slots.0.unwrap_or(0);
        slots.0.is_some() && slots.1.is_some() && has_slot(other, slot).await
    })
    .await;
    let mut answers = Vec::new();
    for node in &nodes {
        let url = trace_url(node);
        let name = node["node_name"].as_str().unwrap();
        let asked = format!("query traces {{ blockTraces(global_slot: {slot}) }}");
        let named =
            format!(r#"query traces {{ blockTraces(global_slot: {slot}, node_name: "{name}") }}"#);
        let answer = ask(&url, &asked).await;
        assert_eq!(answer, ask(&api, &named).await, "{name}");
        let traces = answer["data"]["blockTraces"]["traces"].as_array().unwrap();
        assert!(!traces.is_empty(), "{name}");
        for trace in traces {
            assert_eq!(trace["global_slot"], slot);
            let hash = trace["state_hash"].as_str().unwrap();
            let tree = ask(
                &url,
                &format!(
                    r#"query blockStructuredTrace {{
                         blockStructuredTrace(block_identifier: "{hash}") }}"#
                ),
            )
            .await;
            let sections = &tree["data"]["blockStructuredTrace"]["sections"];
            assert!(!sections.as_array().unwrap().is_empty(), "{tree}");
        }
        answers.push(answer);
    }
    assert_ne!(answers[0], answers[1], "each port answers for its own node");
    // What a browser asks before that.
    let preflight = service::proxy::direct()
        .build()
        .unwrap()
        .request(reqwest::Method::OPTIONS, trace_url(&nodes[0]))
        .header("origin", "http://dashboard.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let response = preflight.send().await.unwrap();
    assert!(response.status().is_success(), "{response:?}");
    let allowed = "access-control-allow-headers";
    assert!(response.headers().contains_key(allowed), "{response:?}");
    drop(running);
}

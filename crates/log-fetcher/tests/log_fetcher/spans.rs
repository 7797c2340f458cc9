//! Blocks as spans, to a collector.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::bench_of_nodes::{Bench, eventually};
use crate::node::TestNode;

/// A collector that refuses the first request and keeps what the others bring.
#[derive(Clone, Default)]
struct Collector {
    requests: Arc<Mutex<u32>>,
    taken: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    async fn start() -> (Self, Url) {
        let collector = Self::default();
        let state = collector.clone();
        let take = async move |headers: HeaderMap, body: Bytes| {
            let mut requests = state.requests.lock().unwrap();
            *requests += 1;
            if *requests == 1 {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            assert_eq!(headers["content-type"], "application/x-protobuf");
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            state.taken.lock().unwrap().push(request);
            StatusCode::OK
        };
        let router = Router::new().route("/v1/traces", post(take));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, url.parse().unwrap())
    }

    fn spans(&self) -> Vec<Vec<Span>> {
        let taken = self.taken.lock().unwrap();
        let requests = taken.iter();
        requests
            .map(|request| request.resource_spans[0].scope_spans[0].spans.clone())
            .collect()
    }
}

/// Lets a node receive a block; with its end, it integrates it.
fn receive(node: &TestNode, block: &str, is_integrated: bool) {
    let mut state = node.state();
    let mut queue = |second: u32, message: &str, metadata: &Value| {
        let time = format!("2025-05-07 14:30:{second:02}.500000Z");
        state.daemon.queue(&time, message, metadata);
    };
    let current = |block: &str| json!([{"item": "current_block", "value": block}]);
    queue(0, "@control", &current(block));
    queue(1, "External_block_received", &json!([]));
    queue(2, "Build_breadcrumb", &json!([]));
    queue(3, "Validate_staged_ledger_diff", &json!([]));
    if is_integrated {
        queue(4, "Breadcrumb_integrated", &json!([]));
        queue(5, "Add_and_finalize_done", &json!([]));
    }
    queue(6, "@control", &current("0"));
}

#[tokio::test]
async fn a_block_is_sent_to_the_collector_once_it_is_integrated() {
    let bench = Bench::start(2, 1_000).await;
    let (collector, url) = Collector::start().await;
    let mut config = bench.config();
    config.otlp_collector = Some(url);
    let fetcher = bench.fetch(config).await;
    for node in &bench.nodes {
        receive(node, "3NKdone", true);
        receive(node, "3NKpending", false);
    }
    eventually("both nodes' traces have come", async || {
        collector.spans().len() == 2
    })
    .await;
    // Another entry of the same block is nothing new.
    receive(&bench.nodes[0], "3NKdone", true);
    receive(&bench.nodes[0], "3NKnext", true);
    eventually("the next block has come", async || {
        collector.spans().len() == 3
    })
    .await;
    fetcher.stop().await;
    let spans = collector.spans();
    let roots: Vec<&Span> = spans.iter().map(|spans| &spans[0]).collect();
    let mut names: Vec<&str> = roots.iter().map(|root| root.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["block 3NKdone", "block 3NKdone", "block 3NKnext"]);
    assert_eq!(
        roots[0].trace_id, roots[1].trace_id,
        "one trace of both nodes"
    );
    assert_ne!(roots[0].span_id, roots[1].span_id);
    let first: Vec<&str> = spans[0][1..]
        .iter()
        .map(|span| span.name.as_str())
        .collect();
    let expected = [
        "External_block_received",
        "Build_breadcrumb",
        "Validate_staged_ledger_diff",
        "Breadcrumb_integrated",
        "Add_and_finalize_done",
    ];
    assert_eq!(first, expected);
    let nested = &spans[0][3];
    assert_eq!(nested.parent_span_id, spans[0][2].span_id, "a tree");
}

/// Fetching does not wait for a collector that is not there.
#[tokio::test]
async fn a_collector_that_is_away_holds_up_nothing() {
    let bench = Bench::start(1, 1_000).await;
    let mut config = bench.config();
    config.otlp_collector = Some("http://127.0.0.1:1/".parse().unwrap());
    let fetcher = bench.fetch(config).await;
    receive(&bench.nodes[0], "3NKdone", true);
    bench.nodes[0].write(50);
    bench.wait_for_entries(57).await;
    fetcher.stop().await;
}

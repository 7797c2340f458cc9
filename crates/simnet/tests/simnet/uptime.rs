//! Submissions as an uptime service receives them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::routing::post;
use mina::{BitOrder, NetworkId, PublicKey, Signature, UptimePayload, schnorr};
use serde::Deserialize;
use serde_json::value::RawValue;
use simnet::{Addresses, Config, Fault, Simnet};

use crate::shared::{eventually, start};

#[derive(Deserialize)]
struct Request {
    data: Data,
    signature: String,
    submitter: String,
}

#[derive(Deserialize)]
struct Data {
    block: Box<RawValue>,
    created_at: String,
    peer_id: String,
    #[serde(default)]
    snark_work: Option<Box<RawValue>>,
    graphql_control_port: i64,
    built_with_commit_sha: String,
}

/// A service that takes everything, and what it got: from where, and what.
struct Service {
    address: SocketAddr,
    received: Arc<Mutex<Vec<(SocketAddr, Bytes)>>>,
}

async fn service() -> Service {
    let received = Arc::new(Mutex::new(Vec::new()));
    let taking = Arc::clone(&received);
    let router = Router::new().route(
        "/v1/submit",
        post(
            async move |ConnectInfo(from): ConnectInfo<SocketAddr>, body: Bytes| {
                taking.lock().unwrap().push((from, body));
            },
        ),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Service { address, received }
}

async fn submitting(mut config: Config) -> (Service, Simnet) {
    let service = service().await;
    config.time_scale = 1_000;
    config.uptime_url = Some(
        format!("http://{}/v1/submit", service.address)
            .parse()
            .unwrap(),
    );
    (service, start(config).await)
}

fn check_signature(request: &Request, network: NetworkId) -> bool {
    let created_at: jiff::Timestamp = request.data.created_at.parse().unwrap();
    let payload = UptimePayload {
        block: request.data.block.get(),
        created_at_unix_seconds: created_at.as_second(),
        peer_id: &request.data.peer_id,
        snark_work: request.data.snark_work.as_deref().map(RawValue::get),
        graphql_control_port: request.data.graphql_control_port,
        built_with_commit_sha: &request.data.built_with_commit_sha,
    };
    let key: PublicKey = request.submitter.parse().unwrap();
    let signature: Signature = request.signature.parse().unwrap();
    let digest = payload.digest().unwrap();
    schnorr::verify(&key, network, BitOrder::LowestFirst, &digest, &signature).is_ok()
}

#[tokio::test]
async fn every_node_submits_signed_blocks_again_and_again() {
    let (service, simnet) = submitting(Config::nodes(3)).await;
    let nodes = simnet.nodes();
    let bodies = eventually("two submissions of each", async || {
        let received = service.received.lock().unwrap().clone();
        let bodies = received.into_iter().map(|(_, body)| body);
        let requests: Vec<Request> = bodies
            .map(|body| serde_json::from_slice(&body).unwrap())
            .collect();
        let of_node = |submitter: &str| {
            let matching = requests
                .iter()
                .filter(|request| request.submitter == submitter);
            matching.count()
        };
        let complete = nodes.iter().all(|node| of_node(&node.submitter) >= 2);
        complete.then_some(requests)
    })
    .await;
    for request in &bodies {
        let node = nodes
            .iter()
            .find(|node| node.submitter == request.submitter);
        let node = node.expect("a node");
        assert_eq!(request.data.peer_id, node.peer_id);
        assert_eq!(
            request.data.graphql_control_port,
            i64::from(node.itn.port())
        );
        assert!(check_signature(request, NetworkId::Testnet));
        assert!(!check_signature(request, NetworkId::Mainnet));
        let created_at: jiff::Timestamp = request.data.created_at.parse().unwrap();
        let age = jiff::Timestamp::now().as_second() - created_at.as_second();
        assert!((0..60).contains(&age), "real time, not network time: {age}");
    }
    // The service has a submission a moment before its node knows that it was accepted.
    eventually("all nodes know of two", async || {
        let truth = simnet.truth();
        let known = truth.iter().all(|node| node.uptime.accepted >= 2);
        known.then_some(())
    })
    .await;
    simnet.stop().await;
}

#[tokio::test]
async fn a_node_submits_from_its_own_address_and_a_stopped_one_not_at_all() {
    let mut config = Config::nodes(2);
    config.addresses = Addresses::Hosts {
        first: [127, 78, 0, 1].into(),
        itn_port: 38_186,
        public_port: 38_185,
    };
    config.faults =
        vec![serde_json::from_str(r#"{"kind":"stop","node":"node-0","at_seconds":0}"#).unwrap()];
    let (service, simnet) = submitting(config).await;
    eventually("three submissions", async || {
        (service.received.lock().unwrap().len() >= 3).then_some(())
    })
    .await;
    let received = service.received.lock().unwrap().clone();
    assert!(
        received
            .iter()
            .all(|(from, _)| from.ip() == simnet.nodes()[1].itn.ip())
    );
    assert_eq!(simnet.truth()[0].uptime.attempts, 0);
    simnet.fault("node-0", Fault::Start).await.unwrap();
    eventually("the other one submits, too", async || {
        (simnet.truth()[0].uptime.accepted > 0).then_some(())
    })
    .await;
    simnet.stop().await;
}

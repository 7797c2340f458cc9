//! What goes wrong goes wrong in just that way, and is right again afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use itn::{AddressPolicy, Client, Endpoint, ErrorClass, Limits, SigningKey, Transport};
use simnet::{AnswerFault, Config, Fault, FaultError, FaultRequest, Simnet};
use tokio::net::TcpSocket;

use crate::shared::{client, eventually, start};

fn impatient(simnet: &Simnet, node: usize) -> Client {
    let key = SigningKey::from_base64(&simnet.fetcher_key()).expect("a key");
    let limits = Limits {
        idle: Duration::from_millis(500),
        total: Duration::from_secs(2),
        ..Limits::default()
    };
    let transport = Transport::new(limits, AddressPolicy::any());
    let endpoint = Endpoint::from(simnet.nodes()[node].itn);
    Client::new(transport, endpoint, Arc::new(key))
}

#[tokio::test]
async fn a_stopped_node_refuses_connections_and_a_new_run_begins_anew() {
    let simnet = start(Config::nodes(2)).await;
    let mut client = client(&simnet, 0);
    let before = client.auth().await.unwrap();
    let logs = eventually("entries", async || {
        let logs = client.internal_logs(before.server_uuid, 0).await.unwrap();
        (!logs.is_empty()).then_some(logs)
    })
    .await;
    assert_eq!(logs.first_id(), Some(1));

    simnet.fault("node-0", Fault::Stop).await.unwrap();
    assert!(client.auth().await.is_err());
    assert!(!simnet.nodes()[0].is_running);
    simnet.fault("node-0", Fault::Start).await.unwrap();
    let after = client.auth().await.unwrap();
    assert_ne!(after.server_uuid, before.server_uuid);
    assert_eq!(after.signer_sequence_number, 0);
    let first = eventually("entries of the new run", async || {
        let logs = client.internal_logs(after.server_uuid, 0).await.unwrap();
        logs.first_id()
    })
    .await;
    assert_eq!(first, 1);
    assert_eq!(simnet.truth()[0].runs, 2);
    assert_eq!(simnet.truth()[1].runs, 1);
    simnet.stop().await;
}

#[tokio::test]
async fn each_wrong_answer_is_told_by_a_client_and_can_be_cleared() {
    let simnet = start(Config::nodes(1)).await;
    for (fault, class) in [
        (AnswerFault::Hang, ErrorClass::Transient),
        (AnswerFault::ServerError(503), ErrorClass::Transient),
        (AnswerFault::Truncated, ErrorClass::Transient),
        (AnswerFault::Oversized(100_000_000), ErrorClass::Hostile),
        (AnswerFault::WrongTypes, ErrorClass::Hostile),
    ] {
        let mut client = impatient(&simnet, 0);
        simnet.fault("node-0", Fault::Answers(fault)).await.unwrap();
        let error = client.auth().await.expect_err("a fault");
        assert_eq!(error.class(), class, "{fault}: {error:?}");
        simnet.fault("node-0", Fault::Clear).await.unwrap();
        client.auth().await.expect("right again");
    }
    simnet.stop().await;
}

#[tokio::test]
async fn a_slow_node_answers_late() {
    let simnet = start(Config::nodes(1)).await;
    let delay = Duration::from_millis(250);
    simnet
        .fault("node-0", Fault::Answers(AnswerFault::Slow(delay)))
        .await
        .unwrap();
    let begin = std::time::Instant::now();
    client(&simnet, 0).auth().await.unwrap();
    assert!(begin.elapsed() >= delay);
    simnet.stop().await;
}

#[tokio::test]
async fn lost_sequence_numbers_start_again_in_the_same_run() {
    let simnet = start(Config::nodes(1)).await;
    let mut client = client(&simnet, 0);
    let auth = client.auth().await.unwrap();
    client.internal_logs(auth.server_uuid, 0).await.unwrap();
    simnet.fault("node-0", Fault::LoseSequence).await.unwrap();
    let auth_after = client.auth().await.unwrap();
    assert_eq!(auth_after.server_uuid, auth.server_uuid);
    assert_eq!(auth_after.signer_sequence_number, 0);
    simnet.stop().await;
}

#[tokio::test]
async fn nodes_can_swap_their_addresses_and_swap_back() {
    let simnet = start(Config::nodes(2)).await;
    let before = simnet.nodes();
    for swaps in 1..=2 {
        let fault = Fault::SwapAddress("node-1".to_owned());
        simnet.fault("node-0", fault).await.unwrap();
        let after = simnet.nodes();
        let expected = usize::from(swaps == 1);
        assert_eq!(after[0].itn, before[expected].itn);
        for (index, node) in after.iter().enumerate() {
            let auth = client(&simnet, index).auth().await.unwrap();
            assert_eq!(auth.peer_id.as_deref(), Some(node.peer_id.as_str()));
        }
    }
    simnet.stop().await;
}

#[tokio::test]
async fn a_stopped_node_can_swap_and_comes_back_at_its_new_address() {
    let simnet = start(Config::nodes(2)).await;
    let before = simnet.nodes();
    simnet.fault("node-0", Fault::Stop).await.unwrap();
    let fault = Fault::SwapAddress("node-1".to_owned());
    simnet.fault("node-0", fault).await.unwrap();
    let moved = client(&simnet, 1).auth().await.unwrap();
    assert_eq!(moved.peer_id.as_deref(), Some(before[1].peer_id.as_str()));
    assert!(client(&simnet, 0).auth().await.is_err());
    simnet.fault("node-0", Fault::Start).await.unwrap();
    assert_eq!(simnet.nodes()[0].itn, before[1].itn);
    client(&simnet, 0).auth().await.unwrap();
    simnet.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_process_gets_the_port_of_a_node_that_stops_and_starts() {
    let simnet = start(Config::nodes(1)).await;
    let address = simnet.nodes()[0].itn;
    let ended = Arc::new(AtomicBool::new(false));
    let taker = std::thread::spawn({
        let ended = Arc::clone(&ended);
        move || {
            let mut taken = 0;
            while !ended.load(Ordering::Relaxed) {
                // As connections of others get their ports: not one that is bound.
                taken += u32::from(TcpSocket::new_v4().unwrap().bind(address).is_ok());
            }
            taken
        }
    });
    for _ in 0..100 {
        simnet.fault("node-0", Fault::Stop).await.unwrap();
        simnet.fault("node-0", Fault::Start).await.unwrap();
    }
    ended.store(true, Ordering::Relaxed);
    assert_eq!(taker.join().unwrap(), 0);
    simnet.stop().await;
}

#[tokio::test]
async fn planned_faults_happen_at_their_times_in_network_time() {
    let request = |json: &str| serde_json::from_str::<FaultRequest>(json).unwrap();
    let mut config = Config::nodes(2);
    config.time_scale = 1_000;
    config.faults = vec![
        request(r#"{"kind":"restart","node":"node-0","at_seconds":300}"#),
        request(
            r#"{"kind":"server-error","node":"node-1","at_seconds":200,"for_seconds":1000000}"#,
        ),
    ];
    let simnet = start(config).await;
    eventually("both faults", async || {
        let truth = simnet.truth();
        (truth[0].runs == 2 && truth[1].answer_fault.is_some()).then_some(())
    })
    .await;
    assert!(simnet.clock().since_genesis() >= Duration::from_mins(5));
    simnet.stop().await;
}

#[tokio::test]
async fn a_fault_of_nobody_is_refused_at_the_start_and_later() {
    let request: FaultRequest =
        serde_json::from_str(r#"{"kind":"stop","node":"nobody","at_seconds":1}"#).unwrap();
    let mut config = Config::nodes(1);
    config.faults = vec![request.clone()];
    let error = Simnet::start(config).await.expect_err("nobody").to_string();
    assert!(
        error.contains("fault 1") && error.contains("nobody"),
        "{error}"
    );
    let simnet = start(Config::nodes(1)).await;
    let unknown = Err(FaultError::UnknownNode("nobody".to_owned()));
    assert_eq!(simnet.schedule(request).await, unknown);
    assert_eq!(simnet.fault("nobody", Fault::Stop).await, unknown);
    simnet.stop().await;
}

#[tokio::test]
async fn a_partition_splits_the_chain_and_healing_joins_it() {
    let mut config = Config::nodes(4);
    config.time_scale = 1_000;
    let simnet = start(config).await;
    let groups = [["node-0", "node-1"], ["node-2", "node-3"]];
    let groups = groups.map(|names| names.map(str::to_owned).to_vec());
    simnet
        .network_fault(Fault::Partition(groups.to_vec()))
        .await
        .unwrap();
    let tips = |simnet: &Simnet| {
        let truth = simnet.truth();
        truth
            .into_iter()
            .map(|node| (node.state_hash, node.blockchain_length))
            .collect::<Vec<_>>()
    };
    eventually("two chains", async || {
        let tips = tips(&simnet);
        (tips[0] == tips[1] && tips[2] == tips[3] && tips[0].0 != tips[2].0 && tips[0].1 > 3)
            .then_some(())
    })
    .await;
    simnet.network_fault(Fault::Heal).await.unwrap();
    eventually("one chain", async || {
        let tips = tips(&simnet);
        tips.iter().all(|tip| *tip == tips[0]).then_some(())
    })
    .await;
    simnet.stop().await;
}

#[tokio::test]
async fn a_daemon_that_is_asked_to_stop_is_started_again_by_its_supervisor() {
    let mut config = Config::nodes(2);
    config.time_scale = 100;
    let simnet = start(config).await;
    let mut client = client(&simnet, 0);
    let before = client.auth().await.unwrap();
    client.stop_daemon(Some(5), None).await.unwrap();
    eventually("the daemon has ended", async || {
        client.auth().await.is_err().then_some(())
    })
    .await;
    let after = eventually("it is back", async || client.auth().await.ok()).await;
    assert_ne!(after.server_uuid, before.server_uuid);
    simnet.stop().await;
}

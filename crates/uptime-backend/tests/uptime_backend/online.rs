//! Who is online, for one backend and for several.

use serde_json::json;
use store::testing::TestDatabase;

use crate::lab::{Answer, Lab, Node, config};

#[tokio::test]
async fn each_triple_is_listed_once_and_a_port_only_if_there_is_one() {
    let test = TestDatabase::create().await.unwrap();
    let lab = Lab::start(&test, &config()).await;
    assert_eq!(lab.get("/v1/online").await, Answer::json(200, "[]"));
    let (first, mut second) = (Node::new(0), Node::new(1));
    second.port = 0;
    for (peer, node) in [
        ("10.0.0.7:1", &first),
        ("10.0.0.7:2", &first),
        ("10.0.0.8:1", &first),
        ("[2001:db8::1]:1", &second),
        ("[::ffff:10.0.0.9]:1", &second),
    ] {
        let answer = lab.submit_from(peer, node.submission()).await;
        assert_eq!(answer, Answer::ok());
    }
    assert_eq!(
        lab.online().await,
        json!([
            {"remote_addr": "10.0.0.7", "submitter": first.submitter, "graphql_control_port": 3086},
            {"remote_addr": "10.0.0.8", "submitter": first.submitter, "graphql_control_port": 3086},
            {"remote_addr": "10.0.0.9", "submitter": second.submitter},
            {"remote_addr": "2001:db8::1", "submitter": second.submitter},
        ])
    );
}

#[tokio::test]
async fn what_is_refused_makes_nobody_online() {
    let test = TestDatabase::create().await.unwrap();
    let lab = Lab::start(&test, &config()).await;
    let forged = Node::new(0).submission().replace("3086", "3087");
    assert_eq!(lab.submit(forged).await.status, 401);
    assert_eq!(lab.submit(Node::new(2).submission()).await.status, 401);
    assert_eq!(lab.online().await, json!([]));
}

#[tokio::test]
async fn a_node_is_forgotten_after_twenty_minutes() {
    let test = TestDatabase::create().await.unwrap();
    let lab = Lab::start(&test, &config()).await;
    lab.submit(Node::new(0).submission()).await;
    let later = |by: &str| {
        format!("UPDATE loadlab.uptime_submission SET received_at = received_at - interval '{by}'")
    };
    test.execute(&later("19 minutes")).await.unwrap();
    assert_eq!(lab.online().await.as_array().unwrap().len(), 1);
    test.execute(&later("1 minute")).await.unwrap();
    assert_eq!(lab.online().await, json!([]));
}

#[tokio::test]
async fn the_list_survives_a_restart_and_is_shared_by_all_backends() {
    let test = TestDatabase::create().await.unwrap();
    let first = Lab::start(&test, &config()).await;
    let beside = Lab::start(&test, &config()).await;
    first.submit(Node::new(0).submission()).await;
    beside.submit(Node::new(1).submission()).await;
    let online = first.online().await;
    assert_eq!(online.as_array().unwrap().len(), 2);
    assert_eq!(beside.online().await, online);
    first.stop().await;
    beside.stop().await;
    let restarted = Lab::start(&test, &config()).await;
    assert_eq!(restarted.online().await, online);
}

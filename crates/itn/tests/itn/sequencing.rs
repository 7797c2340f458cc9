//! Numbers, repetitions, and what must not be repeated.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use itn::sequence::Session;
use itn::{Client, Endpoint, Error, ErrorClass, Transport};

use crate::node::{FIRST_RUN, Node, Reaction, SECOND_RUN, first_run, key, limits, response};

#[tokio::test]
async fn two_clients_of_one_key_heal_each_others_numbers() {
    let node = Node::start().await;
    let (mut first, mut second) = (node.client(), node.client());
    for _ in 0..3 {
        first.slots_won().await.unwrap();
        second.slots_won().await.unwrap();
    }
    assert_eq!(node.executed().len(), 6);
}

#[tokio::test]
async fn a_restart_is_healed_and_seen_in_what_the_node_said_last() {
    let node = Node::start().await;
    let mut client = node.client();
    client.slots_won().await.unwrap();
    node.restart(SECOND_RUN);
    let text = client.stop_daemon(None, None).await.unwrap();
    assert_eq!(text, "Stopping daemon in 10 seconds");
    assert_eq!(node.executed(), ["SlotsWon", "StopDaemon"]);
    let auth = client.last_auth().unwrap();
    assert_eq!(auth.server_uuid.as_str(), SECOND_RUN);
}

/// The second case is a daemon that draws the same uuid again.
#[tokio::test]
async fn what_concerns_one_run_is_not_executed_in_another() {
    for run in [SECOND_RUN, FIRST_RUN] {
        let node = Node::start().await;
        let mut client = node.client();
        client.slots_won().await.unwrap();
        node.restart(run);
        let error = client
            .flush_internal_logs(first_run(), 7)
            .await
            .unwrap_err();
        let Error::Restarted { server_uuid } = error else {
            panic!("{error:?}");
        };
        assert_eq!(server_uuid.as_str(), run);
        assert_eq!(node.executed(), ["SlotsWon"]);
        let logs = client.internal_logs(server_uuid, 0).await.unwrap();
        assert_eq!(logs.len(), 1);
        assert_eq!(node.state().auths, 2);
    }
}

#[tokio::test]
async fn a_number_refused_twice_is_an_error() {
    let node = Node::start().await;
    for _ in 0..2 {
        node.react(Reaction::Send(response(
            "412 Precondition Failed",
            "Invalid sequence number",
        )));
    }
    let mut client = node.client();
    let error = client.stop_daemon(None, None).await.unwrap_err();
    assert!(matches!(error, Error::Sequencing), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(!error.is_outcome_unknown());
    assert_eq!(node.state().sequenced_requests, 2);
    client.slots_won().await.unwrap();
}

#[tokio::test]
async fn a_mutation_whose_answer_is_lost_is_not_repeated() {
    let cut_short = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":{".to_vec();
    let garbage = b"\x00\x01\x02 no HTTP\r\n\r\n".to_vec();
    for reaction in [
        Reaction::ExecuteAndClose,
        Reaction::ExecuteAndSend(cut_short),
        Reaction::ExecuteAndSend(garbage),
    ] {
        let node = Node::start().await;
        node.react(reaction);
        let mut client = node.client();
        let error = client.stop_scheduled_transactions("h").await.unwrap_err();
        assert!(matches!(error, Error::Transport(_)), "{error:?}");
        assert!(error.is_outcome_unknown());
        assert_eq!(error.class(), ErrorClass::Transient);
        assert_eq!(node.executed(), ["StopScheduledTransactions"]);
        // The next request does not guess whether the number was used up.
        client.slots_won().await.unwrap();
        let state = node.state();
        assert_eq!((state.auths, state.sequenced_requests), (2, 2));
    }
}

#[tokio::test]
async fn a_request_given_up_by_the_caller_leaves_a_usable_client() {
    let node = Node::start().await;
    node.react(Reaction::SendAndHang(Vec::new()));
    let mut client = node.client();
    let given_up = tokio::time::timeout(Duration::from_millis(200), client.slots_won()).await;
    assert!(given_up.is_err());
    client.slots_won().await.unwrap();
    assert_eq!(node.state().auths, 2);
}

#[tokio::test]
async fn a_request_with_a_given_number_is_not_repeated_under_another() {
    let node = Node::start().await;
    let (mut paused, mut other) = (node.client(), node.client());
    let session: Session = paused.auth().await.unwrap().session();
    // The other one sends the same request under the same number first.
    other.give_session(session);
    other.stop_scheduled_transactions("h").await.unwrap();
    paused.give_session(session);
    let error = paused.stop_scheduled_transactions("h").await.unwrap_err();
    assert!(matches!(error, Error::Sequencing), "{error:?}");
    assert_eq!(node.executed(), ["StopScheduledTransactions"]);
    // Only that one: others heal.
    paused.slots_won().await.unwrap();
}

#[tokio::test]
async fn nothing_is_sent_without_permission() {
    let node = Node::start().await;
    let permit = Arc::new(AtomicBool::new(true));
    let may_send = Arc::clone(&permit);
    let anywhere = |_: SocketAddr| true;
    let transport =
        Transport::while_permitted(limits(), anywhere, move || may_send.load(Ordering::SeqCst));
    let mut client = Client::new(transport, Endpoint::from(node.address), Arc::new(key()));
    client.slots_won().await.unwrap();
    permit.store(false, Ordering::SeqCst);
    let error = client.stop_daemon(None, None).await.unwrap_err();
    assert!(matches!(error, Error::NotPermitted), "{error:?}");
    assert!(!error.is_outcome_unknown());
    assert_eq!(node.executed(), ["SlotsWon"]);
    // Nor is a request repeated when the permission ends while it is under way.
    permit.store(true, Ordering::SeqCst);
    let mut other = node.client();
    other.slots_won().await.unwrap();
    client.auth().await.unwrap();
    other.slots_won().await.unwrap();
    permit.store(false, Ordering::SeqCst);
    assert!(client.slots_won().await.is_err());
    assert_eq!(node.executed().len(), 3);
}

#[tokio::test]
async fn nothing_is_sent_when_the_permission_ends_while_it_connects() {
    let node = Node::start().await;
    let left = AtomicUsize::new(1);
    let once = move || {
        let next = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        next.is_ok()
    };
    let anywhere = |_: SocketAddr| true;
    let transport = Transport::while_permitted(limits(), anywhere, once);
    let mut client = Client::new(transport, Endpoint::from(node.address), Arc::new(key()));
    let error = client.auth().await.unwrap_err();
    assert!(matches!(error, Error::NotPermitted), "{error:?}");
}

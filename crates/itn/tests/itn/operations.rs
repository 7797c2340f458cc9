//! Operations over the wire.

use itn::{Error, ErrorClass};

use crate::node::{Node, first_run};

#[tokio::test]
async fn each_request_is_signed_numbered_and_answered() {
    let node = Node::start().await;
    let mut client = node.client();
    assert_eq!(client.slots_won().await.unwrap(), [1, 2]);
    let logs = client.internal_logs(first_run(), 5).await.unwrap();
    assert_eq!(logs.last_id(), Some(7));
    let text = client.flush_internal_logs(first_run(), 7).await.unwrap();
    assert_eq!(text, "Deleted 2 logs");
    let text = client.stop_daemon(Some(10), None).await.unwrap();
    assert_eq!(text, "Stopping daemon in 10 seconds");
    assert_eq!(
        node.executed(),
        [
            "SlotsWon",
            "InternalLogs",
            "FlushInternalLogs",
            "StopDaemon"
        ]
    );
    assert_eq!(node.state().auths, 1);
    assert_eq!(node.state().connections, 1, "connections are used again");
}

#[tokio::test]
async fn auth_tells_who_the_node_is() {
    let node = Node::start().await;
    let mut client = node.client();
    assert!(client.last_auth().is_none());
    let auth = client.auth().await.unwrap();
    assert_eq!(auth.server_uuid, first_run());
    assert_eq!(
        (auth.libp2p_port, auth.peer_id.as_deref()),
        (Some(8302), None)
    );
    assert_eq!(client.last_auth(), Some(&auth));
    client.slots_won().await.unwrap();
    assert_eq!(
        node.state().auths,
        1,
        "it counts as the first authentication"
    );
}

#[tokio::test]
async fn an_error_of_the_node_uses_up_a_number_and_disturbs_nothing() {
    let node = Node::start().await;
    let mut client = node.client();
    node.state().answer =
        Some(r#"{"errors":[{"message":"Not a block producing node"}],"data":null}"#.to_owned());
    for _ in 0..2 {
        let error = client.slots_won().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the node answered with an error: Not a block producing node"
        );
        assert_eq!(error.class(), ErrorClass::Transient);
        assert_eq!(error.status(), Some(200));
    }
    node.state().answer = None;
    client.slots_won().await.unwrap();
    assert_eq!((node.executed().len(), node.state().auths), (3, 1));
}

#[tokio::test]
async fn a_key_that_is_not_permitted_is_told_so_once() {
    let node = Node::start().await;
    node.state().identity.verifier = itn::Verifier::new(first_run(), []);
    let error = node.client().slots_won().await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Permanent);
    assert_eq!(error.status(), Some(401));
}

//! Where connections may go.

use std::net::SocketAddr;
use std::sync::Arc;

use itn::{AddressGuard, AddressPolicy, Client, Endpoint, Error, ErrorClass, Transport};
use tokio::net::TcpListener;

use crate::node::{Node, key, limits};

fn client(host: &str, port: u16, guard: impl AddressGuard) -> Client {
    let transport = Transport::new(limits(), guard);
    let endpoint = Endpoint::new(host, port).unwrap();
    Client::new(transport, endpoint, Arc::new(key()))
}

fn no_loopback(address: SocketAddr) -> bool {
    !address.ip().is_loopback()
}

#[tokio::test]
async fn a_refused_address_is_never_connected_however_it_is_written() {
    let node = Node::start().await;
    for host in ["127.0.0.1", "2130706433", "::ffff:127.0.0.1", "localhost"] {
        let mut client = client(host, node.address.port(), no_loopback);
        let error = client.auth().await.unwrap_err();
        assert!(matches!(error, Error::AddressRefused(_)), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Permanent);
        assert!(!error.is_outcome_unknown());
    }
    assert_eq!(node.state().connections, 0);
}

#[tokio::test]
async fn a_port_outside_the_list_is_never_connected() {
    let node = Node::start().await;
    let port = node.address.port();
    let allowed = |ports: &str| {
        let ports = vec![ports.parse().unwrap()];
        AddressPolicy {
            ports,
            ..AddressPolicy::any()
        }
    };
    for host in ["127.0.0.1", "localhost"] {
        let mut client = client(host, port, allowed("1-1023"));
        let error = client.auth().await.unwrap_err();
        assert!(matches!(error, Error::AddressRefused(_)), "{error:?}");
    }
    assert_eq!(node.state().connections, 0);
    let mut client = client("localhost", port, allowed(&port.to_string()));
    client.auth().await.unwrap();
}

#[tokio::test]
async fn a_name_is_judged_by_each_of_its_addresses() {
    let node = Node::start().await;
    let only_ipv4 = |address: SocketAddr| address.is_ipv4();
    let mut client = client("localhost", node.address.port(), only_ipv4);
    client.auth().await.unwrap();
    assert_eq!(node.state().connections, 1);
}

#[tokio::test]
async fn a_refused_connection_is_transient_and_leaves_no_doubt() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = client("127.0.0.1", port, |_: SocketAddr| true)
        .slots_won()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Connect(_)), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Transient);
    assert_eq!((error.status(), error.is_outcome_unknown()), (None, false));
    assert!(
        !format!("{error:?}").contains("graphql"),
        "no URL: {error:?}"
    );
}

//! Nodes are where they should be, beside each other and beside other networks.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use simnet::{Addresses, Config, Simnet, SimnetError};
use tokio::net::TcpStream;

use crate::shared::{client, start};

#[tokio::test]
async fn every_node_has_an_address_and_an_identity_of_its_own() {
    let simnet = start(Config::nodes(3)).await;
    let mut seen = HashSet::new();
    for (index, node) in simnet.nodes().iter().enumerate() {
        let auth = client(&simnet, index).auth().await.expect("an answer");
        assert_eq!(auth.peer_id.as_deref(), Some(node.peer_id.as_str()));
        assert!(seen.insert(auth.server_uuid.to_string()));
        assert!(seen.insert(node.itn.to_string()));
        assert!(seen.insert(node.public_graphql.to_string()));
        assert!(seen.insert(node.submitter.clone()));
    }
    simnet.stop().await;
}

#[tokio::test]
async fn nodes_can_have_loopback_addresses_of_their_own_with_one_port() {
    // A block of addresses that no other test uses; the ports are any free ones of the first.
    let mut config = Config::nodes(3);
    config.addresses = Addresses::Hosts {
        first: Ipv4Addr::new(127, 77, 1, 254),
        itn_port: 38_086,
        public_port: 38_085,
    };
    let simnet = start(config).await;
    let hosts: Vec<String> = simnet
        .nodes()
        .iter()
        .map(|node| node.itn.to_string())
        .collect();
    assert_eq!(
        hosts,
        [
            "127.77.1.254:38086",
            "127.77.1.255:38086",
            "127.77.2.0:38086"
        ]
    );
    client(&simnet, 2).auth().await.expect("an answer");
    simnet.stop().await;
}

#[tokio::test]
async fn two_networks_run_beside_each_other_and_leave_nothing_behind() {
    let (one, other) = (start(Config::nodes(2)).await, start(Config::nodes(2)).await);
    let nodes: Vec<_> = one.nodes().into_iter().chain(other.nodes()).collect();
    for node in &nodes {
        TcpStream::connect(node.itn).await.expect("it listens");
    }
    one.stop().await;
    client(&other, 0)
        .auth()
        .await
        .expect("the other still answers");
    other.stop().await;
    for node in &nodes {
        assert!(TcpStream::connect(node.itn).await.is_err());
        assert!(TcpStream::connect(node.public_graphql).await.is_err());
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_and_nothing_stays_open() {
    // On an address of this test's own, no other process takes the ports beside.
    let host = Ipv4Addr::new(127, 79, 0, 1);
    let taken = tokio::net::TcpListener::bind((host, 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let first = port - 1;
    let mut config = Config::nodes(2);
    config.addresses = Addresses::Ports {
        host: host.into(),
        first,
    };
    let error = Simnet::start(config).await.expect_err("taken");
    let SimnetError::Listen { address, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(address.port(), port, "{error}");
    for port in [first, port + 1, port + 2] {
        let free = tokio::net::TcpListener::bind((host, port)).await;
        free.unwrap_or_else(|error| panic!("{port}: {error}"));
    }
}

#[tokio::test]
async fn a_dropped_network_is_gone() {
    let simnet = start(Config::nodes(1)).await;
    let address = simnet.nodes()[0].itn;
    drop(simnet);
    crate::shared::eventually("the port is closed", async || {
        TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
}

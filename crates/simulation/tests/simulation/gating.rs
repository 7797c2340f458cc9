//! Who hears of whom: gating rules and partitions.

use simulation::{GatingUpdate, Network, Peer, Span};

use crate::support::{network, node, pass};

fn peer(network: &Network, index: usize) -> Peer {
    Peer {
        peer_id: network.config().nodes[index].peer_id.clone(),
    }
}

fn tips(network: &Network) -> Vec<String> {
    let nodes = network.snapshot().nodes;
    nodes.into_iter().map(|node| node.state_hash).collect()
}

#[test]
fn an_isolated_group_has_its_own_chain_until_it_is_reset() {
    let mut network = network(4, 5);
    pass(&mut network, Span::from_seconds(300));
    for (one, other) in [(0, 1), (1, 0)] {
        let update = GatingUpdate {
            trusted_peers: vec![peer(&network, other)],
            added_peers: vec![peer(&network, other)],
            isolate: true,
            ..GatingUpdate::default()
        };
        assert_eq!(network.update_gating(node(one), &update), Ok(()));
    }
    pass(&mut network, Span::from_seconds(900));
    let isolated = |network: &Network| {
        let nodes = network.snapshot().nodes.into_iter();
        nodes.map(|node| node.is_isolated).collect::<Vec<bool>>()
    };
    assert_eq!(isolated(&network), [true, true, false, false]);
    let apart = tips(&network);
    assert_eq!(apart[0], apart[1]);
    assert_eq!(apart[2], apart[3]);
    assert_ne!(apart[0], apart[2]);
    for index in 0..2 {
        let reset = GatingUpdate::default();
        assert_eq!(network.update_gating(node(index), &reset), Ok(()));
    }
    assert_eq!(isolated(&network), [false; 4]);
    pass(&mut network, Span::from_seconds(900));
    // Within a slot all agree again.
    let mut lengths: Vec<u32> = network
        .snapshot()
        .nodes
        .iter()
        .map(|n| n.blockchain_length)
        .collect();
    lengths.sort_unstable();
    assert!(lengths[3] - lengths[0] <= 1, "{lengths:?}");
    let common = network.best_chain(node(0), 5)[0].state_hash.clone();
    let other = network.best_chain(node(2), 8);
    assert!(other.iter().any(|block| block.state_hash == common));
}

#[test]
fn banned_peers_are_not_heard_unless_others_relay() {
    let mut network = network(2, 5);
    let update = GatingUpdate {
        banned_peers: vec![peer(&network, 1)],
        ..GatingUpdate::default()
    };
    assert_eq!(network.update_gating(node(0), &update), Ok(()));
    pass(&mut network, Span::from_seconds(600));
    let apart = tips(&network);
    assert_ne!(apart[0], apart[1]);
    assert_eq!(network.truth(node(0)).blocks_received, 0);
    // Trusted beats banned.
    let update = GatingUpdate {
        trusted_peers: vec![peer(&network, 1)],
        ..update
    };
    assert_eq!(network.update_gating(node(0), &update), Ok(()));
    pass(&mut network, Span::from_seconds(600));
    assert!(network.truth(node(1)).blocks_received > 0);
}

#[test]
fn peers_that_cannot_be_added_are_named_and_the_rules_hold_anyway() {
    let mut network = network(3, 5);
    network.stop(node(2));
    let update = GatingUpdate {
        added_peers: vec![
            peer(&network, 2),
            Peer {
                peer_id: "12D3KooWnobody".to_owned(),
            },
        ],
        isolate: true,
        ..GatingUpdate::default()
    };
    let error = network.update_gating(node(0), &update).unwrap_err();
    let stopped = &network.config().nodes[2].peer_id;
    assert_eq!(
        error.to_string(),
        format!("failed to add peers: failed to dial {stopped}, failed to dial 12D3KooWnobody")
    );
    pass(&mut network, Span::from_seconds(600));
    assert_eq!(network.truth(node(0)).blocks_received, 0);
}

#[test]
fn a_healed_partition_is_caught_up() {
    let mut network = network(5, 5);
    network.partition(&[vec![node(0)], vec![node(1), node(2)]]);
    pass(&mut network, Span::from_seconds(1_200));
    let apart = tips(&network);
    assert_ne!(apart[0], apart[1]);
    assert_ne!(apart[1], apart[3]);
    assert_eq!(apart[3], apart[4]);
    network.heal();
    pass(&mut network, Span::from_seconds(25));
    let mut caught_up = false;
    network.take_entries(|_, entry| caught_up |= entry.message() == "Catchup_job_finished");
    assert!(caught_up);
    pass(&mut network, Span::from_seconds(900));
    let lengths: Vec<u32> = network
        .snapshot()
        .nodes
        .iter()
        .map(|n| n.blockchain_length)
        .collect();
    let spread = lengths.iter().max().unwrap() - lengths.iter().min().unwrap();
    assert!(spread <= 1, "{lengths:?}");
}

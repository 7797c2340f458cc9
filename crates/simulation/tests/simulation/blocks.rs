//! What blocks hold, and who makes them.

use std::collections::{BTreeMap, BTreeSet};

use mina::{Amount, PublicKey};
use simulation::{
    Network, NetworkConfig, PaymentsDetails, SlotsWonError, Span, ZkappCommandsDetails,
};

use crate::support::{MINA, config, funded, network, node, pass};

fn flood(network: &mut Network, keys: &[PublicKey], tps: f64) {
    let details = PaymentsDetails {
        senders: keys.to_vec(),
        receiver: keys[0],
        amount: Amount::from_nanomina(1),
        min_fee: Amount::from_nanomina(1_000_000),
        max_fee: Amount::from_nanomina(2_000_000),
        memo_prefix: "flood-0-0".to_owned(),
        tps,
        duration_min: 2,
    };
    network
        .schedule_payments(node(0), &details, None)
        .expect("scheduled");
}

#[test]
fn a_block_holds_126_commands_at_most_and_the_rest_waits() {
    let (mut network, keys) = funded(2, 10, 1_000);
    flood(&mut network, &keys, 10.0);
    pass(&mut network, Span::from_seconds(130));
    let waiting = network.snapshot().nodes[1].pool_size;
    assert!(waiting > 300, "{waiting} are left over");
    pass(&mut network, Span::from_seconds(1_200));
    let sizes: Vec<usize> = network
        .best_chain(node(1), usize::MAX)
        .iter()
        .map(|block| block.commands.len())
        .collect();
    // 128 with the coinbase and one fee transfer for producer and SNARK worker
    assert_eq!(sizes.iter().max(), Some(&126));
    assert_eq!(network.snapshot().nodes[1].pool_size, 0);
    // Ticks that were due while the node was busy are missing.
    let truth = network.truth(node(0));
    assert!(
        (800..=1_200).contains(&truth.transactions_sent),
        "{truth:?}"
    );
    assert_eq!(truth.transactions_included, truth.transactions_sent);
    assert_eq!(sizes.iter().sum::<usize>() as u64, truth.transactions_sent);
}

#[test]
fn without_snark_work_blocks_stay_small() {
    let mut config = config(1, 7);
    config.nodes[0].snark_workers = 0;
    let mut network = Network::new(config, 7).unwrap();
    let key = network.config().nodes[0].private_key.public_key();
    flood(&mut network, &[key], 10.0);
    let mut interrupted = false;
    pass(&mut network, Span::from_seconds(1_800));
    network.take_entries(|_, entry| {
        entry.items(|_, json| {
            interrupted |= json.contains("Snark work for statement not found");
        });
    });
    assert!(interrupted);
    // 64 bundles were there at genesis, and two commands need one.
    let truth = network.truth(node(0));
    assert!(
        (120..=130).contains(&truth.transactions_included),
        "{truth:?}"
    );
    assert!(network.snapshot().blockchain_length > 20, "blocks go on");
}

#[test]
fn the_soft_limit_leaves_zkapp_commands_in_the_pool() {
    let (mut network, keys) = funded(1, 5, 10_000);
    network.set_zkapp_command_limit(node(0), Some(3));
    let details = ZkappCommandsDetails {
        fee_payers: keys,
        num_zkapps_to_deploy: 40,
        num_new_accounts: 0,
        tps: 4.0,
        duration_min: 60,
        memo_prefix: "zk-0-0".to_owned(),
        min_balance_change: Amount::ZERO,
        max_balance_change: Amount::ZERO,
        min_new_zkapp_balance: Amount::ZERO,
        max_new_zkapp_balance: Amount::ZERO,
        init_balance: Amount::from_nanomina(10 * MINA),
        min_fee: Amount::from_nanomina(1),
        max_fee: Amount::from_nanomina(1),
        deployment_fee: Amount::from_nanomina(1),
        account_queue_size: 0,
        max_cost: true,
        max_account_updates: None,
    };
    network
        .schedule_zkapp_commands(node(0), &details, None)
        .unwrap();
    pass(&mut network, Span::from_seconds(200));
    let sizes = |network: &Network| -> Vec<usize> {
        let chain = network.best_chain(node(0), usize::MAX);
        chain.iter().map(|block| block.commands.len()).collect()
    };
    let limited = sizes(&network);
    assert_eq!(limited.iter().max(), Some(&3));
    let waiting = network.snapshot().nodes[0].pool_size;
    assert_eq!(waiting, 40 - limited.iter().sum::<usize>());
    network.set_zkapp_command_limit(node(0), None);
    pass(&mut network, Span::from_seconds(200));
    assert!(sizes(&network).into_iter().max() > Some(3));
}

#[test]
fn two_producers_of_one_slot_make_two_blocks_and_all_agree_on_one() {
    let mut network = network(6, 3);
    let mut received: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    pass(&mut network, Span::from_seconds(3_600));
    network.take_entries(|id, entry| {
        entry.items(|item, json| {
            if item == "current_block" && json.starts_with("\"3N") {
                received
                    .entry(id.index())
                    .or_default()
                    .insert(json.to_owned());
            }
        });
    });
    let snapshot = network.snapshot();
    let length = snapshot.blockchain_length as usize;
    for node in &snapshot.nodes {
        assert_eq!(node.state_hash, snapshot.state_hash, "{}", node.name);
        let blocks = received[&node.node.index()].len();
        assert!(
            blocks >= length,
            "{blocks} blocks, {length} of them in the chain"
        );
    }
    let chain = network.best_chain(node(0), usize::MAX);
    let slots: Vec<u32> = chain.iter().map(|block| block.global_slot).collect();
    assert!(slots.is_sorted_by(|one, other| one < other));
    let produced: u64 = snapshot
        .nodes
        .iter()
        .map(|node| node.truth.blocks_produced)
        .sum();
    assert!(produced > length as u64, "some slots had two producers");
    // Three slots of four have a block, missed slots are missed.
    assert!((60..=105).contains(&length), "{length} blocks in 120 slots");
}

#[test]
fn won_slots_are_the_future_ones_without_the_next() {
    let mut network = network(2, 3);
    assert_eq!(network.slots_won(node(0)), Err(SlotsWonError::NotEvaluated));
    pass(&mut network, Span::from_seconds(40));
    let first = network.slots_won(node(0)).unwrap();
    assert!(first.is_sorted());
    let next = network.next_production(node(0)).unwrap();
    assert!(network.slot_start(first[0]) > next);
    network.advance_to(network.slot_start(first[0]));
    let later = network.slots_won(node(0)).unwrap();
    assert_eq!(later, first[2..], "the next and the one after it are gone");
    network.advance_to(network.slot_start(first[20]) + Span::from_seconds(20));
    let chain = network.best_chain(node(0), usize::MAX);
    let key = network.config().nodes[0]
        .private_key
        .public_key()
        .to_string();
    let own = chain
        .iter()
        .filter(|block| block.creator.as_ref() == Some(&key));
    let own: Vec<u32> = own.map(|block| block.global_slot).collect();
    assert!(own.len() > 10);
    assert!(
        own.iter()
            .filter(|slot| **slot >= first[0])
            .all(|slot| first.contains(slot))
    );
}

#[test]
fn who_has_no_stake_or_never_finishes_says_so_and_produces_nothing() {
    let mut config: NetworkConfig = config(3, 3);
    config.nodes[1].produces_blocks = false;
    config.nodes[2].never_evaluates_vrf = true;
    let mut network = Network::new(config, 3).unwrap();
    pass(&mut network, Span::from_seconds(1_200));
    assert_eq!(network.slots_won(node(1)), Err(SlotsWonError::NotAProducer));
    assert_eq!(network.slots_won(node(2)), Err(SlotsWonError::NotEvaluated));
    assert_eq!(
        SlotsWonError::NotAProducer.to_string(),
        "Not a block producing node"
    );
    assert_eq!(
        SlotsWonError::NotEvaluated.to_string(),
        "Vrf evaluation not completed for current epoch"
    );
    for id in [1, 2] {
        assert_eq!(network.truth(node(id)).blocks_produced, 0);
        assert!(network.truth(node(id)).blocks_received > 0);
        assert_eq!(network.next_production(node(id)), None);
    }
}

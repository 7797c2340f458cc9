//! Commands that clients submit, and what clients set at a node.

use std::sync::Arc;

use mina::{Amount, PublicKey, Signature};
use simulation::{
    BlockName, CommandBody, CommandDetails, CommandOrder, Network, OrderBody, PaymentError,
    RepeatedOrders, Span, ZkappBody, ZkappOrder, ZkappUpdate, key_from_seed,
};

use crate::support::{MINA, funded, node, pass, stranger};

fn mina(amount: u64) -> Amount {
    Amount::from_nanomina(amount * MINA)
}

fn order(sender: PublicKey, body: OrderBody) -> CommandOrder {
    CommandOrder {
        sender,
        fee: mina(1),
        memo: "by hand".to_owned(),
        nonce: None,
        valid_until: None,
        signature: None,
        body,
    }
}

/// The command as a block of the node's best chain has it.
fn in_chain(network: &mut Network, id: &str) -> Option<CommandDetails> {
    pass(network, Span::from_seconds(200));
    let blocks = network.best_chain_details(node(0), usize::MAX);
    let mut commands = blocks.into_iter().flat_map(|block| block.commands);
    commands.find(|command| command.id == id)
}

#[test]
fn a_delegation_changes_the_delegate_of_the_sender_only() {
    let (mut network, keys) = funded(2, 2, 100);
    let body = OrderBody::Delegation(keys[1]);
    let sent = network
        .send_command(node(0), &order(keys[0], body))
        .unwrap();
    assert_eq!(network.is_included(node(0), &sent.id), Some(false));
    let found = in_chain(&mut network, &sent.id).expect("it is included");
    assert_eq!(network.is_included(node(0), &sent.id), Some(true));
    assert_eq!((found.failure, found.hash), (None, sent.hash));
    assert_eq!(found.body, CommandBody::Delegation { delegate: keys[1] });
    let sender = network.account_details(node(1), &keys[0]).unwrap();
    assert_eq!(sender.delegate, keys[1]);
    assert_eq!((sender.balance, sender.nonce), (mina(99), 1));
    let mut delegators = network.delegators(node(1), &keys[1]);
    delegators.sort_unstable();
    let mut expected = keys.clone();
    expected.sort_unstable();
    assert_eq!(delegators, expected);

    let body = OrderBody::Delegation(stranger());
    let sent = network
        .send_command(node(0), &order(keys[0], body))
        .unwrap();
    let found = in_chain(&mut network, &sent.id).expect("it is included");
    assert_eq!(found.failure, Some("Receiver_not_present"));
    let back = OrderBody::Delegation(keys[0]);
    let sent = network
        .send_command(node(0), &order(keys[0], back))
        .unwrap();
    in_chain(&mut network, &sent.id).expect("it is included");
    let sender = network.account_details(node(1), &keys[0]).unwrap();
    assert_eq!(sender.delegate, keys[0]);
}

#[test]
fn a_command_that_has_expired_is_refused_or_forgotten() {
    let (mut network, keys) = funded(2, 1, 100);
    pass(&mut network, Span::from_seconds(100));
    let mut late = order(keys[0], OrderBody::Payment(stranger(), mina(5)));
    late.valid_until = Some(1);
    assert_eq!(
        network.send_command(node(0), &late),
        Err(PaymentError::Expired)
    );
    // No block holds it before its slot has passed: the next one is made later.
    late.valid_until = Some(network.slot_at(network.now()));
    let sent = network.send_command(node(0), &late).unwrap();
    assert_eq!(sent.valid_until, late.valid_until);
    assert_eq!(in_chain(&mut network, &sent.id), None);
    assert_eq!(network.is_included(node(0), &sent.id), None);
    late.valid_until = Some(u32::MAX);
    let sent = network.send_command(node(0), &late).unwrap();
    assert!(in_chain(&mut network, &sent.id).is_some());
}

#[test]
fn repeated_commands_end_after_their_count_or_with_the_process() {
    let (mut network, keys) = funded(1, 1, 1_000);
    let repeated = RepeatedOrders {
        orders: [mina(1), mina(2)]
            .map(|amount| order(keys[0], OrderBody::Payment(stranger(), amount)))
            .into(),
        count: 3,
        pause: Span::from_seconds(10),
    };
    network.send_repeatedly(node(0), repeated.clone());
    pass(&mut network, Span::from_seconds(15));
    assert_eq!(network.activity(node(0)).transactions_submitted, 4);
    pass(&mut network, Span::from_seconds(100));
    assert_eq!(network.activity(node(0)).transactions_submitted, 6);
    network.send_repeatedly(node(0), repeated);
    network.restart(node(0), false);
    pass(&mut network, Span::from_seconds(100));
    assert_eq!(network.activity(node(0)).transactions_submitted, 0);
}

#[test]
fn a_signature_from_outside_names_the_command() {
    let (mut network, keys) = funded(1, 1, 100);
    let mut signed = order(keys[0], OrderBody::Payment(stranger(), mina(5)));
    signed.signature = Signature::from_decimals("1", "2");
    let sent = network.send_command(node(0), &signed).unwrap();
    assert_eq!(sent.id, signed.signature.unwrap().to_string());
    assert!(sent.hash.starts_with("5J"));
    let of_sender = network.pooled_commands(node(0), Some(&keys[0]));
    assert_eq!(of_sender, [sent]);
    assert_eq!(network.pooled_commands(node(0), None), of_sender);
    assert!(
        network
            .pooled_commands(node(0), Some(&stranger()))
            .is_empty()
    );
}

#[test]
fn a_zkapp_command_moves_what_it_says_and_must_be_balanced() {
    let (mut network, keys) = funded(1, 1, 100);
    let update = |public_key, amount, is_debit| ZkappUpdate {
        public_key,
        amount: mina(amount),
        is_debit,
        is_proved: false,
        pays_creation: false,
    };
    let zkapp = |taken| {
        OrderBody::Zkapp(ZkappOrder {
            updates: vec![update(keys[0], taken, true), update(stranger(), 10, false)],
            json: Arc::from("{}"),
        })
    };
    // One MINA more for the new account.
    let sent = network
        .send_command(node(0), &order(keys[0], zkapp(11)))
        .unwrap();
    let found = in_chain(&mut network, &sent.id).expect("it is included");
    assert_eq!(found.failure, None);
    assert_eq!(
        found.body,
        CommandBody::Zkapp(ZkappBody::Sent(Arc::from("{}")))
    );
    let account = network.account_details(node(0), &stranger()).unwrap();
    assert_eq!(account.balance, mina(10));
    let sent = network
        .send_command(node(0), &order(keys[0], zkapp(11)))
        .unwrap();
    let found = in_chain(&mut network, &sent.id).expect("it is included");
    assert_eq!(found.failure, Some("Invalid_fee_excess"));
    let account = network.account_details(node(0), &keys[0]).unwrap();
    assert_eq!(account.balance, mina(100 - 11 - 2));
}

#[test]
fn snark_worker_fee_and_coinbase_receiver_are_paid_until_the_process_ends() {
    let (mut network, keys) = funded(1, 2, 100);
    let own = network.config().nodes[0].private_key.public_key();
    let worker = key_from_seed(7, "worker", 0).public_key();
    let last = network.set_snark_worker(node(0), Some(&worker));
    assert_eq!(last, Some(own));
    assert_eq!(
        network.set_snark_work_fee(node(0), mina(2)),
        Amount::from_nanomina(MINA / 100)
    );
    assert_eq!(network.set_coinbase_receiver(node(0), Some(&keys[1])), None);
    for _ in 0..20 {
        let body = OrderBody::Payment(keys[1], mina(1));
        network
            .send_command(node(0), &order(keys[0], body))
            .unwrap();
        pass(&mut network, Span::from_seconds(60));
    }
    let blocks = network.best_chain_details(node(0), usize::MAX);
    // 1 MINA of fees and the coinbase pay for the one bundle that a block with a payment buys.
    let mut rewards = blocks.iter().flat_map(|block| &block.worker_rewards);
    assert!(
        rewards.any(|reward| *reward == (worker, mina(2))),
        "{blocks:?}"
    );
    let tip = blocks.last().unwrap();
    assert_eq!(tip.coinbase_receiver, Some(keys[1]));
    assert_eq!(tip.creator, Some(own));
    let supply = network.supply();
    let total = u128::from(supply.coinbases) * u128::from(720 * MINA);
    let genesis = u128::from((100_000 + 200) * MINA);
    assert_eq!(
        supply.balances + u128::from(supply.creation_fees),
        genesis + total
    );
    let [done, pending] = network.snark_work(node(0));
    assert!(done.iter().any(|work| work.done == Some((worker, mina(2)))));
    assert!(done.iter().all(|work| work.done.is_some()));
    assert!(pending.iter().all(|work| work.done.is_none()));

    network.restart(node(0), false);
    assert_eq!(network.snark_worker(node(0)).unwrap().public_key, own);
    assert_eq!(network.coinbase_receiver(node(0)), None);
    assert_eq!(network.set_snark_worker(node(0), None), Some(own));
    assert_eq!(network.snark_worker(node(0)), None);
}

#[test]
fn blocks_are_found_by_name_and_genesis_for_ever() {
    let (mut network, _) = funded(2, 1, 100);
    let genesis = network.block_details(node(0), BlockName::Genesis).unwrap();
    assert_eq!((genesis.blockchain_length, genesis.creator), (1, None));
    pass(&mut network, Span::from_seconds(20_000));
    assert_eq!(
        network.block_details(node(0), BlockName::Genesis),
        Some(genesis.clone())
    );
    let tip = network.tip(node(0)).unwrap();
    let by_height = BlockName::Height(tip.blockchain_length);
    let by_hash = BlockName::StateHash(&tip.state_hash);
    let found = network.block_details(node(0), by_height).unwrap();
    assert_eq!(found.state_hash, tip.state_hash);
    assert_eq!(network.block_details(node(0), by_hash), Some(found));
    let missing = BlockName::Height(tip.blockchain_length + 1);
    assert_eq!(network.block_details(node(0), missing), None);
}

#[test]
fn a_daemon_counts_what_its_process_does() {
    let (mut network, keys) = funded(3, 1, 100);
    for _ in 0..3 {
        let body = OrderBody::Payment(stranger(), mina(2));
        network
            .send_command(node(1), &order(keys[0], body))
            .unwrap();
    }
    pass(&mut network, Span::from_seconds(10));
    let (sender, other) = (
        network.daemon_status(node(1)),
        network.daemon_status(node(2)),
    );
    assert_eq!(sender.activity.transactions_submitted, 3);
    assert_eq!(sender.activity.transactions_broadcast, 3);
    assert_eq!(other.activity.transactions_received, 3);
    assert_eq!((sender.pool_size, other.pool_size), (3, 3));
    assert_eq!(other.activity.transactions_added, 3);
    assert_eq!(other.peers, [node(0), node(1)]);
    network.stop(node(0));
    let alone = network.daemon_status(node(2));
    assert_eq!(alone.peers, [node(1)]);
    assert!(alone.tip.is_some() && alone.highest_received >= 1);
    assert!(network.daemon_status(node(0)).tip.is_none());
    network.restart(node(1), false);
    let activity = network.activity(node(1));
    assert_eq!(activity.transactions_submitted, 0);
    assert_eq!(activity.started, network.now());
    let accounts = network.account_keys(node(2)).unwrap();
    assert!(accounts.contains(&keys[0]) && !accounts.contains(&stranger()));
}

//! Loads that are dealt out to the nodes of a simulated network, whose fee payers hold just what a
//! plan gives them: the network's own schedulers spend it.

use experiment::plan::{Load, Plan};
use experiment::setup::RateShape;
use experiment::{SeededRng, Setup, schedule, seeded_rng::Purpose};
use mina::{Amount, PublicKey};
use simulation::{
    GenesisAccount, Network, NetworkConfig, NodeId, PaymentsDetails, Span, ZkappCommandsDetails,
    key_from_seed,
};

use super::setup;

/// What became of a load.
struct Outcome {
    transactions: u64,
    failed: u64,
    refused: u64,
    least_balance: u64,
}

/// Deals the load out to `nodes` nodes, each of whose fee payers holds `each`, and lets the round
/// pass.
fn run(setup: &Setup, load: &Load, is_zkapp: bool, nodes: usize, each: u64) -> Outcome {
    let accounts = usize::try_from(load.funding.accounts).unwrap();
    let keys: Vec<PublicKey> = (0..accounts)
        .map(|index| key_from_seed(3, "fee payer", index as u64).public_key())
        .collect();
    let mut config = NetworkConfig::with_nodes(nodes, 3);
    config.slot = Span::from_seconds(20);
    config.pool_capacity = 1_000_000;
    config.accounts = keys
        .iter()
        .map(|public_key| GenesisAccount {
            public_key: *public_key,
            balance: Amount::from_nanomina(each),
        })
        .collect();
    let mut network = Network::new(config, 3).unwrap();
    let addresses: Vec<String> = (0..nodes).map(|node| node.to_string()).collect();
    let mut chance = SeededRng::new(1, Purpose::Step(0));
    let mut placement = schedule::Placement::new(
        "load",
        load.tps,
        setup.min_tps,
        &addresses,
        accounts,
        &mut chance,
    )
    .unwrap();
    for request in placement.next_wave() {
        let node = NodeId::from_index(request.node.parse().unwrap());
        let payers = keys[request.fee_payers.clone()].to_vec();
        if is_zkapp {
            let details = zkapps(setup, request.tps, payers);
            network
                .schedule_zkapp_commands(node, &details, None)
                .unwrap();
        } else {
            let details = payments(setup, request.tps, payers, keys[0]);
            network.schedule_payments(node, &details, None).unwrap();
        }
    }
    let round = Span::from_seconds(60 * setup.round_duration_min);
    // time for the last transactions to be in blocks
    network.advance_to(network.now() + round + Span::from_seconds(600));
    let all: Vec<NodeId> = network.node_ids().collect();
    let truths: Vec<_> = all.iter().map(|node| network.truth(*node)).collect();
    let balances = keys
        .iter()
        .map(|key| network.account(all[0], key).unwrap().balance);
    Outcome {
        transactions: truths
            .iter()
            .map(|truth| truth.transactions_scheduled)
            .sum(),
        failed: truths.iter().map(|truth| truth.transactions_failed).sum(),
        refused: truths
            .iter()
            .map(|truth| truth.transactions_scheduled - truth.transactions_sent)
            .sum(),
        least_balance: balances.min().unwrap(),
    }
}

fn payments(
    setup: &Setup,
    tps: f64,
    senders: Vec<PublicKey>,
    receiver: PublicKey,
) -> PaymentsDetails {
    PaymentsDetails {
        senders,
        receiver,
        amount: setup.payment_amount,
        // always the greatest
        min_fee: setup.max_payment_fee,
        max_fee: setup.max_payment_fee,
        memo_prefix: "e-0-0".to_owned(),
        tps,
        duration_min: i32::try_from(setup.round_duration_min).unwrap(),
    }
}

fn zkapps(setup: &Setup, tps: f64, fee_payers: Vec<PublicKey>) -> ZkappCommandsDetails {
    let needs = super::simulated_round::zkapp_parameters(setup, false)
        .needs(tps)
        .unwrap();
    ZkappCommandsDetails {
        fee_payers,
        num_zkapps_to_deploy: needs.zkapps_to_deploy as u32,
        num_new_accounts: needs.new_accounts as u32,
        tps,
        duration_min: i32::try_from(setup.round_duration_min).unwrap(),
        memo_prefix: "e-0-0".to_owned(),
        min_balance_change: setup.max_balance_change,
        max_balance_change: setup.max_balance_change,
        min_new_zkapp_balance: needs.max_new_balance,
        max_new_zkapp_balance: needs.max_new_balance,
        init_balance: needs.initial_balance,
        min_fee: setup.max_zkapp_fee,
        max_fee: setup.max_zkapp_fee,
        deployment_fee: setup.deployment_fee,
        account_queue_size: needs.queue_size as u32,
        max_cost: false,
        max_account_updates: Some(2),
    }
}

/// What every account has when it is made: its share without what its creation costs.
fn share(load: &Load, amount: Amount) -> u64 {
    amount.nanomina() / load.funding.accounts - 1_000_000_000
}

/// New accounts for nearly every command, and a gap that makes the formula of the original
/// fall short: what it reckons with for the whole rate is nothing.
fn starving() -> Setup {
    Setup {
        base_tps: 2.0,
        rate_shape: RateShape::Fixed,
        min_tps: 0.05,
        zkapp_ratio: 1.0,
        new_account_ratio: 2.99,
        gap: 150,
        round_duration_min: 12,
        rounds: 1,
        ..setup()
    }
}

#[test]
fn the_schedulers_of_nodes_cannot_spend_what_fee_payers_do_not_have() {
    let setup = starving();
    let plan = Plan::new(&setup, 1).unwrap();
    let load = plan.rounds[0].zkapps.as_ref().unwrap();
    let raised = load.raised_funding.as_ref().unwrap();
    let nodes = usize::try_from(raised.worst_case.nodes).unwrap();
    for nodes in [1, 2, nodes] {
        let outcome = run(&setup, load, true, nodes, share(load, load.funding.amount));
        assert_eq!((outcome.failed, outcome.refused), (0, 0), "{nodes} nodes");
        assert!(
            outcome.transactions > 300,
            "{nodes} nodes: {}",
            outcome.transactions
        );
    }
    // with what the formula gives, pools refuse deployments, and nothing comes after them
    let short = run(&setup, load, true, nodes, share(load, raised.formula));
    assert!(short.refused > 0, "{} transactions", short.transactions);
}

#[test]
fn payments_are_paid_for_with_any_number_of_nodes() {
    let setup = Setup {
        base_tps: 1.0,
        rate_shape: RateShape::Fixed,
        min_tps: 0.05,
        zkapp_ratio: 0.0,
        gap: 60,
        round_duration_min: 10,
        rounds: 1,
        ..setup()
    };
    let plan = Plan::new(&setup, 1).unwrap();
    let load = plan.rounds[0].payments.as_ref().unwrap();
    for nodes in [1, 3, 20] {
        let outcome = run(&setup, load, false, nodes, share(load, load.funding.amount));
        assert_eq!((outcome.failed, outcome.refused), (0, 0), "{nodes} nodes");
        assert!(outcome.least_balance > 0 && outcome.transactions >= 590);
    }
}

/// Beyond as many nodes as the rate has least rates, fee payers are set aside for those in reserve. How
/// many nodes answer is known only after the accounts were paid, so an amount for any number of nodes
/// would contradict the worked example: it is safe with up to 57 nodes, and the plan says so.
#[test]
fn the_worked_amount_is_safe_up_to_the_number_of_nodes_that_the_plan_names() {
    let setup = Setup {
        base_tps: 0.5,
        rate_shape: RateShape::Fixed,
        min_tps: 0.01,
        zkapp_ratio: 0.5,
        new_account_ratio: 0.0,
        gap: 180,
        round_duration_min: 30,
        rounds: 1,
        ..setup()
    };
    let plan = Plan::new(&setup, 1).unwrap();
    let load = plan.rounds[0].payments.as_ref().unwrap();
    // that of the original, for 450 payments from 115 accounts
    assert_eq!(load.funding.amount.nanomina(), 385_135_000_000);
    let crowded = load.crowded.unwrap();
    assert_eq!(
        (
            crowded.nodes,
            crowded.nodes_most,
            crowded.asked,
            crowded.fee_payers
        ),
        (58, 115, 25, 1)
    );
    assert!(crowded.spends > crowded.holds);
    let each = share(load, load.funding.amount);
    assert_eq!(crowded.holds.nanomina(), each);
    for (nodes, is_safe) in [(26, true), (57, true), (58, false)] {
        let outcome = run(&setup, load, false, nodes, each);
        assert_eq!(
            outcome.refused == 0,
            is_safe,
            "{nodes} nodes: {}",
            outcome.refused
        );
    }
}

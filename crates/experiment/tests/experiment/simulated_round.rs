//! A simulated round with the greatest fees and balance changes: nobody goes below zero.

use std::collections::VecDeque;

use experiment::plan::{Load, Plan, Round};
use experiment::schedule::Placement;
use experiment::setup::RateShape;
use experiment::zkapp_load::ZkappParameters;
use experiment::{SeededRng, Setup, seeded_rng::Purpose};
use mina::Amount;
use proptest::prelude::*;

use super::setup;

const CREATION: i128 = 1_000_000_000;

fn nano(amount: Amount) -> i128 {
    i128::from(amount.nanomina())
}

/// How a load of `tps` falls to `nodes` nodes: rate, fee payers, and what each holds.
fn deal(tps: f64, nodes: u64, accounts: u64, amount: Amount) -> (f64, usize, i128) {
    let keys = usize::try_from(accounts / nodes).unwrap();
    let each = nano(amount) / i128::from(accounts) - CREATION;
    (tps / nodes as f64, keys, each)
}

/// Whether `tick` waits after the beginning a round still runs. Schedulers wait whole microseconds.
fn goes_on(setup: &Setup, tps: f64, tick: usize) -> bool {
    let wait = ((1e6 / tps) as u64).max(1);
    tick as u64 * wait < 60_000_000 * setup.round_duration_min as u64
}

/// One node's payments: the first at once, then one after each wait, keys in turn. What its
/// poorest sender has left, which may be less than nothing.
fn payments(setup: &Setup, tps: f64, keys: usize, each: i128) -> i128 {
    let mut balances = vec![each; keys];
    let mut counter = 0;
    while goes_on(setup, tps, counter) {
        balances[counter % keys] -= nano(setup.max_payment_fee) + nano(setup.payment_amount);
        counter += 1;
    }
    balances.into_iter().min().unwrap()
}

/// The parameters of the zkApp load of a round.
pub(crate) fn zkapp_parameters(setup: &Setup, max_cost: bool) -> ZkappParameters {
    ZkappParameters {
        duration_min: setup.round_duration_min as u64,
        gap_sec: setup.gap as u64,
        zkapps: if max_cost { 8 } else { 0 },
        queue_size: 0,
        new_account_ratio: if max_cost {
            0.0
        } else {
            setup.new_account_ratio
        },
        max_balance_change: setup.max_balance_change,
    }
}

/// One node's zkApp commands: deployments first, then commands that each change accounts. What its
/// poorest fee payer has left: of a simulated network, which lets fee payers pay new accounts, and
/// of the original generator's tests, which let them pay eight changes of a balance.
fn fee_payers(setup: &Setup, max_cost: bool, tps: f64, keys: usize, each: i128) -> i128 {
    let needs = zkapp_parameters(setup, max_cost).needs(tps).unwrap();
    let mut payers = vec![each; keys];
    let deployed = needs.zkapps_to_deploy as usize;
    let mut counter = 0;
    // the first goes out after one wait
    while goes_on(setup, tps, counter + 1) {
        let changes = 8 * nano(setup.max_balance_change);
        payers[counter % keys] -= if counter < deployed {
            nano(needs.initial_balance) + nano(setup.deployment_fee)
        } else if ((counter - deployed) as u64) < needs.new_accounts {
            nano(setup.max_zkapp_fee) + nano(needs.max_new_balance).max(changes)
        } else {
            nano(setup.max_zkapp_fee) + changes
        };
        counter += 1;
    }
    payers.into_iter().min().unwrap()
}

/// The zkApp accounts of one node: used ones rest, and new ones are paid by deployed ones, as by
/// real daemons. None goes below zero.
fn zkapp_accounts(setup: &Setup, max_cost: bool, tps: f64, chance: &mut SeededRng) {
    let needs = zkapp_parameters(setup, max_cost).needs(tps).unwrap();
    let zkapps = needs.zkapps_to_deploy as usize;
    let mut accounts = vec![nano(needs.initial_balance) - CREATION; zkapps];
    let change = 2 * nano(setup.max_balance_change);
    let seconds = 60.0 * setup.round_duration_min as f64;
    let mut free: Vec<usize> = (0..zkapps).collect();
    let mut resting: VecDeque<usize> = VecDeque::new();
    let mut made = 0;
    let mut counter = zkapps;
    while (counter as f64) / tps < seconds {
        let used = free.swap_remove(chance.below(free.len() as u64) as usize);
        accounts[used] -= change;
        assert!(
            accounts[used] >= 0,
            "account {used} of {zkapps} at {tps} tps"
        );
        while made < needs.new_accounts
            && (made as f64) < (counter - zkapps) as f64 * setup.new_account_ratio
        {
            let span = nano(needs.max_new_balance) - nano(needs.min_new_balance);
            let extra = i128::from(chance.below(u64::try_from(span).unwrap() + 1));
            let balance = nano(needs.min_new_balance) + extra;
            // deployed ones pay in turn
            let from = usize::try_from(made).unwrap() % zkapps;
            accounts[from] -= balance;
            assert!(
                accounts[from] >= 0,
                "account {from} pays number {made} at {tps} tps"
            );
            free.push(accounts.len());
            accounts.push(balance - CREATION);
            made += 1;
        }
        resting.push_back(used);
        let rests = (needs.queue_size as usize).min(accounts.len() - 1);
        while resting.len() > rests {
            free.extend(resting.pop_front());
        }
        counter += 1;
    }
}

/// What the poorest fee payer has left when this number of nodes shares a load that got `amount`.
fn left(
    setup: &Setup,
    max_cost: bool,
    kind: &str,
    load: &Load,
    nodes: u64,
    amount: Amount,
) -> i128 {
    let (tps, keys, each) = deal(load.tps, nodes, load.funding.accounts, amount);
    if kind == "payments" {
        payments(setup, tps, keys, each)
    } else {
        fee_payers(setup, max_cost, tps, keys, each)
    }
}

/// Runs every round with several numbers of nodes, the worst one among them. Where the plan gives
/// more than the formula of the original, one nanomina less for each would be too little.
fn simulate(setup: &Setup, seed: u64) {
    let plan = Plan::new(setup, seed).unwrap();
    let mut chance = SeededRng::new(seed, Purpose::Step(0));
    for round in &plan.rounds {
        for (kind, load) in round.loads() {
            let most = ((load.tps / setup.min_tps) as u64).max(1);
            let mut numbers = vec![
                most,
                most.div_ceil(2),
                most.div_ceil(3),
                most.div_ceil(7),
                1,
            ];
            let funding = &load.funding;
            if let Some(raised) = &load.raised_funding {
                let nodes = raised.worst_case.nodes;
                numbers.push(nodes);
                let less = funding.amount.nanomina() - funding.accounts;
                let less = Amount::from_nanomina(less);
                let left = left(setup, round.max_cost, kind, load, nodes, less);
                assert!(
                    left < 0,
                    "{kind}, {raised}: {left} nanomina too much for each"
                );
            }
            for nodes in numbers {
                let left = left(setup, round.max_cost, kind, load, nodes, funding.amount);
                assert!(left >= 0, "{kind} of {nodes} nodes: {left}");
                if kind == "zkapps" {
                    let tps = load.tps / nodes as f64;
                    zkapp_accounts(setup, round.max_cost, tps, &mut chance);
                }
            }
        }
    }
}

#[test]
fn the_default_experiment_is_paid_for() {
    for seed in 0..20 {
        simulate(&setup(), seed);
    }
}

#[test]
fn deploying_for_most_of_the_round_is_paid_for_too() {
    // the formulas of the original for the whole rate fall short here
    simulate(
        &Setup {
            base_tps: 4.6,
            stress_tps: 4.6,
            rate_shape: RateShape::Fixed,
            zkapp_ratio: 0.5,
            new_account_ratio: 1.5,
            rounds: 1,
            ..setup()
        },
        1,
    );
}

/// Zero for all new accounts by the formula, because it takes the rate of the whole round; 36 for
/// each deployed zkApp by what nodes are asked for.
#[test]
fn a_load_whose_formula_falls_short_gets_the_least_amount_and_says_why() {
    let starving = Setup {
        base_tps: 10.5,
        rate_shape: RateShape::Fixed,
        zkapp_ratio: 0.999,
        new_account_ratio: 2.99,
        gap: 60,
        round_duration_min: 16,
        rounds: 1,
        ..setup()
    };
    simulate(&starving, 1);
    let plan = Plan::new(&starving, 1).unwrap();
    let round = &plan.rounds[0];
    assert_eq!(round.payments.as_ref().unwrap().raised_funding, None);
    let zkapps = round.zkapps.as_ref().unwrap();
    let raised = zkapps.raised_funding.as_ref().unwrap();
    println!(
        "{raised}; {}; {:?}",
        zkapps.funding.amount,
        plan.funding_estimate()
    );
    println!("{:?} by formula", plan.formula_estimate());
    // most of it is what deployed zkApps begin with
    let worst = &raised.worst_case;
    let deploying = u128::from(worst.deployments) * u128::from(worst.initial_balance.nanomina());
    assert!(deploying * 10 > u128::from(worst.spends.nanomina()) * 9);
}

/// Whichever number of nodes the load is dealt out to, by the rules of the scheduling actions, all
/// fee payers get through the round, and one of them with nothing left.
#[test]
fn no_number_of_nodes_makes_a_fee_payer_run_dry_and_nothing_is_too_much() {
    for (base_tps, new_account_ratio, gap, round_duration_min) in [
        (10.5, 2.99, 60, 16),
        (2.0, 2.99, 150, 12),
        (4.6, 1.5, 180, 30),
    ] {
        let setup = Setup {
            base_tps,
            rate_shape: RateShape::Fixed,
            zkapp_ratio: 0.999,
            new_account_ratio,
            gap,
            round_duration_min,
            rounds: 1,
            ..setup()
        };
        let plan = Plan::new(&setup, 1).unwrap();
        let load = plan.rounds[0].zkapps.as_ref().unwrap();
        assert!(load.raised_funding.is_some());
        let accounts = load.funding.accounts;
        let each = nano(load.funding.amount) / i128::from(accounts) - CREATION;
        let most = (load.tps / setup.min_tps) as usize;
        let least_left = (1..=most).map(|nodes| {
            let addresses: Vec<String> = (0..nodes).map(|node| node.to_string()).collect();
            let mut chance = SeededRng::new(1, Purpose::Step(0));
            let (tps, accounts) = (load.tps, accounts as usize);
            let mut placement = Placement::new(
                "load",
                tps,
                setup.min_tps,
                &addresses,
                accounts,
                &mut chance,
            )
            .unwrap();
            let wave = placement.next_wave();
            assert_eq!(wave.len(), nodes);
            let request = &wave[0];
            let left = fee_payers(&setup, false, request.tps, request.fee_payers.len(), each);
            assert!(left >= 0, "{base_tps} tps on {nodes} nodes: {left}");
            left
        });
        assert_eq!(least_left.min(), Some(0), "{base_tps} tps");
    }
}

/// Intermediate keys pay for accounts and fees, and hold what the root command gives them.
fn intermediate_keys(setup: &Setup, seed: u64) {
    let plan = Plan::new(setup, seed).unwrap();
    let root = plan.root_funding.as_ref().unwrap();
    let each = nano(root.amount) / i128::from(root.accounts) - CREATION;
    let mut left = vec![each; root.accounts as usize];
    for command in plan.funding_commands() {
        let share = nano(command.amount) / i128::from(command.accounts);
        let payers = command.paid_by.len() as u64;
        for (index, payer) in (0..).zip(&command.paid_by) {
            let key: usize = payer.rsplit('-').next().unwrap().parse().unwrap();
            let accounts = command.accounts / payers + u64::from(index < command.accounts % payers);
            // ten accounts in one transaction
            let fees = i128::from(accounts.div_ceil(10)) * nano(command.fee);
            left[key] -= i128::from(accounts) * share + fees;
        }
    }
    assert!(left.iter().all(|left| *left >= 0), "{left:?}");
    let is_raised = plan
        .rounds
        .iter()
        .flat_map(Round::loads)
        .any(|(_, load)| load.raised_funding.is_some());
    if is_raised && plan.formula_estimate().unwrap() < root.amount {
        // nobody gets more than the one that needs most
        assert_eq!(left.into_iter().min(), Some(0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_fee_payer_and_no_account_goes_below_zero(
        seed in 0..1_u64 << 53,
        min_tps in 0.005_f64..0.1,
        base in 0.05_f64..1.0,
        span in 0.0_f64..1.0,
        zkapp_ratio in 0.0_f64..=1.0,
        new_account_ratio in 0.0_f64..2.0,
        gap in 1_i64..200,
        more_minutes in 0_i64..30,
        max_balance_change in 0_u64..10_000_000,
        max_zkapp_fee in 1_000_000_000_u64..5_000_000_000,
        max_payment_fee in 200_000_000_u64..5_000_000_000,
        payment_amount in 0_u64..5_000_000_000,
        fund_fee in 0_u64..1_000_000_000,
        mixed: bool,
    ) {
        let setup = Setup {
            min_tps,
            base_tps: base,
            stress_tps: base + span,
            zkapp_ratio,
            new_account_ratio,
            gap,
            round_duration_min: (gap * 4).div_euclid(60) + 1 + more_minutes,
            max_balance_change: Amount::from_nanomina(max_balance_change),
            max_zkapp_fee: Amount::from_nanomina(max_zkapp_fee),
            max_payment_fee: Amount::from_nanomina(max_payment_fee),
            payment_amount: Amount::from_nanomina(payment_amount),
            max_cost_mixed_tps_ratio: if mixed { 0.5 } else { 0.0 },
            rounds: 2,
            fund_fee: Amount::from_nanomina(fund_fee),
            ..setup()
        };
        simulate(&setup, seed);
        intermediate_keys(&setup, seed);
    }
}

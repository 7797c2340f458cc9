//! `scheduleZkappCommands`: deployment first, then load.

use mina::{Amount, PublicKey};
use simulation::{RunEnd, RunKind, ScheduleError, Span, ZkappCommandsDetails};

use crate::support::{MINA, commands, funded, memos, node, pass, stranger};

fn details(fee_payers: &[PublicKey]) -> ZkappCommandsDetails {
    let amount = |mina: u64| Amount::from_nanomina(mina * MINA);
    ZkappCommandsDetails {
        fee_payers: fee_payers.to_vec(),
        num_zkapps_to_deploy: 4,
        num_new_accounts: 0,
        tps: 0.2,
        duration_min: 10,
        memo_prefix: "zk-0-1".to_owned(),
        min_balance_change: Amount::ZERO,
        max_balance_change: Amount::from_nanomina(1_000),
        min_new_zkapp_balance: amount(2),
        max_new_zkapp_balance: amount(3),
        init_balance: amount(10),
        min_fee: Amount::from_nanomina(1_000_000),
        max_fee: Amount::from_nanomina(2_000_000),
        deployment_fee: amount(1),
        account_queue_size: 2,
        max_cost: false,
        max_account_updates: Some(2),
    }
}

#[test]
fn deployments_come_first_and_share_the_series_of_memos() {
    let (mut network, keys) = funded(2, 3, 10_000);
    network
        .schedule_zkapp_commands(node(0), &details(&keys), None)
        .unwrap();
    // Four deployments, one in five seconds; the first after one wait.
    pass(&mut network, Span::from_seconds(4));
    assert_eq!(network.truth(node(0)).transactions_scheduled, 0);
    pass(&mut network, Span::from_seconds(18));
    assert_eq!(network.truth(node(0)).transactions_scheduled, 4);
    // Nothing more until the accounts are on the chain.
    assert!(memos(&network, node(0)).len() < 4);
    pass(&mut network, Span::from_seconds(900));
    let memos = memos(&network, node(1));
    let mut first = memos[..4].to_vec();
    first.sort_unstable();
    assert_eq!(first, ["zk-0-1-0", "zk-0-1-1", "zk-0-1-2", "zk-0-1-3"]);
    assert!(memos.contains(&"zk-0-1-4".to_owned()));
    let truth = network.truth(node(0));
    assert!(truth.transactions_scheduled > 60);
    assert_eq!(truth.transactions_failed, 0);
    assert!(commands(&network, node(1)).iter().all(|one| one.is_zkapp));
    assert!(network.scheduled_transactions(node(0)).is_empty());
    let runs = network.scheduler_runs(node(0));
    let run = (runs[0].kind, runs[0].memo_prefix.as_str(), runs[0].end);
    assert_eq!(run, (RunKind::Zkapps, "zk-0-1", Some(RunEnd::Done)));
    assert_eq!(runs[0].transactions, truth.transactions_scheduled);
}

#[test]
fn the_end_is_counted_from_the_request() {
    let (mut network, keys) = funded(1, 1, 10_000);
    let mut details = details(&keys);
    details.duration_min = 1;
    details.num_zkapps_to_deploy = 100;
    network
        .schedule_zkapp_commands(node(0), &details, None)
        .unwrap();
    pass(&mut network, Span::from_seconds(300));
    // one in five seconds for a minute, the first after a wait, none at the end
    assert_eq!(network.truth(node(0)).transactions_scheduled, 11);
    assert!(network.scheduled_transactions(node(0)).is_empty());
}

#[test]
fn without_deployments_load_begins_at_once_and_makes_new_accounts() {
    let (mut network, keys) = funded(1, 1, 10_000);
    let mut details = details(&keys);
    details.num_zkapps_to_deploy = 0;
    details.num_new_accounts = 5;
    details.account_queue_size = 1;
    network
        .schedule_zkapp_commands(node(0), &details, None)
        .unwrap();
    pass(&mut network, Span::from_seconds(6));
    assert_eq!(network.truth(node(0)).transactions_scheduled, 1);
    pass(&mut network, Span::from_seconds(900));
    assert_eq!(network.truth(node(0)).transactions_scheduled, 119);
}

#[test]
fn when_every_account_rests_the_run_ends_and_its_handle_stays() {
    let (mut network, keys) = funded(1, 1, 10_000);
    let mut details = details(&keys);
    details.account_queue_size = 4;
    let handle = network
        .schedule_zkapp_commands(node(0), &details, None)
        .unwrap();
    pass(&mut network, Span::from_seconds(900));
    // four deployments and four uses
    assert_eq!(network.truth(node(0)).transactions_scheduled, 8);
    assert_eq!(network.scheduled_transactions(node(0)), [handle]);
}

#[test]
fn failures_after_the_handle_was_made_leave_it_behind() {
    let (mut network, keys) = funded(1, 1, 100);
    let mut details = details(&keys);
    details.fee_payers.push(stranger());
    let refused = network.schedule_zkapp_commands(node(0), &details, None);
    assert_eq!(refused, Err(ScheduleError::NoFeePayer));
    assert_eq!(
        ScheduleError::NoFeePayer.to_string(),
        "fee payer not in the ledger"
    );
    assert_eq!(network.scheduled_transactions(node(0)).len(), 1);
    details.fee_payers.clear();
    let refused = network.schedule_zkapp_commands(node(0), &details, None);
    assert_eq!(refused, Err(ScheduleError::NoFeePayers));
    assert_eq!(network.scheduled_transactions(node(0)).len(), 1);
    network.restart(node(0), true);
    details.fee_payers = keys;
    let refused = network.schedule_zkapp_commands(node(0), &details, None);
    assert_eq!(refused, Err(ScheduleError::NoBestTip));
    assert_eq!(network.scheduled_transactions(node(0)).len(), 1);
}

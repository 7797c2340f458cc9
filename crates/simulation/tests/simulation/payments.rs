//! `schedulePayments`: its checks, its run, and how it is stopped.

use mina::{Amount, PublicKey};
use simulation::{
    CommandOrder, Network, NodeId, PaymentsDetails, RunEnd, RunKind, ScheduleError, SchedulerRun,
    Span, StopError,
};
use trace::Process;

use crate::support::{MINA, commands, funded, memos, node, pass, payment, stranger};

fn details(senders: &[PublicKey]) -> PaymentsDetails {
    PaymentsDetails {
        senders: senders.to_vec(),
        receiver: senders[0],
        amount: Amount::from_nanomina(MINA),
        min_fee: Amount::from_nanomina(1_000_000),
        max_fee: Amount::from_nanomina(2_000_000),
        memo_prefix: "exp-0-0".to_owned(),
        tps: 0.5,
        duration_min: 1,
    }
}

/// What was told to the only run of the schedulers of a node.
fn only_run(network: &Network, id: NodeId) -> SchedulerRun {
    let mut runs = network.scheduler_runs(id);
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// When the node itself gave transactions to its pool, in microseconds from the start.
fn sending_times(network: &mut Network, id: NodeId) -> Vec<i64> {
    let mut times = Vec::new();
    let genesis = network.config().genesis.unix_micros();
    let mut received = None;
    network.take_entries(|from, entry| {
        if from != id || entry.process() != Process::Main {
            return;
        }
        if entry.message() == "Transaction_diff_received" {
            received = Some(entry.unix_micros() - genesis);
        } else if let Some(time) = received.take() {
            entry.items(|_, json| {
                if !json.contains("sender") {
                    times.push(time);
                }
            });
        }
    });
    times
}

#[test]
fn bad_requests_are_refused_in_the_words_and_the_order_of_the_daemon() {
    let (mut network, keys) = funded(1, 2, 100);
    let mut refused = |change: &dyn Fn(&mut PaymentsDetails)| {
        let mut details = details(&keys);
        change(&mut details);
        let error = network.schedule_payments(node(0), &details, None);
        error.expect_err("refused").to_string()
    };
    let no_senders = |d: &mut PaymentsDetails| d.senders.clear();
    let long_memo = |d: &mut PaymentsDetails| d.memo_prefix = "x".repeat(33);
    let fees = |d: &mut PaymentsDetails| d.max_fee = Amount::ZERO;
    let unknown = |d: &mut PaymentsDetails| d.senders.extend([stranger(), stranger()]);
    assert_eq!(refused(&no_senders), "Empty list of senders");
    assert_eq!(
        refused(&long_memo),
        "Memo too long, limited to 32 characters"
    );
    assert_eq!(refused(&fees), "Maximum fee less than minimum fee");
    let key = stranger();
    assert_eq!(
        refused(&unknown),
        format!("Could not get nonces for accounts: \"{key}\",\"{key}\"")
    );
    // The first check that fails speaks.
    let all = |d: &mut PaymentsDetails| {
        unknown(d);
        fees(d);
        long_memo(d);
        no_senders(d);
    };
    assert_eq!(refused(&all), "Empty list of senders");
    let all_but_the_first = |d: &mut PaymentsDetails| {
        unknown(d);
        fees(d);
        long_memo(d);
    };
    assert_eq!(
        refused(&all_but_the_first),
        "Memo too long, limited to 32 characters"
    );
    assert!(network.scheduled_transactions(node(0)).is_empty());
    network.restart(node(0), true);
    let error = network.schedule_payments(node(0), &details(&keys), None);
    assert_eq!(error, Err(ScheduleError::NoBestTip));
}

#[test]
fn a_prefix_of_32_bytes_passes_the_check_and_ends_the_run() {
    let (mut network, keys) = funded(1, 1, 100);
    let mut details = details(&keys);
    details.memo_prefix = "x".repeat(32);
    let handle = network.schedule_payments(node(0), &details, None).unwrap();
    pass(&mut network, Span::from_seconds(120));
    assert_eq!(network.truth(node(0)).transactions_scheduled, 0);
    assert_eq!(network.scheduled_transactions(node(0)), [handle]);
    assert_eq!(only_run(&network, node(0)).end, Some(RunEnd::Failed));
}

#[test]
fn payments_go_out_at_equal_distances_from_the_start_until_the_end() {
    let (mut network, keys) = funded(1, 3, 1_000);
    pass(&mut network, Span::from_millis(1_234));
    network
        .schedule_payments(node(0), &details(&keys), None)
        .unwrap();
    pass(&mut network, Span::from_seconds(90));
    let times = sending_times(&mut network, node(0));
    assert_eq!(times.len(), 30, "one in two seconds for a minute");
    for (number, time) in times.iter().enumerate() {
        let due = 1_234_000 + 2_000_000 * i64::try_from(number).unwrap();
        let late = time - due;
        // The node may be busy with a block.
        assert!((0..1_000_000).contains(&late), "{number}: {late} µs late");
    }
    assert!(network.scheduled_transactions(node(0)).is_empty());
}

#[test]
fn senders_take_turns_and_memos_count_from_zero() {
    let (mut network, keys) = funded(2, 3, 1_000);
    network
        .schedule_payments(node(0), &details(&keys), None)
        .unwrap();
    pass(&mut network, Span::from_seconds(600));
    let mut memos = memos(&network, node(1));
    let number = |memo: &String| memo.rsplit('-').next().unwrap().parse::<u32>().unwrap();
    memos.sort_by_key(number);
    let expected: Vec<String> = (0..30).map(|number| format!("exp-0-0-{number}")).collect();
    assert_eq!(memos, expected);
    for key in keys {
        assert_eq!(network.account(node(1), &key).unwrap().nonce, 10);
    }
    let truth = network.truth(node(0));
    assert_eq!(truth.transactions_scheduled, 30);
    assert_eq!(truth.transactions_sent, 30);
    assert_eq!(truth.transactions_included, 30);
    assert_eq!(truth.transactions_failed, 0);
}

#[test]
fn after_a_refusal_the_nonce_is_used_again_and_memos_have_holes() {
    let (mut network, keys) = funded(1, 2, 1_000);
    let poor = simulation::key_from_seed(7, "poor", 0).public_key();
    let give = |network: &mut Network, mina: u64| {
        let order = CommandOrder {
            fee: Amount::from_nanomina(1_000_000),
            ..payment(keys[0], poor, mina * MINA)
        };
        network.send_command(node(0), &order).unwrap();
        pass(network, Span::from_seconds(300));
    };
    give(&mut network, 4);
    let mut details = details(&[poor]);
    details.receiver = keys[1];
    details.tps = 0.1;
    details.duration_min = 20;
    network.schedule_payments(node(0), &details, None).unwrap();
    pass(&mut network, Span::from_seconds(300));
    // 3 MINA after the creation fee: two payments of 1 MINA and a fee.
    let spent = network.account(node(0), &poor).unwrap();
    assert_eq!(spent.nonce, 2);
    give(&mut network, 2);
    let account = network.account(node(0), &poor).unwrap();
    assert_eq!(account.nonce, 4, "went on without a gap of nonces");
    let memos: Vec<String> = memos(&network, node(0))
        .into_iter()
        .filter(|memo| memo.starts_with("exp"))
        .collect();
    assert_eq!(memos[..2], ["exp-0-0-0", "exp-0-0-1"]);
    let third: u32 = memos[2].rsplit('-').next().unwrap().parse().unwrap();
    assert!(third > 10, "a hole from 2 to {third}");
    let truth = network.truth(node(0));
    assert!(truth.transactions_sent < truth.transactions_scheduled);
}

#[test]
fn a_payment_to_a_new_account_below_its_creation_fee_fails_on_chain() {
    let (mut network, keys) = funded(1, 1, 1_000);
    let mut details = details(&keys);
    details.receiver = stranger();
    details.amount = Amount::from_nanomina(MINA - 1);
    network.schedule_payments(node(0), &details, None).unwrap();
    pass(&mut network, Span::from_seconds(600));
    let commands = commands(&network, node(0));
    assert_eq!(commands.len(), 30);
    assert!(commands.iter().all(|command| command.failed));
    assert_eq!(network.truth(node(0)).transactions_failed, 30);
    assert_eq!(network.account(node(0), &stranger()), None);
}

#[test]
fn a_stop_is_seen_at_the_next_tick() {
    let (mut network, keys) = funded(1, 1, 1_000);
    let handle = network
        .schedule_payments(node(0), &details(&keys), None)
        .unwrap();
    let text = handle.to_string();
    pass(&mut network, Span::from_millis(500));
    let asked = format!("Requesting stop of scheduled transactions with handle {text}");
    for _ in 0..2 {
        assert_eq!(
            network.stop_scheduled_transactions(node(0), &text),
            Ok(asked.clone())
        );
    }
    assert_eq!(network.scheduled_transactions(node(0)), [handle]);
    pass(&mut network, Span::from_seconds(4));
    assert!(network.scheduled_transactions(node(0)).is_empty());
    assert_eq!(network.truth(node(0)).transactions_scheduled, 1);
    let run = SchedulerRun {
        handle,
        kind: RunKind::Payments,
        memo_prefix: "exp-0-0".to_owned(),
        transactions: 1,
        end: Some(RunEnd::Stopped),
    };
    assert_eq!(network.scheduler_runs(node(0)), [run]);
    let gone = network.stop_scheduled_transactions(node(0), &text);
    assert_eq!(
        gone.unwrap_err().to_string(),
        format!("Could not find scheduled transactions with handle {text}")
    );
    let wrong = network.stop_scheduled_transactions(node(0), "x");
    assert_eq!(wrong, Err(StopError::NotAHandle("x".to_owned())));
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "Not a valid scheduled transactions handle: x"
    );
}

#[test]
fn the_handle_of_a_running_scheduler_starts_nothing() {
    let (mut network, keys) = funded(1, 1, 1_000);
    let handle = "24511be6-320d-4ef2-8dff-89916bcb6751".parse().unwrap();
    let details = details(&keys);
    for _ in 0..3 {
        let started = network.schedule_payments(node(0), &details, Some(handle));
        assert_eq!(started, Ok(handle));
    }
    assert_eq!(network.scheduled_transactions(node(0)), [handle]);
    assert_eq!(only_run(&network, node(0)).end, None);
    pass(&mut network, Span::from_seconds(90));
    assert_eq!(network.truth(node(0)).transactions_scheduled, 30);
    let run = only_run(&network, node(0));
    assert_eq!((run.transactions, run.end), (30, Some(RunEnd::Done)));
}

#[test]
fn a_restart_forgets_schedulers() {
    let (mut network, keys) = funded(2, 1, 1_000);
    network
        .schedule_payments(node(0), &details(&keys), None)
        .unwrap();
    pass(&mut network, Span::from_seconds(11));
    let before = network.truth(node(0)).transactions_scheduled;
    network.restart(node(0), false);
    assert!(network.scheduled_transactions(node(0)).is_empty());
    pass(&mut network, Span::from_seconds(120));
    assert_eq!(network.truth(node(0)).transactions_scheduled, before);
    let run = only_run(&network, node(0));
    assert_eq!((run.transactions, run.end), (before, Some(RunEnd::Lost)));
    assert_eq!(network.scheduler_runs(node(1)), []);
}

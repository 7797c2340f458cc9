//! The rules for setups: messages, order and exit codes.

use experiment::Setup;
use experiment::setup::RateShape;
use experiment::setup::describe::descriptions;
use experiment::setup::validate::{Problem, problems};
use mina::Amount;

use super::{RECEIVER, setup};

fn found(setup: &Setup) -> Vec<Problem> {
    problems(setup, |file| file.starts_with("/keys/"))
}

/// Checks that a change of a valid setup breaks exactly this rule.
#[track_caller]
fn check(change: impl FnOnce(&mut Setup), exit_code: u8, message: &str) {
    let mut setup = setup();
    change(&mut setup);
    let found = found(&setup);
    let told: Vec<(&str, u8)> = found
        .iter()
        .map(|problem| (problem.message.as_str(), problem.exit_code))
        .collect();
    assert_eq!(told, [(message, exit_code)]);
    // A form shows the message beside the parameter.
    let described = descriptions();
    let named = |problem: &Problem| described.iter().any(|each| each.key == problem.parameter);
    assert!(found.iter().all(named), "{found:?}");
}

#[test]
fn a_setup_with_name_and_key_is_valid() {
    assert_eq!(found(&setup()), []);
}

#[test]
fn ratios_are_between_nothing_and_all() {
    type Change = fn(&mut Setup, f64);
    let ratios: [(Change, &str); 7] = [
        (
            |setup, ratio| setup.sender_ratio = ratio,
            "Invalid sender ratio",
        ),
        (
            |setup, ratio| setup.zkapp_ratio = ratio,
            "Invalid zkapp ratio",
        ),
        (
            |setup, ratio| setup.min_stop_ratio = ratio,
            "Invalid min stop ratio",
        ),
        (
            |setup, ratio| setup.max_stop_ratio = ratio,
            "Invalid max stop ratio",
        ),
        (
            |setup, ratio| setup.stop_clean_ratio = ratio,
            "Invalid stop-clean ratio",
        ),
        (
            |setup, ratio| setup.max_cost_mixed_tps_ratio = ratio,
            "Invalid max-cost-mixed ratio",
        ),
        (
            |setup, ratio| setup.rotation_ratio = ratio,
            "Invalid rotation ratio",
        ),
    ];
    for (change, message) in ratios {
        for ratio in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let mut setup = setup();
            change(&mut setup, ratio);
            let problems = found(&setup);
            assert_eq!(problems[0].message, message, "{ratio}");
            assert_eq!(problems[0].exit_code, 2);
        }
    }
}

#[test]
fn the_rules_of_the_original_have_its_messages_and_codes() {
    check(
        |setup| {
            setup.max_cost = true;
            setup.max_cost_mixed_tps_ratio = 0.5;
        },
        2,
        "both max-cost-mixed and max-cost specified",
    );
    check(
        |setup| setup.rounds = 0,
        2,
        "wrong rounds: should be a positive number",
    );
    check(
        |setup| setup.large_pause_every_n_rounds = 0,
        2,
        "wrong large-pause-every: should be a positive number",
    );
    check(
        |setup| setup.round_duration_min = 11,
        9,
        "increase round duration: roundDurationMin*60 should be more than gap*4",
    );
    check(
        |setup| setup.new_account_ratio = -1.0,
        2,
        "wrong new account ratio",
    );
    check(
        |setup| setup.new_account_ratio = f64::NAN,
        2,
        "wrong new account ratio",
    );
    check(
        |setup| setup.priv_keys.push("/keys/plain2".to_owned()),
        4,
        "When option -generate-funding-keys is used, only a single private key should be provided",
    );
    check(
        |setup| setup.generate_fund_keys = 1,
        4,
        "Number of private keys is less than -privkeys-per-fund",
    );
    check(
        |setup| setup.generate_fund_keys = 0,
        4,
        "Number of private keys is less than -privkeys-per-fund",
    );
    check(
        |setup| setup.rotation_servers.push("3085".to_owned()),
        5,
        "wrong rotation configuration",
    );
    check(
        |setup| setup.payment_receiver.clear(),
        2,
        "Payment receiver not specified",
    );
    check(
        |setup| setup.priv_keys = vec!["/elsewhere".to_owned()],
        2,
        "File not found or missing permissions for one of privkey",
    );
    let mut keyless = setup();
    keyless.priv_keys.clear();
    assert_eq!(
        found(&keyless)[0].message,
        "Specify funding private key files after all flags (separated by spaces)"
    );
    assert_eq!(found(&keyless)[0].exit_code, 4);
}

#[test]
fn limits_themselves_are_permitted() {
    let mut setup = setup();
    setup.round_duration_min = 12;
    setup.sender_ratio = 0.0;
    setup.min_stop_ratio = 0.5;
    setup.stress_tps = setup.base_tps;
    assert_eq!(found(&setup), []);
    setup.zkapp_ratio = 0.9995;
    setup.payment_receiver.clear();
    assert_eq!(found(&setup), []);
    setup.rotation_keys = vec![RECEIVER.to_owned()];
    setup.rotation_servers = vec![String::new()];
    assert_eq!(found(&setup), []);
    // so little is no mix
    setup.max_cost = true;
    setup.max_cost_mixed_tps_ratio = 0.001;
    assert_eq!(found(&setup), []);
}

#[test]
fn the_rules_of_the_newest_version_hold() {
    check(
        |setup| setup.min_stop_ratio = 0.6,
        2,
        "wrong stop ratios: stop-min-ratio should not be more than stop-max-ratio",
    );
    check(
        |setup| {
            setup.non_default_token = true;
            setup.max_cost = true;
        },
        2,
        "wrong token: non-default-token has no effect with max-cost",
    );
    check(
        |setup| {
            setup.non_default_token = true;
            setup.zkapp_ratio = 0.0;
        },
        2,
        "wrong token: non-default-token requires a non-zero zkapp ratio",
    );
    let mixed = Setup {
        non_default_token: true,
        max_cost_mixed_tps_ratio: 0.5,
        ..setup()
    };
    assert_eq!(found(&mixed), []);
}

#[test]
fn what_the_original_does_not_check_is_checked() {
    let positive = |flag: &str| format!("wrong {flag}: should be a positive number");
    check(|setup| setup.min_tps = 0.0, 2, &positive("min-tps"));
    check(|setup| setup.min_tps = f64::NAN, 2, &positive("min-tps"));
    check(|setup| setup.base_tps = f64::NAN, 2, &positive("base-tps"));
    check(
        |setup| setup.stress_tps = f64::INFINITY,
        2,
        &positive("stress-tps"),
    );
    check(
        |setup| setup.stress_tps = 0.2,
        2,
        "wrong stress-tps: should not be less than base-tps",
    );
    check(
        |setup| setup.gap = 0,
        2,
        "wrong gap: should be from 1 to 31536000",
    );
    check(
        |setup| setup.privkeys_per_fund_cmd = 0,
        2,
        "wrong privkeys-per-fund: should be from 1 to 10000",
    );
    check(
        |setup| setup.stops_per_round = -1,
        2,
        "wrong round-stops: should be from 0 to 1000",
    );
    check(
        |setup| setup.pause_min = -1,
        2,
        "wrong pause: should be from 0 to 525600",
    );
    check(
        |setup| setup.zkapp_soft_limit = 1 << 31,
        2,
        "wrong zkapp-soft-limit: should be at most 2147483647",
    );
    check(
        |setup| setup.rounds = 10_001,
        2,
        "wrong rounds: should be at most 10000",
    );
    check(
        |setup| setup.min_payment_fee = Amount::from_nanomina(300_000_000),
        2,
        "wrong payment-fees: min-payment-fee should not be more than max-payment-fee",
    );
    check(
        |setup| setup.max_zkapp_fee = Amount::ZERO,
        2,
        "wrong zkapp-fees: min-zkapp-fee should not be more than max-zkapp-fee",
    );
    check(
        |setup| setup.min_balance_change = Amount::from_nanomina(1_001),
        2,
        "wrong balance-changes: min-balance-change should not be more than max-balance-change",
    );
    check(
        |setup| setup.payment_receiver = "B62qn7v4x5g3Z1h8k2j6f9c5z5v5v5".to_owned(),
        2,
        "wrong payment receiver: not a public key",
    );
    check(
        |setup| {
            setup.rotation_keys = vec!["x".to_owned()];
            setup.rotation_servers = vec![String::new()];
        },
        5,
        "wrong rotation configuration: not every key is a public key",
    );
    let twice = Setup {
        generate_fund_keys: 0,
        priv_keys: vec!["/keys/a".to_owned(), "/keys/a".to_owned()],
        ..setup()
    };
    assert_eq!(
        found(&twice)[0].message,
        "the same private key file is given twice"
    );
    // numbers that would wrap when multiplied
    let huge = Setup {
        gap: i64::MAX,
        round_duration_min: i64::MIN,
        rounds: i64::MIN,
        ..setup()
    };
    assert!(found(&huge).len() >= 3);
}

#[test]
fn steps_belong_to_their_shape() {
    let rule = |steps: &[f64], shape: RateShape| {
        let setup = Setup {
            rate_shape: shape,
            rate_steps: steps.to_vec(),
            ..setup()
        };
        let problems = found(&setup);
        problems
            .first()
            .map_or(String::new(), |problem| problem.message.clone())
    };
    assert_eq!(rule(&[0.1, 0.2, 0.3, 0.4], RateShape::Steps), "");
    assert_eq!(
        rule(&[], RateShape::Steps),
        "wrong rate-steps: the shape `steps` needs at least one rate"
    );
    assert_eq!(
        rule(&[0.1, 0.0], RateShape::Steps),
        "wrong rate-steps: each should be a positive number"
    );
    assert_eq!(
        rule(&[0.1; 5], RateShape::Steps),
        "wrong rate-steps: there are more of them than rounds"
    );
    assert_eq!(
        rule(&[0.1], RateShape::Ramp),
        "wrong rate-steps: only the shape `steps` uses them"
    );
}

#[test]
fn a_wrong_threshold_is_refused_with_its_position() {
    let rule = |thresholds: &[&str]| {
        let setup = Setup {
            thresholds: thresholds.iter().map(|text| (*text).to_owned()).collect(),
            ..setup()
        };
        let problems = found(&setup).into_iter();
        problems.map(|problem| problem.message).collect::<Vec<_>>()
    };
    assert_eq!(rule(&["included >= 99%", "restarts == 0"]), [""; 0]);
    assert_eq!(
        rule(&["included >= 99%", "latency.p59 < 6 slots", "restarts = 0"]),
        [
            "wrong thresholds: number 2, at character 1: there is no metric \"latency.p59\"; did \
             you mean latency.p95?",
            "wrong thresholds: number 3, at character 10: one of < <= > >= == != is expected",
        ]
    );
    let many = vec!["restarts == 0"; 51];
    assert_eq!(rule(&many), ["wrong thresholds: at most 50 may be given"]);
}

#[test]
fn names_become_directories_and_memos() {
    let named = |name: &str| {
        let setup = Setup {
            experiment_name: name.to_owned(),
            ..setup()
        };
        let problems = found(&setup);
        problems
            .first()
            .map_or(String::new(), |problem| problem.message.clone())
    };
    assert_eq!(named("exp_1-b.2"), "");
    assert_eq!(named(""), "Experiment name is required");
    assert_eq!(named("a b"), "Experiment name must not contain spaces");
    assert_eq!(
        named("a/../b"),
        "Experiment name 'a/../b' contains illegal character '/'"
    );
    assert_eq!(
        named("a<b"),
        "Experiment name 'a<b' contains illegal character '<'"
    );
    assert_eq!(
        named("a\u{7}b"),
        "Experiment name 'a\\u{7}b' contains illegal character '\\u{7}'"
    );
    assert_eq!(
        named(".."),
        "Experiment name must not begin with a point or a dash"
    );
    assert_eq!(
        named("-rf"),
        "Experiment name must not begin with a point or a dash"
    );
    assert_eq!(named(&"a".repeat(26)), "");
    assert_eq!(
        named(&"a".repeat(27)),
        "Experiment name is too long: memos would have 33 bytes or more, and 32 fit"
    );
    assert_eq!(
        named(&"a".repeat(60)),
        "Experiment name must be less than 50 characters"
    );
    // bytes count, not characters
    assert_ne!(named(&"ä".repeat(14)), "");
}

#[test]
fn every_problem_is_told_in_order_with_a_code() {
    let bad = Setup {
        sender_ratio: 2.0,
        rounds: 0,
        gap: 0,
        experiment_name: String::new(),
        priv_keys: Vec::new(),
        ..setup()
    };
    let problems = found(&bad);
    let messages: Vec<&str> = problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "Invalid sender ratio",
            "wrong rounds: should be a positive number",
            "Specify funding private key files after all flags (separated by spaces)",
            "wrong gap: should be from 1 to 31536000",
            "Experiment name is required",
        ]
    );
    assert!(problems.iter().all(|problem| problem.exit_code != 0));
}

//! Plans: what follows from a setup and a seed.

use experiment::plan::{Plan, PlanError};
use experiment::script::Item;
use experiment::setup::RateShape;
use experiment::{SeededRng, Setup, seeded_rng::Purpose};
use mina::Amount;
use proptest::prelude::*;

use super::setup;

fn plan(setup: &Setup) -> Plan {
    Plan::new(setup, 7).unwrap()
}

fn rates(plan: &Plan) -> Vec<f64> {
    plan.rounds.iter().map(|round| round.tps).collect()
}

/// Seconds of all waits of each round.
fn waits(plan: &Plan) -> Vec<u64> {
    let mut waits = Vec::new();
    for item in plan.script("header").items {
        match item {
            Item::Comment(Some(text)) if text.starts_with("Starting round") => waits.push(0),
            Item::Command(command) if command.action == "wait" => {
                let member = |name: &str| {
                    command
                        .params
                        .get(name)
                        .map_or(0, |value| value.as_u64().unwrap())
                };
                // the wait after the root funding belongs to no round
                if let Some(sum) = waits.last_mut() {
                    *sum += 60 * member("min") + member("sec");
                }
            }
            _ => {}
        }
    }
    waits
}

#[test]
fn a_seed_gives_the_same_plan_and_script_again() {
    let setup = setup();
    let first = Plan::new(&setup, 42).unwrap();
    let second = Plan::new(&setup, 42).unwrap();
    assert_eq!(first, second);
    assert_eq!(
        first.script(&first.service_header()).to_string(),
        second.script(&second.service_header()).to_string()
    );
    assert_ne!(rates(&first), rates(&Plan::new(&setup, 43).unwrap()));
    assert_eq!(first.setup.seed, Some(42));
}

#[test]
fn the_plan_of_a_seed_is_the_same_in_every_version() {
    // a change here changes what a stored seed means: runs could no longer be repeated
    let plan = Plan::new(&setup(), 1).unwrap();
    let shown: Vec<String> = plan
        .rounds
        .iter()
        .map(|round| format!("{:.6} {:?}", round.tps, round.stop_waits_sec))
        .collect();
    assert_eq!(shown, PLAN_OF_SEED_1);
}

const PLAN_OF_SEED_1: [&str; 4] = [
    "0.396972 [458, 1274]",
    "1.248259 [530, 181]",
    "0.412082 [88, 1030]",
    "0.539973 [383, 491]",
];

#[test]
fn another_round_leaves_the_others_as_they_were() {
    let four = plan(&setup());
    let six = plan(&Setup {
        rounds: 6,
        ..setup()
    });
    assert_eq!(rates(&four), rates(&six)[..4]);
    assert_eq!(four.rounds[2], six.rounds[2]);
}

#[test]
fn shapes_decide_the_rates() {
    let shaped = |shape: RateShape, steps: &[f64]| {
        rates(&plan(&Setup {
            base_tps: 0.2,
            stress_tps: 0.8,
            rate_shape: shape,
            rate_steps: steps.to_vec(),
            ..setup()
        }))
    };
    let rounded = |rates: Vec<f64>| -> Vec<f64> {
        rates
            .iter()
            .map(|rate| (rate * 1e9).round() / 1e9)
            .collect()
    };
    assert_eq!(shaped(RateShape::Fixed, &[]), [0.2; 4]);
    assert_eq!(rounded(shaped(RateShape::Ramp, &[])), [0.2, 0.4, 0.6, 0.8]);
    assert_eq!(shaped(RateShape::Steps, &[0.5, 1.5]), [0.5, 1.5, 1.5, 1.5]);
    assert!(
        shaped(RateShape::HalfNormal, &[])
            .iter()
            .all(|rate| *rate >= 0.2)
    );
    let single = plan(&Setup {
        rounds: 1,
        rate_shape: RateShape::Ramp,
        ..setup()
    });
    assert_eq!(rates(&single), [0.3]);
}

#[test]
fn rounds_wait_for_their_load_and_pause_between_each_other() {
    for stops in [0, 1, 5] {
        let plan = plan(&Setup {
            stops_per_round: stops,
            rounds: 4,
            large_pause_every_n_rounds: 2,
            large_pause_min: 40,
            ..setup()
        });
        let (round, pause, large) = (30 * 60, 15 * 60, 40 * 60);
        assert_eq!(
            waits(&plan),
            [round + pause, round + pause + large, round + pause, round]
        );
        let starts: Vec<u64> = plan.rounds.iter().map(|round| round.start_sec).collect();
        assert_eq!(starts, [0, 2_700, 7_800, 10_500]);
        assert_eq!(plan.duration_sec(), 10_500 + 1_800);
    }
}

#[test]
fn the_default_has_stops_and_they_stop_somebody() {
    let setup = setup();
    assert!(setup.stops_per_round > 0);
    for seed in 0..20 {
        let script = Plan::new(&setup, seed).unwrap().script("header");
        let is_stop = |action: &str| action == "stop-daemon";
        assert!(script.steps().any(|step| is_stop(&step.command.action)));
    }
}

/// Three standard deviations lead to the greatest ratio: 0.27 % of all draws would exceed it.
#[test]
fn no_draw_of_many_stops_more_than_the_greatest_share() {
    let setup = Setup {
        min_stop_ratio: 0.1,
        max_stop_ratio: 0.4,
        ..setup()
    };
    let draw = |number| {
        let mut chance = SeededRng::new(5, Purpose::Round(number));
        experiment::plan::draw_stop_ratio(&setup, &mut chance)
    };
    let draws: Vec<f64> = (0..10_000).map(draw).collect();
    assert!(draws.iter().all(|ratio| (0.1..=0.4).contains(ratio)));
    let cut = draws.iter().filter(|ratio| **ratio >= 0.4).count();
    assert!((5..60).contains(&cut), "{cut} of 27 to be expected");
}

/// The stress rate is two standard deviations away: 4.55 % of all rates exceed it, and the mean is
/// the base rate and 0.399 of what lies between.
#[test]
fn rates_are_drawn_half_normal_between_base_and_stress() {
    let setup = Setup {
        base_tps: 1.0,
        stress_tps: 3.0,
        ..setup()
    };
    let draw = |number| {
        let mut chance = SeededRng::new(5, Purpose::Round(number));
        experiment::plan::draw_rate(&setup, number, &mut chance)
    };
    let draws: Vec<f64> = (0..20_000).map(draw).collect();
    let mean = draws.iter().sum::<f64>() / 20_000.0;
    assert!((mean - 1.798).abs() < 0.02, "{mean}");
    let above = draws.iter().filter(|rate| **rate > 3.0).count();
    assert!((780..1_040).contains(&above), "{above} of 4.55 %");
    assert!(draws.iter().all(|rate| *rate >= 1.0));
}

#[test]
fn odd_rounds_are_max_cost_rounds_when_mixed() {
    let plan = plan(&Setup {
        max_cost_mixed_tps_ratio: 0.5,
        rate_shape: RateShape::Fixed,
        ..setup()
    });
    let shown: Vec<(bool, f64, bool)> = plan
        .rounds
        .iter()
        .map(|round| (round.max_cost, round.tps, round.payments.is_some()))
        .collect();
    assert_eq!(
        shown,
        [
            (false, 0.3, true),
            (true, 0.15, false),
            (false, 0.3, true),
            (true, 0.15, false)
        ]
    );
    let infos = plan.round_infos();
    assert_eq!(infos[0].payment_count, 270);
    assert_eq!(infos[0].zkapp_count, 270);
    assert!(infos[1].max_cost);
    assert_eq!((infos[1].payment_count, infos[1].zkapp_count), (0, 270));
    let legacy = plan.legacy_rounds();
    assert_eq!(
        experiment::to_text(&legacy[1]).unwrap(),
        r#"{"No":1,"PaymentsRate":0,"ZkappRate":9}"#
    );
}

#[test]
fn rounds_from_ten_on_have_their_own_numbers() {
    let plan = plan(&Setup {
        rounds: 12,
        ..setup()
    });
    let numbers: Vec<u32> = plan.legacy_rounds().iter().map(|round| round.no).collect();
    assert_eq!(numbers, (0..12).collect::<Vec<_>>());
}

#[test]
fn counts_are_those_of_the_original() {
    let plan = plan(&Setup {
        base_tps: 0.5,
        rate_shape: RateShape::Fixed,
        max_cost: true,
        zkapp_ratio: 0.0,
        ..setup()
    });
    let info = &plan.round_infos()[0];
    assert_eq!(
        experiment::to_text(info).unwrap(),
        r#"{"payment_count":900,"zkapp_count":0,"payment_tps":0.5,"zkapp_tps":0,"duration_minutes":30,"max_cost":false,"non_default_token":false}"#
    );
}

#[test]
fn kept_rounds_say_when_their_parts_are_planned() {
    let plan = plan(&setup());
    let timed = plan.timed_rounds();
    let infos: Vec<_> = timed.iter().map(|round| round.info.clone()).collect();
    assert_eq!(infos, plan.round_infos());
    let last = timed.last().unwrap();
    let stops: u64 = last.stop_waits_sec.iter().sum();
    assert_eq!(last.start_sec + stops + last.rest_sec, plan.duration_sec());
    assert_eq!((last.pause_min, last.large_pause_min), (0, 0));
    for (before, after) in timed.iter().zip(&timed[1..]) {
        let stops: u64 = before.stop_waits_sec.iter().sum();
        let pauses = 60 * (before.pause_min + before.large_pause_min);
        assert_eq!(
            before.start_sec + stops + before.rest_sec + pauses,
            after.start_sec
        );
    }
    // What answers have always shown stands beside the times, not within a member of its own.
    let kept = serde_json::to_value(&timed[0]).unwrap();
    assert!(kept["payment_tps"].is_number() && kept["start_sec"] == 0);
}

#[test]
fn what_cannot_be_planned_is_refused_before_anything_starts() {
    let refused = |setup: Setup| Plan::new(&setup, 1).unwrap_err();
    assert_eq!(
        refused(Setup {
            rounds: 0,
            ..setup()
        })
        .to_string(),
        "the setup is not valid: wrong rounds: should be a positive number"
    );
    let too_many = refused(Setup {
        min_tps: 1e-7,
        ..setup()
    });
    assert!(
        matches!(too_many, PlanError::TooManyAccounts { round: 0, .. }),
        "{too_many}"
    );
    let overflow = refused(Setup {
        max_payment_fee: Amount::from_nanomina(u64::MAX),
        ..setup()
    });
    assert_eq!(overflow, PlanError::Overflow { round: 0 });
    let beyond = refused(Setup {
        min_tps: 1e300,
        base_tps: 1e300,
        stress_tps: 1e300,
        ..setup()
    });
    assert_eq!(beyond, PlanError::Overflow { round: 0 });
    let poor = refused(Setup {
        fund_fee: Amount::from_nanomina(1_000_000_000_000_000),
        ..setup()
    });
    assert!(
        poor.to_string().starts_with(
            "round 0, payments: insufficient funds per account: each account would get "
        ),
        "{poor}"
    );
    let long = refused(Setup {
        experiment_name: "a".repeat(25),
        base_tps: 10.0,
        stress_tps: 10.0,
        ..setup()
    });
    assert!(matches!(long, PlanError::MemoTooLong { .. }), "{long}");
}

#[test]
fn the_estimate_is_what_the_given_keys_have_to_bring() {
    let with_intermediate = plan(&setup());
    let root = with_intermediate.root_funding.as_ref().unwrap();
    assert_eq!(with_intermediate.funding_estimate(), Ok(root.amount));
    assert_eq!(root.accounts, 20);
    assert_eq!(root.paid_by, ["/keys/plain1"]);
    let direct = plan(&Setup {
        generate_fund_keys: 0,
        privkeys_per_fund_cmd: 1,
        ..setup()
    });
    assert!(direct.root_funding.is_none());
    let sum: u64 = direct
        .funding_commands()
        .map(|command| command.amount.nanomina())
        .sum();
    assert_eq!(direct.funding_estimate(), Ok(Amount::from_nanomina(sum)));
    assert!(
        direct
            .funding_commands()
            .all(|command| command.paid_by == ["/keys/plain1"])
    );
    let accounts: u64 = direct
        .funding_commands()
        .map(|command| command.accounts)
        .sum();
    assert_eq!(direct.accounts(), accounts);
    assert_eq!(with_intermediate.accounts(), accounts + 20);
}

#[test]
fn rounds_are_funded_in_order_by_the_next_keys_in_turn() {
    let plan = plan(&Setup {
        rounds: 2,
        generate_fund_keys: 3,
        privkeys_per_fund_cmd: 2,
        password_env: "PW".to_owned(),
        ..setup()
    });
    let script = plan.script("header");
    let funding: Vec<(String, String)> = script
        .steps()
        .filter(|step| step.command.action == "fund-keys")
        .map(|step| {
            let params = &step.command.params;
            let part = |name: &str| params[name].to_string().replace("./fund_keys/demo/", "");
            assert_eq!(params["passwordEnv"], "PW");
            (part("prefix"), part("privkeys"))
        })
        .collect();
    let expected = [
        ("key", r#"["/keys/plain1"]"#),
        ("round-0/payments/key", r#"["key-0-0","key-0-1"]"#),
        ("round-0/zkapps/key", r#"["key-0-2","key-0-0"]"#),
        ("round-1/payments/key", r#"["key-0-1","key-0-2"]"#),
        ("round-1/zkapps/key", r#"["key-0-0","key-0-1"]"#),
    ]
    .map(|(prefix, keys)| (format!("\"{prefix}\""), keys.to_owned()));
    assert_eq!(funding, expected);
    // all of it before the first round
    let last = script
        .steps()
        .filter(|step| step.command.action == "fund-keys")
        .map(|step| step.number)
        .max();
    assert_eq!(last, Some(5));
}

#[test]
fn rotation_maps_every_key() {
    let key = super::RECEIVER.to_owned();
    let rotating = |permutation: bool| {
        plan(&Setup {
            rotation_keys: vec![key.clone(); 5],
            rotation_servers: vec![String::new(); 5],
            rotation_permutation: permutation,
            ..setup()
        })
    };
    for round in rotating(true).rounds {
        let mut mapping = round.rotation.unwrap();
        mapping.sort_unstable();
        assert_eq!(mapping, [0, 1, 2, 3, 4]);
    }
    for round in rotating(false).rounds {
        let mapping = round.rotation.unwrap();
        assert_eq!(mapping.len(), 5);
        assert!(mapping.iter().all(|index| *index < 5));
    }
    let script = rotating(true).script("header");
    let rotations = script
        .steps()
        .filter(|step| step.command.action == "rotate-balance");
    assert_eq!(rotations.count(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn stop_ratios_stay_within_their_bounds(
        least in 0.0_f64..=1.0, span in 0.0_f64..=1.0, clean in 0.0_f64..=1.0, seed in 0..1_u64 << 53,
    ) {
        let setup = Setup {
            min_stop_ratio: least,
            max_stop_ratio: (least + span).min(1.0),
            stop_clean_ratio: clean,
            rounds: 20,
            ..setup()
        };
        let plan = Plan::new(&setup, seed).unwrap();
        for round in &plan.rounds {
            let ratio = round.stop_clean_ratio + round.stop_keep_ratio;
            prop_assert!(ratio >= setup.min_stop_ratio - 1e-9);
            prop_assert!(ratio <= setup.max_stop_ratio + 1e-9);
            let shares = [round.stop_clean_ratio, round.stop_keep_ratio];
            experiment::action::sets::sample_sizes(100, &shares).unwrap();
        }
        let mut chance = SeededRng::new(seed, Purpose::Round(0));
        let drawn = experiment::plan::draw_stop_ratio(&setup, &mut chance);
        prop_assert!((setup.min_stop_ratio..=setup.max_stop_ratio).contains(&drawn));
    }

    #[test]
    fn a_plan_survives_its_json_and_waits_add_up(
        seed in 0..1_u64 << 53, rounds in 1_i64..12, stops in 0_i64..5, zkapp_ratio in 0.0_f64..=1.0,
        base in 0.01_f64..2.0, span in 0.0_f64..2.0, sender_ratio in 0.0_f64..=1.0,
        soft_limit in -2_i64..4, only_others: bool,
    ) {
        let setup = Setup {
            rounds,
            stops_per_round: stops,
            zkapp_ratio,
            base_tps: base,
            stress_tps: base + span,
            sender_ratio,
            zkapp_soft_limit: soft_limit,
            send_from_non_bps_only: only_others,
            ..setup()
        };
        let plan = Plan::new(&setup, seed).unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Plan>(&text).unwrap(), &plan);
        let last = plan.rounds.len() - 1;
        for (round, wait) in waits(&plan).into_iter().enumerate() {
            prop_assert_eq!(wait, if round == last { 1_800 } else { 2_700 });
        }
        // every script that a plan writes is without faults
        let script = plan.script(&plan.service_header());
        let report = experiment::script::check::check(&script, &experiment::script::outputs::Outputs::default());
        prop_assert_eq!(report.errors, []);
        prop_assert_eq!(report.warnings, [""; 0]);
    }
}

/// As the original generator: all numbers below −1 leave the limit alone.
#[test]
fn a_soft_limit_below_minus_two_sets_none() {
    let soft_limits = |limit: i64| {
        let setup = Setup {
            zkapp_soft_limit: limit,
            ..setup()
        };
        assert_eq!(experiment::setup::validate::problems(&setup, |_| true), []);
        let script = Plan::new(&setup, 1).unwrap().script("");
        let mut steps = script.steps();
        steps.any(|step| step.command.action == "set-zkapp-soft-limit")
    };
    assert!(!soft_limits(-2) && !soft_limits(-5) && !soft_limits(i64::MIN));
    assert!(soft_limits(-1) && soft_limits(0));
}

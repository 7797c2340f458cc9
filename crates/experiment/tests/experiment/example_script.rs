//! The example script of the original generator, command by command.

use experiment::setup::RateShape;
use experiment::{Plan, Script, Setup};

use super::{RECEIVER, setup};

/// One round, one stop; rate 0.5, stop after 667 s, stop ratio 0.2.
fn example() -> Plan {
    let setup = Setup {
        rounds: 1,
        stops_per_round: 1,
        sender_ratio: 0.5,
        privkeys_per_fund_cmd: 1,
        base_tps: 0.5,
        rate_shape: RateShape::Fixed,
        min_stop_ratio: 0.2,
        max_stop_ratio: 0.2,
        payment_receiver: RECEIVER.to_owned(),
        ..setup()
    };
    let mut plan = Plan::new(&setup, 1).unwrap();
    // the draw of the example
    plan.rounds[0].stop_waits_sec = vec![667];
    plan.rounds[0].rest_sec = 1_133;
    plan
}

/// With the amounts of the newest version (one MINA more per account) and its wait at the end; and
/// with the round of each load, which the original takes from the name.
const EXPECTED: &str = r#""Generated with: ..."
"Funding keys for the experiment"
{"action":"fund-keys","params":{"amount":231354191441360,"fee":1000000000,"prefix":"./fund_keys/demo/key","num":20,"privkeys":["/keys/plain1"]}}
{"action":"wait","params":{"sec":1}}
{"action":"fund-keys","params":{"amount":385135000000,"fee":1000000000,"prefix":"./fund_keys/demo/round-0/payments/key","num":115,"privkeys":["./fund_keys/demo/key-0-0"]}}
{"action":"fund-keys","params":{"amount":7645259200000,"fee":1000000000,"prefix":"./fund_keys/demo/round-0/zkapps/key","num":115,"privkeys":["./fund_keys/demo/key-0-1"]}}
"Starting round 0, immediately after start"
{"action":"discovery","params":{}}
{"action":"sample","params":{"group":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"ratios":[0.5]}}
{"action":"load-keys","params":{"dir":"./fund_keys/demo/round-0/zkapps"}}
{"action":"load-keys","params":{"dir":"./fund_keys/demo/round-0/payments"}}
"Scheduling 450 zkapp transactions to be sent over period of 30 minutes (15.00 txs/min)"
{"action":"zkapp-txs","params":{"experimentName":"demo-0","round":0,"tps":0.25,"minTps":0.01,"durationMin":30,"maxFee":2000000000,"minFee":1000000000,"zkapps":0,"newAccountRatio":0,"queueSize":0,"gap":180,"noPrecondition":false,"maxCost":false,"minBalanceChange":0,"maxBalanceChange":1000,"deploymentFee":1000000000,"feePayers":{"type":"output","step":-2,"name":"key"},"nodes":{"type":"output","step":-3,"name":"group1"}}}
"Scheduling 450 payments to be sent over period of 30 minutes (15.00 txs/min)"
{"action":"payments","params":{"experimentName":"demo-0","round":0,"tps":0.25,"minTps":0.01,"durationMin":30,"maxFee":200000000,"minFee":100000000,"amount":100000,"receiver":"B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i","feePayers":{"type":"output","step":-2,"name":"key"},"nodes":{"type":"output","step":-4,"name":"group1"}}}
{"action":"join","params":{"group1":{"type":"output","step":-1,"name":"participant"},"group2":{"type":"output","step":-2,"name":"participant"}}}
"Running round 0, immediately after start, waiting for 11 mins 7 secs"
{"action":"wait","params":{"sec":667}}
{"action":"discovery","params":{}}
{"action":"except","params":{"group":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"except":{"type":"output","step":-3,"name":"group","onEmpty":[]}}}
{"action":"sample","params":{"group":{"type":"output","step":-1,"name":"group","onEmpty":[]},"ratios":[0.020000000000000004,0.18000000000000002]}}
"Stopping 2.0% nodes with cleaning"
{"action":"stop-daemon","params":{"nodes":{"type":"output","step":-1,"name":"group1"},"clean":true}}
"Stopping 18.0% nodes without cleaning"
{"action":"stop-daemon","params":{"nodes":{"type":"output","step":-2,"name":"group2"}}}
"Waiting for remainder of round 0, 11 mins 7 secs after start"
{"action":"wait","params":{"sec":1133}}
"#;

#[test]
fn the_example_is_written_character_by_character() {
    let text = example().script("Generated with: ...").to_string();
    for (line, expected) in text.lines().zip(EXPECTED.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text, EXPECTED);
}

#[test]
fn the_example_is_read_as_it_was_written() {
    let script = Script::parse(EXPECTED).unwrap();
    assert_eq!(script, example().script("Generated with: ..."));
    assert_eq!(script.steps().count(), 18);
}

fn actions(setup: &Setup) -> Vec<String> {
    let script = Plan::new(setup, 1).unwrap().script("header");
    script
        .steps()
        .map(|step| step.command.action.clone())
        .collect()
}

fn short() -> Setup {
    Setup {
        rounds: 1,
        stops_per_round: 0,
        generate_fund_keys: 0,
        privkeys_per_fund_cmd: 1,
        ..setup()
    }
}

#[test]
fn one_kind_of_load_needs_no_join() {
    let payments = Setup {
        zkapp_ratio: 0.0,
        ..short()
    };
    assert_eq!(
        actions(&payments),
        ["fund-keys", "discovery", "load-keys", "payments", "wait"]
    );
    let zkapps = Setup {
        zkapp_ratio: 1.0,
        ..short()
    };
    assert_eq!(
        actions(&zkapps),
        ["fund-keys", "discovery", "load-keys", "zkapp-txs", "wait"]
    );
}

#[test]
fn soft_limits_are_set_on_all_nodes_at_start_and_in_each_round() {
    let setup = Setup {
        zkapp_soft_limit: -1,
        send_from_non_bps_only: true,
        zkapp_ratio: 0.0,
        ..short()
    };
    assert_eq!(
        actions(&setup),
        [
            "discovery",
            "set-zkapp-soft-limit",
            "fund-keys",
            "discovery",
            "discovery",
            "set-zkapp-soft-limit",
            "load-keys",
            "payments",
            "wait"
        ]
    );
    let text = Plan::new(&setup, 1).unwrap().script("header").to_string();
    assert!(text.contains(
        r#""Setting zkapp soft limit to -1"
{"action":"set-zkapp-soft-limit","params":{"nodes":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"limit":null}}"#
    ));
    // the senders are those of the narrow discovery, not of the wide one after it
    assert!(text.contains(r#""nodes":{"type":"output","step":-4,"name":"participant"}"#));
    assert!(text.contains(r#"{"action":"discovery","params":{"noBPs":true}}"#));
}

#[test]
fn protected_keys_are_loaded_with_their_password() {
    let setup = Setup {
        password_env: "KEY_PASSWORD".to_owned(),
        ..short()
    };
    let text = Plan::new(&setup, 1).unwrap().script("header").to_string();
    assert_eq!(text.matches(r#""passwordEnv":"KEY_PASSWORD""#).count(), 4);
}

#[test]
fn only_stops_that_stop_somebody_are_written() {
    let setup = |clean: f64, most: f64| Setup {
        stops_per_round: 1,
        zkapp_ratio: 0.0,
        stop_clean_ratio: clean,
        min_stop_ratio: most,
        max_stop_ratio: most,
        use_restart_script: true,
        stop_only_bps: true,
        ..short()
    };
    let stops = |setup: &Setup| actions(setup)[6..].join(" ");
    assert_eq!(
        stops(&setup(0.5, 0.4)),
        "except sample restart restart wait"
    );
    assert_eq!(stops(&setup(1.0, 0.4)), "except sample restart wait");
    assert_eq!(stops(&setup(0.0, 0.4)), "except sample restart wait");
    assert_eq!(stops(&setup(0.5, 0.0)), "except wait");
    let text = Plan::new(&setup(1.0, 0.4), 1)
        .unwrap()
        .script("header")
        .to_string();
    assert!(text.contains("\"Stopping 40.0% block producers with cleaning\""));
    assert!(text.contains(r#"{"action":"discovery","params":{"onlyBPs":true}}"#));
    let text = Plan::new(&setup(0.0, 0.4), 1)
        .unwrap()
        .script("header")
        .to_string();
    assert!(text.contains(
        r#","ratios":[0.4]}}
"Stopping 40.0% block producers without cleaning"
{"action":"restart","params":{"nodes":{"type":"output","step":-1,"name":"group1"}}}"#
    ));
}

#[test]
fn max_cost_load_is_told_as_such() {
    let setup = Setup {
        max_cost: true,
        new_account_ratio: 2.0,
        ..short()
    };
    let text = Plan::new(&setup, 1).unwrap().script("header").to_string();
    assert!(text.contains(" max-cost zkapp transactions to be sent over period of 30 minutes"));
    assert!(text.contains(r#""zkapps":8,"newAccountRatio":0,"queueSize":0"#));
}

#[test]
fn a_token_of_its_own_is_written_only_when_asked_for() {
    let text = |setup: &Setup| Plan::new(setup, 1).unwrap().script("header").to_string();
    assert!(!text(&short()).contains("nonDefaultToken"));
    let setup = Setup {
        non_default_token: true,
        max_cost_mixed_tps_ratio: 0.5,
        rounds: 2,
        ..short()
    };
    assert_eq!(text(&setup).matches(r#""nonDefaultToken":true"#).count(), 1);
}

#[test]
fn the_service_header_tells_neither_webhook_nor_keys() {
    let plan = example();
    let text = plan.script(&plan.service_header()).to_string();
    let header = text.lines().next().unwrap();
    assert!(
        header.starts_with(r#""Generated by orchestrator service with setup: {\"MinTps\":0.01"#)
    );
    assert!(!header.contains("/keys/plain1"));
    assert!(!text.contains("webhook"));
    assert_eq!(plan.setup.priv_keys, ["/keys/plain1"]);
}

//! A script of two rounds with everything that the example of the original generator leaves out:
//! one kind of load each, max-cost, rotation, soft limits, restarts, pauses, protected keys, no
//! intermediate keys. It was written by hand from the rules, not by this generator.

use experiment::Plan;
use experiment::Setup;
use experiment::setup::{DEFAULT_RECEIVER, RateShape};

use super::{RECEIVER, setup};

fn plan() -> Plan {
    let setup = Setup {
        rounds: 2,
        base_tps: 0.3,
        rate_shape: RateShape::Fixed,
        zkapp_ratio: 0.0,
        max_cost_mixed_tps_ratio: 0.5,
        // of no effect in a max-cost round
        new_account_ratio: 2.0,
        send_from_non_bps_only: true,
        zkapp_soft_limit: 24,
        rotation_keys: vec![DEFAULT_RECEIVER.to_owned(), RECEIVER.to_owned()],
        rotation_servers: vec![String::new(), "3086".to_owned()],
        min_stop_ratio: 0.4,
        max_stop_ratio: 0.4,
        stop_clean_ratio: 1.0,
        stop_only_bps: true,
        use_restart_script: true,
        large_pause_every_n_rounds: 1,
        large_pause_min: 40,
        generate_fund_keys: 0,
        privkeys_per_fund_cmd: 1,
        priv_keys: vec!["/keys/a".to_owned(), "/keys/b".to_owned()],
        password_env: "PW".to_owned(),
        payment_receiver: RECEIVER.to_owned(),
        ..setup()
    };
    let mut plan = Plan::new(&setup, 1).unwrap();
    // what is drawn
    let draws = [(vec![1, 0], vec![0, 127]), (vec![0, 1], vec![60, 0])];
    for (round, (mapping, waits)) in plan.rounds.iter_mut().zip(draws) {
        round.rotation = Some(mapping);
        round.rest_sec = 1_800 - waits.iter().sum::<u64>();
        round.stop_waits_sec = waits;
    }
    plan
}

const EXPECTED: &str = r#""header"
{"action":"discovery","params":{}}
"Setting zkapp soft limit to 24"
{"action":"set-zkapp-soft-limit","params":{"nodes":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"limit":24}}
"Funding keys for the experiment"
{"action":"fund-keys","params":{"amount":462162000000,"fee":1000000000,"prefix":"./fund_keys/demo/round-0/payments/key","num":138,"privkeys":["/keys/a"],"passwordEnv":"PW"}}
{"action":"fund-keys","params":{"amount":4587155520000,"fee":1000000000,"prefix":"./fund_keys/demo/round-1/zkapps/key","num":69,"privkeys":["/keys/b"],"passwordEnv":"PW"}}
{"action":"rotate-balance","params":{"pubkeys":["B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i"],"servers":["","3086"],"ratio":0.3,"mapping":[1,0],"passwordEnv":"PW"}}
"Starting round 0, immediately after start"
{"action":"discovery","params":{"noBPs":true}}
{"action":"discovery","params":{}}
"Setting zkapp soft limit to 24"
{"action":"set-zkapp-soft-limit","params":{"nodes":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"limit":24}}
{"action":"load-keys","params":{"dir":"./fund_keys/demo/round-0/payments","passwordEnv":"PW"}}
"Scheduling 540 payments to be sent over period of 30 minutes (18.00 txs/min)"
{"action":"payments","params":{"experimentName":"demo-0","round":0,"tps":0.3,"minTps":0.01,"durationMin":30,"maxFee":200000000,"minFee":100000000,"amount":100000,"receiver":"B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i","feePayers":{"type":"output","step":-1,"name":"key"},"nodes":{"type":"output","step":-4,"name":"participant"}}}
"Running round 0, immediately after start, waiting for immediately"
{"action":"wait","params":{}}
{"action":"discovery","params":{"onlyBPs":true}}
{"action":"except","params":{"group":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"except":{"type":"output","step":-3,"name":"participant","onEmpty":[]}}}
{"action":"sample","params":{"group":{"type":"output","step":-1,"name":"group","onEmpty":[]},"ratios":[0.4]}}
"Stopping 40.0% block producers with cleaning"
{"action":"restart","params":{"nodes":{"type":"output","step":-1,"name":"group1"},"clean":true}}
"Running round 0, immediately after start, waiting for 2 mins 7 secs"
{"action":"wait","params":{"sec":127}}
{"action":"discovery","params":{"onlyBPs":true}}
{"action":"except","params":{"group":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"except":{"type":"output","step":-8,"name":"participant","onEmpty":[]}}}
{"action":"sample","params":{"group":{"type":"output","step":-1,"name":"group","onEmpty":[]},"ratios":[0.4]}}
"Stopping 40.0% block producers with cleaning"
{"action":"restart","params":{"nodes":{"type":"output","step":-1,"name":"group1"},"clean":true}}
"Waiting for remainder of round 0, 2 mins 7 secs after start"
{"action":"wait","params":{"sec":1673}}
"Pause after round 0, 30 mins after start"
{"action":"wait","params":{"min":15}}
"Large pause after round 0, 45 mins after start"
{"action":"wait","params":{"min":40}}
{"action":"rotate-balance","params":{"pubkeys":["B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i"],"servers":["","3086"],"ratio":0.3,"mapping":[0,1],"passwordEnv":"PW"}}
"Starting round 1, 1 hours 25 mins after start"
{"action":"discovery","params":{"noBPs":true}}
{"action":"discovery","params":{}}
"Setting zkapp soft limit to 24"
{"action":"set-zkapp-soft-limit","params":{"nodes":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"limit":24}}
{"action":"load-keys","params":{"dir":"./fund_keys/demo/round-1/zkapps","passwordEnv":"PW"}}
"Scheduling 270 max-cost zkapp transactions to be sent over period of 30 minutes (9.00 txs/min)"
{"action":"zkapp-txs","params":{"experimentName":"demo-1","round":1,"tps":0.15,"minTps":0.01,"durationMin":30,"maxFee":2000000000,"minFee":1000000000,"zkapps":8,"newAccountRatio":0,"queueSize":0,"gap":180,"noPrecondition":false,"maxCost":true,"minBalanceChange":0,"maxBalanceChange":1000,"deploymentFee":1000000000,"feePayers":{"type":"output","step":-1,"name":"key"},"nodes":{"type":"output","step":-4,"name":"participant"}}}
"Running round 1, 1 hours 25 mins after start, waiting for 1 mins"
{"action":"wait","params":{"sec":60}}
{"action":"discovery","params":{"onlyBPs":true}}
{"action":"except","params":{"group":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"except":{"type":"output","step":-3,"name":"participant","onEmpty":[]}}}
{"action":"sample","params":{"group":{"type":"output","step":-1,"name":"group","onEmpty":[]},"ratios":[0.4]}}
"Stopping 40.0% block producers with cleaning"
{"action":"restart","params":{"nodes":{"type":"output","step":-1,"name":"group1"},"clean":true}}
"Running round 1, 1 hours 26 mins after start, waiting for immediately"
{"action":"wait","params":{}}
{"action":"discovery","params":{"onlyBPs":true}}
{"action":"except","params":{"group":{"type":"output","step":-1,"name":"participant","onEmpty":[]},"except":{"type":"output","step":-8,"name":"participant","onEmpty":[]}}}
{"action":"sample","params":{"group":{"type":"output","step":-1,"name":"group","onEmpty":[]},"ratios":[0.4]}}
"Stopping 40.0% block producers with cleaning"
{"action":"restart","params":{"nodes":{"type":"output","step":-1,"name":"group1"},"clean":true}}
"Waiting for remainder of round 1, 1 hours 26 mins after start"
{"action":"wait","params":{"sec":1740}}
"#;

#[test]
fn rare_features_are_written_character_by_character() {
    let text = plan().script("header").to_string();
    for (line, expected) in text.lines().zip(EXPECTED.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text, EXPECTED);
}

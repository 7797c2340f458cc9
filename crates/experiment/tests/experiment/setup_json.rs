//! Setups in JSON: names, types, leniency and strictness.

use experiment::Setup;
use experiment::setup::RateShape;
use experiment::setup::decode::{Decoded, Strictness, from_json};
use experiment::setup::parameter::PARAMETERS;
use mina::Amount;

use super::setup;

fn lenient(text: &str) -> Setup {
    from_json(text, Strictness::Lenient).unwrap().setup
}

fn strict(text: &str) -> Result<Decoded, String> {
    from_json(text, Strictness::Strict).map_err(|error| error.to_string())
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    assert_eq!(strict(text).unwrap_err(), expected);
}

/// One value of the right type for each parameter, by its name in requests.
fn a_value(json_name: &str) -> &'static str {
    match json_name {
        "experiment_name" | "password_env" | "fund_key_prefix" | "payment_receiver" => r#""text""#,
        "priv_keys" | "rotate_keys" | "rotate_servers" => r#"["a","b"]"#,
        "send_from_non_bps_only"
        | "stop_only_bps"
        | "use_restart_script"
        | "max_cost"
        | "non_default_token"
        | "rotation_permutation"
        | "abort_on_fail" => "true",
        "rate_shape" => r#""ramp""#,
        "rate_steps" => "[0.5,2]",
        "thresholds" => r#"["included >= 99%"]"#,
        "min_tps"
        | "base_tps"
        | "stress_tps"
        | "sender_ratio"
        | "zkapp_ratio"
        | "new_account_ratio"
        | "stop_clean_ratio"
        | "min_stop_ratio"
        | "max_stop_ratio"
        | "rotation_ratio"
        | "max_cost_mixed_tps_ratio" => "0.125",
        _ => "77",
    }
}

fn request(json_name: &str, value: &str) -> String {
    match json_name.split_once('.') {
        Some((outer, inner)) => format!(r#"{{"{outer}":{{"{inner}":{value}}}}}"#),
        None => format!(r#"{{"{json_name}":{value}}}"#),
    }
}

/// Name in requests, flag, and name in `setup` objects of everything that the original
/// reads; an earlier name in requests has a line of its own.
const KNOWN_NAMES: [(&str, &str, &str); 44] = [
    ("min_tps", "min-tps", "MinTps"),
    ("base_tps", "base-tps", "BaseTps"),
    ("stress_tps", "stress-tps", "StressTps"),
    ("sender_ratio", "sender-ratio", "SenderRatio"),
    ("zkapp_ratio", "zkapp-ratio", "ZkappRatio"),
    ("new_account_ratio", "new-account-ratio", "NewAccountRatio"),
    ("stop_clean_ratio", "stop-clean-ratio", "StopCleanRatio"),
    ("min_stop_ratio", "stop-min-ratio", "MinStopRatio"),
    ("max_stop_ratio", "stop-max-ratio", "MaxStopRatio"),
    ("round_duration_min", "round-duration", "RoundDurationMin"),
    ("pause_min", "pause", "PauseMin"),
    ("rounds", "rounds", "Rounds"),
    ("stops_per_round", "round-stops", "StopsPerRound"),
    ("gap", "gap", "Gap"),
    (
        "send_from_non_bps_only",
        "send-from-non-bps",
        "SendFromNonBpsOnly",
    ),
    ("stop_only_bps", "stop-only-bps", "StopOnlyBps"),
    (
        "use_restart_script",
        "use-restart-script",
        "UseRestartScript",
    ),
    ("max_cost", "max-cost", "MaxCost"),
    ("non_default_token", "non-default-token", "NonDefaultToken"),
    ("experiment_name", "experiment-name", "ExperimentName"),
    ("password_env", "password-env", "PasswordEnv"),
    ("fund_key_prefix", "fund-keys-dir", "FundKeyPrefix"),
    ("priv_keys", "", "Privkeys"),
    ("payment_receiver", "payment-receiver", "PaymentReceiver"),
    (
        "privkeys_per_fund_cmd",
        "privkeys-per-fund",
        "PrivkeysPerFundCmd",
    ),
    (
        "generate_fund_keys",
        "generate-privkeys",
        "GenerateFundKeys",
    ),
    ("rotate_keys", "rotate-keys", "RotationKeys"),
    ("rotate_servers", "rotate-servers", "RotationServers"),
    ("rotation_ratio", "rotate-ratio", "RotationRatio"),
    (
        "rotation_permutation",
        "rotate-permutation",
        "RotationPermutation",
    ),
    (
        "mix_max_cost_tps_ratio",
        "max-cost-mixed",
        "MaxCostMixedTpsRatio",
    ),
    (
        "max_cost_mixed_tps_ratio",
        "max-cost-mixed",
        "MaxCostMixedTpsRatio",
    ),
    (
        "large_pause_every_n_rounds",
        "large-pause-every",
        "LargePauseEveryNRounds",
    ),
    ("large_pause_min", "large-pause", "LargePauseMin"),
    (
        "min_balance_change",
        "min-balance-change",
        "MinBalanceChange",
    ),
    (
        "max_balance_change",
        "max-balance-change",
        "MaxBalanceChange",
    ),
    ("fees.deployment", "deployment-fee", "DeploymentFee"),
    ("payment_amount", "payment-amount", "PaymentAmount"),
    ("fees.min_zkapp", "min-zkapp-fee", "MinZkappFee"),
    ("fees.max_zkapp", "max-zkapp-fee", "MaxZkappFee"),
    ("fees.fund", "fund-fee", "FundFee"),
    ("fees.min_payment", "min-payment-fee", "MinPaymentFee"),
    ("fees.max_payment", "max-payment-fee", "MaxPaymentFee"),
    ("zkapp_soft_limit", "zkapp-soft-limit", "ZkappSoftLimit"),
];

#[test]
fn parameters_have_the_names_of_the_original() {
    for (json, flag, setup_key) in KNOWN_NAMES {
        let named = |parameter: &&experiment::setup::parameter::Parameter| {
            parameter.json == json || parameter.json_earlier == Some(json)
        };
        let parameter = PARAMETERS.iter().find(named);
        let parameter = parameter.unwrap_or_else(|| panic!("{json} is not known"));
        assert_eq!((parameter.flag, parameter.setup_key), (flag, setup_key));
    }
    let compatible = PARAMETERS
        .iter()
        .filter(|parameter| parameter.is_compatible());
    // one of them has two names in requests
    assert_eq!(compatible.count(), KNOWN_NAMES.len() - 1);
}

#[test]
fn every_parameter_is_read_under_each_of_its_names() {
    let default = Setup::default();
    for parameter in &PARAMETERS {
        let value = a_value(parameter.json);
        let given = lenient(&request(parameter.json, value));
        assert_ne!(given, default, "{}", parameter.json);
        let names = parameter
            .json_earlier
            .into_iter()
            .chain([parameter.setup_key]);
        let names = names.chain((!parameter.flag.is_empty()).then_some(parameter.flag));
        for name in names {
            let text = request(name, value);
            assert_eq!(lenient(&text), given, "{name}");
            assert_eq!(strict(&text).unwrap().setup, given, "{name}");
            assert_eq!(
                lenient(&request(&name.to_uppercase(), value)),
                given,
                "{name}"
            );
        }
    }
}

#[test]
fn every_parameter_refuses_other_types_and_says_what_it_wants() {
    for parameter in &PARAMETERS {
        let mut refused = 0;
        for value in [
            "{}", "[[]]", "[{}]", "true", r#""x y""#, "-1.5", "1e30", "[true]",
        ] {
            let text = request(parameter.json, value);
            for strictness in [Strictness::Lenient, Strictness::Strict] {
                if let Err(error) = from_json(&text, strictness) {
                    refused += 1;
                    let expected = format!("{}: expected ", parameter.json);
                    assert!(error.to_string().starts_with(&expected), "{error}");
                    assert!(error.to_string().contains(", got "), "{error}");
                }
            }
        }
        assert!(refused >= 8, "{} takes too much", parameter.json);
        // null leaves the default
        assert_eq!(lenient(&request(parameter.json, "null")), Setup::default());
    }
}

#[test]
fn rotating_keys_are_a_text_with_commas_or_a_list() {
    for value in [r#""a,b""#, r#"["a","b"]"#] {
        let setup = lenient(&request("rotate_keys", value));
        assert_eq!(setup.rotation_keys, ["a", "b"], "{value}");
    }
    let none = lenient(&request("rotate_servers", r#""""#));
    assert!(none.rotation_servers.is_empty());
}

#[test]
fn whole_numbers_are_written_as_digits() {
    check_refused(
        r#"{"rounds":1e3}"#,
        "rounds: expected a whole number, got 1e3",
    );
    check_refused(
        r#"{"rounds":1.0}"#,
        "rounds: expected a whole number, got 1.0",
    );
    check_refused(
        r#"{"rounds":"four"}"#,
        "rounds: expected a whole number, got the text \"four\"",
    );
    check_refused(
        r#"{"fees":{"fund":-1}}"#,
        "fees.fund: expected a whole number of nanomina, not negative, got -1",
    );
    check_refused(
        r#"{"rounds":9223372036854775808}"#,
        "rounds: expected a whole number, got 9223372036854775808",
    );
    assert_eq!(
        lenient(r#"{"base_tps":1}"#).base_tps.to_bits(),
        1.0_f64.to_bits()
    );
    assert_eq!(
        lenient(r#"{"payment_amount":18446744073709551615}"#).payment_amount,
        Amount::from_nanomina(u64::MAX)
    );
}

#[test]
fn all_problems_are_told_at_once() {
    check_refused(
        r#"{"rounds":"x","gap":[],"fees":{"fund":true,"fnud":1},"pauze_min":1,"fees":3}"#,
        "rounds: expected a whole number, got the text \"x\"; gap: expected a whole number, got a \
         list; fees.fund: expected a whole number of nanomina, not negative, got true; unknown key \
         `fees.fnud`; did you mean `fees.fund`?; unknown key `pauze_min`; did you mean \
         `pause_min`?; fees: expected an object, got 3",
    );
}

#[test]
fn unknown_and_repeated_keys_matter_in_files_only() {
    let text = r#"{"startTps":1,"rounds":2,"rounds":3,"ROUNDS":5,"xyzzy":1,"mode":"default"}"#;
    assert_eq!(lenient(text).rounds, 5);
    check_refused(
        text,
        "unknown key `startTps`; did you mean `StressTps`?; Rounds is given twice; Rounds is given \
         twice; unknown key `xyzzy`",
    );
    assert!(strict(r#"{"mode":"default","queue":true}"#).is_ok());
    check_refused(
        r#"{"mix_max_cost_tps_ratio":0.5,"max_cost_mixed_tps_ratio":0.5}"#,
        "MaxCostMixedTpsRatio is given twice",
    );
}

#[test]
fn a_webhook_is_read_but_never_part_of_the_setup_nor_of_messages() {
    let decoded = strict(r#"{"webhook_url":"https://hooks.example/secret"}"#).unwrap();
    assert!(decoded.webhook_url.is_some());
    assert!(
        !experiment::to_text(&decoded.setup)
            .unwrap()
            .contains("hooks")
    );
    assert!(!format!("{decoded:?}").contains("secret"));
    check_refused(
        r#"{"webhook_url":["https://hooks.example/secret"]}"#,
        "webhook_url: expected a text",
    );
    assert!(
        strict(r#"{"webhook_url":""}"#)
            .unwrap()
            .webhook_url
            .is_none()
    );
}

#[test]
fn the_setup_object_has_the_keys_of_the_original_in_its_order() {
    assert_eq!(
        experiment::to_text(&setup()).unwrap(),
        r#"{"MinTps":0.01,"BaseTps":0.3,"StressTps":1,"SenderRatio":1,"ZkappRatio":0.5,"NewAccountRatio":0,"StopCleanRatio":0.1,"MinStopRatio":0,"MaxStopRatio":0.5,"RoundDurationMin":30,"PauseMin":15,"Rounds":4,"StopsPerRound":2,"Gap":180,"SendFromNonBpsOnly":false,"StopOnlyBps":false,"UseRestartScript":false,"MaxCost":false,"NonDefaultToken":false,"ExperimentName":"demo","PasswordEnv":"","FundKeyPrefix":"./fund_keys","Privkeys":["/keys/plain1"],"PaymentReceiver":"B62qiy32p8kAKnny8ZFwoMhYpBppM1DWVCqAPBYNcXnsAHhnfAAuXgg","PrivkeysPerFundCmd":2,"GenerateFundKeys":20,"RotationKeys":null,"RotationServers":null,"RotationPermutation":false,"RotationRatio":0.3,"MaxCostMixedTpsRatio":0,"LargePauseEveryNRounds":8,"LargePauseMin":0,"MinBalanceChange":0,"MaxBalanceChange":1000,"DeploymentFee":1000000000,"PaymentAmount":100000,"MinZkappFee":1000000000,"MaxZkappFee":2000000000,"FundFee":1000000000,"MinPaymentFee":100000000,"MaxPaymentFee":200000000,"ZkappSoftLimit":-2}"#
    );
}

#[test]
fn a_setup_survives_its_own_object() {
    let full = Setup {
        rotation_keys: vec!["a".to_owned()],
        rotation_servers: vec!["b".to_owned()],
        rate_shape: RateShape::Steps,
        rate_steps: vec![0.1, 2.5],
        thresholds: vec!["included >= 99%".to_owned()],
        seed: Some(42),
        ..setup()
    };
    for setup in [setup(), full] {
        let text = experiment::to_text(&setup).unwrap();
        assert_eq!(strict(&text).unwrap().setup, setup);
        assert_eq!(serde_json::from_str::<Setup>(&text).unwrap(), setup);
    }
}

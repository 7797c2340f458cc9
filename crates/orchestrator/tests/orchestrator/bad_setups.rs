//! Every field of the setup with a wrong type, out of range, or missing: one clear error each, and
//! nothing is started, asked, or written.

use experiment::setup::parameter::PARAMETERS;
use serde_json::{Value, json};

use crate::lab::{Lab, Service, post};

/// Parameters every value of which, if it is of the right type, is a possible one.
const ANY_VALUE: [&str; 16] = [
    "abort_on_fail",
    "send_from_non_bps_only",
    "stop_only_bps",
    "use_restart_script",
    "rotation_permutation",
    "password_env",
    "seed",
    "fees.deployment",
    "fees.fund",
    "payment_amount",
    "fees.max_zkapp",
    "fees.max_payment",
    "max_balance_change",
    "fund_key_prefix",
    "rotate_servers",
    "zkapp_soft_limit",
];

/// For each of the other parameters: a value that it must not have, changes beside it, and what
/// the refusal says.
#[expect(clippy::too_many_lines, reason = "a table")]
fn out_of_range() -> Vec<(&'static str, Value, Value, &'static str)> {
    let none = || json!({});
    let range = |name, value, text| (name, value, none(), text);
    vec![
        range("min_tps", json!(0), "wrong min-tps: should be a positive"),
        range("min_tps", json!(-1.5), "wrong min-tps"),
        range("base_tps", json!(-0.1), "wrong base-tps"),
        range(
            "stress_tps",
            json!(0.01),
            "should not be less than base-tps",
        ),
        range("sender_ratio", json!(1.5), "Invalid sender ratio"),
        range("zkapp_ratio", json!(-0.5), "Invalid zkapp ratio"),
        range("new_account_ratio", json!(-1), "wrong new account ratio"),
        range("stop_clean_ratio", json!(2), "Invalid stop-clean ratio"),
        range("min_stop_ratio", json!(-1), "Invalid min stop ratio"),
        range("min_stop_ratio", json!(0.9), "stop-min-ratio should not be"),
        range("max_stop_ratio", json!(1.01), "Invalid max stop ratio"),
        range("round_duration_min", json!(0), "increase round duration"),
        range(
            "round_duration_min",
            json!(i64::MAX),
            "wrong round-duration",
        ),
        range("pause_min", json!(-1), "wrong pause"),
        range("rounds", json!(0), "wrong rounds: should be a positive"),
        range("rounds", json!(i64::MAX), "wrong rounds: should be at most"),
        range("stops_per_round", json!(-1), "wrong round-stops"),
        range("gap", json!(0), "wrong gap"),
        range("gap", json!(i64::MAX), "increase round duration"),
        (
            "max_cost",
            json!(true),
            json!({"max_cost_mixed_tps_ratio": 0.5}),
            "both max-cost-mixed and max-cost specified",
        ),
        (
            "non_default_token",
            json!(true),
            json!({"zkapp_ratio": 0}),
            "non-default-token requires a non-zero zkapp ratio",
        ),
        range(
            "thresholds",
            json!(["included >= 99%", "latency.p59 < 1 s"]),
            "wrong thresholds: number 2",
        ),
        range("experiment_name", json!("a b"), "must not contain spaces"),
        range("experiment_name", json!("../up"), "illegal character '/'"),
        range("experiment_name", json!("x".repeat(27)), "is too long"),
        range("priv_keys", json!([]), "Specify funding private key files"),
        range("priv_keys", json!(["/none"]), "File not found"),
        range(
            "priv_keys",
            json!(["/a", "/b"]),
            "only a single private key",
        ),
        range(
            "payment_receiver",
            json!(""),
            "Payment receiver not specified",
        ),
        range("payment_receiver", json!("B62q"), "not a public key"),
        range("privkeys_per_fund_cmd", json!(0), "wrong privkeys-per-fund"),
        range(
            "privkeys_per_fund_cmd",
            json!(3),
            "less than -privkeys-per-fund",
        ),
        range("generate_fund_keys", json!(-1), "wrong generate-privkeys"),
        range("rotate_keys", json!("a,b"), "wrong rotation configuration"),
        (
            "rotate_keys",
            json!("B62q"),
            json!({"rotate_servers": "3085"}),
            "not every key is a public key",
        ),
        range("rotation_ratio", json!(1.1), "Invalid rotation ratio"),
        range(
            "max_cost_mixed_tps_ratio",
            json!(7),
            "Invalid max-cost-mixed ratio",
        ),
        range(
            "large_pause_every_n_rounds",
            json!(0),
            "wrong large-pause-every",
        ),
        range("large_pause_min", json!(-1), "wrong large-pause"),
        range("min_balance_change", json!(2000), "wrong balance-changes"),
        range(
            "fees.min_zkapp",
            json!(3_000_000_000_u64),
            "wrong zkapp-fees",
        ),
        range(
            "fees.min_payment",
            json!(300_000_000_u64),
            "wrong payment-fees",
        ),
        (
            "rate_shape",
            json!("steps"),
            none(),
            "the shape `steps` needs at least one rate",
        ),
        (
            "rate_steps",
            json!([0]),
            json!({"rate_shape": "steps"}),
            "each should be a positive number",
        ),
        range("rate_steps", json!([1]), "only the shape `steps` uses them"),
        // Not out of its range, but more than can be counted or funded.
        range("fees.max_payment", json!(u64::MAX), "too large"),
        range("payment_amount", json!(u64::MAX), "too large"),
        range("max_balance_change", json!(u64::MAX), "too large"),
        range("stress_tps", json!(1e12), "too large"),
    ]
}

fn set(setup: &mut Value, name: &str, value: Value) {
    match name.split_once('.') {
        Some((outer, inner)) => setup[outer][inner] = value,
        None => setup[name] = value,
    }
}

/// Each of the ways to hand a setup in refuses it with this text.
async fn check_refused(service: &Service, setup: &Value, place: &str, expected: &str) {
    let wrapped = json!({ "experiment_setup": setup });
    for (path, body) in [
        ("/api/v0/experiment/run", setup),
        ("/api/v0/experiment/run", &wrapped),
        ("/api/v0/experiment/test", setup),
        ("/api/v1/experiments", setup),
        ("/api/v1/experiments/plan", setup),
    ] {
        let (status, answer) = post(&service.url(path), body).await;
        assert_eq!(status, 400, "{place} at {path}: {answer}");
        // A text within JSON has its quotes and signs escaped.
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let mut text = String::new();
        gather(&answer, &mut text);
        assert!(text.contains(expected), "{place} at {path}: {text}");
    }
}

fn gather(value: &Value, text: &mut String) {
    match value {
        Value::String(one) => {
            text.push_str(one);
            text.push('\n');
        }
        Value::Array(list) => list.iter().for_each(|one| gather(one, text)),
        Value::Object(members) => members.values().for_each(|one| gather(one, text)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_of_the_setup_is_refused_when_it_is_wrong_and_nothing_is_started() {
    let lab = Lab::new(2, true).await;
    let service = lab.start().await;
    let before = lab.network.effects();

    for parameter in &PARAMETERS {
        let mut setup = lab.setup("x", json!({}));
        set(&mut setup, parameter.json, json!({"no": "value"}));
        let expected = format!("{}: expected ", parameter.json);
        check_refused(&service, &setup, parameter.json, &expected).await;
    }
    let table = out_of_range();
    for (name, value, beside, expected) in &table {
        let mut setup = lab.setup("x", beside.clone());
        set(&mut setup, name, value.clone());
        check_refused(&service, &setup, name, expected).await;
    }
    for parameter in &PARAMETERS {
        let is_checked = table.iter().any(|(name, ..)| *name == parameter.json);
        assert!(
            is_checked || ANY_VALUE.contains(&parameter.json),
            "{} has no value out of its range in this test",
            parameter.json
        );
    }
    for (name, expected) in [
        ("experiment_name", "experiment_name is required"),
        ("priv_keys", "Specify funding private key files"),
    ] {
        let mut setup = lab.setup("x", json!({}));
        setup.as_object_mut().unwrap().remove(name);
        check_refused(&service, &setup, name, expected).await;
        setup[name] = Value::Null;
        check_refused(&service, &setup, name, expected).await;
    }

    assert!(lab.runs().await.is_empty());
    assert_eq!(lab.network.effects(), before);
    let files: Vec<_> = std::fs::read_dir(lab.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(files, ["plain1"], "nothing is written");
    service.stop().await;
}

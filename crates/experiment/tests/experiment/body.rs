//! Bodies of requests: flat, wrapped, and neither.

use experiment::setup::body::{BYTES_MAX, ExperimentRequest, Form, from_body};
use experiment::setup::decode::Strictness;

use super::RECEIVER;

fn read(body: &str) -> ExperimentRequest {
    from_body(body.as_bytes(), Strictness::Lenient).unwrap()
}

#[track_caller]
fn check_refused(body: &str, expected: &str) {
    let error = from_body(body.as_bytes(), Strictness::Lenient).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn both_forms_give_the_same_fields() {
    let inner = r#"{"experiment_name":"e","priv_keys":["/k"],"rounds":2,"stress_tps":0.5,
        "fees":{"fund":7},"webhook_url":"https://hooks.example/x"}"#;
    let flat = read(inner);
    let wrapped = read(&format!(
        r#"{{"experiment_setup":{inner},"orchestrator_config":{{"key":"x"}}}}"#
    ));
    assert_eq!(flat.decoded, wrapped.decoded);
    assert_eq!(flat.form, Form::Flat);
    assert_eq!(wrapped.form, Form::Wrapped);
    assert_eq!(flat.decoded.setup.rounds, 2);
    let webhook = flat.decoded.webhook_url.unwrap();
    assert_eq!(webhook.expose(), "https://hooks.example/x");
    assert!(!format!("{webhook:?}").contains("hooks"));
}

#[test]
fn the_wrapper_wins_unless_it_is_null() {
    let both = read(r#"{"experiment_name":"flat","experiment_setup":{"experiment_name":"inner"}}"#);
    assert_eq!(both.decoded.setup.experiment_name, "inner");
    let null = read(r#"{"experiment_name":"flat","experiment_setup":null}"#);
    assert_eq!(null.decoded.setup.experiment_name, "flat");
    assert_eq!(null.form, Form::Flat);
}

#[test]
fn the_published_example_is_taken_with_the_defaults() {
    let request = read(&format!(
        r#"{{
  "experiment_setup": {{
    "priv_keys": ["/keys/plain1"],
    "payment_receiver": "{RECEIVER}",
    "experiment_name": "test-experiment-1"
  }}
}}"#
    ));
    let setup = request.decoded.setup;
    assert_eq!(setup.payment_receiver, RECEIVER);
    let problems = experiment::setup::validate::problems(&setup, |_| true);
    assert!(problems.is_empty(), "{problems:?}");
    for seed in 0..200 {
        experiment::Plan::new(&setup, seed).unwrap();
    }
}

#[test]
fn bodies_that_are_no_requests_are_refused_with_the_known_texts() {
    check_refused("", "failed to decode request body: ");
    check_refused("[1]", "failed to decode request body: ");
    check_refused(
        r#"{"experiment_name":"e""#,
        "failed to decode request body: ",
    );
    check_refused(
        r#"{"experiment_name":"e"} x"#,
        "failed to decode request body: ",
    );
    check_refused(
        r#"{"experiment_setup":[]}"#,
        "failed to decode request body: experiment_setup: expected an object",
    );
    for nameless in [
        "{}",
        r#"{"experiment_name":""}"#,
        r#"{"experiment_name":null}"#,
        r#"{"experiment_setup":{"rounds":1}}"#,
        r#"{"experiment_name":"flat","experiment_setup":{}}"#,
    ] {
        check_refused(nameless, "experiment_name is required");
    }
    let long = format!(r#"{{"experiment_name":"{}"}}"#, "x".repeat(BYTES_MAX));
    check_refused(&long, "request body too large: 1048598 bytes (max 1048576)");
}

#[test]
fn deep_and_broken_bodies_do_no_harm() {
    let deep = format!(r#"{{"experiment_name":"e","x":{}"#, "[".repeat(100_000));
    check_refused(&deep, "failed to decode request body: ");
    let error = from_body(b"{\"experiment_name\":\"\xff\"}", Strictness::Lenient).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("failed to decode request body: ")
    );
}

//! Setups from command-line flags.

use experiment::Setup;
use experiment::setup::decode::{Strictness, from_json};
use experiment::setup::flags::{Arguments, FlagError, Mode, defaults, from_arguments, usage};
use experiment::setup::parameter::PARAMETERS;

fn read(arguments: &[&str]) -> Arguments {
    from_arguments(arguments).unwrap()
}

#[track_caller]
fn check_refused(arguments: &[&str], expected: &str) {
    assert_eq!(from_arguments(arguments).unwrap_err().to_string(), expected);
}

#[test]
fn the_command_line_has_defaults_of_its_own() {
    let setup = read(&["/k"]).setup;
    assert_eq!(setup.experiment_name, "exp-0");
    assert_eq!(setup.payment_receiver, "");
    assert_eq!(
        setup,
        Setup {
            priv_keys: vec!["/k".to_owned()],
            ..defaults()
        }
    );
}

#[test]
fn every_flag_sets_what_its_json_name_sets() {
    for parameter in PARAMETERS
        .iter()
        .filter(|parameter| !parameter.flag.is_empty())
    {
        // the texts and the JSON of one value
        let candidates = [
            ("0.25", "0.25"),
            ("77", "77"),
            ("true", "true"),
            ("steps", "\"steps\""),
            ("a,b", "[\"a\",\"b\"]"),
            ("0.5,2", "[0.5,2]"),
            ("word", "\"word\""),
        ];
        let mut tried = 0;
        for (text, json) in candidates {
            let flag = format!("-{}={text}", parameter.flag);
            let body = format!(
                r#"{{"experiment_name":"exp-0","payment_receiver":"","{}":{json}}}"#,
                parameter.setup_key
            );
            // repeated names in the body: the last wins
            let by_json = from_json(&body, Strictness::Lenient);
            let by_flag = from_arguments([flag]);
            if let (Ok(by_json), Ok(by_flag)) = (by_json, by_flag) {
                assert_eq!(by_flag.setup, by_json.setup, "{}", parameter.flag);
                tried += 1;
            }
        }
        assert!(tried > 0, "{}", parameter.flag);
    }
}

#[test]
fn the_syntax_is_that_of_the_original_generator() {
    let expected = read(&["-rounds", "7", "-max-cost", "k1", "k2"]);
    assert_eq!(expected.setup.rounds, 7);
    assert!(expected.setup.max_cost);
    assert_eq!(expected.setup.priv_keys, ["k1", "k2"]);
    for same in [
        vec!["-rounds=7", "--max-cost=T", "k1", "k2"],
        vec!["--rounds", "7", "-max-cost", "--", "k1", "k2"],
    ] {
        assert_eq!(read(&same), expected);
    }
    // flags end with the first key file
    let setup = read(&["k1", "-rounds", "7"]).setup;
    assert_eq!(setup.priv_keys, ["k1", "-rounds", "7"]);
    assert_eq!(read(&["-gap", "-5"]).setup.gap, -5);
    assert!(!read(&["-max-cost=false"]).setup.max_cost);
    assert_eq!(
        read(&["-rotate-keys", "a,b"]).setup.rotation_keys,
        ["a", "b"]
    );
    assert!(read(&["-rotate-keys", ""]).setup.rotation_keys.is_empty());
}

#[test]
fn numbers_are_written_as_for_the_original_generator() {
    let setup = read(&[
        "-rounds=0x10",
        "-gap=0b11",
        "-pause",
        "0o17",
        "-round-stops=1_0",
        "-min-tps=0x1p-1",
        "-fund-fee=1_000_000_000",
        "-zkapp-soft-limit=-5",
        "-rate-steps=0x1p0,1_0.5",
        "-seed=0xff",
        "k",
    ])
    .setup;
    assert_eq!(
        (
            setup.rounds,
            setup.gap,
            setup.pause_min,
            setup.stops_per_round
        ),
        (16, 3, 15, 10)
    );
    assert_eq!(
        (setup.min_tps, setup.rate_steps.as_slice()),
        (0.5, [1.0, 10.5].as_slice())
    );
    assert_eq!(setup.fund_fee.nanomina(), 1_000_000_000);
    assert_eq!((setup.zkapp_soft_limit, setup.seed), (-5, Some(255)));
    check_refused(
        &["-rounds=010"],
        "invalid value \"010\" for flag -rounds: expected a whole number; a leading zero is octal \
         to the original generator: write 10, or 8 if that is meant",
    );
    check_refused(
        &["-fund-fee=+1000000000"],
        "invalid value \"+1000000000\" for flag -fund-fee: expected a whole number of nanomina, not \
         negative; write it without the plus sign: 1000000000",
    );
    for flag in [
        "-rounds=1__0",
        "-rounds=1e3",
        "-min-tps=0x10",
        "-fund-fee=-1",
        "-seed=-1",
    ] {
        assert!(
            matches!(
                from_arguments([flag]),
                Err(FlagError::Value { hint: None, .. })
            ),
            "{flag}"
        );
    }
}

#[test]
fn modes_are_told_apart() {
    assert_eq!(read(&["k"]).mode, Mode::Default);
    assert_eq!(
        read(&["-mode", "tps-distribution"]).mode,
        Mode::TpsDistribution
    );
    assert_eq!(
        read(&["-mode=stop-ratio-distribution"]).mode,
        Mode::StopRatioDistribution
    );
    assert_eq!(read(&["-mode", "x"]).mode, Mode::Unknown);
}

#[test]
fn bad_flags_are_refused_with_a_hint() {
    check_refused(
        &["-round", "7"],
        "flag provided but not defined: -round; did you mean -rounds?",
    );
    check_refused(&["-xyzzy"], "flag provided but not defined: -xyzzy");
    check_refused(&["-rounds"], "flag needs an argument: -rounds");
    check_refused(&["-=1"], "bad flag syntax: -=1");
    check_refused(&["---rounds=1"], "bad flag syntax: ---rounds=1");
    check_refused(
        &["-rounds", "x"],
        "invalid value \"x\" for flag -rounds: expected a whole number",
    );
    check_refused(
        &["-max-cost=maybe"],
        "invalid value \"maybe\" for flag -max-cost: expected true or false",
    );
    check_refused(
        &["-seed", "9007199254740992"],
        "invalid value \"9007199254740992\" for flag -seed: expected a whole number from 0 to \
         9007199254740991",
    );
}

#[test]
fn the_help_tells_every_flag_with_its_default() {
    assert_eq!(from_arguments(["-h"]), Err(FlagError::Help));
    assert_eq!(from_arguments(["--help"]), Err(FlagError::Help));
    let help = usage();
    for parameter in PARAMETERS
        .iter()
        .filter(|parameter| !parameter.flag.is_empty())
    {
        assert!(help.contains(&format!("  -{}", parameter.flag)));
    }
    assert!(help.contains("number of rounds (default 4)"));
}

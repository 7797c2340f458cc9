//! The script language: stream, references, outputs, imports, and what is refused.

use experiment::action::{Action, Kind};
use experiment::script::check::{check, imports};
use experiment::script::outputs::{Output, OutputLine, Outputs};
use experiment::script::{Command, Exact, Item, Script, ScriptError};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn command(text: &str) -> Command {
    match Script::parse(text).unwrap().items.remove(0) {
        Item::Command(command) => command,
        Item::Comment(_) => panic!("a comment"),
    }
}

#[test]
fn a_script_is_a_stream_of_values() {
    let script = Script::parse(
        "\"hello\"{\"action\":\"wait\"}\n\n null {\"params\":{\"sec\":1},\"action\":\"wait\"}\n\
         {\"Action\":\"join\",\"PARAMS\":null,\"other\":1}",
    )
    .unwrap();
    assert_eq!(script.items.len(), 5);
    let steps: Vec<(u32, &str)> = script
        .steps()
        .map(|step| (step.number, step.command.action.as_str()))
        .collect();
    assert_eq!(steps, [(0, "wait"), (1, "wait"), (2, "join")]);
    assert_eq!(Script::parse(" \n").unwrap(), Script::default());
}

#[track_caller]
fn check_undecodable(text: &str, expected: &str) {
    let error = Script::parse(text).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(error.code(), 5);
}

#[test]
fn what_is_no_comment_and_no_command_is_refused() {
    check_undecodable(
        "7",
        "Error decoding command for step 0: expected a comment or a command",
    );
    check_undecodable(
        r#"{"action":"wait"} [1]"#,
        "Error decoding command for step 1: expected a comment or a command, got a list",
    );
    check_undecodable(
        r#"{"action":5}"#,
        "Error decoding command for step 0: action: expected a text, got 5",
    );
    check_undecodable(
        r#"{"action":"wait","params":[]}"#,
        "Error decoding command for step 0: params: expected an object, got a list",
    );
    check_undecodable(
        r#"{"action":"wait""#,
        "Error decoding command for step 0: EOF",
    );
    check_undecodable(
        &"[".repeat(100_000),
        "Error decoding command for step 0: recursion limit",
    );
}

fn outputs() -> Outputs {
    let mut outputs = Outputs::default();
    outputs
        .put(0, &Output::multi("participant", "a:1"))
        .unwrap();
    outputs
        .put(0, &Output::multi("participant", "b:1"))
        .unwrap();
    outputs.put(1, &Output::single("commit", "abc")).unwrap();
    outputs
}

fn resolve(params: &str) -> Result<Map<String, Value>, ScriptError> {
    let command = command(&format!(r#"{{"action":"join","params":{params}}}"#));
    outputs()
        .resolve(&command, 2)
        .map(|params| params.to_values())
}

#[track_caller]
fn check_resolved(params: &str, expected: Value) {
    assert_eq!(Value::Object(resolve(params).unwrap()), expected);
}

#[track_caller]
fn check_unresolved(params: &str, cause: &str) {
    let error = resolve(params).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("Error resolving params for step 2: {cause}")
    );
    assert_eq!(error.code(), 6);
}

#[test]
fn references_stand_for_outputs() {
    let both = json!({"group1": ["a:1", "b:1"]});
    check_resolved(
        r#"{"group1":{"type":"output","step":0,"name":"participant"}}"#,
        both.clone(),
    );
    check_resolved(
        r#"{"group1":{"type":"output","step":-2,"name":"participant"}}"#,
        both.clone(),
    );
    check_resolved(
        r#"{"group1":{"Type":"output","STEP":-2,"Name":"participant"}}"#,
        both,
    );
    check_resolved(
        r#"{"group1":{"type":"output","step":-1,"name":"commit"}}"#,
        json!({"group1": "abc"}),
    );
    check_resolved(
        r#"{"group1":{"type":"output","step":1,"name":"none","onEmpty":[]}}"#,
        json!({"group1": []}),
    );
    check_resolved(
        r#"{"group1":{"type":"output","step":1,"name":"none","onEmpty":null}}"#,
        json!({"group1": null}),
    );
}

#[test]
fn everything_else_is_literal() {
    check_resolved(
        r#"{"a":1,"b":[{"type":"output"}],"c":null,"d":"x"}"#,
        json!({"a": 1, "b": [{"type": "output"}], "c": null, "d": "x"}),
    );
    // members of other types make a literal
    check_resolved(
        r#"{"a":{"type":"output","step":"0","name":"x"}}"#,
        json!({"a": {"type": "output", "step": "0", "name": "x"}}),
    );
    check_resolved(r#"{"a":{"type":5}}"#, json!({"a": {"type": 5}}));
    check_resolved(
        r#"{"a":{"type":"output","step":1.5,"name":"x"}}"#,
        json!({"a": {"type": "output", "step": 1.5, "name": "x"}}),
    );
}

#[test]
fn references_that_lead_nowhere_are_told() {
    check_unresolved(
        r#"{"a":{"type":"output","step":1,"name":"none"}}"#,
        "couldn't find output none (step 1, file \"\") needed for step 2",
    );
    check_unresolved(
        r#"{"a":{"type":"output","step":-9,"name":"none"}}"#,
        "couldn't find output none (step -7, file \"\") needed for step 2",
    );
    check_unresolved(
        r#"{"a":{"type":"input","step":1,"name":"none"}}"#,
        "unknown type input needed for step 2",
    );
    check_unresolved(r#"{"a":{}}"#, "unknown type  needed for step 2");
    check_unresolved(
        r#"{"a":{"type":"output","file":"f","step":-1,"name":"x"}}"#,
        "use of negative step with file is prohibited, needed for step 2",
    );
    check_unresolved(
        r#"{"a":{"type":"output","file":"f","step":0,"name":"x"}}"#,
        "couldn't find output x (step 0, file \"f\") needed for step 2",
    );
}

#[test]
fn an_output_that_stands_alone_is_put_out_once() {
    let mut outputs = outputs();
    for output in [
        Output::single("commit", "x"),
        Output::multi("commit", "x"),
        Output::single("commit", "x"),
    ] {
        let error = outputs.put(1, &output).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Error outputting multiple values for commit on step 1"
        );
        assert_eq!(error.code(), 8);
    }
    assert!(outputs.put(0, &Output::single("participant", "x")).is_err());
    // a step that starts again may
    outputs.forget(1);
    outputs.put(1, &Output::single("commit", "y")).unwrap();
}

#[test]
fn output_lines_have_the_known_form_and_can_be_imported() {
    let line = |name: &str, multi: bool, value: Value| OutputLine {
        time: "2026-11-24T10:00:00.000000001Z".to_owned(),
        step: 3,
        name: name.to_owned(),
        multi,
        value: Exact::of(&value),
    };
    let participant = line("participant", true, json!("a:1"));
    assert_eq!(
        participant.to_text().unwrap(),
        r#"{"time":"2026-11-24T10:00:00.000000001Z","step":3,"name":"participant","multi":true,"value":"a:1"}"#
    );
    let group = line("group1", false, json!(["a:1"]));
    assert!(!group.to_text().unwrap().contains("multi"));
    let text = format!(
        "{}\n{}\n",
        participant.to_text().unwrap(),
        group.to_text().unwrap()
    );
    let mut outputs = Outputs::default();
    outputs.import("start.out", &text).unwrap();
    assert!(outputs.has_file("start.out"));
    let stop = command(
        r#"{"action":"join","params":{
            "group1":{"type":"output","file":"start.out","step":3,"name":"participant"},
            "group2":{"type":"output","file":"start.out","step":3,"name":"group1"}}}"#,
    );
    let resolved = outputs.resolve(&stop, 0).unwrap();
    assert_eq!(
        Value::Object(resolved.to_values()),
        json!({"group1": ["a:1"], "group2": ["a:1"]})
    );

    let twice = format!(
        "{}\n{}\n",
        group.to_text().unwrap(),
        group.to_text().unwrap()
    );
    assert_eq!(
        outputs.import("two.out", &twice).unwrap_err(),
        "wrong output file two.out: outputing multiple values for group1 on step 3"
    );
    let error = outputs.import("bad.out", "{\"step\":1}").unwrap_err();
    assert!(
        error.starts_with("error decoding output from bad.out: "),
        "{error}"
    );
}

/// What a step puts out of a script that joins a literal with an import.
fn joined(literal: &str, import: &str) -> Vec<String> {
    let mut outputs = Outputs::default();
    outputs.import("a.out", import).unwrap();
    let command = command(&format!(
        r#"{{"action":"join","params":{{"group1":{literal},
            "group2":{{"type":"output","file":"a.out","step":3,"name":"x","onEmpty":[1E1]}}}}}}"#
    ));
    let params = outputs.resolve(&command, 0).unwrap();
    let Action::Join(join) = Action::named("join", params, 0).unwrap() else {
        panic!("another action");
    };
    let values = join.outputs().into_iter().map(|output| output.value);
    values
        .map(|value| experiment::to_text(&value).unwrap())
        .collect()
}

#[test]
fn imported_lines_may_lack_a_time_and_have_keys_in_any_case() {
    let line = r#"{"step":3,"name":"x","multi":true,"value":"a"}
        {"TIME":"t","Step":3,"NAME":"x","Multi":true,"Value":"b","other":[1]}
        {"time":null,"step":3,"name":"y","name":"x","multi":true,"value":null}"#;
    assert_eq!(joined("[]", line), [r#""a""#, r#""b""#, "null"]);
    let mut outputs = Outputs::default();
    for (line, why) in [
        (r#"{"step":3,"value":1}"#, "missing field `name`"),
        (r#"{"step":3,"name":"x"}"#, "missing field `value`"),
        (
            r#"{"step":"3","name":"x","value":1}"#,
            "step: expected the number of a step",
        ),
        (
            r#"{"step":1.0,"name":"x","value":1}"#,
            "step: expected the number of a step",
        ),
        (
            r#"{"MULTI":1,"name":"x","value":1}"#,
            "MULTI: expected true or false",
        ),
    ] {
        let error = outputs.import("b.out", line).unwrap_err();
        assert!(error.contains(why), "{line}: {error}");
    }
}

#[test]
fn numbers_are_put_out_as_they_came() {
    let import = r#"{"step":3,"name":"x","multi":true,"value":[1.50, {"a": -0}]}"#;
    let expected = ["1e3", "1.0", r#"{"a":[0.10,"<"]}"#, "[1.50,{\"a\":-0}]"];
    let found = joined(r#"[1e3, 1.0, {"a": [0.10, "<"]}]"#, import);
    assert_eq!(found[..2], expected[..2]);
    assert_eq!(found[2], "{\"a\":[0.10,\"\\u003c\"]}");
    assert_eq!(found[3], expected[3]);
    // what takes the place of an output, too
    assert_eq!(joined("[]", ""), ["1E1"]);
    // typed parameters read the same numbers
    let wait = command(r#"{"action":"sample","params":{"group":[1e0,2.0],"ratios":[5e-1]}}"#);
    let params = Outputs::default().resolve(&wait, 0).unwrap();
    let Action::Sample(sample) = Action::named("sample", params, 0).unwrap() else {
        panic!("another action");
    };
    assert_eq!(sample.ratios, [0.5]);
}

#[test]
fn waits_and_soft_limits_are_integers() {
    let action = |text: &str| {
        let command = command(text);
        let params = Outputs::default().resolve(&command, 0).unwrap();
        Action::named(&command.action, params, 0).unwrap()
    };
    let Action::Wait(wait) = action(r#"{"action":"wait","params":{"slot":9,"min":1,"sec":-90}}"#)
    else {
        panic!("another action");
    };
    assert_eq!((wait.slot, wait.delay_sec()), (9, -30));
    let limit = r#"{"action":"set-zkapp-soft-limit","params":{"limit":-5}}"#;
    assert!(matches!(action(limit), Action::SetZkappSoftLimit(soft) if soft.limit == Some(-5)));
    for text in [
        r#"{"action":"wait","params":{"sec":1.5}}"#,
        r#"{"action":"set-zkapp-soft-limit","params":{"limit":2147483648}}"#,
    ] {
        let command = command(text);
        assert!(
            Action::named(&command.action, command.params, 0).is_err(),
            "{text}"
        );
    }
}

#[track_caller]
fn check_faults(text: &str, errors: &[(&str, u8)]) {
    let script = Script::parse(text).unwrap();
    let found = check(&script, &outputs()).errors;
    let found: Vec<(String, u8)> = found
        .iter()
        .map(|error| (error.to_string(), error.code()))
        .collect();
    let errors: Vec<(String, u8)> = errors
        .iter()
        .map(|(text, code)| ((*text).to_owned(), *code))
        .collect();
    assert_eq!(found, errors);
}

#[test]
fn a_script_is_checked_before_anything_of_it_runs() {
    check_faults(
        r#"{"action":"discovery"}{"action":"join","params":{"group1":{"type":"output","step":0,"name":"participant"}}}"#,
        &[],
    );
    check_faults(
        r#"{"action":"discovry"}{"action":"xyzzy"}"#,
        &[
            ("Unknown action name: discovry; did you mean discovery?", 10),
            ("Unknown action name: xyzzy", 10),
        ],
    );
    check_faults(
        r#"{"action":"wait","params":{"sec":"soon"}}"#,
        &[(
            "Error running step 0: failed to unmarshal the 'wait' params: sec: expected a whole \
             number, got the text \"soon\"",
            9,
        )],
    );
    check_faults(
        r#"{"action":"fund-keys","params":{"num":-1}}"#,
        &[(
            "Error validating action 'fund-keys' for step 0: failed to unmarshal the 'fund-keys' \
             params: num: expected a whole number, not negative, got -1",
            1,
        )],
    );
    check_faults(
        r#"{"action":"wait"}{"action":"except","params":{"group":{"type":"output","step":0,"name":"participant"}}}"#,
        &[(
            "Error resolving params for step 1: step 0 (wait) puts out no participant",
            6,
        )],
    );
    check_faults(
        r#"{"action":"isolate","params":{"nodes":{"type":"output","step":-1,"name":"participant"}}}"#,
        &[(
            "Error resolving params for step 0: couldn't find output participant (step -1, file \
             \"\") needed for step 0",
            6,
        )],
    );
    check_faults(
        r#"{"action":"isolate","params":{"nodes":{"type":"output","step":5,"name":"participant"}}}"#,
        &[(
            "Error resolving params for step 0: couldn't find output participant (step 5, file \
             \"\") needed for step 0",
            6,
        )],
    );
}

#[test]
fn circles_and_references_forwards_are_told() {
    let to = |step: i64| format!(r#"{{"type":"output","step":{step},"name":"group"}}"#);
    let join = |step: i64| format!(r#"{{"action":"join","params":{{"group1":{}}}}}"#, to(step));
    check_faults(
        &join(0),
        &[(
            "Error resolving params for step 0: steps refer to each other in a circle: 0 -> 0",
            6,
        )],
    );
    check_faults(
        &format!("{}{}{}", join(2), join(0), join(1)),
        &[(
            "Error resolving params for step 0: steps refer to each other in a circle: 0 -> 2 -> \
             1 -> 0",
            6,
        )],
    );
    check_faults(
        &format!(r#"{}{{"action":"join"}}"#, join(1)),
        &[(
            "Error resolving params for step 0: step 0 refers to step 1, which comes later",
            6,
        )],
    );
}

/// In the original an output that does not exist is what `onEmpty` says, whatever the
/// reason.
#[test]
fn a_reference_with_on_empty_may_lead_nowhere() {
    let join = |step: i64| {
        format!(
            r#"{{"action":"join","params":{{"group1":{{"type":"output","step":{step},"name":"group","onEmpty":["x"]}}}}}}"#
        )
    };
    for (step, why) in [
        (
            7,
            "couldn't find output group (step 7, file \"\") needed for step 1",
        ),
        (
            -9,
            "couldn't find output group (step -8, file \"\") needed for step 1",
        ),
        (1, "step 1 refers to itself"),
        (2, "step 1 refers to step 2, which comes later"),
        (0, "step 0 (wait) puts out no group"),
    ] {
        let text = format!(r#"{{"action":"wait"}}{}{}"#, join(step), join(1));
        let script = Script::parse(&text).unwrap();
        let report = check(&script, &Outputs::default());
        assert_eq!(report.errors, [], "{step}");
        assert_eq!(
            report.warnings[0],
            format!("step 1: {why}; onEmpty is taken")
        );
        let command = script.steps().nth(1).unwrap().command;
        let resolved = Outputs::default().resolve(command, 1).unwrap().to_values();
        assert_eq!(Value::Object(resolved), json!({"group1": ["x"]}));
    }
}

#[test]
fn a_script_full_of_circles_is_refused_in_good_time() {
    let text: String = (0..20_000)
        .map(|step| {
            let next = (step + 1) % 20_000;
            json!({"action": "join", "params": {
                "group1": {"type": "output", "step": next, "name": "group"},
            }})
            .to_string()
        })
        .collect();
    let report = check(&Script::parse(&text).unwrap(), &Outputs::default());
    assert_eq!(report.errors.len(), experiment::script::check::ERRORS_MAX);
}

#[test]
fn an_import_that_is_missing_is_told() {
    let text = r#"{"action":"stop","params":{"receipts":{"type":"output","file":"start.out","step":9,"name":"receipt"}}}"#;
    let script = Script::parse(text).unwrap();
    assert_eq!(imports(&script), [(0, "start.out".to_owned())]);
    check_faults(
        text,
        &[(
            "Error resolving params for step 0: failed to read output file start.out needed for \
             step 0: it was not read",
            6,
        )],
    );
    let mut outputs = Outputs::default();
    outputs.import("start.out", "").unwrap();
    assert_eq!(
        check(&script, &outputs).errors[0].to_string(),
        "Error resolving params for step 0: couldn't find output receipt (step 9, file \
         \"start.out\") needed for step 0"
    );
}

#[test]
fn parameters_without_effect_are_warned_of() {
    let script = Script::parse(r#"{"action":"wait","params":{"secs":1,"MIN":2}}"#).unwrap();
    let report = check(&script, &Outputs::default());
    assert_eq!(report.errors, []);
    assert_eq!(
        report.warnings,
        ["step 0 (wait): parameter secs has no effect; did you mean sec?"]
    );
}

#[test]
fn every_action_has_a_name_and_is_made_from_no_parameters() {
    for kind in Kind::ALL {
        assert_eq!(Kind::of(kind.name()), Some(kind));
        Action::named(kind.name(), Map::new(), 0).unwrap();
    }
    assert_eq!(Kind::of("Discovery"), None);
}

#[test]
fn private_keys_are_in_no_message() {
    let params = json!({"feePayers": ["EKFWgzXsoMYcP1Hnj7dBhsefxNucZ6wyz676Qg5uMFNzytXAi2Wx"]});
    let Value::Object(params) = params else {
        unreachable!()
    };
    let error = Action::named("payments", params, 4).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Error running step 4: failed to unmarshal the 'payments' params: feePayers: expected a \
         list of private keys, got something else"
    );
    let params = json!({"feePayers": ["EKFWgzXsoMYcP1Hnj7dBhsefxNucZ6wyz676Qg5uMFNzytXAi2Ww"]});
    let Value::Object(params) = params else {
        unreachable!()
    };
    let action = Action::named("payments", params, 4).unwrap();
    assert!(!format!("{action:?}").contains("EKF"));
}

#[test]
fn parameters_are_read_in_any_case() {
    let params = json!({"ONLYbps": true, "Limit": 3, "exactly": null, "unknown": 1});
    let Value::Object(params) = params else {
        unreachable!()
    };
    let Action::Discovery(discovery) = Action::named("discovery", params, 0).unwrap() else {
        panic!("another action");
    };
    assert!(discovery.only_block_producers && !discovery.exactly);
    assert_eq!(discovery.limit, 3);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Floats that are whole are written without a point and so come back as whole numbers.
fn normal(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let text = experiment::to_text(&number).unwrap();
            serde_json::from_str(&text).unwrap()
        }
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| (name, normal(value)))
                .collect(),
        ),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_script_survives_its_text(
        commands in proptest::collection::vec(
            (any::<String>(), proptest::collection::btree_map("[a-z]{1,5}", any_json(), 0..4)), 0..6),
        comments in proptest::collection::vec(any::<Option<String>>(), 0..4),
    ) {
        let mut script = Script::default();
        for comment in comments {
            script.items.push(Item::Comment(comment));
        }
        for (action, params) in commands {
            let params = params.into_iter().map(|(name, value)| (name, normal(value))).collect();
            script.command(&action, params);
        }
        let text = script.to_string();
        prop_assert_eq!(Script::parse(&text).unwrap(), script);
        prop_assert!(!text.contains(['<', '>', '&']));
    }

    #[test]
    fn no_text_makes_reading_or_checking_panic(text in "[\\[\\]{}\":,a-z0-9 -]{0,60}|\\PC{0,40}") {
        if let Ok(script) = Script::parse(&text) {
            let _ = check(&script, &Outputs::default());
        }
    }

    #[test]
    fn no_parameters_make_an_action_panic(
        kind in 0..Kind::ALL.len(), values in proptest::collection::vec(any_json(), 20),
    ) {
        let kind = Kind::ALL[kind];
        let names = kind.parameters().iter().map(|name| (*name).to_owned());
        let params: Map<String, Value> = names.zip(values).collect();
        let _ = Action::new(kind, params);
    }
}

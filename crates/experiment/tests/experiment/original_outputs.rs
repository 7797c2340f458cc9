//! Scripts and flags with what the original makes of them beside. Where ours differs, the
//! case says so.

use experiment::action::Action;
use experiment::script::check::check;
use experiment::script::outputs::{Output, Outputs};
use experiment::script::{Script, ScriptError};
use experiment::setup::flags::from_arguments;
use experiment::{SeededRng, seeded_rng::Purpose};
use serde_json::Value;

/// What the original orchestrator imports as `a.out` here.
const IMPORT: &str = r#"{"step":3,"name":"group","multi":true,"value":"a:1"}
{"Time":"2026-05-01T10:00:00.5Z","STEP":3,"Name":"group","multi":true,"value":[1.0,1e3]}
{"step":4,"name":"group1","value":["b:1"]}"#;

/// What comes out.
enum Outcome {
    /// Lines of standard output, as `step name value`, the same as there.
    Same(&'static [&'static str]),
    /// The message of the failure, the same as there, and its code.
    Fails(&'static str, u8),
    /// What the original orchestrator does, and the lines here.
    Differs(&'static str, &'static [&'static str]),
}

use Outcome::{Differs, Fails, Same};

const SCRIPTS: [(&str, Outcome); 26] = [
    (r#""a comment" null"#, Same(&[])),
    (
        r#"{"action":"join","params":{"group1":["a",1,null],"group2":[["b"]]}}"#,
        Same(&[
            r#"0 group "a""#,
            "0 group 1",
            "0 group null",
            r#"0 group ["b"]"#,
        ]),
    ),
    // numbers as they came, texts as Go writes them
    (
        r#"{"action":"join","params":{"group1":[1e3,1.0,-0,0.10,1E-7,12345678901234567890123]}}"#,
        Same(&[
            "0 group 1e3",
            "0 group 1.0",
            "0 group -0",
            "0 group 0.10",
            "0 group 1E-7",
            "0 group 12345678901234567890123",
        ]),
    ),
    (
        r#"{"action":"join","params":{"group1":[{"b": 1.0, "a": "<&>"}]}}"#,
        Same(&[r#"0 group {"b":1.0,"a":"\u003c\u0026\u003e"}"#]),
    ),
    // a group is put out twice there
    (
        r#"{"action":"join","params":{"group5":["a"]}}"#,
        Differs("0 group \"a\" twice", &[r#"0 group "a""#]),
    ),
    (
        r#"{"action":"except","params":{"group":["c","a","c"],"except":["a","x"]}}"#,
        Same(&[r#"0 group "c""#, r#"0 group "c""#]),
    ),
    (
        r#"{"action":"sample","params":{"group":["a","a","a"],"ratios":[0.5,0.5]}}"#,
        Same(&[r#"0 group1 ["a","a"]"#, r#"0 group2 ["a"]"#, "0 rest []"]),
    ),
    (
        r#"{"action":"sample","params":{"group":[1e0,1e0],"ratios":[1]}}"#,
        Same(&["0 group1 [1e0,1e0]", "0 rest []"]),
    ),
    // references with onEmpty: to nothing, to a later step, to itself, to another name
    (
        r#"{"action":"join","params":{"group1":{"type":"output","step":9,"name":"group","onEmpty":["x"]}}}"#,
        Same(&[r#"0 group "x""#]),
    ),
    (
        r#"{"action":"join","params":{"group1":{"type":"output","step":-9,"name":"group","onEmpty":[1.0]}}}"#,
        Same(&["0 group 1.0"]),
    ),
    (
        r#"{"action":"join","params":{"group1":{"type":"output","step":1,"name":"group","onEmpty":["x"]}}}
           {"action":"join","params":{"group1":["y"]}}"#,
        Same(&[r#"0 group "x""#, r#"1 group "y""#]),
    ),
    (
        r#"{"action":"join","params":{"group1":{"type":"output","step":0,"name":"group","onEmpty":["x"]}}}"#,
        Same(&[r#"0 group "x""#]),
    ),
    (
        r#"{"action":"wait"}{"action":"join","params":{"group1":{"type":"output","step":-1,"name":"group","onEmpty":null}}}"#,
        Same(&[]),
    ),
    // the same without it
    (
        r#"{"action":"join","params":{"group1":{"type":"output","step":9,"name":"group"}}}"#,
        Fails(
            "Error resolving params for step 0: couldn't find output group (step 9, file \"\") needed for step 0",
            6,
        ),
    ),
    (
        r#"{"action":"join","params":{"group1":{"type":"input"}}}"#,
        Fails(
            "Error resolving params for step 0: unknown type input needed for step 0",
            6,
        ),
    ),
    (
        r#"{"action":"join","params":{"group1":{"type":"output","file":"a.out","step":-1,"name":"group"}}}"#,
        Fails(
            "Error resolving params for step 0: use of negative step with file is prohibited, needed for step 0",
            6,
        ),
    ),
    // outputs of an earlier run, without times and with keys in other case
    (
        r#"{"action":"join","params":{"group1":{"type":"output","file":"a.out","step":3,"name":"group"},
            "group2":{"type":"output","file":"a.out","step":4,"name":"group1"}}}"#,
        Same(&[r#"0 group "a:1""#, "0 group [1.0,1e3]", r#"0 group "b:1""#]),
    ),
    // a list is put out again under another name
    (
        r#"{"action":"join","params":{"group1":[1.50]}}{"action":"join","params":{"group9":{"type":"output","step":-1,"name":"group"}}}"#,
        Same(&["0 group 1.50", "1 group 1.50"]),
    ),
    // waits are integers
    (
        r#"{"action":"wait","params":{"slot":9,"sec":-30}}"#,
        Same(&[]),
    ),
    (
        r#"{"action":"wait","params":{"slot":-9,"min":-1,"sec":-30}}"#,
        Same(&[]),
    ),
    (
        r#"{"action":"wait","params":{"sec":1.0}}"#,
        Differs(
            "fails when the step is reached: decoding says that 1.0 is no int",
            &[],
        ),
    ),
    (
        r#"{"ACTION":"join","Params":{"GROUP1":["a"],"other":{"type":"output","step":0,"name":"x","onEmpty":0}}}"#,
        Same(&[r#"0 group "a""#]),
    ),
    (
        r#"{"action":"slots-covered-check","params":{"threshold":0.9,"slotsWon":[{"address":"a:1","slots":[1,3]}]}}"#,
        Fails(
            "Error running step 0: proportion 0.666667 of slots covered by queried nodes is lower than threshold 0.900000",
            9,
        ),
    ),
    (
        r#"{"action":"sample","params":{"group":[],"ratios":[0.6,0.6]}}"#,
        Fails("Error running step 0: ratios' sum > 1", 9),
    ),
    (
        r#"{"action":"sample","params":{"group":[],"ratios":[1.5]}}"#,
        Fails("Error running step 0: invalid ratios entry", 9),
    ),
    (
        r#"{"action":"slot"}"#,
        Differs("Unknown action name: slot", &[]),
    ),
];

/// What a script of actions that need no node puts out, or how it fails.
fn run(text: &str) -> (Vec<String>, Option<ScriptError>) {
    let mut outputs = Outputs::default();
    outputs.import("a.out", IMPORT).unwrap();
    let mut lines = Vec::new();
    let script = match Script::parse(text) {
        Ok(script) => script,
        Err(error) => return (lines, Some(error)),
    };
    if let Some(error) = check(&script, &outputs).errors.into_iter().next() {
        return (lines, Some(error));
    }
    for step in script.steps() {
        let result = outputs
            .resolve(step.command, step.number)
            .and_then(|params| Action::named(&step.command.action, params, step.number))
            .and_then(|action| act(action, step.number));
        let put_out = match result {
            Ok(put_out) => put_out,
            Err(error) => return (lines, Some(error)),
        };
        for output in put_out {
            outputs.put(step.number, &output).unwrap();
            let value = experiment::to_text(&output.value).unwrap();
            lines.push(format!("{} {} {value}", step.number, output.name));
        }
    }
    (lines, None)
}

fn act(action: Action, step: u32) -> Result<Vec<Output>, ScriptError> {
    let failed = |cause: String| ScriptError::Running { step, cause };
    match action {
        Action::Join(join) => Ok(join.outputs()),
        Action::Except(except) => Ok(except.outputs()),
        Action::Sample(sample) => sample
            .parts(&mut SeededRng::new(1, Purpose::Step(step)))
            .map(|parts| {
                let output = |(name, value)| Output::exact(name, false, value);
                parts.into_iter().map(output).collect()
            })
            .map_err(|error| failed(error.to_string())),
        Action::SlotsCoveredCheck(check) => {
            check.check().map_err(|error| failed(error.to_string()))?;
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

#[test]
fn scripts_put_out_what_the_original_orchestrator_does() {
    for (text, outcome) in SCRIPTS {
        let (lines, error) = run(text);
        match outcome {
            Same(expected) => {
                assert_eq!(lines, expected, "{text}");
                assert_eq!(error, None, "{text}");
            }
            Fails(message, code) => {
                let error = error.unwrap_or_else(|| panic!("{text} runs"));
                assert_eq!(
                    (error.to_string().as_str(), error.code()),
                    (message, code),
                    "{text}"
                );
            }
            Differs(there, expected) => {
                assert_eq!(lines, expected, "{text}: there {there}");
            }
        }
    }
}

/// Flags of the generator, the key of the setup that they set, and its value there; none where the
/// original generator refuses them. The last column: what is refused here only.
const FLAGS: [(&str, &str, Option<&str>, bool); 24] = [
    ("-rounds=10", "Rounds", Some("10"), false),
    ("-rounds=+10", "Rounds", Some("10"), false),
    ("-rounds=0x10", "Rounds", Some("16"), false),
    ("-rounds=0b11", "Rounds", Some("3"), false),
    ("-rounds=0o17", "Rounds", Some("15"), false),
    ("-rounds=1_0", "Rounds", Some("10"), false),
    ("-rounds=010", "Rounds", Some("8"), true),
    ("-rounds=1e1", "Rounds", None, false),
    ("-rounds=10.0", "Rounds", None, false),
    ("-rounds=_1", "Rounds", None, false),
    ("-gap=-0x10", "Gap", Some("-16"), false),
    ("-zkapp-soft-limit=-7", "ZkappSoftLimit", Some("-7"), false),
    (
        "-payment-amount=1_000",
        "PaymentAmount",
        Some("1000"),
        false,
    ),
    (
        "-payment-amount=0x3E8",
        "PaymentAmount",
        Some("1000"),
        false,
    ),
    ("-payment-amount=+1000000000", "PaymentAmount", None, false),
    ("-payment-amount=-1", "PaymentAmount", None, false),
    ("-min-tps=0x1p-1", "MinTps", Some("0.5"), false),
    ("-min-tps=1_0", "MinTps", Some("10"), false),
    ("-min-tps=010", "MinTps", Some("10"), false),
    ("-min-tps=.5e0", "MinTps", Some("0.5"), false),
    ("-min-tps=0x1", "MinTps", None, false),
    ("-max-cost=T", "MaxCost", Some("true"), false),
    ("-max-cost=yes", "MaxCost", None, false),
    (
        "-rotate-keys=a,b",
        "RotationKeys",
        Some(r#"["a","b"]"#),
        false,
    ),
];

#[test]
fn flags_mean_what_they_mean_to_the_original_generator() {
    for (flag, key, there, is_refused_here) in FLAGS {
        let read = from_arguments([flag, "/keys/a"]);
        if is_refused_here {
            assert!(
                read.unwrap_err().to_string().contains("; "),
                "{flag} is refused with a hint"
            );
            continue;
        }
        let found = read.ok().map(|read| {
            let setup = experiment::to_text(&read.setup).unwrap();
            let setup: Value = serde_json::from_str(&setup).unwrap();
            experiment::to_text(&setup[key]).unwrap()
        });
        assert_eq!(found.as_deref(), there, "{flag}");
    }
}

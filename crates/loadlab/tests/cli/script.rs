//! `script run` and `script generate` as scripts of users call them: standard output, standard
//! error and exit codes of the existing programs.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{Said, loadlab};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// `script run` with these arguments and this script.
fn run(arguments: &[&str], script: &str) -> Said {
    let mut command = loadlab(["script", "run"]);
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    // It may have ended without reading.
    let _ = input.write_all(script.as_bytes());
    drop(input);
    Said::from(process.wait_with_output().unwrap())
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn config(folder: &Path) -> String {
    let text = format!(r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/"}}"#);
    write(folder, "config.json", &text)
}

#[track_caller]
fn check(said: &Said, code: i32, last_line: &str) {
    assert_eq!(said.code, Some(code), "{}", said.err);
    assert_eq!(said.out, "");
    let last = said.err.lines().last().unwrap();
    assert!(last.contains(last_line), "{}", said.err);
}

#[test]
fn exit_codes_tell_where_it_failed() {
    let folder = tempfile::tempdir().unwrap();
    check(&run(&[], ""), 1, "No config provided");
    check(
        &run(&["/nowhere/config.json"], ""),
        2,
        "/nowhere/config.json",
    );
    let broken = write(folder.path(), "broken.json", "{");
    check(&run(&[&broken], ""), 3, "cannot decode the configuration");
    let nowhere = write(
        folder.path(),
        "nowhere.json",
        &format!(r#"{{"key":"{KEY}"}}"#),
    );
    check(
        &run(&[&nowhere], ""),
        11,
        "Neither aws nor online url configured",
    );
    let config = config(folder.path());
    check(
        &run(&[&config], r#"{"action":"xyzzy"}"#),
        1,
        "Error: Unknown action name: xyzzy",
    );
    check(
        &run(
            &[&config],
            r#"{"action":"restart","params":{"nodes":["a:1"]}}"#,
        ),
        1,
        "Error: Error running step 0: no restart exec provided",
    );
    check(
        &run(&[&config], "{"),
        1,
        "Error: Error decoding command for step 0: ",
    );
    let empty = run(&[&config], "");
    assert_eq!((empty.code, empty.out.as_str()), (Some(0), ""));
}

#[test]
fn outputs_are_lines_and_comments_are_talk() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#""hello there"
        {"action":"sample","params":{"group":["a<b"],"ratios":[1]}}
        {"action":"join","params":{"group1":{"type":"output","step":-1,"name":"group1"}}}"#;
    let said = run(&[&config(folder.path())], script);
    let (err, out) = (said.err.clone(), said.success());
    for line in ["hello there", "Performing step join (1)"] {
        assert!(err.contains(line), "{err}");
    }
    let lines: Vec<&str> = out.lines().collect();
    for (line, rest) in lines.iter().zip([
        r#","step":0,"name":"group1","value":["a\u003cb"]}"#,
        r#","step":0,"name":"rest","value":[]}"#,
        r#","step":1,"name":"group","multi":true,"value":"a\u003cb"}"#,
    ]) {
        let line: &str = line;
        assert!(line.ends_with(rest), "{line}");
        let value: Value = serde_json::from_str(line).unwrap();
        let time = value["time"].as_str().unwrap();
        // RFC 3339 in UTC, with nanoseconds but without zeros at the end
        let digits = time.strip_suffix('Z').unwrap();
        assert!(time.len() <= 30 && !digits.ends_with(['0', '.']), "{time}");
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn what_is_generated_is_a_script_and_a_seed_makes_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let key = write(folder.path(), "key", "");
    let generate = |arguments: &[&str]| {
        let receiver = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";
        let mut command = loadlab(["script", "generate"]);
        command.args(["-rounds", "1", "-payment-receiver", receiver]);
        Said::of(command.args(arguments).arg(&key))
    };
    let script = generate(&["-seed", "7"]).success();
    assert!(script.starts_with("\"Generated with: loadlab script generate "));
    assert!(script.contains(r#"{"action":"fund-keys","params":{"amount":"#));
    assert_eq!(generate(&["-seed", "7"]).success(), script);
    let refused = generate(&["-zkapp-ratio", "2"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
    assert_eq!(refused.err, "Invalid zkapp ratio\n");
}

//! Files that people write, with a byte order mark before them and without: all the same.
//!
//! The house rules name the one place where such files are read; `cargo xtask tidy` finds others.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{Said, loadlab};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const PUBLIC_KEY: &str = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";

/// Runs a command that reads this content.
type Reader<'a> = &'a dyn Fn(&str) -> Outcome;

/// An input that is a text: what it is, a content, and a command that reads it from a file. The
/// commands end soon, because the database refuses them, or they find no place for what they make.
struct Input {
    name: &'static str,
    content: String,
    /// From standard input, too.
    arguments: fn(&str) -> Vec<&str>,
    is_piped: bool,
}

fn input(
    name: &'static str,
    content: impl Into<String>,
    arguments: fn(&str) -> Vec<&str>,
) -> Input {
    Input {
        name,
        content: content.into(),
        arguments,
        is_piped: false,
    }
}

fn plan(file: &str) -> Vec<&str> {
    vec!["experiment", "plan", "--seed", "1", file]
}

/// All inputs of the program that are texts of people.
fn inputs() -> Vec<Input> {
    let setup = r#"{"experiment_name":"e","priv_keys":["/keys/a"],"rounds":1,"pause_min":0,
        "payment_receiver":"RECEIVER","round_duration_min":10,"base_tps":0.1,"stress_tps":0.2,
        "zkapp_ratio":0,"stops_per_round":0,"gap":60}"#
        .replace("RECEIVER", PUBLIC_KEY);
    vec![
        input("setup", &setup, plan),
        Input {
            is_piped: true,
            ..input("setup on standard input", &setup, plan)
        },
        input(
            "configuration of scripts",
            format!(r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/"}}"#),
            |file| vec!["script", "run", file],
        ),
        input(
            "configuration of the orchestrator",
            format!(r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/"}}"#),
            |file| vec!["orchestrator", "--config", file],
        ),
        input("key of the fetcher", KEY, |file| {
            let start = ["log-fetcher", "-o", "/dev/null/none", "-k", file];
            let end = ["node-address-port", "127.0.0.1", "-p", "1"];
            start.into_iter().chain(end).collect()
        }),
        input(
            "token",
            "a-token-of-more-than-32-characters-0123456789",
            |file| vec!["experiments-api", "--token-file", file],
        ),
        input(
            "configuration of the uptime backend",
            format!(r#"{{"in_memory":true,"whitelist":["{PUBLIC_KEY}"]}}"#),
            |file| vec!["uptime-backend", "--config-file", file],
        ),
        input("topology", "[[nodes]]\nname = \"a\"\n", |file| {
            vec!["simnet", "--dir", "/dev/null/none", "--topology", file]
        }),
    ]
}

/// Exit code, and what was said.
type Outcome = (Option<i32>, String);

/// A server that refuses at once: services wait for one that cannot be reached.
fn refusing_server() -> String {
    let url = std::env::var("LOADLAB_TEST_DATABASE_URL").unwrap();
    let (_, server) = url.rsplit_once('@').unwrap();
    format!("postgres://nobody:wrong@{server}")
}

fn run(mut command: Command) -> Outcome {
    let said = Said::of(command.env("DATABASE_URL", refusing_server()));
    // Log lines begin with the time.
    let lines = said.err.lines().filter(|line| !line.starts_with("20"));
    (said.code, said.out + &lines.collect::<Vec<_>>().join("\n"))
}

fn outcome(folder: &Path, input: &Input, content: &str) -> Outcome {
    let path = folder.join("file");
    fs::write(&path, content).unwrap();
    if input.is_piped {
        let mut command = loadlab((input.arguments)("-"));
        command.stdin(Stdio::from(fs::File::open(&path).unwrap()));
        run(command)
    } else {
        run(loadlab((input.arguments)(path.to_str().unwrap())))
    }
}

#[test]
fn a_byte_order_mark_is_harmless_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    for input in inputs() {
        let expected = outcome(folder.path(), &input, &input.content);
        let marked = outcome(folder.path(), &input, &format!("\u{feff}{}", input.content));
        assert_eq!(marked, expected, "{}", input.name);
        // The file is read at all, and its beginning counts.
        let damaged = outcome(folder.path(), &input, &format!("\u{1}{}", input.content));
        assert_ne!(damaged, expected, "{}", input.name);
    }
}

#[test]
fn a_mark_before_a_script_and_before_names_is_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let config_text = format!(r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/"}}"#);
    fs::write(&config, config_text).unwrap();
    let key = folder.path().join("key");
    fs::write(&key, KEY).unwrap();
    let script = |content: &str| {
        let path = folder.path().join("script");
        fs::write(&path, content).unwrap();
        let mut command = loadlab(["script", "run"]);
        command.arg(&config);
        command.stdin(Stdio::from(fs::File::open(path).unwrap()));
        run(command)
    };
    let names = |content: &str| {
        let path = folder.path().join("names");
        fs::write(&path, content).unwrap();
        let mut command = loadlab(["log-fetcher", "-o", "/dev/null/none", "-k"]);
        command.arg(&key).arg("-n").arg(path);
        command.args(["node-address-port", "127.0.0.1", "-p", "1"]);
        run(command)
    };
    let readers: [(&str, Reader<'_>); 2] = [
        ("{\"action\":\"wait\",\"params\":{\"sec\":0}}\n", &script),
        ("{\"a\":\"b\"}", &names),
    ];
    for (content, read) in readers {
        let expected = read(content);
        assert_eq!(read(&format!("\u{feff}{content}")), expected);
        assert_ne!(read(&format!("\u{1}{content}")), expected);
    }
}

//! Readers of standard output and standard error may leave: all commands go on, or are done.

use std::fs::Permissions;
use std::io::{PipeWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::testing::TestDatabase;

use crate::calls::{Call, KEY, PATIENCE, Serves, call, wait_until_it_serves};
use crate::program::{commands, loadlab};

/// How long a service may take to end, as the service that starts it has it.
const END_TIME: Duration = Duration::from_secs(20);

/// A pipe that nobody reads.
fn closed() -> PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

/// Runs a command to its end, which a service is asked for, and gives its exit code.
fn run(name: &str, mut call: Call, stdout: Stdio, stderr: Stdio) -> Option<i32> {
    let command = call.command.stdin(Stdio::piped());
    let mut process = command.stdout(stdout).stderr(stderr).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    // It may have ended without reading.
    let _ = input.write_all(call.input.as_bytes());
    drop(input);
    let Some(serves) = call.serves else {
        return end(name, &mut process, PATIENCE);
    };
    wait_until_it_serves(name, &mut process, &serves);
    let pid = Pid::from_raw(i32::try_from(process.id()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    match end(name, &mut process, END_TIME) {
        // It was still starting.
        Some(130) if matches!(serves, Serves::File(_)) => Some(0),
        code => code,
    }
}

fn end(name: &str, process: &mut Child, time_max: Duration) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status.code();
        }
        if begun.elapsed() > time_max {
            process.kill().unwrap();
            process.wait().unwrap();
            panic!("`{name}` does not end");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a call comes to when nobody leaves.
struct Expected {
    code: i32,
    has_result: bool,
}

/// Calls every command, with what `streams` makes of a folder as its standard output and error.
async fn try_all(
    streams: impl Fn(&Path) -> (Stdio, Stdio),
    check: impl Fn(&str, &Path, Option<i32>, Expected),
) {
    let database = TestDatabase::create().await.unwrap();
    let experiment = "INSERT INTO experiment_state (name, description, status, setup_json)
                          VALUES ('x', '', 'success', '{}');
                      INSERT INTO loadlab.experiment_run (name, holds_slot, rounds, script)
                          VALUES ('x', false, '[]', '')";
    database.execute(experiment).await.unwrap();
    for name in commands() {
        let folder = tempfile::tempdir().unwrap();
        let call = call(name, folder.path(), &database);
        let (stdout, stderr) = streams(folder.path());
        let expected = Expected {
            code: call.code,
            has_result: call.serves.is_none() && call.code == 0,
        };
        let code = run(name, call, stdout, stderr);
        check(name, folder.path(), code, expected);
    }
}

fn file(folder: &Path, name: &str) -> Stdio {
    std::fs::File::create(folder.join(name)).unwrap().into()
}

#[tokio::test]
async fn nobody_reads_standard_output() {
    try_all(
        |folder| (closed().into(), file(folder, "stderr")),
        |name, folder, code, expected| {
            let err = std::fs::read_to_string(folder.join("stderr")).unwrap();
            assert_eq!(code, Some(expected.code), "`{name}`: {err}");
            assert!(!err.contains("panicked"), "`{name}`: {err}");
        },
    )
    .await;
}

#[tokio::test]
async fn nobody_reads_standard_error() {
    try_all(
        |folder| (file(folder, "stdout"), closed().into()),
        |name, folder, code, expected| {
            assert_eq!(code, Some(expected.code), "`{name}`");
            let out = std::fs::read(folder.join("stdout")).unwrap();
            let has_result = !out.is_empty();
            assert!(has_result || !expected.has_result, "`{name}` has no result");
        },
    )
    .await;
}

/// The rest of a script would start load that nobody knows of.
#[test]
fn a_script_ends_when_nobody_reads_its_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let text = format!(r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/"}}"#);
    std::fs::write(&config, text).unwrap();
    let mut command = loadlab(["script", "run"]);
    command.arg(config);
    let call = Call {
        command,
        input: r#"{"action":"sample","params":{"group":["a"],"ratios":[1]}}
                  {"action":"wait","params":{"sec":3600}}"#,
        serves: None,
        code: 0,
    };
    let stderr = file(folder.path(), "stderr");
    let code = run("script run", call, closed().into(), stderr);
    let err = std::fs::read_to_string(folder.path().join("stderr")).unwrap();
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("the reader of the outputs has left"), "{err}");
}

/// A signal for its pipe would end it half-way.
#[test]
fn a_program_that_a_script_runs_may_talk_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let restart = folder.path().join("restart.sh");
    std::fs::write(
        &restart,
        "#!/bin/sh\necho out\necho err >&2\ntouch \"$0.done\"\n",
    )
    .unwrap();
    std::fs::set_permissions(&restart, Permissions::from_mode(0o700)).unwrap();
    let config = folder.path().join("config.json");
    let text = format!(
        r#"{{"key":"{KEY}","onlineURL":"http://127.0.0.1:1/","controlExec":"{}"}}"#,
        restart.display()
    );
    std::fs::write(&config, text).unwrap();
    let mut command = loadlab(["script", "run"]);
    command.arg(config);
    let call = Call {
        command,
        input: r#"{"action":"restart","params":{"nodes":["a:1"]}}"#,
        serves: None,
        code: 0,
    };
    let code = run("script run", call, closed().into(), closed().into());
    assert_eq!(code, Some(0));
    assert!(folder.path().join("restart.sh.done").exists());
}

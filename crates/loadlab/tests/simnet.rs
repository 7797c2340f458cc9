//! `loadlab simnet` as a user meets it: a process that prints where everything is, a stand-in for
//! the mina executable in its folder, and nothing left behind after Ctrl-C.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A simnet in a process of its own, ended with the test.
struct Running {
    process: Child,
    description: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_loadlab"))
            .args(["simnet", "--format", "json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("loadlab starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("a line of output");
        Self {
            process,
            description: serde_json::from_str(&line).expect("a description"),
        }
    }

    fn folder(&self) -> PathBuf {
        self.description["folder"]
            .as_str()
            .expect("a folder")
            .into()
    }

    /// What Ctrl-C does.
    fn interrupt(&mut self) -> std::process::ExitStatus {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        assert!(sent.expect("kill").success());
        self.process.wait().expect("an end")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone, usually.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The stand-in, started as orchestrators start the real one: with these variables only.
fn mina(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(folder.join("mina"))
        .args(arguments)
        .env_clear()
        .env("MINA_PRIVKEY_PASS", "")
        .env("ITN_FEATURES", "1")
        .output()
        .expect("the stand-in starts")
}

#[test]
fn a_network_is_described_commanded_and_leaves_nothing_behind() {
    let mut running = Running::start(&["--nodes", "2", "--time-scale", "1000"]);
    let folder = running.folder();
    let nodes = running.description["nodes"]
        .as_array()
        .expect("nodes")
        .clone();
    assert_eq!(nodes.len(), 2);
    let address = |member: &str| nodes[0][member].as_str().expect("an address").to_owned();
    TcpStream::connect(address("itn")).expect("it listens");

    let version = mina(&folder, &["--version"]);
    let version = String::from_utf8(version.stdout).expect("text");
    assert!(
        version.starts_with("Mina ") && version.contains("(commit "),
        "{version}"
    );

    let payer = folder.join("keys/plain1");
    let prefix = folder.join("funded/key-0");
    let funding = mina(
        &folder,
        &[
            "advanced",
            "itn-create-accounts",
            "--amount",
            "20000000000",
            "--fee",
            "1000000000",
            "--key-prefix",
            prefix.to_str().expect("text"),
            "--num-accounts",
            "2",
            "--privkey-path",
            payer.to_str().expect("text"),
            "--daemon-port",
            &address("public_graphql"),
        ],
    );
    let said = String::from_utf8_lossy(&funding.stderr).into_owned();
    assert!(funding.status.success(), "{said}");
    let public = std::fs::read_to_string(folder.join("funded/key-0-1.pub")).expect("a key");
    let balance = mina(
        &folder,
        &["client", "get-balance", "--public-key", public.trim()],
    );
    let balance = String::from_utf8(balance.stdout).expect("text");
    assert_eq!(balance, "Balance: 9 mina\n");

    let unknown = mina(&folder, &["client", "stop-the-world"]);
    assert!(!unknown.status.success());

    assert!(running.interrupt().success());
    assert!(!folder.exists(), "{} is still there", folder.display());
    assert!(TcpStream::connect(address("itn")).is_err());
}

#[test]
fn a_folder_of_the_users_stays_and_bad_arguments_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net");
    let text = path.to_str().expect("text");
    let mut running = Running::start(&["--nodes", "1", "--dir", text]);
    let second = Command::new(env!("CARGO_BIN_EXE_loadlab"))
        .args(["simnet", "--nodes", "1", "--dir", text])
        .output()
        .expect("loadlab starts");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("--dir"), "{said}");
    assert!(running.interrupt().success());
    assert!(path.join("fetcher_sk").exists());

    let topology = folder.path().join("topology.toml");
    std::fs::write(&topology, "[[nodes]]\nname = \"a\"\ncolour = \"red\"\n").expect("written");
    for (arguments, word) in [
        (
            vec!["--topology", topology.to_str().expect("text")],
            "colour",
        ),
        (vec!["--nodes", "0"], "at least one"),
        (vec!["--time-scale", "1001"], "1001"),
        (vec!["--lines-per-second", "-1"], "lines_per_second"),
        (vec!["--random-faults", "0"], "random faults"),
    ] {
        let refused = Command::new(env!("CARGO_BIN_EXE_loadlab"))
            .arg("simnet")
            .args(&arguments)
            .output()
            .expect("loadlab starts");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}

#[test]
fn an_orchestrator_waits_for_slots_by_what_the_folder_says() {
    let mut running = Running::start(&["--nodes", "1", "--time-scale", "60"]);
    let config = running.folder().join("orchestrator/config.json");
    let begun = Instant::now();
    let mut script = Command::new(env!("CARGO_BIN_EXE_loadlab"))
        .args(["script", "run"])
        .arg(config)
        .stdin(Stdio::piped())
        .spawn()
        .expect("loadlab starts");
    let mut input = script.stdin.take().expect("a pipe");
    // The first slot lasts three seconds here, and two minutes are two seconds.
    std::io::Write::write_all(
        &mut input,
        br#"{"action":"wait","params":{"slot":1}}{"action":"wait","params":{"min":2}}"#,
    )
    .expect("it reads");
    drop(input);
    assert!(script.wait().expect("an end").success());
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert!(took < Duration::from_mins(1), "{took:?}");
    assert!(running.interrupt().success());
}

#[test]
fn a_funding_that_a_network_is_ended_under_says_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net");
    let mut running = Running::start(&["--nodes", "1", "--dir", path.to_str().expect("text")]);
    // In real time accounts come with the next block, in minutes.
    let funding = Command::new(path.join("mina"))
        .args(["advanced", "itn-create-accounts", "--amount", "20000000000"])
        .args(["--fee", "1000000000", "--num-accounts", "2", "--key-prefix"])
        .arg(folder.path().join("funded/key"))
        .arg("--privkey-path")
        .arg(path.join("keys/plain1"))
        .env_clear()
        .env("MINA_PRIVKEY_PASS", "")
        .env("ITN_FEATURES", "1")
        .stderr(Stdio::piped())
        .spawn()
        .expect("the stand-in starts");
    // Long enough to ask, even on a slow machine; if not, it finds no network at all.
    std::thread::sleep(Duration::from_secs(5));
    assert!(running.interrupt().success());
    let ended = funding.wait_with_output().expect("an end");
    assert!(!ended.status.success());
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

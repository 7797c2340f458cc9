//! `loadlab simnet` as a user meets it: a process that prints where everything is, a stand-in for
//! the mina executable in its folder, and nothing left behind after Ctrl-C.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

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

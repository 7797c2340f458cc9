//! Services on addresses that other machines can reach: which do not start without tokens.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use store::testing::TestDatabase;

use crate::calls::{Serves, Service, call, wait_until_it_serves};
use crate::program::Said;
use crate::routes::SERVICES;
use crate::up::{get, until};

/// How a service that has no tokens answers to be on a public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// It does not start.
    Refuses,
    /// It starts, because nothing can be changed there.
    OnlyReads,
    /// It starts, because what it takes is signed.
    TakesSigned,
}

/// By the names of crates, which are those of commands. `docs/access.md` says why.
const RULES: [(&str, Rule); 7] = [
    ("uptime-backend", Rule::TakesSigned),
    ("log-fetcher", Rule::Refuses),
    ("log-api", Rule::OnlyReads),
    ("experiments-api", Rule::Refuses),
    ("orchestrator", Rule::Refuses),
    ("dashboard", Rule::Refuses),
    ("simnet", Rule::Refuses),
];

/// The command of a service on all addresses of this machine, and its port.
fn public(name: &str, folder: &Path, test: &TestDatabase, results: &str) -> (Command, u16) {
    let mut call = call(name, folder, test);
    let Some(Serves::Port(port)) = call.serves else {
        panic!("{name} has no port");
    };
    let host = match name {
        "simnet" => "--status-host",
        _ => "--host",
    };
    call.command
        .args([host, "0.0.0.0"])
        .env("LOADLAB_LOG", "error")
        // Where the dashboard learns whether there are tokens.
        .env("DASHBOARD_EXPERIMENTS_API_URL", results);
    (call.command, port)
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone, perhaps.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn starts(name: &str, mut command: Command, port: u16) {
    command.stdout(Stdio::null());
    let mut running = Running(command.spawn().unwrap());
    wait_until_it_serves(name, &mut running.0, &Serves::Port(port));
    let ready = format!("http://127.0.0.1:{port}/readyz");
    until(async || (get(&ready).await.0 == 200).then_some(())).await;
}

#[track_caller]
fn is_refused(name: &str, mut command: Command) {
    let said = Said::of(&mut command);
    assert_eq!(said.code, Some(1), "{name}: {}{}", said.out, said.err);
    let why = "0.0.0.0:";
    let told = said.err.contains(why) && said.err.contains("can be reached from other machines");
    assert!(told, "{name}: {}", said.err);
}

#[tokio::test]
async fn a_service_that_changes_something_needs_tokens_on_a_public_address() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let named: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
    let all: Vec<&str> = SERVICES.iter().map(|(_, name)| *name).collect();
    assert_eq!(named, all);
    let own = |name: &str| {
        let own = folder.path().join(name);
        std::fs::create_dir(&own).unwrap();
        own
    };
    let results = Service::start("experiments-api", &own("results"), &test);
    for (name, rule) in RULES {
        let folder = own(name);
        let public = || public(name, &folder, &test, &results.address);
        let (command, port) = public();
        if rule != Rule::Refuses {
            starts(name, command, port).await;
            continue;
        }
        is_refused(name, command);
        // Its operator has said that it shall.
        let (mut command, port) = public();
        command.arg("--allow-without-token");
        starts(name, command, port).await;
    }
    // Where even reading needs a token, the log API needs tokens, too.
    let (mut command, _) = public("log-api", &own("reading"), &test, &results.address);
    command.arg("--require-token-for-reading");
    is_refused("log-api", command);
}

//! A service that is asked to stop does so, also when its database is away.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::testing::TestDatabase;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::program::{Said, loadlab};

/// What a supervisor waits before it kills is usually ten seconds.
const LIMIT: Duration = Duration::from_secs(8);

/// Commands that serve with a database until they are asked to stop, how they are started, and what
/// they say when they serve.
const SERVICES: [(&[&str], &str); 6] = [
    (&["log-api", "--port", "0"], "answers at"),
    (&["experiments-api", "--port", "0"], "answers at"),
    (
        &[
            "uptime-backend",
            "--port",
            "0",
            "--config-file",
            "backend.json",
        ],
        "takes submissions at",
    ),
    (
        &[
            "log-fetcher",
            "--port",
            "0",
            "-k",
            "key",
            "--online-url",
            "http://127.0.0.1:1/v1/online",
        ],
        "answers at",
    ),
    (
        &[
            "orchestrator",
            "--port",
            "0",
            "--config",
            "orchestrator.json",
        ],
        "executes the runs",
    ),
    (
        &["up", "--simnet", "1", "--free-ports", "--data-dir", "data"],
        "executes the runs",
    ),
];

/// Commands that end by themselves, have no database, or are the database. `demo` is `up` with a
/// tour.
const OTHERS: [&str; 21] = [
    "dashboard",
    "trace",
    "experiment",
    "deployment",
    "export",
    "archive",
    "token",
    "audit",
    "tracing",
    "cycle",
    "completions",
    "man",
    "script",
    "simnet",
    "db",
    "demo",
    "init",
    "doctor",
    "version",
    "config",
    "help",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Open,
    /// Nothing comes through, as when the server hangs.
    Silent,
    /// Connections are lost, and new ones, too.
    Gone,
}

/// A way to the database that can be closed.
pub(crate) async fn way_to(url: &str, way: watch::Receiver<Way>) -> String {
    let mut url: url::Url = url.parse().unwrap();
    let host = url.host_str().unwrap().to_owned();
    let server = (host, url.port().unwrap_or(5432));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port()))
        .unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(pass(client, server.clone(), way.clone()));
        }
    });
    url.into()
}

async fn closed(way: &mut watch::Receiver<Way>) -> Way {
    *way.wait_for(|way| *way != Way::Open).await.unwrap()
}

async fn pass(mut client: TcpStream, server: (String, u16), mut way: watch::Receiver<Way>) {
    let begun = *way.borrow();
    match begun {
        Way::Open => {
            let mut server = TcpStream::connect(server).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => {}
                now = closed(&mut way) => if now == Way::Silent {
                    std::future::pending::<()>().await;
                }
            }
        }
        Way::Silent => std::future::pending().await,
        Way::Gone => {}
    }
}

/// Starts a service and waits until it says that it serves. What it says later is thrown away.
fn start(arguments: &[&str], says: &str, url: &str, folder: &Path) -> Child {
    let mut command = loadlab(arguments);
    command
        .env("DATABASE_URL", url)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    while !said.last().is_some_and(|line: &String| line.contains(says)) {
        match lines.next() {
            Some(line) => said.push(line.unwrap()),
            None => panic!("{arguments:?} does not serve: {said:?}"),
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    child
}

async fn stop_all_when(away: Way) {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file("key", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    file(
        "backend.json",
        r#"{"in_memory":true,"whitelist":["B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq"]}"#,
    );
    file(
        "orchestrator.json",
        r#"{"key":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            "onlineURL":"http://127.0.0.1:1/v1/online","slotDurationMs":180000,
            "genesisTimestamp":"2026-01-01T00:00:00Z"}"#,
    );
    let (sender, way) = watch::channel(Way::Open);
    for (arguments, says) in SERVICES {
        let url = way_to(test.url(), way.clone()).await;
        let path = folder.path().to_owned();
        let starting = tokio::task::spawn_blocking(move || start(arguments, says, &url, &path));
        let mut child = starting.await.unwrap();
        sender.send_replace(away);
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let waiting = tokio::task::spawn_blocking(move || {
            // In the middle of whatever it does without its database.
            std::thread::sleep(Duration::from_secs(1));
            kill(pid, Signal::SIGTERM).unwrap();
            let begun = Instant::now();
            while child.try_wait().unwrap().is_none() && begun.elapsed() < 3 * LIMIT {
                std::thread::sleep(Duration::from_millis(20));
            }
            let took = begun.elapsed();
            child.kill().unwrap();
            (took, child.wait().unwrap())
        });
        let (took, status) = waiting.await.unwrap();
        assert!(took < LIMIT, "{arguments:?} took {took:?}, {away:?}");
        assert!(status.success(), "{arguments:?}: {status}");
        sender.send_replace(Way::Open);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_stops_in_time_when_the_database_is_gone() {
    stop_all_when(Way::Gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_stops_in_time_when_the_database_is_silent() {
    stop_all_when(Way::Silent).await;
}

#[test]
fn every_command_is_in_a_table() {
    let help = Said::of(&mut loadlab(["--help"])).success();
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let commands = commands.split("\n\n").next().unwrap();
    let names = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    for name in names {
        let serves = SERVICES.iter().any(|(arguments, _)| arguments[0] == name);
        assert!(serves || OTHERS.contains(&name), "{name} is in no table");
    }
}

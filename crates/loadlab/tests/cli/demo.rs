//! `loadlab demo`: the whole cycle, and what is said of it where.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use store::testing::TestDatabase;
use tempfile::TempDir;

use crate::program::{Said, loadlab};
use crate::up::get;

/// What a newcomer waits for a demo at most.
const DEMO_MAX: Duration = Duration::from_mins(2);

#[tokio::test]
async fn the_demo_runs_the_whole_cycle_and_its_log_is_in_a_file() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = loadlab(["demo", "--exit", "--format", "json", "--free-ports"]);
    command
        .args(["--database-url", test.url(), "--data-dir"])
        .arg(folder.path());
    let begun = Instant::now();
    let said = Said::of(&mut command);
    let elapsed = begun.elapsed();
    assert!(elapsed < DEMO_MAX, "{elapsed:?}");
    let log = folder.path().join("demo.log");
    let logged = std::fs::read_to_string(&log).unwrap();
    assert_eq!(said.code, Some(0), "{}{}{logged}", said.out, said.err);

    let result: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(result["verdict"], "success");
    assert_eq!(result["failed"], 0);
    assert!(result["missing"].is_number() && result["rounds"].is_array());
    let urls = result["urls"].as_object().unwrap();
    for service in [
        "uptime-backend",
        "log-fetcher",
        "log-api",
        "experiments-api",
        "orchestrator",
        "dashboard",
        "simnet",
    ] {
        assert!(
            urls[service]
                .as_str()
                .unwrap()
                .starts_with("http://127.0.0.1:"),
            "{urls:?}"
        );
    }
    assert!(
        !urls["postgresql"].as_str().unwrap().contains(":s"),
        "{urls:?}"
    );

    let page = folder.path().join("demo-report.html");
    let report = url::Url::from_file_path(&page).unwrap();
    assert_eq!(urls["report"], report.as_str());
    let page = std::fs::read_to_string(&page).unwrap();
    let name = result["experiment"].as_str().unwrap();
    assert!(page.contains(name) && page.contains("pass"), "{page}");

    // Standard error is no terminal: the file, a line for each step, the file.
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines.len(), 8, "{}", said.err);
    let named = format!("log: {}", log.display());
    assert_eq!((lines[0], lines[7]), (named.as_str(), named.as_str()));
    for (number, line) in lines[1..7].iter().enumerate() {
        assert!(line.starts_with(&format!("{}/6  ", number + 1)), "{line}");
    }
    // A healthy lab has nothing to warn of, from its start to the first stop of a node.
    assert!(
        logged.contains("INFO") && !logged.contains("ERROR"),
        "{logged}"
    );
    let before = logged.split_once("Performing step stop-daemon").unwrap().0;
    assert!(!before.contains("WARN"), "{logged}");
}

#[tokio::test]
async fn a_demo_stays_up_until_it_is_told_to_end() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = loadlab(["demo", "--free-ports", "--time-scale", "120"]);
    command
        .args(["--format", "json"])
        .args(["--database-url", test.url(), "--data-dir"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    while !said
        .last()
        .is_some_and(|line: &String| line.starts_with("Ctrl-C"))
    {
        match lines.next() {
            Some(line) => said.push(line.unwrap()),
            None => panic!("the demo does not stay up: {said:?}"),
        }
    }
    let address = |name: &str| {
        let line = said.iter().find(|line| line.trim().starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {said:?}"));
        line.split_whitespace().last().unwrap().to_owned()
    };
    let page = service::proxy::direct().build().unwrap();
    let page = page.get(address("dashboard")).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let kind = page.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/html"), "{kind}");
    let page = page.text().await.unwrap();
    assert!(page.to_lowercase().contains("<!doctype html>"), "{page}");
    for service in ["log API", "experiments API", "orchestrator", "log fetcher"] {
        let url: url::Url = address(service).parse().unwrap();
        let (status, text) = get(url.join("/readyz").unwrap().as_str()).await;
        assert_eq!((status, text.as_str()), (200, "ready"), "{service}");
    }
    assert_eq!(child.try_wait().unwrap(), None);

    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    let mut rest: Vec<String> = lines.map(Result::unwrap).collect();
    rest.retain(|line| !line.is_empty());
    let ended = Said::from(child.wait_with_output().unwrap());
    let result: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(result["verdict"], "success", "{result}");
    assert_eq!(ended.code, Some(0), "{rest:?}");
    let log = folder.path().join("demo.log");
    assert_eq!(rest, [format!("log: {}", log.display())]);
    let logged = std::fs::read_to_string(&log).unwrap();
    let services = logged.find("the services have ended").unwrap();
    let network = logged.find("the simulated network has ended").unwrap();
    assert!(services < network && !logged.contains("ERROR"), "{logged}");
}

/// A demo that something happens to while it runs.
struct Demo {
    test: TestDatabase,
    folder: TempDir,
}

impl Demo {
    /// Starts one that ends by itself, and waits until its log has these words.
    async fn until(words: &str, options: [&str; 2]) -> (Self, Child) {
        let demo = Self {
            test: TestDatabase::create().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        let mut command = loadlab(["demo", "--exit", "--free-ports", "--time-scale", "120"]);
        command
            .args(options)
            .args(["--database-url", demo.test.url(), "--data-dir"])
            .arg(demo.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let begun = Instant::now();
        while !demo.logged().contains(words) {
            assert!(begun.elapsed() < DEMO_MAX, "{}", demo.logged());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (demo, child)
    }

    fn logged(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("demo.log")).unwrap_or_default()
    }
}

/// The mina executable, which pays, outlives the orchestrator, and the simulated network does not.
#[tokio::test]
async fn a_demo_that_is_stopped_while_it_funds_ends_without_an_error() {
    let (demo, child) = Demo::until("Performing steps fund-keys", ["--nodes", "2"]).await;
    kill(
        Pid::from_raw(i32::try_from(child.id()).unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(130), ""),
        "{}",
        said.err
    );
    let is_said = |line: &str| line.starts_with("log: ") || line[1..].starts_with("/6  ");
    assert!(said.err.lines().all(is_said), "{}", said.err);
    let logged = demo.logged();
    assert!(
        !logged.contains("ERROR") && !logged.contains("WARN") && !logged.contains("answer;"),
        "{logged}"
    );
}

/// A node that starts again has forgotten what it was to send, a sixth of the run, and what it logged
/// before: nobody knows what it sent.
#[tokio::test]
async fn a_demo_whose_transactions_are_hidden_ends_with_the_code_of_its_verdict() {
    let (demo, child) = Demo::until("Running round 0", ["--format", "json"]).await;
    let logged = demo.logged();
    let (_, batch) = logged.split_once("scheduled payment batch 0 ").unwrap();
    let (_, sender) = batch.split_once(" for ").unwrap();
    let sender: &str = sender.split_once(": ").unwrap().0;
    let network = std::fs::read(demo.folder.path().join("simnet/network.json")).unwrap();
    let network: Value = serde_json::from_slice(&network).unwrap();
    let simnet = format!("http://{}/api/v1", network["status"].as_str().unwrap());
    let (_, truth) = get(&format!("{simnet}/network")).await;
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let mut nodes = truth["nodes"].as_array().unwrap().iter();
    let node = nodes.find(|node| node["itn"] == sender).unwrap();
    let fault = json!({"kind": "restart", "node": node["name"]});
    let client = service::proxy::direct().build().unwrap();
    let done = client.post(format!("{simnet}/faults")).json(&fault);
    assert_eq!(done.send().await.unwrap().status(), 200);

    let said = Said::from(child.wait_with_output().unwrap());
    let result: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(result["verdict"], "not_enough_data", "{result}");
    let missing = result["missing"].as_u64().unwrap();
    assert!(missing > 10, "{result}");
    let reason = format!("lost log entries hide what became of {missing} transactions: ");
    let said_reason = result["reason"].as_str().unwrap();
    assert!(said_reason.starts_with(&reason), "{result}");
    assert_eq!(said.code, Some(2), "{}", said.err);
}

//! `loadlab demo`: the whole cycle, and what is said of it where.

use serde_json::Value;
use store::testing::TestDatabase;

use crate::program::{Said, loadlab};

#[tokio::test]
async fn the_demo_runs_the_whole_cycle_and_its_log_is_in_a_file() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = loadlab(["demo", "--exit", "--format", "json", "--free-ports"]);
    command
        .args([
            "--nodes",
            "5",
            "--time-scale",
            "120",
            "--database-url",
            test.url(),
        ])
        .arg("--data-dir")
        .arg(folder.path());
    let said = Said::of(&mut command);
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
    ] {
        assert!(
            urls[service]
                .as_str()
                .unwrap()
                .starts_with("http://127.0.0.1:"),
            "{urls:?}"
        );
    }
    assert!(urls.contains_key("orchestrator") && urls.contains_key("simnet"));
    assert!(
        !urls["postgresql"].as_str().unwrap().contains(":s"),
        "{urls:?}"
    );

    // Standard error is no terminal: the file, a line for each step, the file.
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines.len(), 8, "{}", said.err);
    let named = format!("log: {}", log.display());
    assert_eq!((lines[0], lines[7]), (named.as_str(), named.as_str()));
    for (number, line) in lines[1..7].iter().enumerate() {
        assert!(line.starts_with(&format!("{}/6  ", number + 1)), "{line}");
    }
    // A healthy lab has nothing to warn of, from its start to its end.
    assert!(
        logged.contains("INFO") && !logged.contains("ERROR"),
        "{logged}"
    );
    let before = logged.split("the run begins").next().unwrap();
    assert!(!before.contains("WARN"), "{logged}");
}

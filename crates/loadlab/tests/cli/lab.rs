//! The commands for a running lab, against all services at once.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use store::testing::TestDatabase;

use crate::program::{Said, loadlab};
use crate::up::Up;

/// A lab, and how commands are told where it is.
pub(crate) struct Lab {
    pub(crate) up: Up,
    pub(crate) folder: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn start(database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let up = Up::start(database, folder.path());
        Self { up, folder }
    }

    /// With a network whose nodes are slower than usual at a checkpoint.
    fn slowed(database: &str, slow: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = loadlab(["up", "--simnet", "3", "--free-ports", "--time-scale", "600"]);
        command
            .args(["--slow", slow, "--database-url", database])
            .arg("--data-dir")
            .arg(folder.path());
        let up = Up::of(&mut command);
        Self { up, folder }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&mut self.command(arguments))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = loadlab(arguments);
        command
            .current_dir(self.folder.path())
            .env("LOADLAB_ORCHESTRATOR_URL", self.up.address("orchestrator"))
            .env(
                "LOADLAB_EXPERIMENTS_API_URL",
                self.up.address("experiments API"),
            )
            .env("LOADLAB_LOG_FETCHER_URL", self.up.address("log fetcher"));
        command
    }

    fn setup(&self, name: &str) -> PathBuf {
        self.setup_of(name, 1, 10)
    }

    /// A setup that runs until it is ended from outside: a round takes a minute.
    pub(crate) fn long_setup(&self, name: &str) -> PathBuf {
        self.setup_of(name, 9, 600)
    }

    fn setup_of(&self, name: &str, rounds: u32, minutes: u32) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.json"));
        let setup = format!(
            r#"{{"experiment_name": "{name}", "priv_keys": ["/keys/plain1"],
                "payment_receiver": "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i",
                "rounds": {rounds}, "round_duration_min": {minutes}, "pause_min": 0,
                "base_tps": 0.1, "stress_tps": 0.2, "zkapp_ratio": 0, "stops_per_round": 0,
                "gap": 60, "generate_fund_keys": 2}}"#
        );
        std::fs::write(&path, setup).unwrap();
        path
    }
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_lab_is_commanded_from_the_terminal() {
    let test = TestDatabase::create().await.unwrap();
    let lab = Lab::start(test.url());

    let said = lab.run(&["tracing", "freeze"]).success();
    assert_eq!(said, "fetching is frozen; everything fetched is stored\n");
    let said = lab.run(&["deployment", "new", "--set", "note=a b", "--format", "json"]);
    let id = json(&said.success())["deployment_id"].clone();
    let stored =
        "SELECT metadata_json->>'note' FROM deployment ORDER BY deployment_id DESC LIMIT 1";
    assert_eq!(test.texts(stored).await.unwrap(), ["a b"]);
    assert_eq!(
        lab.run(&["tracing", "unfreeze", "--format", "json"])
            .success(),
        "{\"done\":\"unfreeze\"}\n"
    );

    let nothing = lab.run(&["experiment", "cancel"]);
    nothing.assert_failure("no experiment has run yet");
    let one = lab.setup("one");
    let said = lab.run(&["experiment", "run", text(&one), "--seed", "7", "--watch"]);
    assert!(said.err.contains("one runs, seed 7"), "{}", said.err);
    let table = said.success();
    assert!(table.starts_with("one: success, step "), "{table}");
    assert!(table.contains("payments"), "{table}");
    // A name is taken once.
    let again = lab.run(&["experiment", "run", text(&one)]);
    again.assert_failure("the orchestrator refuses with status 409: experiment with name one");
    assert!(
        lab.run(&["experiment", "status"])
            .success()
            .starts_with("one: success")
    );
    assert!(
        lab.run(&["experiment", "list"])
            .success()
            .starts_with("one ")
    );
    let watched = lab
        .run(&["experiment", "watch", "one", "--format", "json"])
        .success();
    assert_eq!(json(&watched)["seed"], 7);
    lab.run(&["experiment", "watch", "none"])
        .assert_failure("status 404");
    lab.run(&["experiment", "cancel"])
        .assert_failure("no experiment is running");
    let nodes = json(
        &lab.run(&["tracing", "status", "--format", "json"])
            .success(),
    );
    assert_eq!(nodes.as_array().unwrap().len(), 3, "{nodes}");
    assert!(lab.run(&["tracing", "status"]).success().contains("(all)"));
    assert!(
        lab.run(&["tracing", "cleanup"])
            .success()
            .starts_with("deleted: ")
    );

    // The whole cycle, with a redeployment that succeeds, and with one that does not.
    let two = lab.setup("two");
    let hook = "echo redeploying; pwd > hook-was-here";
    let cycle = [
        "cycle",
        text(&two),
        "--nodes",
        "3",
        "--format",
        "json",
        "--hook",
        hook,
    ];
    let said = lab.run(&cycle);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(json(&said.out)["status"], "success");
    let talk = said.err.find("redeploying\n").unwrap();
    assert!(
        said.err[talk..].contains("3/5  deployment "),
        "{}",
        said.err
    );
    assert!(lab.folder.path().join("hook-was-here").exists());
    let newest = || async {
        test.texts("SELECT max(deployment_id)::text FROM deployment")
            .await
            .unwrap()
    };
    let before = newest().await;
    assert_ne!(before, [id.to_string()]);
    let three = lab.setup("three");
    let failed = lab.run(&["cycle", text(&three), "--hook", "exit 3"]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.err.contains("the hook has failed"), "{}", failed.err);
    assert!(failed.err.contains("4/5  fetching again"), "{}", failed.err);
    assert_eq!(newest().await, before);
    assert!(!lab.run(&["experiment", "list"]).success().contains("three"));
    // What cannot be run is told before anything is frozen.
    std::fs::write(&three, r#"{"experiment_name": "a b"}"#).unwrap();
    let refused = lab.run(&["cycle", text(&three)]);
    refused.assert_failure("the setup cannot be run");
    lab.up.end();
}

#[tokio::test]
async fn a_slowed_checkpoint_breaks_a_threshold_and_the_run_ends_early() {
    let test = TestDatabase::create().await.unwrap();
    // About 1.5 s more for each block, which takes about half a second otherwise.
    let lab = Lab::slowed(test.url(), "Apply_diff=1000");
    let path = lab.folder.path().join("slow.json");
    std::fs::write(
        &path,
        r#"{"experiment_name": "slow", "priv_keys": ["/keys/plain1"],
            "payment_receiver": "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i",
            "rounds": 9, "round_duration_min": 60, "pause_min": 0, "base_tps": 0.02,
            "stress_tps": 0.02, "zkapp_ratio": 0, "stops_per_round": 0, "gap": 60,
            "generate_fund_keys": 2, "abort_on_fail": true,
            "thresholds": ["included >= 1%", "block_application.p50 < 1s"]}"#,
    )
    .unwrap();
    let said = lab.run(&[
        "experiment",
        "run",
        text(&path),
        "--watch",
        "--format",
        "json",
    ]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let run = json(&said.out);
    assert_eq!(run["status"], "error", "{run}");
    let error = run.to_string();
    let expected = "the run is aborted: block_application.p50 < 1s does not hold in round 0";
    assert!(error.contains(expected), "{error}");
    // Not all rounds were begun, and no load is left at nodes.
    let rounds = "SELECT count(DISTINCT round)::text FROM loadlab.experiment_request
                   WHERE name = 'slow' AND kind = 'payments'";
    let rounds: u32 = test.texts(rounds).await.unwrap()[0].parse().unwrap();
    assert!((1..9).contains(&rounds), "{rounds}");
    let left = "SELECT count(*)::text FROM loadlab.experiment_request AS request
                  JOIN experiment_state AS run USING (name)
                 WHERE name = 'slow' AND kind = 'payments' AND outcome = 'accepted'
                   AND undone_at IS NULL AND runs_until > run.ended_at AT TIME ZONE 'UTC'";
    assert_eq!(test.texts(left).await.unwrap(), ["0"]);
    // Reports fail a check of CI, too.
    let mut report = loadlab([
        "experiment",
        "report",
        "slow",
        "--format",
        "markdown",
        "--check",
    ]);
    let report = Said::of(report.env("DATABASE_URL", test.url()));
    assert_eq!(report.code, Some(1), "{}{}", report.out, report.err);
    assert!(
        report.out.contains("block_application.p50 &lt; 1s"),
        "{}",
        report.out
    );
    lab.up.end();
}

#[test]
fn a_lab_that_is_not_there_is_named() {
    let said = Said::of(&mut loadlab([
        "tracing",
        "status",
        "--lab",
        "http://127.0.0.9",
    ]));
    said.assert_failure("the log fetcher does not answer at http://127.0.0.9:4000/api/v1/");
    let said = Said::of(&mut loadlab([
        "experiment",
        "list",
        "--lab",
        "http://127.0.0.9:9090",
    ]));
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.contains("each service has a port of its own"),
        "{}",
        said.err
    );
}

#[test]
fn shells_and_man_learn_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let said = Said::of(&mut loadlab(["completions", shell])).success();
        assert!(
            said.contains("loadlab") && said.contains("experiments-api"),
            "{shell}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    Said::of(loadlab(["man"]).arg(folder.path())).success();
    for page in ["loadlab.1", "loadlab-up.1", "loadlab-experiment-run.1"] {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".SH NAME"), "{page}");
    }
}

//! `experiment kill`: what it prints for people and for programs, with and without services.

use serde_json::json;
use store::testing::TestDatabase;

use crate::lab::{Lab, json, text};
use crate::program::{Said, loadlab};
use crate::up::until;

/// Requests for payments that nodes have accepted and still execute.
const ACCEPTED: &str = "SELECT node FROM loadlab.experiment_request
                         WHERE kind = 'payments' AND outcome = 'accepted' AND undone_at IS NULL";

#[tokio::test]
async fn a_killed_run_is_reported_for_people_and_for_programs() {
    let test = TestDatabase::create().await.unwrap();
    let lab = Lab::start(test.url());
    let config = lab.folder.path().join("simnet/orchestrator/config.json");
    let kill = |arguments: &[&str]| {
        let mut command = loadlab(["experiment", "kill", "--config", text(&config)]);
        Said::of(command.args(arguments).env("DATABASE_URL", test.url()))
    };
    let nothing = kill(&[]).success();
    assert_eq!(nothing, "no experiment is running\nstopped at nodes: 0\n");
    let nothing = kill(&["--format", "json"]).success();
    let expected = json!({
        "name": null, "was_open": false, "has_ended": true, "stopped": 0, "not_reached": []
    });
    assert_eq!(json(&nothing), expected);

    // Beside an orchestrator, which ends its run.
    let run = async |name: &str| {
        let setup = lab.long_setup(name);
        lab.run(&["experiment", "run", text(&setup)]).success();
        until(async || {
            let accepted = test.texts(ACCEPTED).await.unwrap();
            (!accepted.is_empty()).then_some(())
        })
        .await;
    };
    run("served").await;
    let killed = json(&kill(&["--format", "json"]).success());
    assert_eq!(killed["name"], "served");
    assert_eq!(killed["has_ended"], true, "{killed}");
    assert_eq!(killed["not_reached"], json!([]), "{killed}");
    assert!(killed["stopped"].is_u64(), "{killed}");
    let left = test.texts(ACCEPTED).await.unwrap();
    assert!(left.is_empty(), "{left:?}");

    // Without orchestrator and nodes: the run ends all the same, and what may run on is named.
    run("alone").await;
    let Lab { up, folder: _kept } = lab;
    up.end();
    let said = kill(&["--patience", "1", "--format", "json"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let killed = json(&said.out);
    assert_eq!(killed["name"], "alone");
    assert_eq!(
        (&killed["was_open"], &killed["has_ended"]),
        (&json!(true), &json!(true))
    );
    let left = killed["not_reached"].as_array().unwrap();
    assert!(!left.is_empty(), "{killed}");
    for one in left {
        let told = |key: &str| one[key].as_str().is_some_and(|told| !told.is_empty());
        assert!(told("node") && told("reason"), "{one}");
    }
    let status = "SELECT status FROM experiment_state WHERE name = 'alone'";
    assert_eq!(test.texts(status).await.unwrap(), ["cancelled"]);
    let again = kill(&["alone", "--patience", "1"]);
    assert_eq!(again.code, Some(1), "{}{}", again.out, again.err);
    let expected = "alone was not running\nstopped at nodes: 0\nnot reached: ";
    assert!(again.out.starts_with(expected), "{}", again.out);
}

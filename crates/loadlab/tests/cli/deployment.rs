//! `loadlab deployment`: a preview, then the end of what is old.

use serde_json::Value;
use store::testing::TestDatabase;

use crate::program::{Said, example, import, loadlab};

#[tokio::test]
async fn a_deployment_is_shown_before_it_is_dropped() {
    let test = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    let deployment = |arguments: &[&str]| {
        let mut command = loadlab(["deployment"]);
        Said::of(command.args(arguments).env("DATABASE_URL", test.url()))
    };
    let list = deployment(&["list"]).success();
    assert!(list.contains("DEPLOYMENT"), "{list}");
    assert!(list.contains("of 2,147,483,647 are used (0.0 %)"), "{list}");
    assert!(
        list.contains("the database takes ") && list.contains(" are free"),
        "{list}"
    );

    let preview = deployment(&["drop", "1"]).success();
    assert!(preview.starts_with("deployment 1: "), "{preview}");
    assert!(preview.contains("block_trace_checkpoint"), "{preview}");
    assert!(
        preview.contains("Nothing was dropped. It is the newest"),
        "{preview}"
    );
    deployment(&["drop", "1", "--yes"])
        .assert_failure("deployment 1 is the newest: services write into it");
    deployment(&["drop", "7"]).assert_failure("there is no deployment 7; existing: 1");

    test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let shown = json(&deployment(&["drop", "1", "--format", "json"]).success());
    assert_eq!(shown["dropped"], false);
    let dropped = json(&deployment(&["drop", "1", "--yes", "--format", "json"]).success());
    assert_eq!(dropped["dropped"], true);
    assert_eq!(dropped["contents"], shown["contents"]);
    let left = json(&deployment(&["list", "--format", "json"]).success());
    assert_eq!(left["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(left["deployments"][0]["deployment_id"], 2);
    deployment(&["drop", "1", "--yes"]).assert_failure("there is no deployment 1; existing: 2");
}

#[tokio::test]
async fn old_deployments_are_shown_before_they_are_dropped_together() {
    let test = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    test.execute(
        "INSERT INTO deployment (metadata_json) VALUES ('{}');
         UPDATE loadlab.session SET opened_at = now() - interval '20 days'",
    )
    .await
    .unwrap();
    let drop = |arguments: &[&str]| {
        let mut command = loadlab(["deployment", "drop"]);
        Said::of(command.args(arguments).env("DATABASE_URL", test.url()))
    };
    let left = async || test.database().deployments().await.unwrap();
    let none = drop(&["--older-than", "21d"]).success();
    assert!(
        none.starts_with("Nothing would go; all deployments take "),
        "{none}"
    );
    let preview = drop(&["--older-than", "14d", "--preview"]).success();
    assert!(preview.starts_with("deployment 1: "), "{preview}");
    assert!(
        preview.contains("nothing stored for 20.0 days, too old: would go"),
        "{preview}"
    );
    assert!(preview.contains("Nothing was dropped; --yes"), "{preview}");
    assert_eq!(left().await, [1, 2]);

    let json = drop(&["--keep-bytes", "1KB", "--format", "json"]).success();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["dropped"], serde_json::json!([]));
    assert_eq!(json["deployments"][0]["reason"], "size");
    assert!(json["bytes_to_drop"].as_i64().unwrap() > 0, "{json}");

    let dropped = drop(&["--older-than", "14d", "--yes"]).success();
    assert!(
        dropped.contains("too old: dropped\n1 deployments were dropped."),
        "{dropped}"
    );
    assert_eq!(left().await, [2]);
    for wrong in [
        vec!["--older-than", "soon"],
        vec!["1", "--older-than", "1d"],
        vec!["--older-than", "1d", "--newest"],
        vec!["--keep-bytes", "1GB", "--yes", "--preview"],
        vec![],
    ] {
        assert_eq!(drop(&wrong).code, Some(2), "{wrong:?}");
    }
}

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

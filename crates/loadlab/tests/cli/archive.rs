//! `loadlab archive`: a deployment goes, is asked for, and comes back.

use serde_json::Value;
use store::testing::TestDatabase;

use crate::program::{Said, example, import, loadlab};

#[tokio::test]
async fn a_deployment_goes_into_an_archive_is_asked_for_and_comes_back() {
    let test = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display());
    let call = |arguments: &[&str]| {
        let mut command = loadlab(arguments);
        command
            .env("DATABASE_URL", test.url())
            .current_dir(folder.path());
        Said::of(&mut command)
    };
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let blocks = "SELECT block_id FROM block_trace WHERE block_id LIKE '3N%' ORDER BY block_id";
    let block = test.texts(blocks).await.unwrap().swap_remove(0);
    let shown = || call(&["trace", "show", &block, "--deployment", "1"]);
    let exported = || {
        let arguments = ["trace", "export", &block, "--deployment", "1"];
        call(&[&arguments[..], &["--format", "json"]].concat())
    };
    let before = (shown().success(), exported().success());

    call(&["archive", "run", "1"]).assert_failure("--to or the variable LOADLAB_ARCHIVE_URL");
    let said = call(&["archive", "run", "1", "--to", &url]).success();
    assert!(said.contains("is archived and verified"), "{said}");
    let said = call(&["archive", "verify", "1", "--to", &url]).success();
    assert!(said.contains("is whole"), "{said}");
    assert_eq!(shown().success(), before.0);
    let done = call(&[
        "archive", "run", "1", "--drop", "--to", &url, "--format", "json",
    ]);
    let done = json(&done.success());
    assert_eq!(done["url"], url.as_str());
    assert!(done["rows"].as_u64().unwrap() > 100, "{done}");

    let archived = format!("deployment 1 is archived at {url}; `loadlab archive restore 1`");
    shown().assert_failure(&archived);
    exported().assert_failure(&archived);
    Said::of(import(&example(), test.url()).args(["--deployment", "1"])).assert_failure(&archived);
    let listed = call(&["deployment", "list"]).success();
    assert!(listed.contains(&format!("archived at {url}")), "{listed}");
    let listed = json(&call(&["archive", "list", "--to", &url, "--format", "json"]).success());
    assert_eq!(listed["archives"][0]["rows"], done["rows"]);
    assert_eq!(listed["archived_deployments"][0]["deployment_id"], 1);

    let said = call(&["archive", "restore", "1"]).success();
    assert!(said.contains("is back in the database"), "{said}");
    assert_eq!((shown().success(), exported().success()), before);
    let nothing = call(&["archive", "list"]).success();
    assert!(nothing.contains("no deployment is archived"), "{nothing}");
}

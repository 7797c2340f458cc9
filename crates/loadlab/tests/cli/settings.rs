//! The settings file, as the program reads it.

use std::path::Path;
use std::process::Command;

use store::testing::TestDatabase;

use crate::program::{Said, loadlab};
use crate::up::{Up, get};
use crate::up_services::free_ports;

/// The program in a folder with this settings file.
fn with_file(folder: &Path, text: &str, arguments: &[&str]) -> Command {
    std::fs::write(folder.join("loadlab.toml"), text).unwrap();
    let mut command = loadlab(arguments);
    command.current_dir(folder);
    command
}

#[test]
fn every_setting_is_shown_with_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let text = "log = \"warn\"\n\n[log-api]\nport = 9081\n[log-fetcher]\nkeep-days = 3\n";
    let show = ["config", "show", "--data-dir", "/flag"];
    let mut command = with_file(folder.path(), text, &show);
    command
        .env("LOG_FETCHER_KEEP_DAYS", "4")
        .env("DATABASE_URL", "postgres://lab:s3cret@127.0.0.1:1/logs");
    let said = Said::of(&mut command).success();
    let lines: Vec<String> = said
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for wanted in [
        "# settings file: loadlab.toml",
        "log = \"warn\" # loadlab.toml:1",
        "port = 9081 # loadlab.toml:4",
        "keep-days = 4 # variable LOG_FETCHER_KEEP_DAYS",
        "data-dir = \"/flag\" # flag",
        "database-url = \"postgres://lab@127.0.0.1:1/logs\" # variable DATABASE_URL",
    ] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted}\n{said}");
    }
    assert!(!said.contains("default"), "{said}");

    let all = ["config", "show", "--all", "--format", "json"];
    let said = Said::of(&mut with_file(folder.path(), text, &all)).success();
    let list: Vec<serde_json::Value> = serde_json::from_str(&said).unwrap();
    let of = |table: &str, key: &str| {
        let setting = list
            .iter()
            .find(|one| one["table"] == table && one["key"] == key);
        setting.unwrap().clone()
    };
    assert_eq!(of("log-api", "port")["origin"], "loadlab.toml:4");
    assert_eq!(of("orchestrator", "port")["value"], "9090");
    assert_eq!(of("orchestrator", "port")["origin"], "default");
}

#[test]
fn a_file_that_is_wrong_is_refused_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[log-api]\nprot = 1\n";
    for arguments in [["db", "url"], ["config", "show"]] {
        Said::of(&mut with_file(folder.path(), text, &arguments)).assert_failure(
            "loadlab.toml:2: unknown key `prot` in [log-api]; did you mean `port`?",
        );
    }
    let mut command = with_file(folder.path(), "[log-api]\nport = \"x\"\n", &["db", "url"]);
    Said::of(&mut command).assert_failure("loadlab.toml:2: invalid value 'x' for `port`");
    // One that is named has to be there.
    let said = Said::of(loadlab(["db", "url"]).env("LOADLAB_SETTINGS", "/none.toml"));
    said.assert_failure("cannot read the settings from /none.toml");
    let said = Said::of(&mut loadlab(["db", "url", "--settings", "/no.toml"]));
    said.assert_failure("cannot read the settings from /no.toml");
}

#[tokio::test]
async fn services_take_the_settings_of_the_file_alone_and_together() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [port, other] = free_ports();
    let text = format!(
        "database-url = \"{}\"\n[log-api]\nport = {port}\n[experiments-api]\nport = {other}\n\
         token-file = \"token\"\n",
        test.url()
    );
    std::fs::write(folder.path().join("token"), "0123456789abcdef").unwrap();
    let up = Up::of(&mut with_file(folder.path(), &text, &["up"]));
    assert_eq!(up.address("log API"), format!("http://127.0.0.1:{port}"));
    assert_eq!(
        get(&format!("{}/readyz", up.address("log API"))).await.0,
        200
    );
    let deployments = format!("http://127.0.0.1:{other}/api/deployments");
    let answer = reqwest::Client::new()
        .post(deployments)
        .body("{}")
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), 401);
    up.end();

    // A service that is wrongly set does not start; another one does.
    let text =
        format!("{text}[log-fetcher]\nsecret-key-path = \"none\"\nonline-url = \"http://a\"\n");
    let said = Said::of(&mut with_file(folder.path(), &text, &["up"]));
    said.assert_failure("the log fetcher cannot start");
    let said = Said::of(&mut with_file(folder.path(), &text, &["log-fetcher"]));
    said.assert_failure("cannot read the key from none");
    let said = Said::of(&mut with_file(
        folder.path(),
        &text,
        &["trace", "show", "0"],
    ));
    assert!(
        said.err.contains("no deployment") || said.code == Some(1),
        "{}",
        said.err
    );
}

#[test]
fn a_new_settings_file_changes_nothing_and_replaces_none() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = loadlab(arguments);
        Said::of(command.current_dir(folder.path()))
    };
    assert_eq!(run(&["init"]).success(), "loadlab.toml\n");
    let said = run(&["config", "show"]).success();
    assert_eq!(said, "# settings file: loadlab.toml\n");
    run(&["init"]).assert_failure("loadlab.toml exists already and was left as it is");
    assert_eq!(run(&["init", "other.toml"]).success(), "other.toml\n");
}

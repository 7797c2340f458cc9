//! The commands for a running lab that has tokens: what the token of a file lets them change.

use store::testing::TestDatabase;

use crate::lab::{Lab, json, text};
use crate::program::{Said, loadlab};
use crate::up::until;

const TOKEN_FILE: &str = "LOADLAB_TOKEN_FILE";

/// What changes may touch: orders to fetchers, deployments, runs.
const STATE: &str = "SELECT concat_ws(' ', frozen, resets, (SELECT count(*) FROM deployment),
                            (SELECT count(*) FROM experiment_state))
                       FROM loadlab.fetch_control";

#[tokio::test]
async fn the_token_of_a_file_says_what_a_command_may_change() {
    let test = TestDatabase::create().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let token = |role: &str| {
        let mut command = loadlab(["token", "new", role, "--role", role]);
        let made = Said::of(command.env("DATABASE_URL", test.url())).success();
        let path = files.path().join(role);
        std::fs::write(&path, made).unwrap();
        text(&path).to_owned()
    };
    let (viewer, operator) = (token("viewer"), token("operator"));
    let lab = Lab::start(test.url());
    let setup = lab.long_setup("one");
    let of_flag =
        |arguments: &[&str], file: &str| lab.run(&[arguments, &["--token-file", file]].concat());
    let of_variable =
        |arguments: &[&str], file: &str| Said::of(lab.command(arguments).env(TOKEN_FILE, file));
    let state = async || test.texts(STATE).await.unwrap();
    let refuse = |change: &[&str]| {
        let nobody = lab.run(change);
        nobody.assert_failure("refuses with status 401: this needs the service's token");
        nobody.assert_failure("; --token-file names a file with the token");
        for said in [of_flag(change, &viewer), of_variable(change, &viewer)] {
            said.assert_failure("refuses with status 403: this token is for reading");
            said.assert_failure("the role operator");
        }
    };

    // Sessions of all nodes, which a reset ends.
    let sessions = |which: &str| {
        format!("SELECT count(DISTINCT node_name)::text FROM loadlab.session WHERE {which}")
    };
    let of_all = async |which: &str| {
        let count = test.texts(&sessions(which)).await.unwrap();
        (count == ["3"]).then_some(())
    };
    until(async || of_all("ended_at IS NULL").await).await;
    let before = state().await;
    for change in [
        &["tracing", "freeze"][..],
        &["tracing", "reset"],
        &["tracing", "cleanup"],
        &["deployment", "new"],
        &["experiment", "run", text(&setup)],
    ] {
        refuse(change);
    }
    assert_eq!(state().await, before);
    let status = of_flag(&["tracing", "status"], &viewer).success();
    assert!(status.contains("(all)"), "{status}");
    let missing = text(&files.path().join("missing")).to_owned();
    of_flag(&["tracing", "freeze"], &missing).assert_failure("cannot read the token from");

    // The file of the flag goes before that of the variable.
    let mut command = lab.command(&["tracing", "reset", "--token-file", &operator]);
    let reset = Said::of(command.env(TOKEN_FILE, &viewer)).success();
    assert_eq!(reset, "all sessions begin anew\n");
    until(async || of_all("end_reason = 'reset'").await).await;
    until(async || of_all("ended_at IS NULL").await).await;
    let again = of_variable(&["tracing", "reset", "--format", "json"], &operator);
    assert_eq!(again.success(), "{\"done\":\"reset\"}\n");
    let frozen = of_variable(&["tracing", "freeze"], &operator).success();
    assert!(frozen.starts_with("fetching is frozen"), "{frozen}");
    of_flag(&["tracing", "unfreeze"], &operator).success();
    of_flag(&["deployment", "new"], &operator).success();

    let run = of_variable(&["experiment", "run", text(&setup)], &operator).success();
    assert!(run.starts_with("one runs, seed "), "{run}");
    refuse(&["experiment", "cancel"]);
    let cancelled = of_flag(&["experiment", "cancel", "--format", "json"], &operator);
    let cancelled = json(&cancelled.success());
    let expected = serde_json::json!({"name": "one", "cancelled": true});
    assert_eq!(cancelled, expected);
    let watched = of_flag(&["experiment", "watch", "one", "--format", "json"], &viewer);
    assert_eq!(watched.code, Some(1), "{}", watched.err);
    assert_eq!(json(&watched.out)["status"], "cancelled", "{}", watched.out);
    // The slot is free: the next one runs, and is cancelled by its name.
    let setup = lab.long_setup("two");
    of_flag(&["experiment", "run", text(&setup)], &operator).success();
    let cancelled = of_variable(&["experiment", "cancel", "two"], &operator).success();
    assert_eq!(cancelled, "two is being cancelled\n");
    let watched = of_flag(&["experiment", "watch", "two"], &viewer);
    assert!(watched.out.starts_with("two: cancelled"), "{}", watched.out);
    lab.up.end();
}

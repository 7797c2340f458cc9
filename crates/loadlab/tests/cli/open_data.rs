//! `export`, `trace export` and `db role-reader`, as a user calls them.

use std::fs;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use store::testing::TestDatabase;

use crate::program::{Said, composed, example, import, loadlab};

async fn imported() -> TestDatabase {
    let test = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    test
}

#[tokio::test]
async fn a_block_trace_is_written_in_every_format() {
    let test = imported().await;
    let folder = tempfile::tempdir().unwrap();
    let export = |arguments: &[&str]| {
        let mut command = loadlab(["trace", "export", "3N"]);
        command
            .args(arguments)
            .env("DATABASE_URL", test.url())
            .current_dir(folder.path());
        command
    };
    let blocks = "SELECT block_id FROM block_trace WHERE block_id LIKE '3N%' ORDER BY block_id";
    let block = test.texts(blocks).await.unwrap().swap_remove(0);
    let of_block = |format: &str, more: &[&str]| {
        let mut command = loadlab(["trace", "export", &block, "--format", format]);
        command
            .args(more)
            .env("DATABASE_URL", test.url())
            .current_dir(folder.path());
        command
    };
    let json = Said::of(&mut of_block("json", &[])).success();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["hash"], block.as_str());
    let otlp = Said::of(&mut of_block("otlp", &["--output", "spans.json"])).success();
    assert_eq!(otlp, "spans.json\n");
    let otlp = fs::read(folder.path().join("spans.json")).unwrap();
    let otlp: Value = serde_json::from_slice(&otlp).unwrap();
    let spans = otlp["resourceSpans"][0]["scopeSpans"][0]["spans"]
        .as_array()
        .unwrap();
    assert!(spans.len() > 10, "{}", spans.len());
    let file = Said::of(&mut of_block("perfetto", &[])).success();
    assert!(file.ends_with("-n.pftrace\n"), "{file}");
    let perfetto = fs::read(folder.path().join(file.trim())).unwrap();
    assert!(perfetto.len() > 1000, "{}", perfetto.len());
    // A beginning that may mean several blocks, and an unknown format.
    Said::of(&mut export(&["--format", "json"])).assert_failure("give more of it");
    let said = Said::of(&mut export(&["--format", "svg"]));
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.contains("choose perfetto, otlp or json"),
        "{}",
        said.err
    );
}

#[tokio::test]
async fn a_deployment_is_written_and_summed_up() {
    let test = imported().await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let export = || {
        let mut command = loadlab(["export", "--format", "parquet", "--to"]);
        command.arg(&to).env("DATABASE_URL", test.url());
        command
    };
    let said = Said::of(&mut export()).success();
    assert!(said.contains("block_trace_checkpoint.parquet"), "{said}");
    assert!(said.contains("rows/s"), "{said}");
    assert!(to.join("manifest.json").is_file());
    Said::of(&mut export()).assert_failure("is not an empty folder; name another");
    let said = Said::of(export().args(["--deployment", "99"]));
    assert_eq!(said.code, Some(1));
    let other = folder.path().join("other");
    let mut json = loadlab(["export", "--format", "csv", "--summary", "json", "--to"]);
    let said = Said::of(json.arg(&other).env("DATABASE_URL", test.url())).success();
    let summary: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(summary["tables"][0]["file"], "deployment.csv.zst");
}

/// Whenever it is ended, the folder is whole or not there; the next export cleans up.
#[tokio::test]
async fn an_export_that_is_ended_leaves_nothing_half_written() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("t.jsonl");
    fs::write(&trace, composed(3_000)).unwrap();
    Said::of(&mut import(&trace, test.url())).success();
    fs::remove_file(&trace).unwrap();
    let to = folder.path().join("out");
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>()
    };
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let mut command = loadlab(["export", "--format", "parquet", "--to"]);
        command
            .arg(&to)
            .env("DATABASE_URL", test.url())
            .stderr(Stdio::null());
        let mut process = command.stdout(Stdio::null()).spawn().unwrap();
        let own = format!(".out.loadlab-export-{}", process.id());
        while !names().contains(&own) {
            assert!(
                process.try_wait().unwrap().is_none(),
                "it has ended too soon"
            );
        }
        kill(Pid::from_raw(i32::try_from(process.id()).unwrap()), signal).unwrap();
        let status = process.wait().unwrap();
        assert!(!to.exists(), "{status}");
        assert!(
            names()
                .iter()
                .all(|name| name.starts_with(".out.loadlab-export-"))
        );
        if signal == Signal::SIGTERM {
            assert_eq!(status.code(), Some(130));
            assert_eq!(names(), [""; 0]);
        }
    }
    let mut command = loadlab(["export", "--format", "parquet", "--to"]);
    Said::of(command.arg(&to).env("DATABASE_URL", test.url())).success();
    assert_eq!(names(), ["out"]);
}

#[tokio::test]
async fn a_role_that_reads_is_made_once_and_mended_later() {
    let test = imported().await;
    let role = format!("looker_{}", std::process::id());
    let make = |arguments: &[&str]| {
        let mut command = loadlab(["db", "role-reader", &role]);
        Said::of(command.args(arguments).env("DATABASE_URL", test.url()))
    };
    let url = make(&["--statement-timeout", "7"]).success();
    let url = url.trim();
    let psql_all = |statements: &[&str]| {
        let mut command = loadlab(["db", "psql", "--", "-At"]);
        for statement in statements {
            command.args(["-c", statement]);
        }
        Said::of(command.env("DATABASE_URL", url))
    };
    let psql = |statement: &str| psql_all(&[statement]);
    assert_ne!(psql("SELECT count(*) FROM block_trace").success(), "0\n");
    psql("SELECT count(*) FROM loadlab.session").success();
    let refused = psql("DELETE FROM block_trace");
    assert!(
        refused.err.contains("read-only transaction"),
        "{}",
        refused.err
    );
    let refused = psql_all(&[
        "SET default_transaction_read_only = off",
        "DELETE FROM block_trace",
    ]);
    assert!(refused.err.contains("permission denied"), "{}", refused.err);
    let settings = format!(
        "SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting
          WHERE setrole = '{role}'::regrole"
    );
    let found = test.texts(&settings).await.unwrap();
    assert_eq!(
        found,
        ["default_transaction_read_only=on statement_timeout=7000"]
    );
    // Tables of later deployments are readable, and the password stays.
    test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    assert_eq!(make(&[]).success(), "");
    psql("SELECT count(*) FROM block_trace_checkpoint").success();
    // Nobody loses rights by a slip.
    let owner = url::Url::parse(test.url()).unwrap();
    let mut of_owner = loadlab(["db", "role-reader", owner.username()]);
    Said::of(of_owner.env("DATABASE_URL", test.url())).assert_failure("choose another name");
    test.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await
        .unwrap();
}

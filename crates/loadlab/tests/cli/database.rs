//! `db`: migrating, finding and entering a database, and an embedded server
//! that is killed.

use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use store::testing::TestDatabase;

use crate::program::{Said, example, loadlab};

#[tokio::test]
async fn a_database_is_migrated_once_and_entered() {
    let test = TestDatabase::create_empty().await.unwrap();
    let run = |arguments: &[&str]| Said::of(loadlab(arguments).env("DATABASE_URL", test.url()));
    for _ in 0..2 {
        let said = run(&["db", "migrate"]).success();
        assert!(said.starts_with("the database is up to date: postgres://"));
        assert!(!said.contains(password(test.url())), "{said}");
    }
    assert_eq!(run(&["db", "url"]).success(), format!("{}\n", test.url()));
    let counted = run(&["db", "psql", "--", "-Atc", "SELECT count(*) FROM txs"]).success();
    assert_eq!(counted, "0\n");
    assert_eq!(run(&["db", "psql", "--", "-c", "SELEC"]).code, Some(1));
}

/// What stands between the user's colon and the host's sign.
fn password(url: &str) -> &str {
    let (before_host, _) = url.rsplit_once('@').unwrap();
    before_host.rsplit_once(':').unwrap().1
}

#[test]
fn an_embedded_server_that_was_killed_with_its_owner_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // The unprivileged user that runs the server must be able to enter.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let data = folder.path().join("data");
    let url_file = folder.path().join("url");
    let run = |arguments: &[&str]| {
        let mut command = loadlab(["--data-dir"]);
        command
            .arg(&data)
            .args(["--postgres-port", "0"])
            .args(arguments);
        command
    };
    let example = example();
    let mut owner = run(&["db", "run", "--url-file", url_file.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&url_file, &mut owner);
    // A second process joins the server of the first.
    let import = ["trace", "import", example.to_str().unwrap(), "--node", "n"];
    let first = Said::of(&mut run(&import)).success();
    assert!(first.contains("new block traces"), "{first}");
    owner.kill().unwrap();
    owner.wait().unwrap();
    // A third starts it again: what was committed is there.
    let again = Said::of(&mut run(&import)).success();
    assert!(again.contains("lines that were stored already"), "{again}");
    let counted = [
        "db",
        "psql",
        "--",
        "-Atc",
        "SELECT count(*) FROM block_trace",
    ];
    assert_eq!(Said::of(&mut run(&counted)).success(), "3\n");
}

/// Waits until a server has written where it is.
fn wait_for(file: &Path, owner: &mut Child) {
    let begun = Instant::now();
    while !file.exists() {
        assert!(owner.try_wait().unwrap().is_none(), "the server has ended");
        assert!(begun.elapsed() < Duration::from_mins(1), "no server");
        thread::sleep(Duration::from_millis(20));
    }
}

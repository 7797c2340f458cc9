//! What fails says so in one sentence, and with an exit code.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::process::Stdio;

use store::testing::TestDatabase;

use crate::program::{Said, example, import, loadlab};

#[test]
fn an_unreachable_database() {
    // Nobody listens on a port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://lab:s3cret@127.0.0.1:{port}/logs");
    let said = Said::of(&mut import(&example(), &url));
    said.assert_failure(&format!(
        "cannot reach the database server at 127.0.0.1:{port}; is it running?"
    ));
    assert!(!said.err.contains("s3cret"));
    for arguments in [vec!["trace", "show", "3N"], vec!["db", "migrate"]] {
        let said = Said::of(loadlab(&arguments).env("DATABASE_URL", &url));
        said.assert_failure("cannot reach the database server");
    }
}

#[test]
fn a_database_url_that_is_none() {
    let said = Said::of(&mut import(&example(), "mysql://lab:s3cret@h/logs"));
    said.assert_failure("the database URL is not of the form postgres://");
    assert!(!said.err.contains("s3cret"));
}

#[tokio::test]
async fn a_wrong_deployment_or_node() {
    let test = TestDatabase::create().await.unwrap();
    let said = |deployment: &str| {
        Said::of(import(&example(), test.url()).args(["--deployment", deployment]))
    };
    said("7").assert_failure("there is no deployment 7; none has been created yet");
    test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    said("7").assert_failure("there is no deployment 7; existing: 1");
    let said = Said::of(
        loadlab(["trace", "import"])
            .arg(example())
            .args(["--node", ""])
            .env("DATABASE_URL", test.url()),
    );
    said.assert_failure("a node name has 1 to 255 characters");
    // Nothing was written.
    let counted = "SELECT count(*)::text FROM block_trace";
    assert_eq!(test.texts(counted).await.unwrap(), ["0"]);
}

#[tokio::test]
async fn files_that_cannot_be_read() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.jsonl");
    Said::of(&mut import(&missing, test.url())).assert_failure("missing.jsonl");
    Said::of(&mut import(folder.path(), test.url())).assert_failure("directory");
    let damaged = folder.path().join("damaged.gz");
    std::fs::write(&damaged, b"\x1f\x8b\x08\x00 this is no archive").unwrap();
    Said::of(&mut import(&damaged, test.url())).assert_failure("damaged.gz");
}

#[tokio::test]
async fn a_database_of_somebody_else() {
    let test = TestDatabase::create_empty().await.unwrap();
    test.execute("CREATE TABLE block_trace (x int)")
        .await
        .unwrap();
    Said::of(&mut import(&example(), test.url()))
        .assert_failure("already has a table `block_trace`");
}

#[tokio::test]
async fn a_result_that_cannot_be_written() {
    let test = TestDatabase::create().await.unwrap();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = import(&example(), test.url());
    let output = command.stdout(Stdio::from(full)).stderr(Stdio::piped());
    let said = Said::from(output.spawn().unwrap().wait_with_output().unwrap());
    said.assert_failure("cannot write to standard output");
    // A reader that has seen enough is no failure.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = loadlab(["trace", "show", "0"]);
    command.env("DATABASE_URL", test.url());
    let output = command.stdout(writer).stderr(Stdio::piped());
    let said = Said::from(output.spawn().unwrap().wait_with_output().unwrap());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
}

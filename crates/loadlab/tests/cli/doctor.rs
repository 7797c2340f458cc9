//! `loadlab doctor` on set-ups that are broken in one way each: it names the fault and what to do,
//! shows no secret, changes nothing, and ends in time.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use store::testing::TestDatabase;

use crate::calls::{KEY, free_port, on_free_ports};
use crate::program::{Said, loadlab};

/// The report on the set-up of a command, its exit code and its text.
struct Report {
    code: Option<i32>,
    findings: Vec<Value>,
    text: String,
}

impl Report {
    fn of(command: &mut Command) -> Self {
        let said = Said::of(command);
        let report: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
        let all = format!("{}{}", said.out, said.err);
        for secret in ["s3cret", KEY] {
            assert!(!all.contains(secret), "{all}");
        }
        Self {
            code: said.code,
            findings: report["findings"].as_array().unwrap().clone(),
            text: said.out,
        }
    }

    /// The finding of a check that says this; it is as bad as expected.
    #[track_caller]
    fn finding(&self, check: &str, level: &str, says: &str) -> &Value {
        let found = self.findings.iter().find(|finding| {
            finding["check"] == check && finding["message"].as_str().unwrap().contains(says)
        });
        let found = found.unwrap_or_else(|| panic!("{check} does not say {says}: {}", self.text));
        assert_eq!(found["level"], level, "{found}");
        if level != "ok" {
            assert!(!found["advice"].as_str().unwrap().is_empty(), "{found}");
        }
        found
    }

    fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding["level"] == "error")
    }
}

/// The command, with ports that are free and no variables of the machine's own lab.
fn doctor() -> Command {
    as_told(&["--json", "--timeout", "20"])
}

/// The same with other arguments.
fn as_told(arguments: &[&str]) -> Command {
    let mut command = loadlab(["doctor"]);
    command.args(arguments);
    on_free_ports(&mut command);
    for name in [
        "CONFIG",
        "CONFIG_FILE",
        "ONLINE_URL",
        "LOG_FETCHER_KEY_FILE",
        "LOADLAB_TOKEN",
    ] {
        command.env_remove(name);
    }
    command
}

/// Answers every request with this, until the test ends.
fn answering(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            let _ = write!(connection, "HTTP/1.1 {answer}");
        }
    });
    port
}

/// Accepts connections and says nothing.
fn silent() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let _held: Vec<_> = listener.incoming().collect();
    });
    port
}

fn key_file(folder: &Path, text: &str, mode: u32) -> String {
    let path = folder.join("fetcher_sk");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_set_up_without_faults_is_reported_without_faults() {
    let test = TestDatabase::create().await.unwrap();
    let report = Report::of(doctor().env("DATABASE_URL", test.url()));
    assert_eq!(report.code, Some(0), "{}", report.text);
    assert!(!report.has_errors());
    report.finding("database", "ok", "PostgreSQL ");
    report.finding("schema", "ok", "");
    report.finding("privileges", "ok", "all");
    report.finding("clock", "ok", "differs from this machine's by 0.");
    report.finding("ports", "ok", "is free: the log fetcher does not run here");
    report.finding(
        "settings",
        "ok",
        "the orchestrator is not configured here: set CONFIG",
    );
    report.finding("disk", "ok", "the database takes");
    report.finding("retention", "ok", "none is dropped by itself");

    let said = Said::of(as_told(&[]).env("DATABASE_URL", test.url())).success();
    assert!(
        said.starts_with("ok       database       PostgreSQL "),
        "{said}"
    );
    assert!(said.contains("errors: 0, warnings: 0"), "{said}");
}

#[tokio::test]
async fn a_database_that_refuses_hangs_or_is_away_is_named_in_time() {
    let test = TestDatabase::create().await.unwrap();
    let (_, server) = test.url().rsplit_once('@').unwrap();
    let wrong = format!("postgres://nobody_known:s3cret@{server}");
    let away = "postgres://lab:s3cret@127.0.0.1:1/logs".to_owned();
    let hangs = format!("postgres://lab:s3cret@127.0.0.1:{}/logs", silent());
    for (url, says) in [
        (wrong, "cannot be reached"),
        (away, "127.0.0.1:1"),
        (hangs, "did not answer within"),
    ] {
        let begun = Instant::now();
        let report = Report::of(doctor().env("DATABASE_URL", url));
        assert!(begun.elapsed() < Duration::from_secs(40));
        assert_eq!(report.code, Some(1));
        report.finding("database", "error", says);
        // The rest is looked at all the same.
        report.finding("ports", "ok", "is free");
    }
}

#[tokio::test]
async fn a_schema_or_privileges_that_are_missing_are_told_and_nothing_is_made() {
    let empty = TestDatabase::create_empty().await.unwrap();
    let report = Report::of(doctor().env("DATABASE_URL", empty.url()));
    report.finding("schema", "warning", "the tables are missing");
    assert_eq!(report.code, Some(0), "{}", report.text);
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname IN ('public', 'loadlab')";
    assert!(empty.texts(tables).await.unwrap().is_empty());

    let test = TestDatabase::create().await.unwrap();
    let name = format!("doctor_{}", std::process::id());
    test.execute(&format!(
        "CREATE ROLE {name} LOGIN PASSWORD 's3cret';
         GRANT USAGE ON SCHEMA public, loadlab TO {name};
         GRANT SELECT ON ALL TABLES IN SCHEMA public, loadlab TO {name}"
    ))
    .await
    .unwrap();
    let (_, server) = test.url().rsplit_once('@').unwrap();
    let url = format!("postgres://{name}:s3cret@{server}");
    let report = Report::of(doctor().env("DATABASE_URL", url));
    report.finding(
        "privileges",
        "error",
        "the user lacks CREATE on schema loadlab",
    );
    test.execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}"))
        .await
        .unwrap();

    let newer = "INSERT INTO loadlab._sqlx_migrations
                     (version, description, success, checksum, execution_time)
                 VALUES (9000, 'from the future', true, '', 0)";
    test.execute(newer).await.unwrap();
    let report = Report::of(doctor().env("DATABASE_URL", test.url()));
    report.finding("schema", "error", "newer version (migration 9000)");
}

#[test]
fn a_data_folder_that_does_not_exist_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let report = Report::of(doctor().arg("--data-dir").arg(&data));
    report.finding("database", "warning", "there is none yet in ");
    assert!(!data.exists());
}

#[tokio::test]
async fn a_port_is_free_or_its_holder_is_named() {
    let test = TestDatabase::create().await.unwrap();
    let stranger = answering("200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
    let body = r#"{"error":{"code":"not_ready","message":"not ready: the disk is full"}}"#;
    let unready: &'static str = Box::leak(
        format!(
            "503 Unavailable\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_boxed_str(),
    );
    let unready = answering(unready);
    let ready = answering("200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nready");
    let report = Report::of(
        doctor()
            .env("DATABASE_URL", test.url())
            .env("LOG_API_PORT", stranger.to_string())
            .env("LOG_FETCHER_PORT", unready.to_string())
            .env("ORCHESTRATOR_PORT", ready.to_string())
            .env("DASHBOARD_PORT", silent().to_string())
            .args(["--service", &format!("http://127.0.0.1:{unready}")])
            .args(["--service", "http://127.0.0.1:1"]),
    );
    assert_eq!(report.code, Some(1));
    let finding = report.finding("ports", "error", "which is no service of loadlab");
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .contains(&std::process::id().to_string())
    );
    assert!(finding["advice"].as_str().unwrap().contains("LOG_API_PORT"));
    report.finding(
        "ports",
        "error",
        "the log fetcher is not ready: the disk is full",
    );
    report.finding("ports", "ok", "the orchestrator is ready");
    report.finding("ports", "error", "which does not answer");
    report.finding("services", "error", "is not ready: the disk is full");
    report.finding("services", "error", "http://127.0.0.1:1/ does not answer");
}

#[tokio::test]
async fn keys_that_are_missing_open_or_nonsense_are_told_without_showing_them() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let with_key = |file: &str| {
        let mut command = doctor();
        command
            .env("DATABASE_URL", test.url())
            .env("LOG_FETCHER_KEY_FILE", file)
            .env("ONLINE_URL", "http://127.0.0.1:1/v1/online");
        Report::of(&mut command)
    };
    let report = with_key("/nowhere/fetcher_sk");
    report.finding("keys", "error", "cannot be found at /nowhere/fetcher_sk");
    report.finding("settings", "error", "the log fetcher cannot start");
    let report = with_key(&key_file(folder.path(), "s3cret", 0o600));
    report.finding("settings", "error", "does not hold the base64");
    let report = with_key(&key_file(folder.path(), KEY, 0o644));
    let open = report.finding("keys", "warning", "others on this machine may read");
    assert!(open["advice"].as_str().unwrap().starts_with("chmod 600 "));
    report.finding("keys", "ok", "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
    report.finding(
        "discovery",
        "error",
        "the online list http://127.0.0.1:1/v1/online cannot be read",
    );

    // A setting that cannot be is told, too.
    let mut command = doctor();
    command
        .env("DATABASE_URL", test.url())
        .env("LOG_API_PORT", "many");
    Report::of(&mut command).finding("settings", "error", "the log API cannot start");
}

#[tokio::test]
async fn nodes_that_are_away_or_hang_are_named_one_by_one() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let key = key_file(folder.path(), KEY, 0o600);
    let submitter = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";
    let (closed, hanging) = (free_port(), silent());
    let unauthorised =
        answering("401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let element = |port: u16| {
        format!(
            r#"{{"remote_addr":"127.0.0.1","submitter":"{submitter}","graphql_control_port":{port}}}"#
        )
    };
    let list = format!(
        "[{},{},{},7]",
        element(closed),
        element(hanging),
        element(unauthorised)
    );
    let list = format!(
        "200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{list}",
        list.len()
    );
    let list = answering(Box::leak(list.into_boxed_str()));
    let mut command = doctor();
    command
        .env("DATABASE_URL", test.url())
        .env("LOG_FETCHER_KEY_FILE", key)
        .env("LOG_FETCHER_ALLOW_NETWORKS", "127.0.0.0/8")
        .env(
            "ONLINE_URL",
            format!("http://lab:s3cret@127.0.0.1:{list}/v1/online?x=s3cret"),
        );
    let report = Report::of(&mut command);
    report.finding(
        "discovery",
        "warning",
        "names 3 nodes, and 1 malformed entries",
    );
    let node = |port: u16, says: &str, advice: &str| {
        let finding = report.finding("nodes", "error", says);
        assert_eq!(
            finding["node"],
            format!("uWTQta4i-127.0.0.1-{port}"),
            "{finding}"
        );
        assert!(
            finding["advice"].as_str().unwrap().contains(advice),
            "{finding}"
        );
    };
    node(closed, "could not connect", "firewall");
    node(hanging, "no complete answer in time", "hangs");
    node(unauthorised, "does not permit this key", "--itn-keys");

    // Nodes on this machine are not asked unless that is allowed.
    let report = Report::of(command.env_remove("LOG_FETCHER_ALLOW_NETWORKS"));
    report.finding("nodes", "error", "is not permitted");
}

#[tokio::test]
async fn old_submissions_wrong_clocks_and_what_will_be_dropped_are_told() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    test.execute(
        "INSERT INTO loadlab.uptime_submission
             (received_at, submitter, remote_addr, peer_id, created_at, block_hash, has_snark_work)
         VALUES (now() - interval '1 minute', 'B62fast', '10.0.0.1', 'p', now() + interval '9 minutes', 'h', false),
                (now() - interval '1 minute', 'B62right', '10.0.0.2', 'p', now() - interval '1 minute', 'h', false);
         INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}');
         INSERT INTO block_trace
         SELECT 1, 1, 'n', '3NA', extract(epoch FROM now() - interval '40 days'), -1, 0, 'External',
                1, 1, 'Success', '{}'",
    )
    .await
    .unwrap();
    let mut command = doctor();
    command
        .env("DATABASE_URL", test.url())
        .env("LOG_FETCHER_KEY_FILE", key_file(folder.path(), KEY, 0o600))
        .env("ONLINE_URL", "http://127.0.0.1:1/")
        .env("LOG_FETCHER_KEEP_DEPLOYMENTS_DAYS", "30");
    let report = Report::of(&mut command);
    let fast = report.finding("clock", "error", "ahead: its submissions are refused");
    assert_eq!(fast["node"], "B62fast at 10.0.0.1");
    report.finding("discovery", "ok", "the last submission came 6");
    report.finding("retention", "ok", "the log fetcher drops 1 of them");
    test.execute("UPDATE loadlab.uptime_submission SET received_at = now() - interval '2 hours'")
        .await
        .unwrap();
    let report = Report::of(&mut command);
    report.finding(
        "discovery",
        "warning",
        "the last submission came 7200 s ago",
    );
    let left = test.database().deployments().await.unwrap();
    assert_eq!(left, [1, 2], "it only says what would go");
}

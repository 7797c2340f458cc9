//! Tokens and the audit log by the commands, and through the dashboard.

use serde_json::{Value, json};
use store::access::AuditPage;
use store::testing::TestDatabase;

use crate::calls::call;
use crate::program::{Said, commands, loadlab};
use crate::routes::{ROUTES, Rule, SERVICES, methods};
use crate::up::{Up, until};

fn run(test: &TestDatabase, arguments: &[&str]) -> (bool, String, String) {
    let output = loadlab(arguments)
        .args(["--database-url", test.url()])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[tokio::test]
async fn a_token_is_printed_once_listed_and_revoked_and_all_of_it_is_on_record() {
    let test = TestDatabase::create().await.unwrap();
    let (done, empty, _) = run(&test, &["token", "list"]);
    assert!(done && empty.contains("loadlab token new"), "{empty}");
    let (done, secret, said) = run(
        &test,
        &["token", "new", "Ada", "--role", "operator", "--days", "30"],
    );
    assert!(done, "{said}");
    let secret = secret.trim();
    assert!(
        secret.starts_with("loadlab_") && secret.len() == 72,
        "{secret}"
    );
    assert!(
        said.contains("not shown again") && !said.contains(secret),
        "{said}"
    );
    let (_, list, _) = run(&test, &["token", "list"]);
    assert!(
        list.contains("Ada") && list.contains("operator") && !list.contains(secret),
        "{list}"
    );
    let (done, _, again) = run(&test, &["token", "new", "Ada", "--role", "viewer"]);
    assert!(!done && again.contains("there is a token named"), "{again}");
    let (done, _, wrong) = run(&test, &["token", "new", "Bob", "--role", "admin"]);
    assert!(
        !done && wrong.contains("`viewer` and `operator`"),
        "{wrong}"
    );
    let (done, _, wrong) = run(&test, &["token", "revoke", "Bob"]);
    assert!(
        !done && wrong.contains("there is no token named \"Bob\""),
        "{wrong}"
    );
    let (done, said, hint) = run(&test, &["token", "revoke", "Ada"]);
    assert!(
        done && said.contains("is revoked") && hint.contains("the last one"),
        "{said}{hint}"
    );
    let (_, audit, _) = run(&test, &["audit", "--format", "json"]);
    let audit: Value = serde_json::from_str(&audit).unwrap();
    let entries: Vec<(&str, &str, bool)> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let text = |member: &str| entry[member].as_str().unwrap();
            (
                text("path"),
                text("target"),
                entry["changed_at"].is_string(),
            )
        })
        .collect();
    assert_eq!(
        entries,
        [
            ("loadlab token revoke", "Ada", true),
            ("loadlab token new", "Ada", false),
            ("loadlab token new", "Ada", true),
        ]
    );
    let (_, table, _) = run(&test, &["audit", "--contains", "revoke"]);
    assert!(
        table.contains("done") && table.lines().count() == 2,
        "{table}"
    );
}

#[tokio::test]
async fn what_is_changed_by_the_page_is_on_record_with_the_name_of_who_has_signed_in() {
    let test = TestDatabase::create().await.unwrap();
    let (_, operator, _) = run(&test, &["token", "new", "Ada", "--role", "operator"]);
    let (_, viewer, _) = run(&test, &["token", "new", "Vic", "--role", "viewer"]);
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), folder.path());
    let dashboard = up.address("dashboard");
    let client = service::proxy::direct().build().unwrap();
    let sign_in = async |token: &str| {
        let answer = client
            .post(format!("{dashboard}/api/lab/v1/session"))
            .json(&json!({ "token": token.trim() }))
            .send()
            .await
            .unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        (cookie, answer.json::<Value>().await.unwrap())
    };
    let unfreeze = async |cookie: &str| {
        client
            .post(format!("{dashboard}/api/fetcher/unfreeze"))
            .header("cookie", cookie)
            .header("x-loadlab-request", "1")
            .header("x-request-id", "from-the-page")
            .send()
            .await
            .unwrap()
    };
    let (cookie, session) = sign_in(&viewer).await;
    assert_eq!(
        (&session["role"], &session["name"]),
        (&"viewer".into(), &"Vic".into())
    );
    let refused = unfreeze(&cookie).await;
    assert_eq!(refused.status(), 403);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["error"]["code"], "operator_required");
    assert_eq!(refused["error"]["request_id"], "from-the-page");

    let (cookie, session) = sign_in(&operator).await;
    assert_eq!(session["role"], "operator");
    let done = unfreeze(&cookie).await;
    assert_eq!(done.status(), 200);
    assert_eq!(done.headers()["x-request-id"], "from-the-page");
    let audit = client
        .get(format!("{dashboard}/api/results/v1/audit?q=unfreeze"))
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    let audit: Value = audit.json().await.unwrap();
    let entries = audit["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{audit}");
    let entry = &entries[0];
    assert_eq!(entry["actor"], "Ada");
    assert_eq!(entry["role"], "operator");
    assert_eq!(entry["service"], "log-fetcher");
    assert_eq!(
        (&entry["method"], &entry["path"]),
        (&"POST".into(), &"/unfreeze".into())
    );
    assert_eq!(entry["status"], 200);
    assert_eq!(entry["request_id"], "from-the-page");
    assert_eq!(entry["forwarded_for"], "127.0.0.1");
    assert!(entry["changed_at"].is_string(), "{entry}");

    // The session ends with its token.
    let (done, _, said) = run(&test, &["token", "revoke", "Ada"]);
    assert!(done, "{said}");
    let over = async {
        while unfreeze(&cookie).await.status() != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(20), over).await;
    assert!(in_time.is_ok());
    up.end();
}

/// What becomes of a command that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    /// A row of its own, when it is called with these arguments; those of `calls` if there are none.
    Row(&'static [&'static str]),
    /// By the service that it asks.
    ByService,
    /// It makes a database or fills an empty one, and writes a row there: tests of `backup`.
    InTheNewDatabase,
    /// It stores data, whose sessions say where they come from; or it runs services.
    No,
}

/// Every command that writes to a database or asks a lab for changes. A command that is in none of
/// the tables fails the test.
const RECORDED: [(&str, Recorded); 31] = [
    ("token new", Recorded::Row(&[])),
    ("token revoke", Recorded::Row(&["one"])),
    ("deployment drop", Recorded::Row(&["1", "--yes"])),
    ("experiment kill", Recorded::Row(&[])),
    ("db role-reader", Recorded::Row(&[])),
    ("db migrate", Recorded::Row(&[])),
    ("db distribute", Recorded::Row(&[])),
    ("archive drop", Recorded::Row(&[])),
    ("archive restore", Recorded::Row(&[])),
    ("db restore", Recorded::InTheNewDatabase),
    ("db upgrade", Recorded::InTheNewDatabase),
    ("experiment run", Recorded::ByService),
    ("experiment cancel", Recorded::ByService),
    ("deployment new", Recorded::ByService),
    ("tracing freeze", Recorded::ByService),
    ("tracing unfreeze", Recorded::ByService),
    ("tracing reset", Recorded::ByService),
    ("tracing cleanup", Recorded::ByService),
    ("cycle", Recorded::ByService),
    ("trace import", Recorded::No),
    ("demo", Recorded::No),
    ("up", Recorded::No),
    ("log-fetcher", Recorded::No),
    ("log-fetcher discovery", Recorded::No),
    ("log-fetcher node-address-port", Recorded::No),
    ("uptime-backend", Recorded::No),
    ("experiments-api", Recorded::No),
    ("orchestrator", Recorded::No),
    ("db run", Recorded::No),
    // Statements of a person at the server itself.
    ("db psql", Recorded::No),
    // It knows no database.
    ("script run", Recorded::No),
];

/// Commands that change nothing but files of their own.
const CHANGE_NOTHING: [&str; 32] = [
    "trace show",
    "trace diff",
    "trace export",
    "log-api",
    "dashboard",
    "experiment plan",
    "experiment watch",
    "experiment list",
    "experiment status",
    "experiment report",
    "experiment compare",
    "script generate",
    "deployment list",
    "export",
    // With `--drop` it does what `archive drop` does, and that is recorded.
    "archive run",
    "archive list",
    "archive verify",
    "token list",
    "audit",
    "tracing status",
    "simnet",
    "simnet mina",
    "simnet record",
    "db url",
    "db dump",
    "doctor",
    "version",
    "init",
    "config show",
    "config reference",
    "completions",
    "man",
];

#[tokio::test]
async fn every_command_that_changes_something_is_recorded() {
    let mut known: Vec<&str> = RECORDED.iter().map(|(command, _)| *command).collect();
    known.extend(CHANGE_NOTHING);
    known.sort_unstable();
    let mut all: Vec<&str> = commands().collect();
    all.sort_unstable();
    assert_eq!(known, all);

    let test = TestDatabase::create().await.unwrap();
    let deployments = "INSERT INTO deployment (deployment_id, metadata_json)
                       VALUES (1, '{}'), (2, '{}')";
    test.execute(deployments).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (command, recorded) in RECORDED {
        let Recorded::Row(arguments) = recorded else {
            continue;
        };
        let said = if arguments.is_empty() {
            Said::of(&mut call(command, folder.path(), &test).command)
        } else {
            let words: Vec<&str> = command
                .split(' ')
                .chain(arguments.iter().copied())
                .collect();
            let (done, out, err) = run(&test, &words);
            assert!(done, "{command}: {out}{err}");
            Said {
                code: Some(0),
                out,
                err,
            }
        };
        let page = AuditPage {
            limit: 100,
            ..AuditPage::default()
        };
        let rows = test.database().audit(&page).await.unwrap();
        let path = format!("loadlab {command}");
        let rows: Vec<_> = rows.iter().filter(|row| row.path == path).collect();
        assert_eq!(rows.len(), 1, "{command}: {}{}", said.out, said.err);
        let row = rows[0];
        assert!(row.ended_at.is_some() && !row.actor.is_empty(), "{row:?}");
        assert_eq!(
            row.status,
            Some(if said.code == Some(0) { 200 } else { 500 }),
            "{row:?}"
        );
    }
}

#[tokio::test]
async fn every_route_that_changes_something_is_recorded() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), folder.path());
    let client = service::proxy::direct().build().unwrap();
    let mut number = 0;
    for (krate, method, path, rule) in ROUTES {
        // The dashboard passes changes on to services. A simulated network has no database.
        if rule != Rule::Change || ["dashboard", "simnet"].contains(&krate) {
            continue;
        }
        let (service, _) = SERVICES.iter().find(|(_, name)| *name == krate).unwrap();
        let path = path.replace("{name}", "nobody").replace("{id}", "0");
        for method in methods(method) {
            number += 1;
            let id = format!("change-{number}");
            let answer = client
                .request(
                    method.parse().unwrap(),
                    format!("{}{path}", up.address(service)),
                )
                .header("content-type", "application/json")
                .header("x-request-id", &id)
                .body("{}")
                .send()
                .await
                .unwrap();
            let page = AuditPage {
                limit: 10,
                contains: Some(id.clone()),
                ..AuditPage::default()
            };
            let rows = test.database().audit(&page).await.unwrap();
            let rows: Vec<_> = rows
                .iter()
                .filter(|row| row.request_id.as_ref() == Some(&id))
                .collect();
            assert_eq!(rows.len(), 1, "{krate} {method} {path}: {rows:?}");
            let row = rows[0];
            assert_eq!(
                (row.service.as_str(), row.method.as_str(), row.path.as_str()),
                (krate, method, path.as_str())
            );
            assert_eq!(row.status, Some(answer.status().as_u16().into()), "{row:?}");
            assert_eq!(
                (row.actor.as_str(), row.address.as_deref()),
                ("local", Some("127.0.0.1"))
            );
        }
    }
    assert!(number > 10);
    up.end();
}

/// A request that makes its change, for each route that changes something: crate, method, path with
/// what stands in its braces, body. In this order each of them has something to do.
const CHANGES: [&str; 17] = [
    "log-fetcher GET /freeze",
    "log-fetcher POST /freeze",
    r#"experiments-api POST /api/deployments {"data": {"commit": "https://example.org/1"}}"#,
    r#"experiments-api POST /api/node-restarts {"node_name": "node-1"}"#,
    "experiments-api POST /api/tracing/cleanup",
    r#"experiments-api PATCH /api/v1/deployments/{id=1} {"note": "the first one"}"#,
    "experiments-api DELETE /api/v1/deployments/{id=1}",
    "log-fetcher GET /unfreeze",
    "log-fetcher POST /unfreeze",
    "log-fetcher GET /reset",
    "log-fetcher POST /reset",
    r#"orchestrator POST /api/v0/experiment/run {"queue": true, "experiment_setup": {
        "experiment_name": "one", "priv_keys": ["/keys/plain1"],
        "payment_receiver": "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i"}}"#,
    r#"orchestrator POST /api/v1/experiments {"queue": true, "experiment_setup": {
        "experiment_name": "two", "priv_keys": ["/keys/plain1"],
        "payment_receiver": "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i"}}"#,
    "orchestrator POST /api/v1/experiments/{name=two}/cancel",
    "orchestrator POST /api/v0/experiment/cancel",
    r#"experiments-api POST /api/v1/tokens {"name": "Ada", "role": "viewer"}"#,
    "experiments-api DELETE /api/v1/tokens/{id=1}",
];

#[tokio::test]
async fn every_change_that_is_made_is_marked_in_its_transaction() {
    let test = TestDatabase::create().await.unwrap();
    let (done, token, _) = run(&test, &["token", "new", "Ina", "--role", "operator"]);
    assert!(done);
    let deployment = "INSERT INTO deployment (metadata_json) VALUES ('{}')";
    test.execute(deployment).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), folder.path());
    let client = service::proxy::direct().build().unwrap();
    // It can start when there are nodes.
    until(async || {
        let nodes = format!("{}/v1/online", up.address("uptime backend"));
        let online: Value = client.get(nodes).send().await.ok()?.json().await.ok()?;
        (online.as_array()?.len() == 3).then_some(())
    })
    .await;
    let mut tried: Vec<(&str, &str, String)> = Vec::new();
    for (number, change) in CHANGES.into_iter().enumerate() {
        let words: Vec<&str> = change.splitn(4, ' ').collect();
        let (krate, method, path) = (words[0], words[1], words[2]);
        let (route, path) = match path.split_once('=') {
            Some((before, rest)) => {
                let (given, after) = rest.split_once('}').unwrap();
                let (begin, _) = before.rsplit_once('{').unwrap();
                (
                    format!("{before}}}{after}"),
                    format!("{begin}{given}{after}"),
                )
            }
            None => (path.to_owned(), path.to_owned()),
        };
        tried.push((krate, method, route));
        let (service, _) = SERVICES.iter().find(|(_, name)| *name == krate).unwrap();
        let id = format!("made-{number}");
        let mut request = client
            .request(
                method.parse().unwrap(),
                format!("{}{path}", up.address(service)),
            )
            .bearer_auth(token.trim())
            .header("x-request-id", &id);
        if let Some(body) = words.get(3) {
            request = request
                .header("content-type", "application/json")
                .body(*body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let said = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {said}");
        let row = format!(
            "SELECT concat_ws(' ', actor, role, service, status, changed_at IS NOT NULL,
                              changed_at BETWEEN at AND ended_at)
               FROM loadlab.audit WHERE request_id = '{id}'"
        );
        let row = test.texts(&row).await.unwrap();
        let expected = format!("Ina operator {krate} {} t t", status.as_u16());
        assert_eq!(row, [expected], "{method} {path}: {said}");
    }
    let mut wanted = Vec::new();
    for (krate, method, route, rule) in ROUTES {
        // As in the test above.
        if rule == Rule::Change && !["dashboard", "simnet"].contains(&krate) {
            let all = methods(method).into_iter();
            wanted.extend(all.map(|method| (krate, method, route.to_owned())));
        }
    }
    wanted.sort_unstable();
    tried.sort_unstable();
    assert_eq!(tried, wanted);
    up.end();
}

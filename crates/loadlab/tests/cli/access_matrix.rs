//! The authorisation matrix: every route of every service with no token, a wrong, an expired one,
//! that of a viewer and that of an operator. The routes are those of the table in `routes`, where a
//! test fails for each route of the sources that is not in it, and all that the dashboard passes on.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use access::Secret;
use reqwest::Method;
use store::access::{NewAccessToken, TokenRole};
use store::testing::TestDatabase;

use crate::program::loadlab;
use crate::routes::{DESCRIPTION, HEALTH, ROUTES, Rule, SERVICES, methods, passed_on, rule_of};
use crate::up::{Up, until};

/// Service, method, path, rule. The service is named as `up` names it.
fn routes() -> Vec<(&'static str, String, String, Rule)> {
    let service = |krate: &str| {
        let mut services = SERVICES.iter();
        services.find(|(_, name)| *name == krate).unwrap().0
    };
    let mut all = Vec::new();
    for (krate, method, path, rule) in ROUTES {
        for method in methods(method) {
            all.push((service(krate), method.to_owned(), path.to_owned(), rule));
        }
    }
    for (method, page, krate, path) in passed_on() {
        let rule = rule_of(krate, &method, &path).unwrap();
        all.push(("dashboard", method, page, rule));
    }
    let get = || "GET".to_owned();
    for (name, krate) in SERVICES {
        let rule = if krate == "log-api" {
            Rule::Read
        } else {
            Rule::Open
        };
        all.push((name, get(), DESCRIPTION.to_owned(), rule));
        for path in HEALTH {
            all.push((name, get(), path.to_owned(), Rule::Open));
        }
    }
    // The page and its files, without which nobody could sign in.
    all.push(("dashboard", get(), "/".to_owned(), Rule::Open));
    all
}

/// The status that the guard answers with; none if it lets the request through.
fn refusal(rule: Rule, sender: &str, reading_is_restricted: bool) -> Option<u16> {
    match (rule, sender) {
        (Rule::Read | Rule::TracePort, _) if !reading_is_restricted => None,
        (Rule::Change, "viewer") => Some(403),
        (Rule::Open, _) | (_, "viewer" | "operator") => None,
        _ => Some(401),
    }
}

async fn make(test: &TestDatabase, name: &str, role: TokenRole, lifetime_s: Option<f64>) -> String {
    let secret = Secret::new().unwrap();
    let digest = secret.digest();
    let token = NewAccessToken {
        name,
        role,
        digest: &digest,
        lifetime_s,
    };
    test.database().create_access_token(&token).await.unwrap();
    secret.expose().to_owned()
}

/// Where a trace port of a node answers.
async fn trace_port(test: &TestDatabase, fetcher: &str) -> String {
    let host = url::Url::parse(fetcher).unwrap();
    until(async || {
        let nodes = test.database().fetched_nodes().await.ok()?;
        let port = nodes.first()?.trace_port?;
        let address = format!("{}:{port}", host.host_str()?);
        tokio::net::TcpStream::connect(&address).await.ok()?;
        Some(format!("http://{address}"))
    })
    .await
}

async fn matrix(reading_is_restricted: bool) {
    let test = TestDatabase::create().await.unwrap();
    let viewer = make(&test, "viewer", TokenRole::Viewer, None).await;
    let operator = make(&test, "operator", TokenRole::Operator, None).await;
    let expired = make(&test, "expired", TokenRole::Operator, Some(0.001)).await;
    let wrong = Secret::new().unwrap();
    let senders = [
        ("nobody", None),
        ("wrong", Some(wrong.expose())),
        ("expired", Some(expired.as_str())),
        ("viewer", Some(viewer.as_str())),
        ("operator", Some(operator.as_str())),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut command = loadlab(["up", "--simnet", "1", "--free-ports", "--time-scale", "600"]);
    command
        .args(["--database-url", test.url(), "--data-dir"])
        .arg(folder.path());
    if reading_is_restricted {
        command
            .env("LOADLAB_REQUIRE_TOKEN_FOR_READING", "true")
            .env("LOADLAB_TOKEN", "the-dashboard-asks-with-it");
    }
    let up = Up::of(&mut command);
    let client = service::proxy::direct().build().unwrap();
    let trace_port = trace_port(&test, &up.address("log fetcher")).await;
    let mut wrongs = String::new();
    for (service, method, path, rule) in routes() {
        if rule == Rule::Node {
            continue;
        }
        // It listens on this machine and knows no tokens of the lab; see the test below.
        let rule = if service == "simnet" {
            Rule::Open
        } else {
            rule
        };
        let mut path = path.replace("{name}", "nobody");
        for (name, value) in [("{hash}", "3N"), ("{id}", "0"), ("*", "0")] {
            path = path.replace(name, value);
        }
        let address = match rule {
            Rule::TracePort => trace_port.clone(),
            _ => up.address(service),
        };
        let url = format!("{address}{path}");
        for (sender, token) in senders {
            let method: Method = method.parse().unwrap();
            let mut request = client
                .request(method.clone(), &url)
                .header("x-loadlab-request", "1")
                .header("content-type", "application/json");
            if method != Method::GET {
                request = request.body("{}");
            }
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            // Of a stream, the beginning is enough.
            let answer = request.send().await.unwrap();
            let found = answer.status().as_u16();
            let refused = [401, 403].contains(&found).then_some(found);
            let expected = refusal(rule, sender, reading_is_restricted);
            if refused != expected {
                let _ = writeln!(
                    wrongs,
                    "{service} {method} {path} ({rule:?}) as {sender}: {found}, not {expected:?}"
                );
            }
        }
    }
    assert!(wrongs.is_empty(), "{wrongs}");
    up.end();
}

#[tokio::test]
async fn every_route_asks_for_the_token_that_it_needs() {
    matrix(false).await;
}

#[tokio::test]
async fn every_route_that_reads_asks_for_a_token_where_reading_is_restricted() {
    matrix(true).await;
}

/// The status page of a simulated network of its own: there is its token, and no roles.
async fn simnet_matrix(reading_is_restricted: bool) {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "the-token-of-the-network").unwrap();
    let mut command = loadlab(["simnet", "--nodes", "1", "--format", "json"]);
    command.arg("--token-file").arg(&token);
    if reading_is_restricted {
        command.arg("--require-token-for-reading");
    }
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let output = process.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    let description: serde_json::Value = serde_json::from_str(&line).unwrap();
    let status = description["status"].as_str().unwrap().to_owned();
    let client = service::proxy::direct().build().unwrap();
    let mut wrongs = String::new();
    for (service, method, path, rule) in routes() {
        if service != "simnet" || rule == Rule::Node {
            continue;
        }
        for (sender, token) in [
            ("nobody", None),
            ("wrong", Some("another")),
            ("operator", Some("the-token-of-the-network")),
        ] {
            let method: Method = method.parse().unwrap();
            let path = path.replace("{name}", "nobody");
            let mut request = client.request(method.clone(), format!("http://{status}{path}"));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let found = request.send().await.unwrap().status().as_u16();
            let refused = [401, 403].contains(&found).then_some(found);
            let expected = refusal(rule, sender, reading_is_restricted);
            if refused != expected {
                let _ = writeln!(
                    wrongs,
                    "{method} {path} ({rule:?}) as {sender}: {found}, not {expected:?}"
                );
            }
        }
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(wrongs.is_empty(), "{wrongs}");
}

#[tokio::test]
async fn every_route_of_a_simulated_network_asks_for_its_token() {
    simnet_matrix(false).await;
    simnet_matrix(true).await;
}

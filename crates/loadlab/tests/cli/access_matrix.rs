//! The authorisation matrix: every route of every service with no token, a wrong, an expired one,
//! that of a viewer and that of an operator. The routes are those of the tables in `every_service`,
//! where a test fails for each route of the sources that is in none.

use std::fmt::Write as _;

use access::Secret;
use reqwest::Method;
use store::access::{NewAccessToken, TokenRole};
use store::testing::TestDatabase;

use crate::every_service::{ASKING, GUARDED, OPEN, SERVICES};
use crate::program::loadlab;
use crate::up::Up;

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Nothing, whatever is configured.
    Open,
    /// A token where reading is restricted.
    Read,
    /// A token where there are tokens.
    Ask,
    /// The role operator where there are tokens.
    Change,
}

/// Open whatever is configured: what nodes and their readers ask, the greeting of a service, whose
/// token a request has. A simulated network has no tokens of the lab: it listens on this machine only.
const ALWAYS_OPEN: [(&str, &str); 6] = [
    ("uptime-backend", "/v1/submit"),
    ("uptime-backend", "/v1/online"),
    ("log-api", "/"),
    ("experiments-api", "/api/v1/session"),
    ("dashboard", "/api/lab/v1/session"),
    ("simnet", ""),
];

/// Some of what the dashboard passes on, one of each kind.
const PASSED_ON: [(&str, &str, Rule); 5] = [
    ("POST", "/api/fetcher/unfreeze", Rule::Change),
    ("DELETE", "/api/results/v1/tokens/0", Rule::Change),
    ("GET", "/api/results/v1/audit", Rule::Ask),
    ("GET", "/api/results/v1/nodes", Rule::Read),
    ("GET", "/api/fetcher/nodes", Rule::Read),
];

/// For operators of the machine, at every service.
const HEALTH: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Crate, method, path, rule.
fn routes() -> Vec<(&'static str, &'static str, String, Rule)> {
    let is_open = |krate: &str, path: &str| {
        ALWAYS_OPEN
            .iter()
            .any(|(name, open)| *name == krate && (*open == path || *name == "simnet"))
    };
    let mut all = Vec::new();
    for (krate, path, methods) in GUARDED {
        for method in methods {
            let rule = if is_open(krate, path) {
                Rule::Open
            } else {
                Rule::Change
            };
            all.push((krate, *method, path.to_owned(), rule));
        }
    }
    for (krate, path, method) in ASKING {
        all.push((krate, method, path.to_owned(), Rule::Ask));
    }
    for (krate, paths) in OPEN {
        for path in paths {
            // A trace port, and the servers of simulated nodes, are no routes of the service.
            if matches!((krate, *path), ("log-fetcher" | "simnet", "/graphql")) {
                continue;
            }
            let rule = if is_open(krate, path) {
                Rule::Open
            } else {
                Rule::Read
            };
            all.push((krate, "GET", (*path).to_owned(), rule));
        }
    }
    all.push(("log-api", "POST", "/graphql".to_owned(), Rule::Read));
    // The other half of a path that is in the table of changes.
    all.push((
        "orchestrator",
        "GET",
        "/api/v1/experiments".to_owned(),
        Rule::Read,
    ));
    for (method, path, rule) in PASSED_ON {
        all.push(("dashboard", method, path.to_owned(), rule));
    }
    for (_, krate) in SERVICES {
        for path in HEALTH {
            all.push((krate, "GET", path.to_owned(), Rule::Open));
        }
    }
    all
}

/// The status that the guard answers with; none if it lets the request through.
fn refusal(rule: Rule, sender: &str, reading_is_restricted: bool) -> Option<u16> {
    match (rule, sender) {
        (Rule::Read, _) if !reading_is_restricted => None,
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
    let mut wrongs = String::new();
    for (krate, method, path, rule) in routes() {
        let (service, _) = SERVICES.iter().find(|(_, name)| *name == krate).unwrap();
        let path = path
            .replace("{name}", "nobody")
            .replace("{hash}", "3N")
            .replace("{id}", "0");
        let url = format!("{}{path}", up.address(service));
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
                    "{krate} {method} {path} ({rule:?}) as {sender}: {found}, not {expected:?}"
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

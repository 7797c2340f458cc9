//! What holds for every service, by tables of them and of their routes. A route that is in no table
//! fails a test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use store::testing::TestDatabase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::up::{Up, get, until};

/// How `up` names a service, and the crate that has its routes.
pub(crate) const SERVICES: [(&str, &str); 7] = [
    ("uptime backend", "uptime-backend"),
    ("log fetcher", "log-fetcher"),
    ("log API", "log-api"),
    ("experiments API", "experiments-api"),
    ("orchestrator", "orchestrator"),
    ("dashboard", "dashboard"),
    ("simnet", "simnet"),
];

/// Routes behind the guard: crate, path, methods.
pub(crate) const GUARDED: [(&str, &str, &[&str]); 15] = [
    ("log-fetcher", "/freeze", &["GET", "POST"]),
    ("log-fetcher", "/unfreeze", &["GET", "POST"]),
    ("log-fetcher", "/reset", &["GET", "POST"]),
    ("experiments-api", "/api/deployments", &["POST"]),
    ("experiments-api", "/api/node-restarts", &["POST"]),
    ("experiments-api", "/api/tracing/cleanup", &["POST"]),
    ("experiments-api", "/api/v1/tokens", &["POST"]),
    ("experiments-api", "/api/v1/tokens/{id}", &["DELETE"]),
    (
        "experiments-api",
        "/api/v1/deployments/{id}",
        &["PATCH", "DELETE"],
    ),
    ("orchestrator", "/api/v0/experiment/run", &["POST"]),
    ("orchestrator", "/api/v0/experiment/cancel", &["POST"]),
    ("orchestrator", "/api/v1/experiments", &["POST"]),
    (
        "orchestrator",
        "/api/v1/experiments/{name}/cancel",
        &["POST"],
    ),
    ("simnet", "/api/v1/faults", &["POST"]),
    ("simnet", "/api/v1/nodes/{name}/created-accounts", &["POST"]),
];

/// Routes that change nothing and yet need a token where there are tokens: crate, path, method.
pub(crate) const ASKING: [(&str, &str, &str); 4] = [
    ("experiments-api", "/api/v1/tokens", "GET"),
    ("experiments-api", "/api/v1/audit", "GET"),
    ("orchestrator", "/api/v0/experiment/test", "POST"),
    ("orchestrator", "/api/v1/experiments/plan", "POST"),
];

/// Routes for everybody: they read, or check what they are sent by a signature. The dashboard judges
/// by the request what its page may change (its tests go over all methods).
pub(crate) const OPEN: [(&str, &[&str]); 7] = [
    ("uptime-backend", &["/v1/submit", "/v1/online"]),
    (
        "log-fetcher",
        &[
            "/nodes",
            "/api/v1/completeness",
            "/api/v1/sessions",
            // A trace port.
            "/graphql",
        ],
    ),
    (
        "log-api",
        &[
            "/",
            "/graphql",
            "/api/v1/trace-diff",
            "/api/v1/traces/{deployment}/{node}/{hash}",
            "/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}",
            "/api/v1/traces/{deployment}/{node}/{hash}/export",
        ],
    ),
    (
        "experiments-api",
        &[
            "/api/experiment/{name}",
            "/api/experiments",
            "/api/experiments/",
            "/api/v1/attribution",
            "/api/v1/blocks",
            "/api/v1/blocks/matrix",
            "/api/v1/blocks/{hash}",
            "/api/v1/checkpoints",
            "/api/v1/checkpoints/{name}",
            "/api/v1/comparison",
            "/api/v1/completeness/minutes",
            "/api/v1/database",
            "/api/v1/deployments",
            "/api/v1/experiments",
            "/api/v1/experiments/{name}/results",
            "/api/v1/gaps",
            "/api/v1/incidents",
            "/api/v1/nodes",
            "/api/v1/nodes/{name}",
            "/api/v1/overview",
            "/api/v1/series",
            "/api/v1/session",
            "/api/v1/snark-work",
            "/api/v1/transactions",
            "/api/v1/transactions/flow",
            "/api/v1/transactions/{hash}",
        ],
    ),
    (
        "orchestrator",
        &[
            "/api/v0/experiment/status",
            "/api/v1/experiments/{name}",
            "/api/v1/experiments/{name}/journal",
            "/api/v1/experiments/{name}/events",
            "/api/v1/parameters",
        ],
    ),
    (
        "dashboard",
        &[
            "/api/lab/v1/clock",
            "/api/lab/v1/search",
            "/api/lab/v1/services",
            "/api/lab/v1/session",
            "/api/lab/v1/state",
            "/api/lab/v1/stream",
        ],
    ),
    (
        "simnet",
        &[
            "/",
            // Of every node; its ITN server checks signatures.
            "/graphql",
            "/api/v1/network",
            "/api/v1/nodes/{name}/scheduled-transactions",
            "/api/v1/nodes/{name}/scheduler-runs",
        ],
    ),
];

/// What browsers say of pages of strangers, and of pages whose name a stranger has made lead here.
const STRANGERS: [&str; 5] = [
    "Host: evil.example\r\nSec-Fetch-Site: same-origin\r\n",
    "Host: evil.example:4000\r\nReferer: http://evil.example:4000/\r\n",
    "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n",
    "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n",
    "Host: localhost\r\nReferer: https://evil.example/page\r\n",
];

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The paths of all routes in the sources of a crate, but for its tests.
fn routes_of(krate: &str) -> BTreeSet<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    files_below(&crates.join(krate).join("src"), &mut files);
    let mut routes = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        if file.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        for call in code.split(".route(").skip(1) {
            let path = call.split('"').nth(1).unwrap();
            routes.insert(path.to_owned());
        }
    }
    routes
}

#[test]
fn every_route_is_in_a_table() {
    let mut crates: Vec<_> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // The routes of `service` are those for operators, which every service has.
        .filter(|name| !["bench", "service"].contains(&name.as_str()))
        .collect();
    crates.sort_unstable();
    for krate in crates {
        let guarded = GUARDED.iter().filter(|(name, ..)| *name == krate);
        let asking = ASKING.iter().filter(|(name, ..)| *name == krate);
        let open = OPEN.iter().filter(|(name, _)| *name == krate);
        let listed: BTreeSet<String> = guarded
            .map(|(_, path, _)| *path)
            .chain(asking.map(|(_, path, _)| *path))
            .chain(open.flat_map(|(_, paths)| paths.iter().copied()))
            .map(str::to_owned)
            .collect();
        assert_eq!(routes_of(&krate), listed, "{krate}");
    }
}

/// Sends a request and, if asked for, nothing after it; gives status and whole answer.
async fn ask(address: &str, head: &str, body: &str, half_closes: bool) -> (u16, String) {
    let address = address.trim_start_matches("http://");
    let asking = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "{head}Connection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        if half_closes {
            stream.shutdown().await.unwrap();
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    let answer = tokio::time::timeout(Duration::from_mins(1), asking).await;
    let answer = answer.unwrap_or_else(|_| panic!("no answer to {head}"));
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.unwrap_or(0), answer)
}

#[tokio::test]
async fn pages_of_strangers_change_nothing_in_any_service() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), folder.path());
    for (krate, path, methods) in GUARDED {
        let (service, _) = SERVICES.iter().find(|(_, name)| *name == krate).unwrap();
        let address = up.address(service);
        let path = path.replace("{name}", "nobody").replace("{id}", "0");
        for method in methods {
            for stranger in STRANGERS {
                let head = format!("{method} {path} HTTP/1.1\r\n{stranger}");
                let (status, answer) = ask(&address, &head, "{}", false).await;
                assert_eq!(status, 403, "{head}{answer}");
            }
            // The guide's lines, and a page of this machine.
            for local in [
                "Host: localhost:4000\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n",
                "Host: 127.0.0.1\r\nOrigin: http://localhost:4200\r\n",
            ] {
                let head = format!("{method} {path} HTTP/1.1\r\n{local}");
                let (status, answer) = ask(&address, &head, "{}", false).await;
                assert!(status != 403 && status != 0, "{head}{answer}");
            }
        }
    }
    up.end();
}

#[tokio::test]
async fn a_client_that_half_closes_gets_its_answer_from_every_service() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), folder.path());
    let fetcher = up.address("log fetcher");
    // Without a node there is no trace port.
    let trace_port = until(async || {
        let (_, nodes) = get(&format!("{fetcher}/nodes")).await;
        let nodes: Value = serde_json::from_str(&nodes).unwrap();
        let port = nodes[0]["internal_trace_port"].as_u64()?;
        let address = format!("127.0.0.1:{port}");
        TcpStream::connect(&address).await.ok().map(|_| address)
    })
    .await;
    let (_, truth) = get(&format!("{}/api/v1/network", up.address("simnet"))).await;
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let of_node = |port: &str| truth["nodes"][0][port].as_str().unwrap().to_owned();
    let query = r#"{"query":"{deployments}"}"#;
    let mut asked: Vec<(String, &str, &str, &str)> = vec![
        (trace_port, "POST", "/graphql", query),
        (
            of_node("itn"),
            "POST",
            "/graphql",
            r#"{"query":"{auth{serverUuid}}"}"#,
        ),
        (
            of_node("public_graphql"),
            "POST",
            "/graphql",
            r#"{"query":"{syncStatus}"}"#,
        ),
    ];
    for (service, _) in SERVICES {
        let (method, path, body) = match service {
            "uptime backend" => ("GET", "/v1/online", ""),
            "log fetcher" => ("GET", "/api/v1/completeness", ""),
            "log API" => ("POST", "/graphql", query),
            "experiments API" => ("GET", "/api/experiments", ""),
            "orchestrator" => ("GET", "/api/v1/experiments", ""),
            "dashboard" => ("GET", "/api/lab/v1/clock", ""),
            "simnet" => ("GET", "/api/v1/network", ""),
            other => panic!("nothing is asked of {other}"),
        };
        asked.push((up.address(service), method, path, body));
        asked.push((up.address(service), "GET", "/readyz", ""));
    }
    for (address, method, path, body) in asked {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        let kept_open = ask(&address, &head, body, false).await;
        let half_closed = ask(&address, &head, body, true).await;
        assert_ne!(kept_open.0, 0, "{head}");
        assert_eq!(
            half_closed.0, kept_open.0,
            "{address} {head}{}",
            half_closed.1
        );
    }
    up.end();
}

//! What holds for every service, by the tables of `routes`.

use std::time::Duration;

use serde_json::Value;
use store::testing::TestDatabase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::calls::Service;
use crate::routes::{DESCRIPTION, ROUTES, Rule, SERVICES, methods};
use crate::stopping::{Way, way_to};
use crate::up::{Up, get, until};

/// What browsers say of pages of strangers, and of pages whose name a stranger has made lead here.
const STRANGERS: [&str; 5] = [
    "Host: evil.example\r\nSec-Fetch-Site: same-origin\r\n",
    "Host: evil.example:4000\r\nReferer: http://evil.example:4000/\r\n",
    "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n",
    "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n",
    "Host: localhost\r\nReferer: https://evil.example/page\r\n",
];

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
    for (krate, method, path, rule) in ROUTES {
        // The dashboard judges by itself what its page may change: its own tests go over that.
        if rule != Rule::Change || krate == "dashboard" {
            continue;
        }
        let (service, _) = SERVICES.iter().find(|(_, name)| *name == krate).unwrap();
        let address = up.address(service);
        let path = path.replace("{name}", "nobody").replace("{id}", "0");
        for method in methods(method) {
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

#[tokio::test]
async fn every_service_is_ready_and_gives_its_figures() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(test.url(), folder.path());
    for (service, _) in SERVICES {
        let address = up.address(service);
        // A request that is counted; those for operators are not.
        get(&format!("{address}{DESCRIPTION}")).await;
        let (status, ready) = get(&format!("{address}/readyz")).await;
        assert_eq!((status, ready.as_str()), (200, "ready"), "{service}");
        let (status, figures) = get(&format!("{address}/metrics")).await;
        assert_eq!(status, 200, "{service}: {figures}");
        assert!(
            figures.contains("\nhttp_requests_total{"),
            "{service}: {figures}"
        );
    }
    up.end();
}

/// Those that cannot work without the database.
const ON_DATABASE: [&str; 5] = [
    "uptime-backend",
    "log-fetcher",
    "log-api",
    "experiments-api",
    "orchestrator",
];

/// Asks until the answer has this status; gives its text.
async fn answered(url: &str, wanted: u16) -> String {
    until(async || {
        let (status, text) = get(url).await;
        (status == wanted).then_some(text)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_says_that_its_database_is_away_until_it_is_back() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (sender, way) = watch::channel(Way::Open);
    for name in ON_DATABASE {
        let url = way_to(test.url(), way.clone()).await;
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let service = tokio::task::block_in_place(|| Service::at(name, &folder, &test, &url));
        let ready = format!("{}/readyz", service.address);
        assert_eq!(answered(&ready, 200).await, "ready", "{name}");
        for away in [Way::Gone, Way::Silent] {
            sender.send_replace(away);
            let why = answered(&ready, 503).await;
            let why: Value = serde_json::from_str(&why).unwrap();
            assert_eq!(why["error"]["code"], "not_ready", "{name}, {away:?}");
            let reason = why["error"]["message"].as_str().unwrap();
            assert!(reason.contains("database"), "{name}, {away:?}: {why}");
            let (status, _) = get(&format!("{}/healthz", service.address)).await;
            assert_eq!(status, 200, "{name}, {away:?}");
            sender.send_replace(Way::Open);
            assert_eq!(answered(&ready, 200).await, "ready", "{name}, {away:?}");
        }
    }
}

//! Which requests go through the proxy that variables name: every client of ours is in one of the
//! tables here.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use store::testing::TestDatabase;

use crate::calls::{KEY, PATIENCE, free_port};
use crate::openapi::{crates, sources};
use crate::program::{Said, loadlab};

/// Where clients are made, and by which half of the rule.
const CLIENTS: [(&str, &str); 15] = [
    ("archive/src/place.rs", "variables: S3"),
    ("dashboard/src/upstreams.rs", "direct"),
    ("discovery/src/bucket.rs", "variables: S3"),
    ("discovery/src/online.rs", "variables"),
    ("itn/src/transport.rs", "direct: own connector"),
    ("loadlab/src/doctor/http.rs", "variables"),
    ("loadlab/src/lab_client/mod.rs", "variables"),
    ("log-fetcher/src/span_export.rs", "direct"),
    ("log-fetcher/src/trace_ports.rs", "direct"),
    ("orchestrator/src/funding/image/credentials.rs", "direct"),
    ("orchestrator/src/funding/image/mod.rs", "variables: OCI"),
    ("orchestrator/src/public_graphql.rs", "direct"),
    ("orchestrator/src/webhook/deliver.rs", "direct"),
    ("simnet/src/mina_stand_in/client.rs", "direct"),
    ("simnet/src/uptime/client.rs", "direct"),
];

/// The two that are too long for a line of the table above.
const MORE_CLIENTS: [(&str, &str); 2] = [
    ("uptime-backend/src/object_sink.rs", "variables: S3"),
    ("uptime-backend/src/whitelist_source.rs", "variables"),
];

/// How a source file shows that it makes a client of this kind.
fn kind(source: &str) -> Option<&'static str> {
    let by_variables = source.contains("Proxies::from_env()");
    if source.contains("AmazonS3Builder::") {
        assert!(source.contains("proxy::for_s3()"), "S3 without a proxy");
        Some("variables: S3")
    } else if source.contains("oci_client::client::") {
        assert!(by_variables, "a registry without a proxy");
        Some("variables: OCI")
    } else if source.contains("TokioExecutor::new()") && source.contains("Client::builder(") {
        Some("direct: own connector")
    } else if source.contains("proxy::direct()") {
        Some("direct")
    } else if by_variables {
        Some("variables")
    } else {
        None
    }
}

#[test]
fn every_client_of_ours_is_made_by_the_rule() {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(crates()).unwrap() {
        let package = entry.unwrap().path();
        // The rule itself, and load on loopback.
        if package.ends_with("service") || package.ends_with("bench") || package.is_file() {
            continue;
        }
        for file in sources(&package.join("src")) {
            let name = file
                .strip_prefix(crates())
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if name.ends_with("tests.rs") || name.contains("/tests/") {
                continue;
            }
            let source = fs::read_to_string(&file).unwrap();
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for made in [
                "reqwest::Client::builder",
                "reqwest::Client::new",
                "reqwest::get(",
            ] {
                assert!(!source.contains(made), "{name}: use service::proxy");
            }
            if let Some(kind) = kind(source) {
                found.insert(name, kind);
            }
        }
    }
    let expected: BTreeMap<String, &str> = CLIENTS
        .into_iter()
        .chain(MORE_CLIENTS)
        .map(|(name, kind)| (name.to_owned(), kind))
        .collect();
    assert_eq!(found, expected);
}

/// A proxy that writes down what it is asked for and refuses it.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&asked);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut line = String::new();
                let mut reader = BufReader::new(connection.try_clone().unwrap());
                if reader.read_line(&mut line).is_ok() {
                    notes.lock().unwrap().push(line.trim().to_owned());
                    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
                    let _ = connection.write_all(refusal.as_bytes());
                }
            }
        });
        Self { address, asked }
    }

    /// Names it to a command, for everything.
    fn name_to(&self, command: &mut Command) {
        for variable in ["HTTP_PROXY", "HTTPS_PROXY"] {
            command.env(variable, format!("http://{}", self.address));
        }
        for variable in [
            "ALL_PROXY",
            "NO_PROXY",
            "all_proxy",
            "no_proxy",
            "http_proxy",
            "https_proxy",
        ] {
            command.env_remove(variable);
        }
    }

    fn was_asked_for(&self, what: &str) -> bool {
        let asked = self.asked.lock().unwrap();
        asked.iter().any(|line| line.contains(what))
    }
}

/// Runs a service until it has said something with `expected` in it.
fn say(command: &mut Command, folder: &Path, expected: &str) {
    let log = folder.join("log");
    let output = fs::File::create(&log).unwrap();
    let mut process = command
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        let said = fs::read_to_string(&log).unwrap();
        let has_ended = process.try_wait().unwrap().is_some();
        if said.contains(expected) {
            break;
        }
        assert!(
            !has_ended && begun.elapsed() < PATIENCE,
            "{expected}: {said}"
        );
        thread::sleep(Duration::from_millis(50));
    }
    let _ = process.kill();
    process.wait().unwrap();
}

#[tokio::test]
async fn what_is_elsewhere_is_asked_through_the_proxy_and_errors_name_it() {
    let test = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let named = format!(
        "(through the proxy http://{} of the variable",
        proxy.address
    );
    let key = write("key", KEY);
    let s3 = [
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_REGION", "us-west-2"),
        ("AWS_BUCKET", "bucket"),
        ("AWS_PREFIX", "lab"),
    ];
    let port = free_port().to_string();
    for (arguments, variables, asked) in [
        (
            vec![
                "uptime-backend",
                "--whitelist-url",
                "https://sheet.example/list",
            ],
            vec![],
            "CONNECT sheet.example:443",
        ),
        (
            vec![
                "log-fetcher",
                "-k",
                &key,
                "--online-url",
                "http://list.example/v1/online",
            ],
            vec![],
            "GET http://list.example/v1/online",
        ),
        (
            vec!["log-fetcher", "-k", &key],
            s3.to_vec(),
            "CONNECT s3.us-west-2.amazonaws.com:443",
        ),
    ] {
        let mut command = loadlab(&arguments);
        command
            .args(["--port", &port])
            .env("DATABASE_URL", test.url());
        command.envs(variables);
        proxy.name_to(&mut command);
        say(&mut command, folder.path(), &named);
        assert!(
            proxy.was_asked_for(asked),
            "{arguments:?}: {:?}",
            proxy.asked
        );
    }
    let config = write(
        "config.json",
        &format!(r#"{{"key":"{KEY}","onlineURL":"http://other.example/v1/online"}}"#),
    );
    let script = write("script", r#"{"action":"discovery","params":{"limit":1}}"#);
    let mut command = loadlab(["script", "run", &config]);
    command
        .stdin(fs::File::open(script).unwrap())
        .stderr(Stdio::piped());
    proxy.name_to(&mut command);
    say(&mut command, folder.path(), &named);
    assert!(proxy.was_asked_for("GET http://other.example/v1/online"));
}

#[tokio::test]
async fn what_is_on_this_machine_is_asked_directly() {
    let test = TestDatabase::create().await.unwrap();
    let proxy = Proxy::start();
    let list = Proxy::start();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, KEY).unwrap();
    let mut command = loadlab(["log-fetcher", "-k"]);
    command
        .arg(key)
        .args([
            "--online-url",
            &format!("http://{}/v1/online", list.address),
        ])
        .args(["--port", &free_port().to_string()])
        .env("DATABASE_URL", test.url());
    proxy.name_to(&mut command);
    say(&mut command, folder.path(), "status 403");
    assert!(list.was_asked_for("GET /v1/online"), "{:?}", list.asked);
    assert!(proxy.asked.lock().unwrap().is_empty());
    // A variable that holds no address is told at once.
    let mut command = loadlab(["log-fetcher", "-k"]);
    command
        .arg(folder.path().join("key"))
        .args(["--online-url", "http://list.example/"])
        .args(["--port", &free_port().to_string()])
        .env("DATABASE_URL", test.url())
        .env("HTTP_PROXY", "http://[");
    let said = Said::of(&mut command);
    assert_eq!(said.code, Some(1), "{}", said.err);
}

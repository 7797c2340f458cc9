//! `loadlab up`: which services run, on a network that it has not started, and what is said of
//! those that do not.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use store::testing::TestDatabase;

use crate::program::{Said, loadlab};
use crate::up::{Up, get, until};

/// `up` with some services, on any free ports, and with none of the variables of services.
fn up(services: &[&str], database: &str) -> Command {
    let mut command = loadlab(["up", "--free-ports"]);
    command.args(services).env("DATABASE_URL", database);
    command
}

/// A process that ends with the test.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // Already gone, perhaps.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ports that nobody listens on, outside of what systems and `--free-ports` give to others.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let start = 2_000 + u16::try_from(std::process::id() % 8_000).unwrap();
    let ports = (start..).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    let ports: Vec<u16> = ports.take(N).collect();
    ports.try_into().unwrap()
}

#[tokio::test]
async fn services_without_configuration_are_off_and_say_what_to_set() {
    let test = TestDatabase::create().await.unwrap();
    let up = Up::of(&mut up(&[], test.url()));
    for service in ["log API", "experiments API"] {
        let (status, _) = get(&format!("{}/readyz", up.address(service))).await;
        assert_eq!(status, 200, "{service}");
    }
    for (service, variable) in [
        ("uptime backend", "CONFIG_FILE"),
        ("log fetcher", "LOG_FETCHER_KEY_FILE"),
        ("orchestrator", "CONFIG"),
    ] {
        let said = up.said(service).unwrap();
        assert!(said.contains("off: set "), "{said}");
        assert!(said.contains(variable), "{said}");
    }
    assert_eq!(up.said("simnet"), None);
    up.end();
}

#[tokio::test]
async fn only_the_services_that_are_named_run_and_they_must_be_configured() {
    let test = TestDatabase::create().await.unwrap();
    let some = Up::of(&mut up(&["log-api"], test.url()));
    assert_eq!(
        get(&format!("{}/readyz", some.address("log API"))).await.0,
        200
    );
    for other in [
        "experiments API",
        "orchestrator",
        "log fetcher",
        "uptime backend",
    ] {
        assert_eq!(some.said(other), None);
    }
    some.end();

    let refused = |services: &[&str]| Said::of(&mut up(services, test.url()));
    refused(&["log-api", "log-fetcher"])
        .assert_failure("the log fetcher is not configured: set LOG_FETCHER_KEY_FILE");
    let said = refused(&["fetcher"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("log-fetcher"), "{}", said.err);
}

#[tokio::test]
async fn a_wrong_setting_of_any_service_is_told_before_anything_starts() {
    let test = TestDatabase::create().await.unwrap();
    for (variable, value, message) in [
        (
            "LOG_API_PORT",
            "many",
            "the log API: invalid value 'many' for '--port",
        ),
        ("CONFIG_FILE", "/none", "the uptime backend cannot start"),
        (
            "EXPERIMENTS_API_HOST",
            "0.0.0.0",
            "can be reached from other machines",
        ),
    ] {
        let said = Said::of(up(&[], test.url()).env(variable, value));
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(said.err.contains(message), "{}", said.err);
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_its_holder() {
    let test = TestDatabase::create().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut command = loadlab(["up", "log-api"]);
    command.env("DATABASE_URL", test.url());
    let said = Said::of(command.env("LOG_API_PORT", port.to_string()));
    said.assert_failure(&format!("127.0.0.1:{port} is in use by"));
    if cfg!(target_os = "linux") {
        said.assert_failure(&format!("(process {})", std::process::id()));
    }
    said.assert_failure("choose another port with LOG_API_PORT");
}

/// Runs a network that submits to `uptime`, and waits until its files are there.
async fn network(folder: &Path, uptime: &str) -> Guarded {
    let mut command = loadlab([
        "simnet",
        "--nodes",
        "2",
        "--time-scale",
        "60",
        "--uptime-url",
    ]);
    command
        .arg(format!("{uptime}/v1/submit"))
        .arg("--dir")
        .arg(folder);
    let process = command.stdout(Stdio::null()).spawn().unwrap();
    let orchestrator = folder.join("orchestrator/config.json");
    until(async || orchestrator.is_file().then_some(())).await;
    Guarded(process)
}

#[tokio::test]
async fn services_work_together_on_a_network_that_up_has_not_started() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [port, fetcher, log_api, experiments, orchestrator, traces] = free_ports();
    let _network = network(folder.path(), &format!("http://127.0.0.1:{port}")).await;
    // Nothing says where the list of nodes is: it is the one of the same process.
    let config = folder.path().join("orchestrator/config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let mut object: Value = serde_json::from_str(&text).unwrap();
    object.as_object_mut().unwrap().remove("onlineURL");
    std::fs::write(&config, object.to_string()).unwrap();

    let mut command = loadlab(["up"]);
    command
        .env("DATABASE_URL", test.url())
        .env(
            "CONFIG_FILE",
            folder.path().join("uptime-backend/config.json"),
        )
        .env("NETWORK", "test")
        .env("UPTIME_SUBMISSIONS_PER_HOUR", "1000000")
        .env("LOG_FETCHER_KEY_FILE", folder.path().join("fetcher_sk"))
        .env("LOG_FETCHER_ALLOW_NETWORKS", "127.0.0.0/8")
        .env(
            "LOG_FETCHER_TRACE_PORTS",
            format!("{traces}-{}", traces + 100),
        )
        .env("CONFIG", &config);
    for (variable, port) in [
        ("UPTIME_BACKEND_PORT", port),
        ("LOG_FETCHER_PORT", fetcher),
        ("LOG_API_PORT", log_api),
        ("EXPERIMENTS_API_PORT", experiments),
        ("ORCHESTRATOR_PORT", orchestrator),
    ] {
        command.env(variable, port.to_string());
    }
    let up = Up::of(&mut command);
    assert_eq!(
        up.address("uptime backend"),
        format!("http://127.0.0.1:{port}")
    );
    let nodes = format!("{}/nodes", up.address("log fetcher"));
    let node = until(async || {
        let (_, nodes) = get(&nodes).await;
        let nodes: Vec<Value> = serde_json::from_str(&nodes).unwrap();
        (nodes.len() == 2).then(|| nodes[0].clone())
    })
    .await;
    // The traces of a node are answered on its trace port, by the log API beside. The fetcher opens
    // the port a moment after it has listed the node.
    let trace_port = node["internal_trace_port"].as_u64().unwrap();
    let trace_port = format!("127.0.0.1:{trace_port}");
    until(async || tokio::net::TcpStream::connect(&trace_port).await.ok()).await;
    let url = format!("http://{trace_port}/graphql?query={{__typename}}");
    assert_eq!(get(&url).await.0, 200);
    let run = format!("{}/api/v1/experiments", up.address("orchestrator"));
    assert_eq!(get(&run).await.0, 200);
    up.end();
}

#[tokio::test]
async fn a_simulated_network_says_itself_where_its_nodes_are() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = up(&["--simnet", "1"], test.url());
    command
        .arg("--data-dir")
        .arg(folder.path())
        .args(["--database-url", test.url()])
        // Those of a real network, which would lead astray.
        .envs([
            ("CONFIG", "/none"),
            ("CONFIG_FILE", "/none"),
            ("UPTIME_WHITELIST_FILE", "/none"),
            ("NETWORK", ""),
            ("LOG_FETCHER_KEY_FILE", "/none"),
            ("ONLINE_URL", "http://127.0.0.1:1/v1/online"),
            ("LOG_FETCHER_HOST_OVERRIDES", "host-{}.example"),
            ("LOG_FETCHER_ALLOW_NETWORKS", "10.0.0.0/8"),
        ])
        // Who may change something is for the user to say all the same.
        .env("LOADLAB_TOKEN", "0123456789abcdef");
    let up = Up::of(&mut command);
    let nodes = format!("{}/nodes", up.address("log fetcher"));
    until(async || {
        let (_, nodes) = get(&nodes).await;
        let nodes: Vec<Value> = serde_json::from_str(&nodes).unwrap();
        (nodes.len() == 1).then_some(())
    })
    .await;
    let freeze = format!("{}/freeze", up.address("log fetcher"));
    assert_eq!(get(&freeze).await.0, 401);
    up.end();
}

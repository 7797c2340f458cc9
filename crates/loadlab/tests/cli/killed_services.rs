//! Each service as a process of its own: they start in a random order, and each is killed once
//! while an experiment runs. The result is what it would have been.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lab_truth::{LabTruth, PATIENCE, TOPOLOGY, client, until};
use crate::program::loadlab;
use crate::up_services::free_ports;

/// How long a service is away.
const AWAY: Duration = Duration::from_secs(2);
/// What repeats the order of another run of this test: it prints the seed.
const SEED_VARIABLE: &str = "LOADLAB_TEST_ORDER_SEED";
const DATABASE: &str = "database";

/// A program that is started again and again, and ended with the test.
struct Service {
    name: &'static str,
    command: Command,
    log: PathBuf,
    process: Option<Child>,
    /// Where it says whether it is ready.
    ready: Option<String>,
}

impl Service {
    fn new(name: &'static str, command: Command, port: Option<u16>, folder: &Path) -> Self {
        Self {
            name,
            command,
            log: folder.join(format!("{name}.log")),
            process: None,
            ready: port.map(|port| format!("http://127.0.0.1:{port}/readyz")),
        }
    }

    fn start(&mut self) {
        let mut log = File::options();
        let log = log.create(true).append(true).open(&self.log).unwrap();
        self.command.stdout(log.try_clone().unwrap()).stderr(log);
        self.process = Some(self.command.spawn().unwrap());
    }

    fn send(&mut self, signal: Signal) {
        if let Some(mut process) = self.process.take() {
            let id = Pid::from_raw(i32::try_from(process.id()).unwrap());
            kill(id, signal).unwrap();
            process.wait().unwrap();
        }
    }

    /// Fails if it has ended by itself.
    fn assert_runs(&mut self) {
        let ended = self.process.as_mut().unwrap().try_wait().unwrap();
        assert_eq!(ended, None, "{} has ended\n{}", self.name, self.said());
    }

    async fn becomes_ready(&self, client: &reqwest::Client) {
        let Some(url) = &self.ready else { return };
        let begun = Instant::now();
        loop {
            let says = match client.get(url).send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            assert!(
                begun.elapsed() < PATIENCE,
                "{} is not ready: {says}\n{}",
                self.name,
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Whether it says at `/readyz` that the database is away.
    async fn misses_the_database(&self, client: &reqwest::Client) -> Option<()> {
        let answer = client.get(self.ready.as_ref()?).send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        (status == 503 && text.contains("not ready: ") && text.contains("the database"))
            .then_some(())
    }

    /// Whether it can do its work without the database: the dashboard shows that it is away.
    fn needs_the_database(&self) -> bool {
        self.ready.is_some() && self.name != "dashboard"
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.send(Signal::SIGINT);
    }
}

/// The embedded server, and where it is.
async fn database_server(folder: &Path, port: u16) -> (Service, String) {
    let file = folder.join("database-url");
    let mut command = loadlab(["db", "run", "--postgres-port", &port.to_string()]);
    command.arg("--data-dir").arg(folder.join("data"));
    command.arg("--url-file").arg(&file);
    let mut server = Service::new(DATABASE, command, None, folder);
    server.start();
    let url = until("the database server is there", async || {
        let url = std::fs::read_to_string(&file).ok()?;
        (!url.is_empty()).then_some(url)
    })
    .await;
    // The services start before it does.
    server.send(Signal::SIGINT);
    (server, url)
}

/// A network of three nodes, and the folder with its keys and configuration files.
async fn simulated_network(folder: &Path, uptime: u16, status: u16) -> (Service, PathBuf) {
    let network = folder.join("net");
    let topology = folder.join("topology.toml");
    std::fs::write(&topology, TOPOLOGY).unwrap();
    // A round takes twenty seconds.
    let mut command = loadlab(["simnet", "--time-scale", "30", "--itn-max-logs", "100000"]);
    command.args(["--status-port", &status.to_string()]);
    command.args([
        "--uptime-url",
        &format!("http://127.0.0.1:{uptime}/v1/submit"),
    ]);
    command.arg("--topology").arg(&topology);
    command.arg("--dir").arg(&network);
    let mut simnet = Service::new("simnet", command, None, folder);
    simnet.start();
    until("the network is there", async || {
        network.join("network.json").is_file().then_some(())
    })
    .await;
    (simnet, network)
}

/// Kills each service once, and waits each time until all are ready again.
async fn kill_each_once(services: &mut [Service], client: &reqwest::Client) {
    for killed in 0..services.len() {
        services[killed].send(Signal::SIGKILL);
        if services[killed].name == DATABASE {
            for service in services.iter().filter(|one| one.needs_the_database()) {
                let what = format!("{} misses the database", service.name);
                until(&what, async || service.misses_the_database(client).await).await;
            }
        }
        tokio::time::sleep(AWAY).await;
        services[killed].start();
        for service in &mut *services {
            service.becomes_ready(client).await;
            service.assert_runs();
        }
        tokio::time::sleep(AWAY).await;
    }
}

/// Puts them into an order that the seed decides.
fn shuffle<T>(all: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..all.len()).rev() {
        // The constants of Knuth's MMIX; its high bits are the random ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (last + 1);
        all.swap(last, other);
    }
}

/// That of the variable, or another one each time.
fn seed() -> u64 {
    if let Ok(seed) = std::env::var(SEED_VARIABLE) {
        return seed.parse().unwrap();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_start_in_any_order_and_each_may_be_killed_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    std::fs::create_dir(folder.path().join("funds")).unwrap();
    let [
        uptime,
        fetcher,
        log_api,
        experiments,
        orchestrator,
        dashboard,
        status,
        postgres,
    ] = free_ports();
    let (server, url) = database_server(folder.path(), postgres).await;

    let (_simnet, network) = simulated_network(folder.path(), uptime, status).await;
    let service = |name: &'static str, port: u16, set: &dyn Fn(&mut Command)| {
        let mut command = loadlab([name, "--port", &port.to_string()]);
        // As no argument: a password would be seen by others on the machine.
        command.env("DATABASE_URL", &url);
        set(&mut command);
        Service::new(name, command, Some(port), folder.path())
    };
    let mut services = vec![
        service("dashboard", dashboard, &|_| {}),
        service("experiments-api", experiments, &|_| {}),
        service("log-api", log_api, &|_| {}),
        service("orchestrator", orchestrator, &|command| {
            command
                .arg("--config")
                .arg(network.join("orchestrator/config.json"));
            command.arg("--base-dir").arg(folder.path().join("funds"));
            command.arg("--keys-dir").arg(network.join("keys"));
        }),
        service("log-fetcher", fetcher, &|command| {
            command
                .arg("--secret-key-path")
                .arg(network.join("fetcher_sk"));
            command.args(["--allow-network", "127.0.0.0/8"]);
            let online = format!("http://127.0.0.1:{uptime}/v1/online");
            command.env("ONLINE_URL", online);
        }),
        service("uptime-backend", uptime, &|command| {
            command.args(["--network-id", "0", "--submissions-per-hour", "100000"]);
            command
                .arg("--config-file")
                .arg(network.join("uptime-backend/config.json"));
        }),
        server,
    ];
    let seed = seed();
    shuffle(&mut services, seed);
    let order: Vec<_> = services.iter().map(|service| service.name).collect();
    eprintln!("{SEED_VARIABLE}={seed}: {order:?}");
    for service in &mut services {
        service.start();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let client = client();
    for service in &mut services {
        service.becomes_ready(&client).await;
        service.assert_runs();
    }

    let truth = LabTruth {
        client: client.clone(),
        orchestrator: format!("http://127.0.0.1:{orchestrator}"),
        simnet: format!("http://127.0.0.1:{status}"),
        url: url.clone(),
        run: "killed",
    };
    until("all nodes are fetched from", async || {
        let nodes = format!("http://127.0.0.1:{fetcher}/nodes");
        (truth.get(&nodes).await?.as_array()?.len() == 3).then_some(())
    })
    .await;
    truth.start().await;
    until("the first round has begun", async || {
        (!truth.executed().await.is_empty()).then_some(())
    })
    .await;
    kill_each_once(&mut services, &client).await;
    let run = truth.run().await.unwrap();
    assert!(run["ended_at"].is_null(), "it has ended too early: {run}");
    let run = until("the experiment has ended", async || {
        let run = truth.run().await?;
        (!run["ended_at"].is_null()).then_some(run)
    })
    .await;
    assert_eq!(run["status"], "success", "{run}");
    truth.every_request_was_executed_once().await;
    truth.its_result_is_right().await;
    truth.nothing_is_lost_or_doubled_of_logs().await;
}

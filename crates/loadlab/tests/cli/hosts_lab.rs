//! A lab whose services are on hosts of their own, with a simulated network on another one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::hosts::{Hosts, start_postgres};
use crate::lab_truth::{LabTruth, client, until};
use crate::program::loadlab;

/// Host of the simulated network and the uptime backend.
pub(crate) const NODES: &str = "nodes";
/// Host of the database.
pub(crate) const DATA: &str = "data";

pub(crate) struct HostsLab {
    pub(crate) hosts: Hosts,
    pub(crate) truth: LabTruth,
    /// Files of the network and the logs of all programs.
    pub(crate) folder: PathBuf,
    /// What has to be ready.
    addresses: Vec<String>,
}

impl HostsLab {
    /// Starts database, network and uptime backend, or says why no hosts can be made here. `names`
    /// has [`NODES`] and [`DATA`].
    pub(crate) async fn start(
        names: &'static [&'static str],
        topology: &str,
        folder: &Path,
        run: &'static str,
    ) -> Result<Self, String> {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder, open).unwrap();
        let mut hosts = Hosts::new(names)?;
        let data = folder.join("postgres");
        for folder in [&data, &folder.join("funds")] {
            std::fs::create_dir(folder).unwrap();
        }
        let url = start_postgres(&mut hosts, DATA, &data)?;
        let network = folder.join("net");
        let topology_file = folder.join("topology.toml");
        std::fs::write(&topology_file, topology).unwrap();
        let nodes = hosts.address(NODES).to_string();
        let mut simnet = loadlab(["simnet", "--time-scale", "10", "--status-port", "7650"]);
        simnet.args(["--host", &nodes, "--status-host", &nodes]);
        simnet.args(["--itn-max-logs", "10000", "--allow-without-token"]);
        simnet
            .arg("--uptime-url")
            .arg(format!("http://{nodes}:8080/v1/submit"));
        simnet.arg("--topology").arg(&topology_file);
        simnet.arg("--dir").arg(&network);
        hosts.start(NODES, &simnet, &folder.join("simnet.log"));
        until("the network is there", async || {
            network.join("network.json").is_file().then_some(())
        })
        .await;
        let truth = LabTruth {
            client: client(),
            orchestrator: String::new(),
            simnet: format!("http://{nodes}:7650"),
            url,
            run,
        };
        let mut lab = Self {
            hosts,
            truth,
            folder: folder.to_owned(),
            addresses: Vec::new(),
        };
        let mut uptime = lab.service("uptime-backend", NODES);
        uptime.args(["--network-id", "0", "--submissions-per-hour", "100000"]);
        uptime
            .arg("--config-file")
            .arg(network.join("uptime-backend/config.json"));
        lab.start_service(NODES, "uptime-backend", 8080, &uptime);
        Ok(lab)
    }

    /// A service on its usual port at the address of a host.
    fn service(&self, name: &str, host: &str) -> Command {
        let host = self.hosts.address(host).to_string();
        let mut command = loadlab([name, "--host", &host]);
        if name != "dashboard" {
            command.args(["--database-url", &self.truth.url]);
        }
        if name != "uptime-backend" {
            command.arg("--allow-without-token");
        }
        command
    }

    fn start_service(&mut self, host: &str, name: &str, port: u16, command: &Command) {
        let log = self.folder.join(format!("{name}-{host}.log"));
        self.hosts.start(host, command, &log);
        let address = self.hosts.address(host);
        self.addresses.push(format!("http://{address}:{port}"));
    }

    /// Starts a log fetcher on a host.
    pub(crate) fn start_fetcher(&mut self, host: &str) {
        let mut fetcher = self.service("log-fetcher", host);
        fetcher
            .arg("--secret-key-path")
            .arg(self.folder.join("net/fetcher_sk"));
        fetcher.args(["--allow-network", &self.hosts.network()]);
        let nodes = self.hosts.address(NODES);
        fetcher.env("ONLINE_URL", format!("http://{nodes}:8080/v1/online"));
        self.start_service(host, "log-fetcher", 4000, &fetcher);
    }

    /// Starts an orchestrator on a host.
    pub(crate) fn start_orchestrator(&mut self, host: &str) {
        let network = self.folder.join("net");
        let mut orchestrator = self.service("orchestrator", host);
        orchestrator
            .arg("--config")
            .arg(network.join("orchestrator/config.json"));
        orchestrator
            .arg("--base-dir")
            .arg(self.folder.join("funds"));
        orchestrator.arg("--keys-dir").arg(network.join("keys"));
        self.start_service(host, "orchestrator", 9090, &orchestrator);
    }

    /// Starts an experiments API on a host.
    pub(crate) fn start_experiments_api(&mut self, host: &str) {
        let command = self.service("experiments-api", host);
        self.start_service(host, "experiments-api", 3003, &command);
    }

    /// Starts a log API on a host.
    pub(crate) fn start_log_api(&mut self, host: &str) {
        let command = self.service("log-api", host);
        self.start_service(host, "log-api", 9080, &command);
    }

    /// Starts a dashboard on a host, over the services of hosts, each by the name of its flag.
    pub(crate) fn start_dashboard(&mut self, host: &str, services: &[(&str, &str, u16)]) {
        let mut command = self.service("dashboard", host);
        for (name, at, port) in services {
            let url = format!("http://{}:{port}", self.hosts.address(at));
            command.args([&format!("--{name}-url"), &url]);
        }
        self.start_service(host, "dashboard", 4200, &command);
    }

    /// Waits until every service says that it is ready.
    pub(crate) async fn ready(&self, patience: Duration) {
        let begun = Instant::now();
        for address in &self.addresses {
            let url = format!("{address}/readyz");
            loop {
                let answer = self.truth.client.get(&url).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                assert!(
                    begun.elapsed() < patience,
                    "{address} is not ready\n{}",
                    self.said()
                );
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// The ends of all logs.
    pub(crate) fn said(&self) -> String {
        let mut all = String::new();
        for file in std::fs::read_dir(&self.folder).unwrap().flatten() {
            if file
                .path()
                .extension()
                .is_some_and(|ending| ending == "log")
            {
                let text = std::fs::read_to_string(file.path()).unwrap_or_default();
                let lines: Vec<&str> = text.lines().rev().take(15).collect();
                let _ = writeln!(all, "== {}", file.path().display());
                for line in lines.into_iter().rev() {
                    let _ = writeln!(all, "{line}");
                }
            }
        }
        all
    }
}

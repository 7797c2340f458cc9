//! The stack that runs: started with the simulated network, asked, and removed.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::engine::{Engine, Skip};
use crate::process;
use crate::workspace::Workspace;

/// All services but the simulated network.
pub(super) const SERVICES: [&str; 7] = [
    "postgres",
    "in-memory-uptime-backend",
    "log-fetcher",
    "log-api",
    "experiments-api",
    "orchestrator-as-service",
    "dashboard",
];

/// The ports of the host that they are published on.
const PORTS: [u16; 8] = [3003, 4000, 4200, 7000, 8080, 9080, 9090, 15_432];

/// Time for all services to become healthy.
const HEALTH_LIMIT: Duration = Duration::from_mins(2);

/// A running stack. Its project name keeps it apart from a stack of the user.
pub(super) struct Stack<'a> {
    pub(super) engine: &'a Engine,
    folder: PathBuf,
}

impl<'a> Stack<'a> {
    /// Starts it; `Err` inside says what is in its way.
    pub(super) fn start(
        engine: &'a Engine,
        workspace: &Workspace,
        folder: &Path,
    ) -> Result<Result<Self, Skip>> {
        let folder = folder.join("loadlab-compose-test");
        fs::create_dir_all(&folder)?;
        fs::copy(
            workspace.root().join("compose.yaml"),
            folder.join("compose.yaml"),
        )?;
        let settings = fs::read_to_string(workspace.root().join(".env.simnet"))?;
        // Others on this machine may have a PostgreSQL on the usual port.
        let settings =
            format!("{settings}NETWORK_NAME=loadlab-compose-test\nPOSTGRES_PORT=15432\n");
        fs::write(folder.join(".env"), settings)?;
        let stack = Self { engine, folder };
        // What a run that was killed has left.
        stack.remove()?;
        let is_taken = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_err();
        if let Some(port) = PORTS.iter().find(|port| is_taken(port)) {
            return Ok(Err(format!("port {port} is taken")));
        }
        let begin = Instant::now();
        process::run(&mut stack.compose(["up", "-d", "--remove-orphans"]))?;
        for service in SERVICES {
            stack.wait_until_healthy(service)?;
        }
        eprintln!(
            "all services are healthy after {:.1} s",
            begin.elapsed().as_secs_f64()
        );
        Ok(Ok(stack))
    }

    pub(super) fn compose<'b>(&self, arguments: impl IntoIterator<Item = &'b str>) -> Command {
        let mut command = self.engine.compose(arguments);
        command.current_dir(&self.folder);
        command
    }

    /// Runs lines of a shell in the folder of the stack; `docker compose` is whatever is here.
    pub(super) fn shell(&self, lines: &str) -> Result<String> {
        let lines = lines.replace("docker compose", &self.engine.compose_words());
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &lines])
            .current_dir(&self.folder);
        self.engine.address(&mut bash);
        process::output(&mut bash)
    }

    /// Runs a script about an experiment.
    pub(super) fn script(&self, script: &str, experiment: &str) -> Result<String> {
        self.shell(&format!("EXPERIMENT={experiment}\n{script}"))
    }

    /// Ends the process of a service as a crash does, and waits until Docker has started it again.
    pub(super) fn kill(&self, service: &str) -> Result<()> {
        let before = self.container(service, "{{.State.Pid}}")?;
        // `docker kill` counts as the user's wish, after which Docker does not start it again.
        process::run(Command::new("kill").args(["-KILL", &before]))?;
        let begin = Instant::now();
        while self.container(service, "{{.State.Pid}}")? == before {
            if begin.elapsed() > HEALTH_LIMIT {
                bail!("{service} is not started again");
            }
            thread::sleep(Duration::from_millis(200));
        }
        self.wait_until_healthy(service)?;
        eprintln!(
            "{service} was killed, and is healthy again after {:.1} s",
            begin.elapsed().as_secs_f64()
        );
        Ok(())
    }

    pub(super) fn wait_until_healthy(&self, service: &str) -> Result<()> {
        let begin = Instant::now();
        loop {
            let health = self.container(service, "{{.State.Health.Status}}")?;
            if health == "healthy" {
                return Ok(());
            }
            if begin.elapsed() > HEALTH_LIMIT {
                bail!("{service} is {health} after {} s", HEALTH_LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(500));
        }
    }

    pub(super) fn show_logs(&self) {
        // The failure itself is reported in any case.
        let _shown = process::run(&mut self.compose(["logs", "--tail", "40"]));
    }

    /// Removes containers, volumes and network.
    pub(super) fn remove(&self) -> Result<()> {
        process::run(&mut self.compose(["down", "--volumes", "--remove-orphans"]))
    }

    fn container(&self, service: &str, format: &str) -> Result<String> {
        let id = process::output(&mut self.compose(["ps", "-q", service]))?;
        let id = id.lines().next().context("a container")?;
        let text = process::output(&mut self.engine.docker(["inspect", "--format", format, id]))?;
        Ok(text.trim().to_owned())
    }
}

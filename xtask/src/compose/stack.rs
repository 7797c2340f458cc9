//! The stack that runs: its folder, its containers, and its end.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::engine::Engine;
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

/// A stack in a folder of its own, whose name is that of its project: it is kept apart from a stack
/// of the user.
pub(super) struct Stack<'a> {
    pub(super) engine: &'a Engine,
    folder: PathBuf,
}

impl<'a> Stack<'a> {
    /// Makes the folder with what a user has there before the first start; `settings` is the file
    /// that becomes `.env`. What a run that was killed has left is removed.
    pub(super) fn prepare(
        engine: &'a Engine,
        workspace: &Workspace,
        folder: &Path,
        (name, settings): (&str, &str),
    ) -> Result<Self> {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        fs::copy(
            workspace.root().join("compose.yaml"),
            folder.join("compose.yaml"),
        )?;
        let text = fs::read_to_string(workspace.root().join(settings))?;
        let text = with_own_places(&text, name);
        fs::write(folder.join(settings), &text)?;
        fs::write(folder.join(".env"), &text)?;
        let stack = Self { engine, folder };
        stack.remove()?;
        Ok(stack)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn wait_until_all_healthy(&self) -> Result<()> {
        let begin = Instant::now();
        for service in SERVICES {
            self.wait_until_healthy(service)?;
        }
        eprintln!(
            "all services are healthy after {:.1} s",
            begin.elapsed().as_secs_f64()
        );
        Ok(())
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

    /// What the engine says of a service's container.
    pub(super) fn container(&self, service: &str, format: &str) -> Result<String> {
        let id = self.id(service)?;
        let text = process::output(&mut self.engine.docker(["inspect", "--format", format, &id]))?;
        Ok(text.trim().to_owned())
    }

    /// The container of a service.
    pub(super) fn id(&self, service: &str) -> Result<String> {
        let ids = process::output(&mut self.compose(["ps", "-q", service]))?;
        Ok(ids.lines().next().context("a container")?.to_owned())
    }
}

/// A port of the stack that another program has.
pub(super) fn taken_port() -> Option<u16> {
    let is_taken = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_err();
    PORTS.into_iter().find(is_taken)
}

/// Settings with a network of the test's own, and a port for PostgreSQL that is free: others on this
/// machine may have one on the usual port.
fn with_own_places(settings: &str, name: &str) -> String {
    let others = settings.lines().filter(|line| {
        !["NETWORK_NAME=", "POSTGRES_PORT="]
            .iter()
            .any(|key| line.starts_with(key))
    });
    let own = [
        format!("NETWORK_NAME={name}"),
        "POSTGRES_PORT=15432".to_owned(),
    ];
    let lines: Vec<&str> = others.chain(own.iter().map(String::as_str)).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_get_places_of_their_own() {
        assert_eq!(
            with_own_places("A=1\nNETWORK_NAME=x\n# POSTGRES_PORT=5432\n", "own"),
            "A=1\n# POSTGRES_PORT=5432\nNETWORK_NAME=own\nPOSTGRES_PORT=15432\n"
        );
    }
}

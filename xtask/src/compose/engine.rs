//! Docker's engine: one that runs already, or one of our own, below the target directory.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process;

/// Time for an engine of our own to answer.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Time for it to end with all containers.
const STOP_LIMIT: Duration = Duration::from_mins(1);

/// What a test cannot be run without.
pub(crate) type Skip = String;

pub(super) struct Engine {
    docker: PathBuf,
    /// `docker compose`, or the older `docker-compose`.
    compose: Vec<PathBuf>,
    own: Option<Own>,
}

/// An engine that this process started.
struct Own {
    process: Child,
    socket: String,
    folder: PathBuf,
}

impl Engine {
    /// Finds the programs and an engine; `Err` inside says what is missing.
    pub(super) fn find(folder: &Path) -> Result<Result<Self, Skip>> {
        let Some(docker) = docker() else {
            return Ok(Err(
                "no `docker` that builds with BuildKit (Debian: docker.io)".to_owned(),
            ));
        };
        let compose = if process::succeeds(Command::new(&docker).args(["compose", "version"])) {
            vec![docker.clone(), "compose".into()]
        } else if let Some(program) = process::in_path("docker-compose") {
            vec![program]
        } else {
            return Ok(Err("no Docker Compose (Debian: docker-compose)".to_owned()));
        };
        let mut engine = Self {
            docker,
            compose,
            own: None,
        };
        if engine.answers() {
            return Ok(Ok(engine));
        }
        let Some(dockerd) = process::in_path("dockerd") else {
            return Ok(Err(
                "no engine answers, and there is no `dockerd`".to_owned()
            ));
        };
        if process::output(Command::new("id").arg("-u"))?.trim() != "0" {
            return Ok(Err(
                "no engine answers, and only root can start one".to_owned()
            ));
        }
        engine.own = Some(Own::start(&dockerd, folder)?);
        let begin = Instant::now();
        while !engine.answers() {
            if begin.elapsed() > START_LIMIT {
                let log = folder.join("engine.log");
                return Ok(Err(format!(
                    "the engine does not start here: {}",
                    log.display()
                )));
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(Ok(engine))
    }

    pub(super) fn docker<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.docker);
        command.args(arguments);
        self.address(&mut command);
        command
    }

    /// A command of Compose.
    pub(super) fn compose<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut words = self.compose.iter();
        let mut command = Command::new(words.next().unwrap_or(&self.docker));
        command.args(words).args(arguments);
        self.address(&mut command);
        command
    }

    /// How a shell calls Compose.
    pub(super) fn compose_words(&self) -> String {
        let words: Vec<_> = self.compose.iter().map(|word| word.display()).collect();
        words
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Lets a command speak to this engine.
    pub(super) fn address(&self, command: &mut Command) {
        command.env("DOCKER_BUILDKIT", "1");
        if let Some(own) = &self.own {
            command.env("DOCKER_HOST", &own.socket);
        }
    }

    fn answers(&self) -> bool {
        process::succeeds(&mut self.docker(["version", "--format", "{{.Server.Version}}"]))
    }
}

impl Own {
    fn start(dockerd: &Path, folder: &Path) -> Result<Self> {
        eprintln!("no engine answers: starting one below {}", folder.display());
        // The path of a socket is short.
        let run = env::temp_dir().join(format!("loadlab-docker-{}", std::process::id()));
        fs::create_dir_all(&run)?;
        let log = File::create(folder.join("engine.log"))?;
        let socket = format!("unix://{}", run.join("docker.sock").display());
        let process = Command::new(dockerd)
            .arg("--data-root")
            .arg(folder.join("engine"))
            .arg("--exec-root")
            .arg(run.join("exec"))
            .arg("--pidfile")
            .arg(run.join("pid"))
            .args(["--host", &socket])
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start dockerd")?;
        Ok(Self {
            process,
            socket,
            folder: run,
        })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        let ended = process::succeeds(Command::new("kill").arg(&pid))
            && process::ends_within(&mut self.process, STOP_LIMIT).unwrap_or(false);
        if !ended {
            eprintln!("the engine (process {pid}) does not end");
        }
        // What stays is a folder in the system's own for such things.
        let _removed = fs::remove_dir_all(&self.folder);
    }
}

/// The first `docker` in `PATH` that builds with `BuildKit`: version 23 and later need a plugin.
fn docker() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join("docker"))
        .find(|docker| {
            docker.is_file()
                && process::succeeds(
                    Command::new(docker)
                        .env("DOCKER_BUILDKIT", "1")
                        .args(["build", "--help"]),
                )
        })
}

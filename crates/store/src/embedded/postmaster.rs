//! The server process: start, readiness, end.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::EmbeddedError;
use super::binaries::{Binaries, Identity};
use super::cluster;
use super::instance::Instance;
use super::settings;

/// How long a fast shutdown, which writes all data, may take before the server
/// is ended without; then it recovers at its next start.
const FAST_SHUTDOWN_MAX: Duration = Duration::from_secs(30);

/// How long an immediate shutdown may take before the process is killed.
const IMMEDIATE_SHUTDOWN_MAX: Duration = Duration::from_secs(5);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A server process. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
    /// The length of the log at the start.
    log_start: u64,
    /// The program that it runs.
    pub(super) program: Option<Identity>,
}

/// The progress of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has not said anything yet.
    Silent,
    /// It says that it is starting.
    Starting,
    Ready,
    Ended,
}

impl Postmaster {
    pub(super) fn spawn(
        binaries: &Binaries,
        instance: &Instance,
        port: u16,
    ) -> Result<Self, EmbeddedError> {
        let log = instance.open_log()?;
        let log_error = |source| EmbeddedError::file(instance.folder(), source);
        let log_start = log.metadata().map_err(log_error)?.len();
        let identity = binaries.identity();
        let program = binaries.postgres();
        let mut command = Command::new(&program);
        command
            .arg("-D")
            .arg(instance.data())
            .args(["-p", &port.to_string()])
            .arg("-k")
            .arg(instance.socket_folder().unwrap_or_default())
            .args(settings::arguments(&instance.data()))
            .stdout(log.try_clone().map_err(log_error)?)
            .stderr(log);
        cluster::prepare(&mut command, instance);
        let child = command
            .spawn()
            .map_err(|source| EmbeddedError::Run { program, source })?;
        Ok(Self {
            child,
            log_start,
            program: identity,
        })
    }

    /// Looks at the process and at what it says of itself.
    pub(super) fn progress(&mut self, instance: &Instance) -> Progress {
        if self.has_ended() {
            return Progress::Ended;
        }
        // The file of an earlier server may still be there.
        let own = |file: &PidFile| u32::try_from(file.pid.as_raw()) == Ok(self.child.id());
        match PidFile::read(&instance.data()) {
            Some(file) if own(&file) && file.ready => Progress::Ready,
            Some(file) if own(&file) && file.starting => Progress::Starting,
            _ => Progress::Silent,
        }
    }

    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of what this process has logged.
    pub(super) fn log_tail(&self, instance: &Instance) -> String {
        instance.log_tail(self.log_start)
    }

    fn stop(&mut self) {
        let steps = [
            (Signal::SIGINT, FAST_SHUTDOWN_MAX),
            (Signal::SIGQUIT, IMMEDIATE_SHUTDOWN_MAX),
            (Signal::SIGKILL, IMMEDIATE_SHUTDOWN_MAX),
        ];
        for (signal, time_max) in steps {
            if self.has_ended() {
                return;
            }
            if let Ok(pid) = i32::try_from(self.child.id()) {
                // Fails only if the process has ended.
                let _ = kill(Pid::from_raw(pid), signal);
            }
            if self.ends_within(time_max) {
                return;
            }
            tracing::warn!(
                "PostgreSQL has not ended {} s after {signal}",
                time_max.as_secs()
            );
        }
    }

    fn ends_within(&mut self, time_max: Duration) -> bool {
        let mut waited = Duration::ZERO;
        while waited < time_max {
            if self.has_ended() {
                return true;
            }
            std::thread::sleep(POLL_INTERVAL);
            waited += POLL_INTERVAL;
        }
        self.has_ended()
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `postmaster.pid`, which a server writes into its data folder. Its lines are
/// listed in PostgreSQL's `src/include/utils/pidfile.h`.
#[derive(Debug)]
pub(super) struct PidFile {
    pid: Pid,
    pub(super) port: Option<u16>,
    pub(super) ready: bool,
    starting: bool,
}

impl PidFile {
    pub(super) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    /// Whether a process that lives says here that it is starting.
    pub(super) fn is_starting(&self) -> bool {
        // A process of another user cannot be asked, but is there.
        self.starting && !matches!(kill(self.pid, None), Err(Errno::ESRCH))
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid: i32 = lines.first()?.parse().ok()?;
        Some(Self {
            pid: Pid::from_raw(pid),
            port: lines.get(3).and_then(|line| line.parse().ok()),
            ready: lines.get(7) == Some(&"ready"),
            starting: lines.get(7) == Some(&"starting"),
        })
    }
}

/// Asks a server that an ended owner has left behind to end. Returns whether
/// there is one. Only the owner of the folder may call this.
///
/// Ids of processes are used again, in containers even the same ones for the
/// same purposes: a stale file that names a stranger, at which PostgreSQL
/// would refuse to start, is removed.
pub(super) fn interrupt_leftover(data: &Path) -> bool {
    let Some(PidFile { pid, .. }) = PidFile::read(data) else {
        return false;
    };
    if kill(pid, None).is_err() {
        return false;
    }
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(folder) if folder == data => {
            // Fails only if the process has ended.
            let _ = kill(pid, Signal::SIGINT);
            true
        }
        Ok(_) => {
            tracing::info!("removing a stale postmaster.pid: process {pid} is not PostgreSQL");
            if let Err(error) = fs::remove_file(data.join("postmaster.pid")) {
                tracing::warn!("cannot remove the stale postmaster.pid: {error}");
            }
            false
        }
        // Ended meanwhile, a zombie, another user's, or no Linux: PostgreSQL
        // itself finds out.
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_its_file_says_so() {
        let text = |status: &str| {
            format!("4711\n/data\n1760000000\n5433\n/run\n127.0.0.1\n  1 2\n{status}\n")
        };
        let file = PidFile::parse(&text("ready   ")).unwrap();
        assert_eq!(
            (file.pid.as_raw(), file.port, file.ready),
            (4711, Some(5433), true)
        );
        let starting = PidFile::parse(&text("starting")).unwrap();
        assert!(!starting.ready && starting.starting && !file.starting);
        assert!(!PidFile::parse("4711\n/data\n").unwrap().ready);
        assert!(PidFile::parse("").is_none());
    }
}

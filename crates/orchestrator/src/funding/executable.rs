//! Funding by the mina executable, one process for each paying key.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use store::experiment_runs::NewRequest;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::{Payment, beside_directory};
use crate::clock::sleep;
use crate::key_files;
use crate::program_output::ProgramOutput;
use crate::run::StepError;

/// How long the executable may take to report its version.
const VERSION_TIME: Duration = Duration::from_secs(20);

/// How often it is looked whether the executable of an earlier process still runs.
const LOOK: Duration = Duration::from_millis(500);

impl Payment<'_> {
    /// Runs `mina advanced itn-create-accounts`, which keeps running when this process ends. Its
    /// standard input is a locked file: as long as the lock is held, it runs; and if the file is
    /// empty, it was never started.
    pub(super) async fn by_executable(&self, daemon: usize) -> Result<(), StepError> {
        let mut lock = self.lock().await?;
        let was_started = lock.metadata().is_ok_and(|metadata| metadata.len() > 0);
        // An earlier process was interrupted. The executable writes all key files at the end.
        if self.earlier().is_some_and(|row| row.outcome.is_none()) {
            if self.is_complete().await? {
                return self.answered(None).await;
            }
            if was_started {
                let error = format!(
                    "the mina executable that made {}-… was ended before it had written its keys: \
                     what it has paid is lost, and it is not paid again",
                    self.key.prefix
                );
                return self.lost(error).await;
            }
        }
        let ports = &self.batch.run.means.network.fund_daemon_ports;
        let port = (!ports.is_empty()).then(|| &ports[daemon % ports.len()]);
        let executable = self.batch.run.executable().await?;
        self.asking(NewRequest {
            node: port.cloned().unwrap_or_else(|| "mina".to_owned()),
            kind: "mina-executable".to_owned(),
            ..NewRequest::default()
        })
        .await?;
        let key_file = self.batch.run.means.paths.key_file(&self.key.key_file);
        let started = mark_as_started(&mut lock)
            .map_err(|error| StepError::Failed(format!("cannot write a lock file: {error}")))?;
        let mut command = Command::new(executable);
        command
            .args(arguments(self, &key_file))
            .env_clear()
            .env("ITN_FEATURES", "1")
            .env(
                "MINA_PRIVKEY_PASS",
                os(&key_files::password(&self.command.password_env)),
            )
            .stdin(lock)
            // What a terminal sends to this process does not end a payment.
            .process_group(0);
        if let Some(port) = port {
            command.args(["--daemon-port", port]);
        }
        if let Err(error) = self.batch.run.means.may_act() {
            // The orchestrator that continues the run must not take it for started.
            let _ = started.set_len(0);
            return Err(error);
        }
        // From now on the executable alone holds the lock.
        drop(started);
        let executable = executable.display();
        let started = ProgramOutput::of(&mut command)
            .and_then(|said| Ok((said, Running::start(command, self.batch.stop.clone())?)));
        let error = match started {
            Ok((said, mut running)) => {
                let status = running.wait().await?;
                said.log(&executable.to_string());
                (!status.success()).then(|| format!("{executable} failed: {status}"))
            }
            Err(error) => Some(format!("cannot run {executable}: {error}")),
        };
        let answered = self.answered(error).await;
        // That it was started is known by the lock, until it is written down how it ended.
        if !matches!(answered, Err(StepError::Journal(_))) {
            let _ = std::fs::remove_file(self.lock_path());
        }
        answered
    }

    fn lock_path(&self) -> PathBuf {
        beside_directory(&self.batch.run.means.paths.path(&self.key.prefix), "lock")
    }

    /// Takes the lock, as soon as no executable of an earlier process holds it.
    async fn lock(&self) -> Result<File, StepError> {
        let path = self.lock_path();
        let failed = |error: std::io::Error| {
            StepError::Failed(format!("cannot lock {}: {error}", path.display()))
        };
        loop {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .mode(0o600)
                .open(&path)
                .map_err(failed)?;
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => sleep(LOOK, &self.batch.stop).await?,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

/// Gives the file, to take that back.
fn mark_as_started(lock: &mut File) -> std::io::Result<File> {
    lock.write_all(b"started\n")?;
    lock.sync_all()?;
    lock.try_clone()
}

/// An executable at work. It is ended when the run is cancelled or the batch has failed, and left
/// alone when this process ends.
struct Running {
    child: Child,
    stop: CancellationToken,
}

impl Running {
    fn start(mut command: Command, stop: CancellationToken) -> std::io::Result<Self> {
        let child = command.spawn()?;
        Ok(Self { child, stop })
    }

    async fn wait(&mut self) -> Result<ExitStatus, StepError> {
        tokio::select! {
            status = self.child.wait() => status.map_err(StepError::failed),
            () = self.stop.cancelled() => {
                let _ = self.child.kill().await;
                Err(StepError::Cancelled)
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.stop.is_cancelled() {
            // Nothing to be done if it has ended.
            let _ = self.child.start_kill();
        }
    }
}

fn arguments(payment: &Payment<'_>, key_file: &Path) -> Vec<std::ffi::OsString> {
    let key = &payment.key;
    let prefix = payment.batch.run.means.paths.path(&key.prefix);
    [
        OsStr::new("advanced"),
        OsStr::new("itn-create-accounts"),
        OsStr::new("--amount"),
        OsStr::new(&key.amount.nanomina().to_string()),
        OsStr::new("--fee"),
        OsStr::new(&payment.command.fee.nanomina().to_string()),
        OsStr::new("--key-prefix"),
        prefix.as_os_str(),
        OsStr::new("--num-accounts"),
        OsStr::new(&key.accounts.to_string()),
        OsStr::new("--privkey-path"),
        key_file.as_os_str(),
    ]
    .map(OsStr::to_owned)
    .to_vec()
}

fn os(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

/// Why the executable's version is not known.
#[derive(Debug)]
pub(super) enum VersionError {
    /// It cannot be started.
    Missing(String),
    /// It can, but does not report it.
    Untold(String),
}

/// What the executable says of its version.
pub(super) async fn version(executable: &Path) -> Result<String, VersionError> {
    let executable: PathBuf = executable.to_owned();
    let mut command = Command::new(&executable);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let shown = executable.display();
    let output = tokio::time::timeout(VERSION_TIME, command.output())
        .await
        .map_err(|_| VersionError::Untold(format!("{shown} does not report a version in time")))?
        .map_err(|error| VersionError::Missing(format!("cannot run {shown}: {error}")))?;
    if !output.status.success() {
        let status = output.status;
        let text = format!("{shown} does not report a version: {status}");
        return Err(VersionError::Untold(text));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

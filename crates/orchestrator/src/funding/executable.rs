//! Funding by the mina executable, one process for each paying key.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use store::experiment_runs::NewRequest;
use tokio::process::Command;

use super::Payment;
use crate::key_files;
use crate::run::StepError;

/// How long the executable may take to tell its version.
const VERSION_TIME: Duration = Duration::from_secs(20);

impl Payment<'_> {
    /// Runs `mina advanced itn-create-accounts`. If an earlier process was interrupted in it and
    /// all key files are there, it had done its work: the executable writes them at the end.
    pub(super) async fn by_executable(&self, daemon: usize) -> Result<(), StepError> {
        let earlier = self.earlier();
        if earlier.is_some_and(|row| row.outcome.is_none()) && self.is_complete().await? {
            return self.answered(None).await;
        }
        let ports = &self.run.means.network.fund_daemon_ports;
        let port = (!ports.is_empty()).then(|| &ports[daemon % ports.len()]);
        self.asking(NewRequest {
            node: port.cloned().unwrap_or_else(|| "mina".to_owned()),
            kind: "mina-executable".to_owned(),
            ..NewRequest::default()
        })
        .await?;
        let key_file = self.run.means.key_path(&self.key.key_file);
        let mut command = Command::new(&self.run.means.network.mina_exec);
        command
            .args(arguments(self, &key_file))
            .env_clear()
            .env("ITN_FEATURES", "1")
            .env(
                "MINA_PRIVKEY_PASS",
                os(&key_files::password(&self.command.password_env)),
            )
            .stdin(Stdio::null())
            // Standard output is for output lines.
            .stdout(std::io::stderr())
            .kill_on_drop(true);
        if let Some(port) = port {
            command.args(["--daemon-port", port]);
        }
        let executable = self.run.means.network.mina_exec.display();
        let error = match command.status().await {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("{executable} failed: {status}")),
            Err(error) => Some(format!("cannot run {executable}: {error}")),
        };
        self.answered(error).await
    }
}

fn arguments(payment: &Payment<'_>, key_file: &Path) -> Vec<std::ffi::OsString> {
    let key = &payment.key;
    [
        OsStr::new("advanced"),
        OsStr::new("itn-create-accounts"),
        OsStr::new("--amount"),
        OsStr::new(&key.amount.nanomina().to_string()),
        OsStr::new("--fee"),
        OsStr::new(&payment.command.fee.nanomina().to_string()),
        OsStr::new("--key-prefix"),
        OsStr::new(&key.prefix),
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

/// What the executable says of its version.
pub(crate) async fn version(executable: &Path) -> Result<String, String> {
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
        .map_err(|_| format!("{shown} does not report a version in time"))?
        .map_err(|error| format!("cannot run {shown}: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{shown} does not report a version: {}",
            output.status
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

//! Archiving in a process of its own, whose memory is measured.

use std::time::Instant;

use anyhow::{Context as _, bail};
use archive::{Place, Progress};
use serde::{Deserialize, Serialize};
use store::lease::Holder;
use tokio::process::Command;

use crate::memory;
use crate::output::print;
use crate::server::{self, TemporaryServer};

/// Tells the child process where the database is: arguments are for everybody to see.
const URL_VARIABLE: &str = "LOADLAB_BENCH_ARCHIVE_URL";

#[derive(Debug, clap::Args)]
pub(crate) struct ChildArguments {
    /// The deployment
    deployment: i32,
    /// Where it is archived
    to: String,
}

/// What the child process says on its standard output.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) seconds: f64,
    pub(super) peak_memory_kib: u64,
}

/// Archives a deployment in a child process.
pub(super) async fn measure(
    server: &TemporaryServer,
    to: &str,
    deployment_id: i32,
) -> anyhow::Result<Written> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let output = Command::new(program)
        .args(["archive-child", &deployment_id.to_string(), to])
        .env(URL_VARIABLE, server.url())
        .stderr(std::process::Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("cannot start the process that archives")?;
    if !output.status.success() {
        bail!("the process that archives failed: {}", output.status);
    }
    serde_json::from_slice(&output.stdout).context("what the process that archives says")
}

/// The child process.
pub(crate) async fn run_child(arguments: ChildArguments) -> anyhow::Result<()> {
    let url = std::env::var(URL_VARIABLE).with_context(|| format!("{URL_VARIABLE} is not set"))?;
    let database = server::connect(&url, 4).await?;
    let place = Place::open(&arguments.to)?;
    let (holder, progress) = (Holder::new("bench"), Progress::default());
    let begun = Instant::now();
    let id = arguments.deployment;
    let archived = archive::run(&database, &holder, &place, id, false, &progress).await?;
    let written = Written {
        rows: archived.manifest.rows(),
        bytes: archived.manifest.bytes(),
        seconds: begun.elapsed().as_secs_f64(),
        peak_memory_kib: memory::peak_kib()?,
    };
    print(&serde_json::to_string(&written)?);
    Ok(())
}

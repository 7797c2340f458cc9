//! `loadlab cycle`: the five steps of the guide against a lab: freeze, redeploy, new deployment,
//! unfreeze, run. What redeploys the network is a command of the user.

use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::deployment_command::MetadataArguments;
use crate::experiment_command::{body, follow, read_setup, sentence, start};
use crate::lab_client::{LabArguments, LabClient};
use crate::output::{OutputFormat, inform};
use crate::services::Service;
use crate::tracing_command::post;

const LOOK: Duration = Duration::from_secs(2);

/// Arguments of `cycle`.
#[derive(Debug, Args)]
pub(crate) struct CycleArguments {
    /// The setup of the experiment, as JSON; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The command that redeploys the network while fetching is frozen, for the shell. The
    /// cycle continues when it has succeeded. Without it, the network stays as it is.
    #[arg(long, value_name = "COMMAND")]
    hook: Option<String>,
    #[command(flatten)]
    metadata: MetadataArguments,
    /// Start the experiment when logs of this number of nodes are fetched.
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    nodes: usize,
    /// How many seconds these nodes may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    patience: u64,
    /// What all random values come from. Default: the seed of the file, or a random one.
    #[arg(long, value_name = "SEED", value_parser = clap::value_parser!(u64).range(..=experiment::seeded_rng::SEED_MAX))]
    seed: Option<u64>,
    /// What is printed at the end.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

pub(crate) async fn run(arguments: &CycleArguments) -> anyhow::Result<ExitCode> {
    let lab = arguments.lab.client()?;
    // Before anything is frozen, so that a mistake is reported at once.
    let body = body(&read_setup(&arguments.file)?, arguments.seed, false)?;
    let metadata = arguments.metadata.object();
    lab.post(
        Service::Orchestrator,
        "/api/v1/experiments/plan",
        Some(&body),
    )
    .await
    .context("the setup cannot be run")?;
    let stop = service::shutdown::on_signal()?;
    inform("1/5  freezing the log fetcher");
    post(&lab, "freeze").await?;
    let deployed = redeploy(arguments, &lab, metadata, &stop).await;
    // Also after a failure: the network is whatever the hook has left, and its logs are wanted.
    inform("4/5  fetching again");
    let unfrozen = post(&lab, "unfreeze").await;
    deployed.and(unfrozen)?;
    wait_for_nodes(&lab, arguments, &stop).await?;
    inform("5/5  running the experiment");
    let started = start(&lab, &body).await?;
    inform(&format!("     {}", sentence(&started)));
    let name = started["name"].as_str().context("the answer has no name")?;
    follow(&lab, name, arguments.format, &stop).await
}

/// Runs the hook, and makes a deployment.
async fn redeploy(
    arguments: &CycleArguments,
    lab: &LabClient,
    metadata: serde_json::Value,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    match &arguments.hook {
        None => inform("2/5  no --hook: the network stays as it is"),
        Some(hook) => {
            inform(&format!("2/5  {hook}"));
            // What it says is talk: standard output is for the result.
            let talk = std::io::stderr().as_fd().try_clone_to_owned()?;
            let mut hook_process = Command::new("sh")
                .args(["-c", hook])
                .stdin(Stdio::null())
                .stdout(Stdio::from(talk))
                .kill_on_drop(true)
                .spawn()
                .context("cannot run a shell")?;
            let status = tokio::select! {
                status = hook_process.wait() => status?,
                () = stop.cancelled() => bail!("interrupted during the hook"),
            };
            if !status.success() {
                bail!("the hook has failed ({status}): {hook}");
            }
        }
    }
    let id = crate::deployment_command::create(lab, metadata).await?;
    inform(&format!("3/5  deployment {id} is made"));
    Ok(())
}

async fn wait_for_nodes(
    lab: &LabClient,
    arguments: &CycleArguments,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let begun = tokio::time::Instant::now();
    loop {
        let nodes = lab.get(Service::LogFetcher, "/nodes").await?;
        let found = nodes.as_array().map_or(0, Vec::len);
        if found >= arguments.nodes {
            return Ok(());
        }
        if begun.elapsed() > Duration::from_secs(arguments.patience) {
            bail!(
                "logs of only {found} of {} nodes are fetched after {} s; the deployment is made \
                 and fetching continues: run the experiment with `loadlab experiment run`",
                arguments.nodes,
                arguments.patience
            );
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => bail!("interrupted before the experiment began"),
        }
    }
}

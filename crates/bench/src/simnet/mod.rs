//! `bench simnet`: what a simulated network and the uptime backend manage.

mod free_running;
mod nodes;
mod submissions;

use serde_json::json;

use crate::output::{OutputFormat, inform, print};

pub(crate) use nodes::run_child;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    inform("1,000 nodes with servers in one process …");
    let nodes = nodes::measure().await?;
    inform("1,000 nodes without servers …");
    let free_running_speedup = tokio::task::spawn_blocking(free_running::measure).await??;
    inform("signed submissions to the uptime backend …");
    let submissions_per_second = submissions::measure().await?;
    print(&match arguments.format {
        OutputFormat::Json => json!({
            "ready_seconds": nodes.ready_seconds,
            "memory_mib": nodes.memory_mib.round(),
            "free_running_speedup": free_running_speedup.round(),
            "submissions_per_second": submissions_per_second.round(),
        })
        .to_string(),
        OutputFormat::Text => format!(
            "1,000 nodes ready in {:.2} s, {:.0} MiB with full log queues\n\
             1,000 nodes without servers at {free_running_speedup:.0} times real time on one core\n\
             {submissions_per_second:.0} submissions/s accepted by the uptime backend",
            nodes.ready_seconds, nodes.memory_mib,
        ),
    });
    Ok(())
}

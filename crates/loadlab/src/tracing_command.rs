//! `loadlab tracing`: the log fetcher of a lab, and what it has stored.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::lab_client::{LabArguments, LabClient};
use crate::output::{OutputFormat, print, print_json};
use crate::services::Service;

/// What to do with tracing.
#[derive(Debug, Subcommand)]
pub(crate) enum TracingCommand {
    /// Stop fetching: returns when everything fetched is stored.
    Freeze(TracingArguments),
    /// Go on fetching.
    Unfreeze(TracingArguments),
    /// Begin all sessions anew, with what the nodes still have.
    Reset(TracingArguments),
    /// Delete the traces of blocks of old deployments that never ended.
    Cleanup(TracingArguments),
    /// Show how complete the logs of each node are.
    Status(StatusArguments),
}

/// Arguments of most of them.
#[derive(Debug, Args)]
pub(crate) struct TracingArguments {
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

/// Arguments of `tracing status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The deployment. Default: the newest.
    #[arg(long, value_name = "ID")]
    deployment: Option<i32>,
    #[command(flatten)]
    common: TracingArguments,
}

pub(crate) async fn run(command: &TracingCommand) -> anyhow::Result<ExitCode> {
    match command {
        TracingCommand::Freeze(arguments) => tell_fetcher(arguments, "freeze").await?,
        TracingCommand::Unfreeze(arguments) => tell_fetcher(arguments, "unfreeze").await?,
        TracingCommand::Reset(arguments) => tell_fetcher(arguments, "reset").await?,
        TracingCommand::Cleanup(arguments) => clean_up(arguments).await?,
        TracingCommand::Status(arguments) => status(arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells the fetcher `what`.
pub(crate) async fn post(lab: &LabClient, what: &str) -> anyhow::Result<()> {
    lab.post(Service::LogFetcher, &format!("/{what}"), None)
        .await?;
    Ok(())
}

async fn tell_fetcher(arguments: &TracingArguments, what: &str) -> anyhow::Result<()> {
    post(&arguments.lab.client()?, what).await?;
    let done = match what {
        "freeze" => "fetching is frozen; everything fetched is stored",
        "unfreeze" => "fetching continues",
        _ => "all sessions begin anew",
    };
    match arguments.format {
        OutputFormat::Json => print_json(&json!({"done": what})),
        OutputFormat::Text => print(&format!("{done}\n")),
    }
}

async fn clean_up(arguments: &TracingArguments) -> anyhow::Result<()> {
    let lab = arguments.lab.client()?;
    let path = "/api/tracing/cleanup";
    let answer = lab.post(Service::ExperimentsApi, path, None).await?;
    match arguments.format {
        OutputFormat::Json => print_json(&answer["deleted"]),
        OutputFormat::Text => {
            let deleted = |what: &str| answer["deleted"][what].as_i64().unwrap_or(0);
            print(&format!(
                "deleted: {} traces with {} checkpoints of {} deployments\n",
                deleted("traces"),
                deleted("checkpoints"),
                deleted("deployments")
            ))
        }
    }
}

async fn status(arguments: &StatusArguments) -> anyhow::Result<()> {
    let lab = arguments.common.lab.client()?;
    let deployment = arguments.deployment;
    let deployment = deployment.map_or_else(String::new, |id| format!("?deployment={id}"));
    let path = format!("/api/v1/completeness{deployment}");
    let nodes = lab.get(Service::LogFetcher, &path).await?;
    match arguments.common.format {
        OutputFormat::Json => print_json(&nodes),
        OutputFormat::Text => print(&table(&nodes)),
    }
}

/// What is stored of each node's log.
fn table(nodes: &Value) -> String {
    let mut text = format!("{:>12} {:>12} {:>9}  node\n", "stored", "lost", "complete");
    let (mut all_stored, mut all_lost) = (0, 0);
    let mut row = |stored: i64, lost: i64, name: &str| {
        // writing to a string cannot fail
        let _written = writeln!(
            text,
            "{stored:>12} {lost:>12} {:>9}  {name}",
            share(stored, lost)
        );
    };
    for node in nodes.as_array().into_iter().flatten() {
        let count = |what: &str| node[what].as_i64().unwrap_or(0);
        let (stored, lost) = (count("stored_entries"), count("lost_entries"));
        (all_stored, all_lost) = (all_stored + stored, all_lost + lost);
        row(stored, lost, node["node_name"].as_str().unwrap_or_default());
    }
    row(all_stored, all_lost, "(all)");
    text
}

/// The part of entries that is stored, in percent, rounded down: only what is complete has 100 %.
fn share(stored: i64, lost: i64) -> String {
    let per_mille_of_percent = (stored * 10_000).checked_div(stored + lost);
    per_mille_of_percent.map_or_else(
        || "-".to_owned(),
        |share| format!("{}.{:02} %", share / 100, share % 100),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_node_and_the_whole() {
        let nodes = json!([
            {"node_name": "a", "stored_entries": 900, "lost_entries": 0},
            {"node_name": "b", "stored_entries": 99_999, "lost_entries": 1}
        ]);
        let text = table(&nodes);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "         900            0  100.00 %  a");
        assert!(lines[2].contains("99.99 %  b"), "{text}");
        assert!(lines[3].ends_with("(all)"), "{text}");
        assert!(table(&json!([])).contains("-  (all)"));
    }
}

//! `loadlab tracing`: the log fetcher of a lab, and what it has stored.

use std::collections::HashMap;
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
    /// Show whether fetching is frozen, its state at each node, and how complete their logs are.
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
        OutputFormat::Text => {
            let summary = lab.get(Service::LogFetcher, "/api/v1/summary").await?;
            let states = lab.get(Service::LogFetcher, "/nodes").await?;
            print(&format!("{}{}", order(&summary), table(&nodes, &states)))
        }
    }
}

/// What all fetchers are told.
fn order(summary: &Value) -> String {
    let since = summary["ordered"].as_str().unwrap_or_default();
    if summary["frozen"] == true {
        format!(
            "fetching is frozen; the last order came at {since}; `loadlab tracing unfreeze` ends that\n"
        )
    } else {
        "fetching is not frozen\n".to_owned()
    }
}

/// What is stored of each node's log, and how fetching goes.
fn table(nodes: &Value, states: &Value) -> String {
    let mut text = format!(
        "{:>12} {:>12} {:>6} {:>9}  node, state\n",
        "stored", "lost", "gaps", "complete"
    );
    // There may be ten thousand nodes.
    let states: HashMap<&str, &Value> = states
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| Some((node["node_name"].as_str()?, node)))
        .collect();
    let mut all = [0; 3];
    let mut row = |[stored, lost, gaps]: [i64; 3], name: &str| {
        // writing to a string cannot fail
        let _written = writeln!(
            text,
            "{stored:>12} {lost:>12} {gaps:>6} {:>9}  {name}",
            share(stored, lost, gaps)
        );
    };
    for node in nodes.as_array().into_iter().flatten() {
        let counts = ["stored_entries", "lost_entries", "unknown_gaps"]
            .map(|what| node[what].as_i64().unwrap_or(0));
        for (sum, count) in all.iter_mut().zip(counts) {
            *sum += count;
        }
        let name = node["node_name"].as_str().unwrap_or_default();
        row(
            counts,
            &format!("{name}  {}", state(states.get(name).copied())),
        );
    }
    row(all, "(all)");
    text
}

/// The state of a node, and its problem if it has one.
fn state(node: Option<&Value>) -> String {
    let Some(node) = node else {
        return "gone".to_owned();
    };
    let state = node["state"].as_str().unwrap_or_default();
    match node["problem"].as_str() {
        Some(problem) => format!("{state}: {problem}"),
        None => state.to_owned(),
    }
}

/// The part of entries that is stored, in percent, rounded down: only what is complete has 100 %.
/// Nobody knows it where gaps are all that is missing.
fn share(stored: i64, lost: i64, gaps: i64) -> String {
    if lost == 0 && gaps > 0 {
        return "unknown".to_owned();
    }
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
            {"node_name": "a", "stored_entries": 900, "lost_entries": 0, "unknown_gaps": 0},
            {"node_name": "b", "stored_entries": 99_999, "lost_entries": 1, "unknown_gaps": 0},
            {"node_name": "c", "stored_entries": 5, "lost_entries": 0, "unknown_gaps": 2}
        ]);
        let states = json!([
            {"node_name": "a", "state": "fetching", "problem": null},
            {"node_name": "b", "state": "failing", "problem": "could not connect"}
        ]);
        let text = table(&nodes, &states);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "         900            0      0  100.00 %  a  fetching"
        );
        assert!(
            lines[2].ends_with("99.99 %  b  failing: could not connect"),
            "{text}"
        );
        assert_eq!(
            lines[3],
            "           5            0      2   unknown  c  gone"
        );
        assert_eq!(
            lines[4],
            "      100904            1      2   99.99 %  (all)"
        );
        assert!(table(&json!([]), &states).contains("-  (all)"));
    }

    #[test]
    fn what_fetchers_are_told_is_said() {
        let since = "2026-11-29T05:00:00.000000Z";
        let said = order(&json!({"frozen": true, "ordered": since}));
        assert!(
            said.starts_with("fetching is frozen; the last order came at 2026-11-29T05:00:00"),
            "{said}"
        );
        assert!(order(&json!({"frozen": false})).contains("not frozen"));
    }
}

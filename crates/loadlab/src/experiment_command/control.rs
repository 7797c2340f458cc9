//! `loadlab experiment list`, `status` and `kill`: they ask the database and the nodes, not the
//! service, so that they work when it is down. With --lab, the first two ask the service.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use orchestrator::Killed;
use serde_json::json;
use store::ConnectOptions;
use store::experiment_runs::{Outcome, RunChoice, RunSummary, unsent_reasons};

use super::delivery_table::delivery_table;
use super::remote;
use crate::choice::Connection;
use crate::lab_client::LabArguments;
use crate::orchestrator_command::{self, NetworkArguments};
use crate::output::{OutputFormat, print, print_json};
use crate::services::Service;

/// Arguments of `experiment list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// How many at most.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: u32,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

/// Arguments of `experiment status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The experiment. Default: the one that runs, or ran last.
    name: Option<String>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

/// Arguments of `experiment kill`.
#[derive(Debug, Args)]
pub(crate) struct KillArguments {
    /// The experiment. Default: the one that runs.
    name: Option<String>,
    #[command(flatten)]
    network: NetworkArguments,
    /// How many seconds nodes that cannot be reached are tried.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    patience: u64,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

fn summary(run: &RunSummary) -> serde_json::Value {
    json!({
        "name": run.name, "status": run.status, "created_at": run.created_at,
        "ended_at": run.ended_at, "step": run.step, "step_name": run.step_name,
        "seed": run.seed, "waiting_for": run.waiting_for, "waiting_until": run.waiting_until,
    })
}

pub(super) async fn list(
    arguments: &ListArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    if arguments.lab.names(Service::Orchestrator) {
        return list_of_lab(arguments).await;
    }
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let runs = opened
        .database
        .experiment_runs(&RunChoice::default(), arguments.limit)
        .await?;
    let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
    let outcomes = opened.database.experiment_outcomes(&names).await?;
    let warning = |run: &RunSummary| outcomes.get(&run.name).and_then(Outcome::warning);
    let text = match arguments.format {
        OutputFormat::Json => {
            let list: Vec<_> = runs
                .iter()
                .map(|run| {
                    let mut value = summary(run);
                    value["warning"] = json!(warning(run));
                    value
                })
                .collect();
            format!("{}\n", serde_json::to_string_pretty(&list)?)
        }
        OutputFormat::Text => {
            let mut text = String::new();
            for run in &runs {
                let at = format!("step {} {}", run.step, run.step_name);
                let created_at = run.created_at.to_string();
                let warning = warning(run);
                let warning = warning.as_deref();
                text.push_str(&row(
                    [&run.name, run.status.as_str(), &created_at, &at],
                    warning,
                ));
            }
            text
        }
    };
    print(&text)?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// A run in the list, with its warning.
fn row([name, status, created_at, at]: [&str; 4], warning: Option<&str>) -> String {
    let mut text = format!("{name:<28} {status:<10} {created_at}  {at}\n");
    if let Some(warning) = warning {
        text.push_str("  warning: ");
        text.push_str(warning);
        text.push('\n');
    }
    text
}

async fn list_of_lab(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    let runs = remote::list(&arguments.lab.client()?, arguments.limit).await?;
    if arguments.format == OutputFormat::Json {
        print_json(&runs)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = runs.as_array().into_iter().flatten().map(|run| {
        let text = |key: &str| run[key].as_str().unwrap_or_default();
        let at = format!("step {} {}", run["step"], text("step_name"));
        let cells = [text("name"), text("status"), text("created_at"), &at];
        row(cells, run["warning"].as_str())
    });
    print(&rows.collect::<String>())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn status(
    arguments: &StatusArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    if arguments.lab.names(Service::Orchestrator) {
        let run = remote::one(&arguments.lab.client()?, arguments.name.as_deref()).await?;
        match arguments.format {
            OutputFormat::Json => print_json(run.value())?,
            OutputFormat::Text => print(&run.text()?)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let database = &opened.database;
    let run = match &arguments.name {
        Some(name) => database.experiment_run(name).await?,
        None => database.current_experiment().await?,
    };
    let Some(run) = run else {
        bail!("there is no such experiment");
    };
    let name = &run.summary.name;
    let rows = database.experiment_delivery(name).await?;
    let left = database.undo_rows(Some(name)).await?;
    let outcome = Outcome::of(&rows);
    let warnings = outcome.warnings(run.warnings.clone());
    let text = match arguments.format {
        OutputFormat::Json => {
            let mut value = summary(&run.summary);
            value["warnings"] = json!(warnings);
            value["errors"] = json!(run.errors);
            let (delivery, unsent) = (outcome.delivery, unsent_reasons(&rows));
            value["transactions"] = json!({
                "intended": delivery.intended, "accepted": delivery.accepted,
                "unsent": delivery.unsent, "seen": delivery.seen, "included": delivery.included,
                "applied": delivery.applied, "failed": delivery.failed,
                "failures": outcome.failures, "unsent_reasons": unsent,
            });
            value["leftover"] = json!(run.remaining_funds);
            value["not_stopped"] = left.iter().map(|row| row.node.clone()).collect();
            format!("{}\n", serde_json::to_string_pretty(&value)?)
        }
        OutputFormat::Text => {
            let mut text = format!(
                "{name}: {}, step {} ({})\n",
                run.summary.status, run.summary.step, run.summary.step_name
            );
            if let (Some(what), Some(until)) =
                (&run.summary.waiting_for, &run.summary.waiting_until)
            {
                writeln!(text, "waits for {what} until {until} at most")?;
            }
            text.push_str(&delivery_table(&rows)?);
            let funds = run
                .remaining_funds
                .and_then(|left| serde_json::from_value(left).ok());
            if let Some(funds) = funds {
                let funds: run_records::RemainingFunds = funds;
                writeln!(text, "money: {}", funds.sentence())?;
            }
            for row in &left {
                writeln!(text, "not stopped yet: {} at {}", row.kind, row.node)?;
            }
            for line in warnings.iter().rev().take(5).rev() {
                writeln!(text, "warning: {line}")?;
            }
            for line in &run.errors {
                writeln!(text, "error: {line}")?;
            }
            text
        }
    };
    print(&text)?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn kill(
    arguments: &KillArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let config = match arguments.network.config() {
        Ok(config) => config,
        Err(error) => return Ok(orchestrator_command::refuse(&error)),
    };
    let options = orchestrator_command::connect_options(&config);
    let opened = connection.open(&options).await?;
    let patience = Duration::from_secs(arguments.patience);
    let name = arguments.name.as_deref();
    let database = &opened.database;
    let target = match name {
        Some(name) => Some(name.to_owned()),
        None => database.slot_holder().await?.map(|run| run.name),
    };
    let killing = orchestrator::kill(&config, database, name, patience);
    let killed = access::command(database, "experiment kill", target, killing).await??;
    match arguments.format {
        OutputFormat::Json => print_json(&killed_json(&killed))?,
        OutputFormat::Text => print(&killed_text(&killed)?)?,
    }
    opened.close().await?;
    Ok(if killed.left.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn killed_json(killed: &Killed) -> serde_json::Value {
    let left = killed.left.iter();
    let left = left.map(|(node, reason)| json!({"node": node, "reason": reason}));
    json!({
        "name": killed.name, "was_open": killed.was_open, "has_ended": killed.has_ended,
        "stopped": killed.stopped, "not_reached": left.collect::<Vec<_>>(),
    })
}

fn killed_text(killed: &Killed) -> Result<String, std::fmt::Error> {
    let mut text = match &killed.name {
        Some(name) if !killed.was_open => format!("{name} was not running\n"),
        Some(name) if killed.has_ended => format!("{name} is cancelled\n"),
        Some(name) => format!("{name} is being cancelled by the service that runs it\n"),
        None => "no experiment is running\n".to_owned(),
    };
    writeln!(text, "stopped at nodes: {}", killed.stopped)?;
    for (node, reason) in &killed.left {
        writeln!(text, "not reached: {node} ({reason})")?;
    }
    Ok(text)
}

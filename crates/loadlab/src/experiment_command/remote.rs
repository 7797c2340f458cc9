//! `loadlab experiment run`, `watch` and `cancel`: they ask the orchestrator of a lab.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::plan::read;
use crate::lab_client::{LabArguments, LabClient, RunView};
use crate::output::{OutputFormat, inform, print, print_json};
use crate::services::Service;

/// Time from one question to the next.
const LOOK: Duration = Duration::from_secs(1);
/// For how long an orchestrator that does not answer is asked again.
const AWAY_MAX: Duration = Duration::from_mins(5);

const RUNS: &str = "/api/v1/experiments";

/// Arguments of `experiment run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The setup, as JSON: the body of a request to run an experiment. `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What all random values come from. Default: the seed of the file, or a random one, which
    /// is shown.
    #[arg(long, value_name = "SEED", value_parser = clap::value_parser!(u64).range(..=experiment::seeded_rng::SEED_MAX))]
    seed: Option<u64>,
    /// Wait for its turn if another experiment runs.
    #[arg(long)]
    queue: bool,
    /// Follow it to its end; the exit code is 0 if it succeeds.
    #[arg(long)]
    watch: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

/// Arguments of `experiment watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    /// The experiment. Default: the one that runs, or ran last.
    name: Option<String>,
    /// What is printed at the end.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

/// Arguments of `experiment cancel`.
#[derive(Debug, Args)]
pub(crate) struct CancelArguments {
    /// The experiment. Default: the one that runs.
    name: Option<String>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

pub(super) async fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let lab = arguments.lab.client()?;
    let body = body(&read(&arguments.file)?, arguments.seed, arguments.queue)?;
    let started = start(&lab, &body).await?;
    let name = started["name"].as_str().context("the answer has no name")?;
    if !arguments.watch {
        match arguments.format {
            OutputFormat::Json => print_json(&started)?,
            OutputFormat::Text => print(&format!("{}\n", sentence(&started)))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    inform(&sentence(&started));
    follow(
        &lab,
        name,
        arguments.format,
        &service::shutdown::on_signal()?,
    )
    .await
}

/// The setup as the orchestrator takes it.
pub(crate) fn body(text: &[u8], seed: Option<u64>, queue: bool) -> anyhow::Result<Value> {
    let mut body: Value = serde_json::from_slice(text).context("the setup is not JSON")?;
    let Some(members) = body.as_object_mut() else {
        bail!("the setup is not a JSON object");
    };
    if queue {
        members.insert("queue".to_owned(), true.into());
    }
    if let Some(seed) = seed {
        // The form of the guide has the setup one level down.
        let setup = match members.get_mut("experiment_setup") {
            Some(Value::Object(setup)) => setup,
            _ => members,
        };
        setup.insert("seed".to_owned(), seed.into());
    }
    Ok(body)
}

/// Starts a run.
pub(crate) async fn start(lab: &LabClient, body: &Value) -> anyhow::Result<Value> {
    let started = lab.post(Service::Orchestrator, RUNS, Some(body)).await?;
    for warning in started["warnings"].as_array().into_iter().flatten() {
        inform(&format!(
            "warning: {}",
            warning.as_str().unwrap_or_default()
        ));
    }
    Ok(started)
}

/// What has become of a request to start.
pub(crate) fn sentence(started: &Value) -> String {
    let name = started["name"].as_str().unwrap_or_default();
    let seed = &started["seed"];
    match started["status"].as_str() {
        Some("queued") => format!("{name} is queued behind {}, seed {seed}", started["ahead"]),
        _ => format!("{name} runs, seed {seed}"),
    }
}

pub(super) async fn watch(arguments: &WatchArguments) -> anyhow::Result<ExitCode> {
    let lab = arguments.lab.client()?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => current(&lab).await?.context("no experiment has run yet")?,
    };
    follow(
        &lab,
        &name,
        arguments.format,
        &service::shutdown::on_signal()?,
    )
    .await
}

pub(super) async fn cancel(arguments: &CancelArguments) -> anyhow::Result<ExitCode> {
    let lab = arguments.lab.client()?;
    let name = if let Some(name) = &arguments.name {
        name.clone()
    } else {
        let name = current(&lab).await?.context("no experiment has run yet")?;
        if get(&lab, &name).await?.has_ended() {
            bail!("no experiment is running");
        }
        name
    };
    let path = format!("{}/cancel", path_of(&name));
    lab.post(Service::Orchestrator, &path, None).await?;
    match arguments.format {
        OutputFormat::Json => print_json(&json!({"name": name, "cancelled": true}))?,
        OutputFormat::Text => print(&format!("{name} is being cancelled\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The run that holds the slot, or ran last.
async fn current(lab: &LabClient) -> anyhow::Result<Option<String>> {
    let runs = list(lab, 100).await?;
    let runs = runs.as_array().map_or(&[][..], Vec::as_slice);
    // Queued ones are newer than the one that runs.
    let running = runs.iter().find(|run| run["status"] != "queued");
    let name = running
        .or(runs.first())
        .and_then(|run| run["name"].as_str());
    Ok(name.map(str::to_owned))
}

/// The newest runs.
pub(super) async fn list(lab: &LabClient, limit: u32) -> anyhow::Result<Value> {
    lab.get(Service::Orchestrator, &format!("{RUNS}?limit={limit}"))
        .await
}

/// The run that is named, or the current one.
pub(super) async fn one(lab: &LabClient, name: Option<&str>) -> anyhow::Result<RunView> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => current(lab).await?.context("there is no such experiment")?,
    };
    get(lab, &name).await
}

async fn get(lab: &LabClient, name: &str) -> anyhow::Result<RunView> {
    RunView::new(lab.get(Service::Orchestrator, &path_of(name)).await?)
}

/// The address of an experiment below the orchestrator and the experiments API.
pub(super) fn path_of(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text never fails.
            let _written = write!(encoded, "%{byte:02X}");
        }
    }
    format!("{RUNS}/{encoded}")
}

/// Follows a run to its end and prints it. Ctrl-C ends the watching, not the run.
pub(crate) async fn follow(
    lab: &LabClient,
    name: &str,
    format: OutputFormat,
    stop: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let Some(run) = wait_for_end(lab, name, stop).await? else {
        inform(&format!(
            "{name} keeps running; `loadlab experiment watch {name}` follows it again"
        ));
        return Ok(ExitCode::from(130));
    };
    match format {
        OutputFormat::Json => print_json(run.value())?,
        OutputFormat::Text => print(&run.text()?)?,
    }
    Ok(if run.status() == "success" {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The run when it has ended; none if `stop` is cancelled before.
async fn wait_for_end(
    lab: &LabClient,
    name: &str,
    stop: &CancellationToken,
) -> anyhow::Result<Option<RunView>> {
    let is_terminal = console::Term::stderr().is_term();
    let line = is_terminal.then(ProgressBar::new_spinner);
    let mut said = String::new();
    let mut heard = tokio::time::Instant::now();
    let run = loop {
        match get(lab, name).await {
            Ok(run) if run.has_ended() => break run,
            Ok(run) => {
                heard = tokio::time::Instant::now();
                let now = format!("{} {}", run.status(), run.value()["step"]);
                match &line {
                    Some(line) => line.set_message(run.line()),
                    None if now != said => inform(&run.line()),
                    None => {}
                }
                said = now;
            }
            // It may be restarted, and then continues the run.
            Err(error) if said.is_empty() || heard.elapsed() > AWAY_MAX => return Err(error),
            Err(error) => {
                if let Some(line) = &line {
                    line.set_message(format!("{error}"));
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return Ok(None),
        }
    };
    if let Some(line) = line {
        line.finish_and_clear();
    }
    Ok(Some(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_queue_are_put_where_the_orchestrator_looks() {
        let plain = body(br#"{"rounds":1,"seed":3}"#, Some(7), true).unwrap();
        assert_eq!(plain, json!({"rounds": 1, "seed": 7, "queue": true}));
        let guide = body(br#"{"experiment_setup":{"rounds":1}}"#, Some(7), false).unwrap();
        assert_eq!(guide, json!({"experiment_setup": {"rounds": 1, "seed": 7}}));
        let same = body(br#"{"rounds":1}"#, None, false).unwrap();
        assert_eq!(same, json!({"rounds": 1}));
        assert!(body(b"[]", None, false).is_err());
        assert!(body(b"", None, false).is_err());
    }

    #[test]
    fn names_are_safe_in_paths() {
        assert_eq!(
            path_of("a b/../ö?"),
            "/api/v1/experiments/a%20b%2F..%2F%C3%B6%3F"
        );
    }
}

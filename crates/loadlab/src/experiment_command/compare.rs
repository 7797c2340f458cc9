//! `loadlab experiment compare`: what differs between runs by more than chance.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use results::answers::{ComparisonAnswer, ComparisonVerdict};
use results::compare::compare;
use store::{ConnectOptions, Database};
use url::form_urlencoded;

use super::comparison_table::text;
use crate::choice::Connection;
use crate::lab_client::LabArguments;
use crate::output::{OutputFormat, print, print_json};
use crate::services::Service;

/// Arguments of `experiment compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// The experiments, two to eight. The last is compared with the base.
    #[arg(required = true, num_args = 2..=results::compare::RUNS_MAX, value_name = "NAME")]
    names: Vec<String>,
    /// The one that the last is compared with. Default: the first.
    #[arg(long, value_name = "NAME")]
    base: Option<String>,
    /// Show every checkpoint, not only those that are better or worse.
    #[arg(long)]
    all: bool,
    /// End with an exit code for scripts: 0 if nothing is worse, 1 if something is, 2 if
    /// nothing could be compared.
    #[arg(long)]
    check: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

pub(super) async fn run(
    arguments: &CompareArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let base = base_of(arguments)?;
    let answer = if arguments.lab.names(Service::ExperimentsApi) {
        of_lab(arguments).await?
    } else {
        let opened = connection.open(&ConnectOptions::for_queries()).await?;
        let answer = of_database(&arguments.names, base, &opened.database).await;
        opened.close().await?;
        answer?
    };
    match arguments.format {
        OutputFormat::Json => print_json(&answer)?,
        OutputFormat::Text => print(&text(&answer.comparison, arguments.all)?)?,
    }
    Ok(if arguments.check {
        ExitCode::from(exit_code(&answer))
    } else {
        ExitCode::SUCCESS
    })
}

/// The position of the base.
fn base_of(arguments: &CompareArguments) -> anyhow::Result<usize> {
    let Some(base) = &arguments.base else {
        return Ok(0);
    };
    let names = &arguments.names;
    names
        .iter()
        .position(|name| name == base)
        .with_context(|| format!("--base must be one of {}", names.join(", ")))
}

async fn of_database(
    names: &[String],
    base: usize,
    database: &Database,
) -> anyhow::Result<ComparisonAnswer> {
    let mut runs = Vec::new();
    let mut last = None;
    for name in names {
        let Some((run, scope)) = database.measured_run(name).await? else {
            bail!(
                "nothing is known of an experiment \"{name}\" that asked nodes for transactions, or \
                 whose transactions are in traces; `loadlab experiment list` shows those that were \
                 started"
            );
        };
        runs.push(run);
        last = Some(scope);
    }
    let (comparison, scope) = compare(&runs, base)
        .zip(last)
        .context("a comparison needs two experiments")?;
    let meta = database.results_meta(&scope).await?;
    Ok(ComparisonAnswer { comparison, meta })
}

async fn of_lab(arguments: &CompareArguments) -> anyhow::Result<ComparisonAnswer> {
    if let Some(name) = arguments.names.iter().find(|name| name.contains(',')) {
        bail!("\"{name}\" has a comma in its name: compare it without --lab");
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("runs", &arguments.names.join(","));
    if let Some(base) = &arguments.base {
        query.append_pair("base", base);
    }
    let path = format!("/api/v1/comparison?{}", query.finish());
    let lab = arguments.lab.client()?;
    let answer = lab.get(Service::ExperimentsApi, &path).await?;
    serde_json::from_value(answer).context("the experiments API does not answer as expected")
}

fn exit_code(answer: &ComparisonAnswer) -> u8 {
    let comparison = &answer.comparison;
    match comparison.verdict {
        ComparisonVerdict::Worse | ComparisonVerdict::Mixed => 1,
        _ if comparison.nothing_in_common().is_some() => 2,
        ComparisonVerdict::Better | ComparisonVerdict::Unknown => 0,
    }
}

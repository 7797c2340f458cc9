//! `loadlab experiment report`: what a run came to, as a page, as text, or as data.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use results::answers::{AttributionAnswer, ResultsAnswer};
use results::report::Report;
use store::ConnectOptions;
use url::form_urlencoded;

use super::remote::path_of;
use crate::choice::Connection;
use crate::lab_client::LabArguments;
use crate::output::print;
use crate::services::Service;

/// Arguments of `experiment report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The experiment.
    name: String,
    /// What is written.
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// The file to write; `-` is standard output. Default: `NAME.html` for HTML, standard output
    /// otherwise.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// End with the exit code of the verdict: 0 pass, 1 fail, 2 not enough data.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    lab: LabArguments,
}

/// What a report looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// One page with charts that needs nothing else.
    #[default]
    Html,
    /// Text to paste into an issue.
    Markdown,
    /// Everything, as one object.
    Json,
    /// A line for each round and one for the run.
    Csv,
}

pub(super) async fn run(
    arguments: &ReportArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let name = arguments.name.as_str();
    let report = if arguments.lab.names(Service::ExperimentsApi) {
        of_lab(name, &arguments.lab).await?
    } else {
        of_database(name, connection).await?
    };
    let text = match arguments.format {
        ReportFormat::Html => report.html(),
        ReportFormat::Markdown => report.markdown(),
        ReportFormat::Json => report.json()?,
        ReportFormat::Csv => report.csv(),
    };
    let file = match (&arguments.output, arguments.format) {
        (Some(file), _) => Some(file.clone()),
        (None, ReportFormat::Html) => Some(file_of(name)),
        (None, _) => None,
    };
    match file.filter(|file| file.as_os_str() != "-") {
        None => print(&text)?,
        Some(file) => {
            durable::write(&file, 0o644, text.as_bytes())
                .with_context(|| format!("cannot write {}", file.display()))?;
            print(&format!("{}\n", file.display()))?;
        }
    }
    let code = match report.results.verdict {
        Some(verdict) if arguments.check => verdict.exit_code(),
        None if arguments.check => results::Verdict::NotEnoughData.exit_code(),
        _ => 0,
    };
    Ok(ExitCode::from(code))
}

async fn of_database(name: &str, connection: &Connection) -> anyhow::Result<Report> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let report = opened.database.run_report(name).await?;
    opened.close().await?;
    let Some(report) = report else {
        bail!(
            "nothing is known of an experiment \"{name}\" that asked nodes for transactions, or whose \
             transactions are in traces; `loadlab experiment list` shows those that were started"
        );
    };
    Ok(report)
}

/// The same, made of what the experiments API of a lab answers.
async fn of_lab(name: &str, lab: &LabArguments) -> anyhow::Result<Report> {
    if name.contains(';') {
        bail!("\"{name}\" has a semicolon in its name: report on it without --lab");
    }
    let client = lab.client()?;
    let unexpected = "the experiments API does not answer as expected";
    let path = format!("{}/results", path_of(name));
    let answer = client.get(Service::ExperimentsApi, &path).await?;
    let ResultsAnswer { results, meta } = serde_json::from_value(answer).context(unexpected)?;
    let traces = format!("run:{name};source:External");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("set", &format!("{traces};slower:p50"));
    query.append_pair("base", &format!("{traces};faster:p50"));
    if let Some(deployment) = meta.deployment_id {
        query.append_pair("deployment", &deployment.to_string());
    }
    let path = format!("/api/v1/attribution?{}", query.finish());
    let answer = client.get(Service::ExperimentsApi, &path).await?;
    let answer: AttributionAnswer = serde_json::from_value(answer).context(unexpected)?;
    Ok(Report::new(
        name,
        results,
        answer.attribution.checkpoints,
        meta,
    ))
}

/// A name may be anything that a memo can begin with; a file stays in this folder.
fn file_of(name: &str) -> PathBuf {
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    PathBuf::from(format!("{}.html", safe.trim_start_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stays_in_the_folder() {
        assert_eq!(file_of("ramp-3"), PathBuf::from("ramp-3.html"));
        assert_eq!(file_of("../etc/x"), PathBuf::from("_etc_x.html"));
    }
}

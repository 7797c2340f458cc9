//! `loadlab export`: a deployment as files that other tools read.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, ValueEnum};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use open_data::{ExportError, Progress, Summary};
use store::{ConnectOptions, Database};

use crate::choice::Connection;
use crate::output::{OutputFormat, inform, print, print_json};

/// The exit code of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The deployment. Default: the newest.
    #[arg(long, value_name = "ID")]
    deployment: Option<i32>,
    /// What the files are.
    #[arg(long, value_enum)]
    format: FileFormat,
    /// The folder, which must be empty or not be there yet. It appears when all of it is
    /// written.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// What is printed at the end.
    #[arg(long, value_enum, default_value_t)]
    summary: OutputFormat,
}

/// What the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// Apache Parquet, for DuckDB, pandas, Spark and others.
    Parquet,
    /// Comma-separated values, compressed with zstd.
    Csv,
}

impl From<FileFormat> for open_data::Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Parquet => Self::Parquet,
            FileFormat::Csv => Self::Csv,
        }
    }
}

pub(crate) async fn run(
    arguments: &ExportArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let written = tokio::select! {
        written = export(&opened.database, arguments) => Some(written),
        () = shutdown.cancelled() => None,
    };
    opened.close().await?;
    let Some(written) = written else {
        inform("stopped; nothing was written");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let summary = written?;
    match arguments.summary {
        OutputFormat::Json => print_json(&summary)?,
        OutputFormat::Text => print(&text(&summary, arguments))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(database: &Database, arguments: &ExportArguments) -> anyhow::Result<Summary> {
    let deployment_id = match arguments.deployment {
        Some(id) => id,
        None => match database.newest_deployment().await? {
            Some(id) => id,
            None => bail!("nothing is stored yet; import a trace with `loadlab trace import`"),
        },
    };
    let progress = Progress::default();
    let bar = bar();
    let format = arguments.format.into();
    let work = open_data::export(
        database,
        deployment_id,
        format,
        &arguments.to,
        progress.clone(),
    );
    let mut work = std::pin::pin!(work);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let written: Result<Summary, ExportError> = loop {
        tokio::select! {
            written = work.as_mut() => break written,
            _ = tick.tick() => {
                bar.set_position(progress.rows());
                bar.set_message(format!("{}, {}", progress.table(), HumanBytes(progress.bytes())));
            }
        }
    };
    bar.finish_and_clear();
    Ok(written?)
}

/// How many rows there will be is not known before they come.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = "exporting {spinner} {human_pos} rows, {per_sec} rows, {msg} in {elapsed}";
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::no_length().with_style(style)
}

fn text(summary: &Summary, arguments: &ExportArguments) -> String {
    let width = summary.tables.iter().map(|table| table.file.len()).max();
    let mut text = String::new();
    for table in &summary.tables {
        let _ = writeln!(
            text,
            "{:<width$}  {:>13}  {:>11}",
            table.file,
            HumanCount(table.rows).to_string(),
            HumanBytes(table.bytes).to_string(),
            width = width.unwrap_or(0),
        );
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people"
    )]
    let rate = (summary.rows() as f64 / summary.seconds.max(1e-3)) as u64;
    let _ = writeln!(
        text,
        "\ndeployment {} as of {} is in {}: {} rows, {} in {:.1} s, {} rows/s",
        summary.deployment_id,
        summary.taken_at,
        arguments.to.display(),
        HumanCount(summary.rows()),
        HumanBytes(summary.bytes()),
        summary.seconds,
        HumanCount(rate),
    );
    text
}

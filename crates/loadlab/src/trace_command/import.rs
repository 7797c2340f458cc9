//! `loadlab trace import`.

use std::fmt::Write;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use store::{ConnectOptions, Database};
use trace::TracerOptions;
use trace_import::{ImportOptions, Inputs, Progress, Summary, import};

use crate::choice::Connection;
use crate::interpretation::Interpretation;
use crate::output::{self, OutputFormat, inform};

/// The exit code of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Arguments of `trace import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// Trace files of the main process: plain, gzip or zstd; `-` is standard
    /// input. The files `prover-…` and `verifier-…` beside them and rotated
    /// pieces (`FILE.0`, `FILE.1`, …) are found by themselves.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The node that wrote the trace, as it shall be named.
    #[arg(long, value_name = "NAME")]
    pub(crate) node: String,
    /// The deployment that the trace belongs to. Default: the newest; a first one is
    /// made if there is none.
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<i32>,
    /// What is printed at the end.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    #[command(flatten)]
    pub(crate) interpretation: Interpretation,
}

pub(crate) async fn run(
    arguments: ImportArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    let files = arguments.files;
    let prepare = async {
        let inputs = tokio::task::spawn_blocking(move || Inputs::find(&files)).await??;
        let opened = connection.open(&ConnectOptions::for_writing()).await?;
        anyhow::Ok((inputs, opened))
    };
    // Standard input may take as long as it likes.
    let (inputs, opened) = tokio::select! {
        prepared = prepare => prepared?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let options = ImportOptions {
        node_name: arguments.node,
        deployment_id: arguments.deployment,
        tracer: TracerOptions {
            status_handling: arguments.interpretation.handle_status_change,
            compatibility: arguments.interpretation.compatibility.into(),
        },
    };
    let result = tokio::select! {
        result = import_with_progress(&opened.database, inputs, options) => Some(result),
        () = shutdown.cancelled() => None,
    };
    let Some(result) = result else {
        inform("stopped; what was imported so far is stored: run the same command again to go on");
        opened.close().await?;
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let summary = match result {
        Ok(summary) => summary,
        Err(error) => {
            opened.close().await?;
            return Err(error.into());
        }
    };
    report(&summary, arguments.format)?;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Imports with a progress bar if standard error is a terminal.
pub(crate) async fn import_with_progress(
    database: &Database,
    inputs: Inputs,
    options: ImportOptions,
) -> Result<Summary, trace_import::ImportError> {
    let progress = Progress::default();
    let bar = if std::io::stderr().is_terminal() {
        progress_bar(inputs.bytes())
    } else {
        ProgressBar::hidden()
    };
    let work = import(database, inputs, options, progress.clone());
    let mut work = std::pin::pin!(work);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let result = loop {
        tokio::select! {
            result = work.as_mut() => break result,
            _ = tick.tick() => {
                bar.set_position(progress.bytes());
                bar.set_message(format!("{} lines", progress.lines()));
            }
        }
    };
    bar.finish_and_clear();
    result
}

/// A progress bar for this number of bytes; for 0, the size of standard input, a spinner.
fn progress_bar(bytes: u64) -> ProgressBar {
    let (bar, template) = if bytes == 0 {
        let template = "importing {spinner} {bytes}, {msg} in {elapsed}";
        (ProgressBar::no_length(), template)
    } else {
        let template = "importing [{bar:30}] {percent:>3} % of {total_bytes}, {msg}, {left} to go";
        (ProgressBar::new(bytes), template)
    };
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("left", |state: &ProgressState, out: &mut dyn Write| {
            // Before the first byte the estimate is 0.
            let _ = match state.pos() {
                0 => write!(out, "some time"),
                _ => write!(out, "{:#}", HumanDuration(state.eta())),
            };
        })
        .progress_chars("=> ");
    bar.with_style(style).with_message("0 lines")
}

/// Prints the result, and on standard error what was wrong with the input.
fn report(summary: &Summary, format: OutputFormat) -> anyhow::Result<()> {
    for line in &summary.malformed {
        inform(&format!("{}:{}: {}", line.file, line.line, line.reason));
    }
    let more = summary
        .malformed_lines
        .saturating_sub(summary.malformed.len() as u64);
    if more > 0 {
        inform(&format!("… and {more} more malformed lines"));
    }
    for cut in &summary.cut {
        inform(&format!(
            "{} ends in the middle of its compressed data, after line {}; what is before that is \
             stored",
            cut.file, cut.after_line
        ));
    }
    output::print(&match format {
        OutputFormat::Json => serde_json::to_string(summary)? + "\n",
        OutputFormat::Text => text(summary),
    })
}

fn text(summary: &Summary) -> String {
    let new_lines = summary.lines.saturating_sub(summary.already_stored_lines);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = new_lines as f64 / summary.seconds.max(1e-3);
    let counts = [
        (summary.blocks, "new block traces"),
        (summary.checkpoints, "checkpoints stored"),
        (summary.controls, "controls stored"),
        (summary.transactions, "transaction pool events"),
        (summary.snark_work, "SNARK work events"),
    ];
    let exceptions = [
        (
            summary.already_stored_lines,
            "lines that were stored already",
        ),
        (summary.repeated_lines, "repeated lines dropped"),
        (summary.malformed_lines, "malformed lines skipped"),
        (summary.unknown_controls, "unknown controls kept apart"),
        (summary.gaps, "gaps in the input"),
        (summary.lost_entries, "entries missing in these gaps"),
        (
            summary.dropped_calls,
            "endless prover or verifier calls given up",
        ),
    ];
    let rate = match new_lines {
        0 => String::new(),
        _ => format!(" ({rate:.0} lines/s)"),
    };
    let mut lines = vec![format!(
        "node {} in deployment {}: {} lines in {:.2} s{rate}",
        summary.node, summary.deployment_id, summary.lines, summary.seconds
    )];
    let happened = exceptions.into_iter().filter(|(number, _)| *number > 0);
    for (number, what) in counts.into_iter().chain(happened) {
        lines.push(format!("{number:>10}  {what}"));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_what_happened() {
        let summary = Summary {
            node: "demo".to_owned(),
            deployment_id: 1,
            lines: 4_488,
            repeated_lines: 205,
            checkpoints: 2_382,
            controls: 1_789,
            blocks: 12,
            snark_work: 1_460,
            seconds: 0.5,
            ..Summary::default()
        };
        insta::assert_snapshot!(text(&summary));
    }
}

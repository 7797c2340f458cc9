//! `loadlab simnet record`: trace files of a simulated network, as fast as the machine can.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use simnet::record::{Recording, TRUTH_FILE, record};
use simulation::{NetworkConfig, Span};
use tokio_util::sync::CancellationToken;

use crate::output::{self, OutputFormat};

/// Longest recording, in hours: a year.
const HOURS_MAX: u32 = 8_760;

/// Arguments of `simnet record`.
#[derive(Debug, Args)]
#[command(after_help = "Record five hours and import them:\n  \
    loadlab simnet record --nodes 200 --hours 5 --seed 7 --out traces\n  \
    loadlab trace import traces")]
pub(super) struct RecordArguments {
    /// Nodes of the network, all block producers with equal stakes.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    nodes: usize,
    /// How long the network runs, in hours of its own time.
    #[arg(
        long,
        value_name = "HOURS",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(HOURS_MAX))
    )]
    hours: u32,
    /// What everything that looks random comes from: the same seed gives the same files.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Every node takes this many times as long as usual at a checkpoint of the handling of
    /// blocks, such as `Apply_diff=1.1`.
    #[arg(long, value_name = "CHECKPOINT=FACTOR")]
    slow: Option<simulation::Slowed>,
    /// The folder for the files, which must be empty or absent. Each node has one in it.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) async fn run(arguments: RecordArguments) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    let span = Span::from_seconds(i64::from(arguments.hours) * 3_600);
    let (out, seed) = (arguments.out.clone(), arguments.seed);
    let work = tokio::task::spawn_blocking({
        let shutdown = shutdown.clone();
        let mut config = NetworkConfig::with_nodes(arguments.nodes, seed);
        config.slowed = arguments.slow;
        move || {
            let bar = progress_bar(span);
            let result = record(config, seed, span, &out, |passed| {
                bar.set_position(seconds(passed));
                !shutdown.is_cancelled()
            });
            bar.finish_and_clear();
            result
        }
    });
    let recording = work.await.context("the recording has failed")?;
    if is_interrupted(&recording, &shutdown) {
        return Ok(ExitCode::from(130));
    }
    print(&recording?, &arguments)?;
    Ok(ExitCode::SUCCESS)
}

fn is_interrupted<T, E>(result: &Result<T, E>, shutdown: &CancellationToken) -> bool {
    result.is_err() && shutdown.is_cancelled()
}

/// Shown if standard error is a terminal.
fn progress_bar(span: Span) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent}% of network time, {eta} left");
    ProgressBar::new(seconds(span))
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn seconds(span: Span) -> u64 {
    span.micros().unsigned_abs() / 1_000_000
}

fn print(recording: &Recording, arguments: &RecordArguments) -> anyhow::Result<()> {
    match arguments.format {
        OutputFormat::Json => output::print_json(recording),
        OutputFormat::Text => output::print(&format!(
            "{} nodes, {} blocks, {} lines, {} MiB in {} (what really happened: {TRUTH_FILE})\n",
            recording.nodes.len(),
            recording.blockchain_length.saturating_sub(1),
            recording.lines,
            recording.bytes >> 20,
            arguments.out.display(),
        )),
    }
}

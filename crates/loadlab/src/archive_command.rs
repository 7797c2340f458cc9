//! `loadlab archive`: deployments in a folder or a bucket, and back.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use archive::{ArchiveError, Listed, Manifest, Place, Progress};
use clap::{Args, Subcommand};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use serde_json::json;
use store::archive::ArchivedDeployment;
use store::lease::Holder;
use store::{ConnectOptions, Database};

use crate::choice::Connection;
use crate::output::{OutputFormat, inform, print, print_json};

/// The exit code of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// What to do with archives.
#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Write the traces of a deployment into an archive, and read all of it back. Killed and run
    /// again, it comes to the same.
    Run(RunArguments),
    /// List the deployments that are in an archive.
    List(ListArguments),
    /// Read an archive of a deployment, and compare every byte and row with its manifest.
    Verify(OneArguments),
    /// Bring the traces of an archived deployment back into the database.
    Restore(OneArguments),
    /// Drop the traces of a deployment from the database, once its archive was verified and compared
    /// with them. What the lists show of it, its results and its completeness stay.
    Drop(OneArguments),
}

/// Arguments of `archive run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    one: OneArguments,
    /// Then drop the traces from the database, as `archive drop` does.
    #[arg(long)]
    drop: bool,
    /// Write it anew where there is an archive of other rows.
    #[arg(long)]
    replace: bool,
}

/// Which deployment, and where.
#[derive(Debug, Args)]
pub(crate) struct OneArguments {
    /// The deployment.
    #[arg(value_name = "ID")]
    deployment: i32,
    #[command(flatten)]
    to: To,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// Arguments of `archive list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    to: To,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// Where the archive is.
#[derive(Debug, Args)]
pub(crate) struct To {
    /// Where the archive is: `file:///folder`, `s3://bucket/folder`, `gs://bucket/folder`
    /// or `az://container/folder`. Keys come from the usual variables of each cloud. Default: where the
    /// deployment was archived.
    #[arg(long, env = "LOADLAB_ARCHIVE_URL", value_name = "URL")]
    to: Option<String>,
}

impl To {
    /// The place that was named, or else the one that the database has recorded.
    fn place(&self, recorded: Option<&ArchivedDeployment>) -> anyhow::Result<Place> {
        let url = self
            .to
            .as_deref()
            .or(recorded.map(|one| one.url.as_str()))
            .context("say where the archive is, by --to or the variable LOADLAB_ARCHIVE_URL")?;
        Ok(Place::open(url)?)
    }
}

pub(crate) async fn run(
    command: &ArchiveCommand,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let shutdown = service::shutdown::on_signal()?;
    // The next one who takes the lease of a process that sleeps ends its connections by this name.
    let holder = Holder::new("archive");
    let mut options = ConnectOptions::for_writing();
    options.application_name = holder.to_string();
    let opened = connection.open(&options).await?;
    let done = tokio::select! {
        done = work(command, &opened.database, &holder) => Some(done),
        () = shutdown.cancelled() => None,
    };
    opened.close().await?;
    let Some(done) = done else {
        inform("stopped; the database has what it had, and the same command continues");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    done?;
    Ok(ExitCode::SUCCESS)
}

async fn work(
    command: &ArchiveCommand,
    database: &Database,
    holder: &Holder,
) -> anyhow::Result<()> {
    match command {
        ArchiveCommand::Run(arguments) => write(arguments, database, holder).await,
        ArchiveCommand::List(arguments) => list(arguments, database).await,
        ArchiveCommand::Verify(one) => {
            let place = one.place(database).await?;
            let progress = Progress::default();
            let work = archive::verify(&place, one.deployment, &progress);
            let (manifest, seconds) = shown(work, &progress).await?;
            one.report(&manifest, &place, "is whole", seconds)
        }
        ArchiveCommand::Restore(one) => {
            let restoring = async {
                let place = one.place(database).await?;
                let progress = Progress::default();
                let work = archive::restore(database, holder, &place, one.deployment, &progress);
                let (manifest, seconds) = shown(work, &progress).await?;
                one.report(&manifest, &place, "is back in the database", seconds)
            };
            access::command(database, "archive restore", Some(one.target()), restoring).await?
        }
        ArchiveCommand::Drop(one) => drop_traces(one, database, holder).await,
    }
}

async fn write(
    arguments: &RunArguments,
    database: &Database,
    holder: &Holder,
) -> anyhow::Result<()> {
    let one = &arguments.one;
    let place = one.place(database).await?;
    let progress = Progress::default();
    let id = one.deployment;
    let work = archive::run(database, holder, &place, id, arguments.replace, &progress);
    let (archived, seconds) = match shown(work, &progress).await {
        // A run that was killed behind the drop.
        Err(error) if arguments.drop && is_archived(&error) => {
            return drop_traces(one, database, holder).await;
        }
        other => other?,
    };
    if arguments.drop {
        return drop_traces(one, database, holder).await;
    }
    let what = if archived.was_there {
        "was archived already, and the archive is of the same rows"
    } else {
        "is archived and verified; the database still has it"
    };
    one.report(&archived.manifest, &place, what, seconds)
}

fn is_archived(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(ArchiveError::Refused(
            store::archive::ArchiveRefused::Already { .. }
        ))
    )
}

async fn drop_traces(
    one: &OneArguments,
    database: &Database,
    holder: &Holder,
) -> anyhow::Result<()> {
    let dropping = async {
        let place = one.place(database).await?;
        let progress = Progress::default();
        let work = archive::drop_archived(database, holder, &place, one.deployment, &progress);
        let (manifest, seconds) = shown(work, &progress).await?;
        one.report(&manifest, &place, "is in the archive only", seconds)
    };
    access::command(database, "archive drop", Some(one.target()), dropping).await?
}

impl OneArguments {
    /// What the audit log says was changed.
    fn target(&self) -> String {
        format!("deployment {}", self.deployment)
    }

    async fn place(&self, database: &Database) -> anyhow::Result<Place> {
        let recorded = database.archived_deployments().await?;
        let recorded = recorded
            .iter()
            .find(|one| one.deployment_id == self.deployment);
        self.to.place(recorded)
    }

    fn report(
        &self,
        manifest: &Manifest,
        place: &Place,
        what: &str,
        seconds: f64,
    ) -> anyhow::Result<()> {
        match self.format {
            OutputFormat::Json => print_json(&json!({
                "deployment_id": manifest.deployment_id,
                "url": place.url(),
                "files": manifest.files.len(),
                "rows": manifest.rows(),
                "bytes": manifest.bytes(),
                "seconds": seconds,
                "outcome": what,
            })),
            OutputFormat::Text => print(&format!(
                "deployment {} {what}: {} rows in {} files, {}, at {} ({seconds:.1} s)\n",
                manifest.deployment_id,
                HumanCount(manifest.rows()),
                manifest.files.len(),
                HumanBytes(manifest.bytes()),
                place.url(),
            )),
        }
    }
}

async fn list(arguments: &ListArguments, database: &Database) -> anyhow::Result<()> {
    let recorded = database.archived_deployments().await?;
    // Without a place, those that the database knows of.
    let (listed, url) = if arguments.to.to.is_some() {
        let place = arguments.to.place(None)?;
        (archive::list(&place).await?, Some(place.url().to_owned()))
    } else {
        (Vec::new(), None)
    };
    match arguments.format {
        OutputFormat::Json => print_json(&json!({
            "url": url,
            "archives": listed,
            "archived_deployments": recorded,
        })),
        OutputFormat::Text => print(&table(&listed, url.as_deref(), &recorded)),
    }
}

fn table(listed: &[Listed], url: Option<&str>, recorded: &[ArchivedDeployment]) -> String {
    let mut text = String::new();
    if let Some(url) = url {
        let _ = writeln!(
            text,
            "{:>10}  {:<10}  {:<10}  {:>5}  {:>13}  {:>11}  TRACES IN THE DATABASE",
            "DEPLOYMENT", "FROM", "UNTIL", "FILES", "ROWS", "BYTES"
        );
        for one in listed {
            let here = recorded
                .iter()
                .find(|known| known.deployment_id == one.deployment_id);
            let _ = writeln!(
                text,
                "{:>10}  {:<10}  {:<10}  {:>5}  {:>13}  {:>11}  {}",
                one.deployment_id,
                one.first_day.as_deref().unwrap_or("-"),
                one.last_day.as_deref().unwrap_or("-"),
                one.files,
                HumanCount(one.rows).to_string(),
                HumanBytes(one.bytes).to_string(),
                here.map_or_else(
                    || "kept".to_owned(),
                    |one| format!("gone since {}", one.archived_at.to_seconds())
                ),
            );
        }
        let _ = writeln!(text, "at {url}");
    }
    for one in recorded {
        let _ = writeln!(
            text,
            "deployment {} is archived at {}; `loadlab archive restore {}` brings it back",
            one.deployment_id, one.url, one.deployment_id
        );
    }
    if text.is_empty() {
        text.push_str("no deployment is archived; --to lists what is at a place\n");
    }
    text
}

/// Shows how far something is, while it works; gives the seconds that it took.
async fn shown<T>(
    work: impl Future<Output = Result<T, ArchiveError>>,
    progress: &Progress,
) -> anyhow::Result<(T, f64)> {
    let start = Instant::now();
    let bar = bar();
    let mut work = std::pin::pin!(work);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let mut phase = None;
    let done = loop {
        tokio::select! {
            done = work.as_mut() => break done,
            _ = tick.tick() => {
                if phase != Some(progress.phase()) {
                    phase = Some(progress.phase());
                    bar.reset();
                    bar.set_message(progress.phase().word());
                }
                bar.set_length(progress.total());
                bar.set_position(progress.done());
            }
        }
    };
    bar.finish_and_clear();
    Ok((done?, start.elapsed().as_secs_f64()))
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template =
        "{msg} {bar:24} {human_pos} of {human_len} rows, {per_sec} rows, {eta} left, {elapsed}";
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

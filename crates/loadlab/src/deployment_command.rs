//! `loadlab deployment`: which deployments there are and what they take, and dropping old ones.

mod expired;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{HumanBytes, HumanCount, ProgressBar};
use serde_json::{Value, json};
use store::old_data::{DeploymentContents, Policy};
use store::{ConnectOptions, Database, Space, TraceIds};

use crate::choice::Connection;
use crate::lab_client::{LabArguments, LabClient};
use crate::output::{OutputFormat, print, print_json};
use crate::quantity;
use crate::services::Service;

/// What to do with deployments.
#[derive(Debug, Subcommand)]
pub(crate) enum DeploymentCommand {
    /// List the deployments and what they take. Asks the database (`--database-url`), as
    /// `drop` does, and no service.
    List(ListArguments),
    /// Announce a new deployment to a lab: what is traced from now on belongs to it.
    New(Box<NewArguments>),
    /// Drop deployments with everything that belongs to them: one by its number, or those that are
    /// old or too much. Without --yes, shows what would go. Works on the database
    /// (`--database-url`) and needs no service, so that it makes room also where a full disk
    /// keeps services from working.
    Drop(DropArguments),
}

/// Arguments of `deployment list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// What is known of a deployment.
#[derive(Debug, Args)]
pub(crate) struct MetadataArguments {
    /// The release that the nodes are of, such as 3.3.0-90ff48c-jammy-devnet: the
    /// orchestrator takes the mina executable of that release.
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// The address of the commit that describes the deployment.
    #[arg(long, value_name = "URL")]
    commit: Option<String>,
    /// What else is to be known of it. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_pair)]
    pairs: Vec<(String, String)>,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it has the form KEY=VALUE".to_owned()),
    }
}

impl MetadataArguments {
    pub(crate) fn object(&self) -> Value {
        let known = [("release", &self.release), ("commit", &self.commit)];
        let known = known
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
        let all = known.chain(self.pairs.iter().cloned());
        all.map(|(key, value)| (key, Value::from(value))).collect()
    }
}

/// Arguments of `deployment new`.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    #[command(flatten)]
    metadata: MetadataArguments,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
    #[command(flatten)]
    lab: LabArguments,
}

/// Arguments of `deployment drop`.
#[derive(Debug, Args)]
pub(crate) struct DropArguments {
    /// The deployment.
    #[arg(value_name = "ID", required_unless_present_any = ["older_than", "keep_bytes"])]
    deployment: Option<i32>,
    /// Drop those into which nothing has been stored for so long, such as 14d. Never the
    /// newest, nor one with open sessions of nodes.
    #[arg(long, value_name = "AGE", value_parser = quantity::age, conflicts_with = "deployment")]
    older_than: Option<Duration>,
    /// Drop the oldest while all together take more than this, such as 200GB. Never the
    /// newest, nor one with open sessions of nodes.
    #[arg(long, value_name = "BYTES", value_parser = quantity::bytes, conflicts_with = "deployment")]
    keep_bytes: Option<u64>,
    /// Drop it, for good.
    #[arg(long)]
    yes: bool,
    /// Show what would go, and drop nothing; as without --yes.
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    /// Drop it even if it is the newest, into which services write.
    #[arg(long, conflicts_with_all = ["older_than", "keep_bytes"])]
    newest: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(crate) async fn run(
    command: &DeploymentCommand,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    match command {
        DeploymentCommand::List(arguments) => list(arguments, connection).await,
        DeploymentCommand::New(arguments) => new(arguments).await,
        DeploymentCommand::Drop(arguments) => match arguments.deployment {
            Some(deployment) => drop_one(deployment, arguments, connection).await,
            None => drop_expired(arguments, connection).await,
        },
    }
}

async fn list(arguments: &ListArguments, connection: &Connection) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let database = &opened.database;
    let mut deployments = Vec::new();
    for id in database.deployments().await? {
        deployments.push(database.deployment_contents(id).await?);
    }
    let ids = database.trace_ids().await?;
    let space = database.space().await?;
    match arguments.format {
        OutputFormat::Json => print_json(&json!({
            "deployments": deployments,
            "block_trace_ids": ids,
            "space": space,
            "days_left": space.days_left(),
        }))?,
        OutputFormat::Text => print(&(table(&deployments, ids) + &room(&space)))?,
    }
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn table(deployments: &[DeploymentContents], ids: TraceIds) -> String {
    let mut text = format!(
        "{:>10}  {:>12}  {:>5}  {:>12}  {}\n",
        "DEPLOYMENT", "BLOCK TRACES", "NODES", "BYTES", "TRACES FROM"
    );
    for one in deployments {
        // writing to a string cannot fail
        let _ = writeln!(
            text,
            "{:>10}  {:>12}  {:>5}  {:>12}  {}",
            one.deployment_id,
            count(one.block_traces),
            one.nodes,
            bytes(one.partition_bytes()),
            match (&one.archived_at_url, &one.first_at) {
                (Some(url), _) => format!("archived at {url}"),
                (None, Some(first_at)) => first_at.to_seconds(),
                (None, None) => "-".to_owned(),
            },
        );
    }
    let _ = writeln!(
        text,
        "ids of block traces: {} of {} are used ({:.1} %)",
        count(ids.used),
        count(ids.available),
        ids.used_ratio() * 100.0
    );
    text
}

/// What the database takes, and how long the disk lasts.
fn room(space: &Space) -> String {
    let mut text = format!("the database takes {}", bytes(space.database_bytes));
    if let Some(growth) = space.growth_bytes_per_day {
        // Writing to a string cannot fail; a part of a byte does not count.
        #[expect(clippy::cast_possible_truncation, reason = "a size for people")]
        let _ = write!(text, ", and {} more each day", bytes(growth as i64));
    }
    if let Some(disk) = space.disk {
        let _ = write!(text, "; {} are free", HumanBytes(disk.free_bytes));
    }
    if let Some(days) = space.days_left() {
        let _ = write!(text, ", enough for {days:.0} days");
    }
    text.push('\n');
    text
}

async fn new(arguments: &NewArguments) -> anyhow::Result<ExitCode> {
    let id = create(&arguments.lab.client()?, arguments.metadata.object()).await?;
    match arguments.format {
        OutputFormat::Json => print_json(&json!({"deployment_id": id}))?,
        OutputFormat::Text => print(&format!("deployment {id} is made\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Announces a deployment to a lab; gives its id.
pub(crate) async fn create(lab: &LabClient, metadata: Value) -> anyhow::Result<i32> {
    let mut metadata = metadata;
    if metadata.as_object().is_some_and(serde_json::Map::is_empty) {
        // An empty object counts as none.
        metadata["note"] = "made by loadlab".into();
    }
    let path = "/api/deployments";
    let body = json!({"data": metadata});
    let answer = lab.post(Service::ExperimentsApi, path, Some(&body)).await?;
    let id = answer["deployment_id"].as_i64();
    id.and_then(|id| id.try_into().ok())
        .with_context(|| format!("the experiments API answers {answer}"))
}

async fn drop_expired(
    arguments: &DropArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let policy = Policy {
        older_than: arguments.older_than,
        bytes_max: arguments.keep_bytes,
    };
    let outcome = expired::apply(&opened.database, policy, arguments.yes).await?;
    match arguments.format {
        OutputFormat::Json => print_json(&outcome.json())?,
        OutputFormat::Text => print(&outcome.text())?,
    }
    if arguments.yes {
        remove_dropped(&opened.database).await?;
    }
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn drop_one(
    deployment: i32,
    arguments: &DropArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let database = &opened.database;
    let contents = database.deployment_contents(deployment).await?;
    if arguments.yes {
        let dropping = database.drop_deployment(deployment, arguments.newest);
        let target = Some(deployment.to_string());
        let dropped = access::command(database, "deployment drop", target, dropping).await?;
        if let Err(error) = dropped {
            let hint = if matches!(error, store::old_data::DropError::Newest(_)) {
                "; add --newest to drop it all the same"
            } else {
                ""
            };
            opened.close().await?;
            anyhow::bail!("{error}{hint}");
        }
    }
    match arguments.format {
        OutputFormat::Json => {
            print_json(&json!({"dropped": arguments.yes, "contents": contents}))?;
        }
        OutputFormat::Text => print(&text(&contents, arguments.yes))?,
    }
    if arguments.yes {
        remove_dropped(database).await?;
    }
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Removes the rows that the deployment has left, which nothing shows any more.
async fn remove_dropped(database: &Database) -> anyhow::Result<()> {
    let progress = ProgressBar::new_spinner();
    let removed = database.remove_dropped(|rows| {
        progress.set_message(format!(
            "{} rows that it has left are removed; Ctrl-C leaves the rest to the next drop, or a \
             log fetcher",
            HumanCount(rows)
        ));
        progress.tick();
    });
    removed
        .await
        .context("the deployment is dropped; the next drop, or a log fetcher, removes what is left of its rows")?;
    progress.finish_and_clear();
    Ok(())
}

fn text(contents: &DeploymentContents, dropped: bool) -> String {
    let mut text = format!(
        "deployment {}: {} block traces of {} nodes",
        contents.deployment_id,
        count(contents.block_traces),
        contents.nodes
    );
    if let (Some(first), Some(last)) = (&contents.first_at, &contents.last_at) {
        // writing to a string cannot fail
        let _ = write!(
            text,
            ", from {} to {}",
            first.to_seconds(),
            last.to_seconds()
        );
    }
    text.push('\n');
    for table in &contents.tables {
        if let Some(size) = table.partition_bytes {
            let _ = writeln!(text, "{:>12}  {}", bytes(size), table.table);
        }
        if table.rows > 0 {
            let _ = writeln!(text, "{:>7} rows  {}", count(table.rows), table.table);
        }
    }
    text.push_str(match (dropped, contents.is_newest) {
        (true, _) => "It was dropped.\n",
        (false, true) => {
            "Nothing was dropped. It is the newest, into which services write: --yes --newest \
             drops it for good.\n"
        }
        (false, false) => "Nothing was dropped; --yes drops it for good.\n",
    });
    text
}

/// As text, because the number itself knows no width.
fn count(number: i64) -> String {
    HumanCount(u64::try_from(number).unwrap_or_default()).to_string()
}

fn bytes(number: i64) -> String {
    HumanBytes(u64::try_from(number).unwrap_or_default()).to_string()
}

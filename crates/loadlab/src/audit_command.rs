//! `loadlab audit`: who has changed what.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use store::ConnectOptions;
use store::access::{AuditEntry, AuditPage};

use crate::choice::Connection;
use crate::output::{OutputFormat, print, print_json};

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// The greatest number of entries to show, the newest first.
    #[arg(long, value_name = "N", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only entries before the one with this number.
    #[arg(long, value_name = "ID")]
    before: Option<i64>,
    /// Only entries with this text in actor, address, path, target or request id.
    #[arg(long, value_name = "TEXT")]
    contains: Option<String>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(crate) async fn run(
    arguments: &AuditArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let page = AuditPage {
        before: arguments.before,
        limit: arguments.limit.into(),
        contains: arguments.contains.clone(),
    };
    let entries = opened.database.audit(&page).await?;
    match arguments.format {
        OutputFormat::Json => print_json(&json!({ "entries": entries }))?,
        OutputFormat::Text => print(&table(&entries))?,
    }
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn table(entries: &[AuditEntry]) -> String {
    if entries.is_empty() {
        return "Nothing was changed.\n".to_owned();
    }
    let mut text = format!(
        "{:<20}  {:<20}  {:<15}  {:<6}  {}\n",
        "AT", "ACTOR", "FROM", "RESULT", "CHANGE"
    );
    for entry in entries {
        let target = entry
            .target
            .as_deref()
            .map(|target| format!("  [{target}]"));
        // writing to a string cannot fail
        let _ = writeln!(
            text,
            "{:<20}  {:<20}  {:<15}  {:<6}  {}{}",
            entry.at.to_seconds(),
            plain(&entry.actor),
            entry.address.as_deref().unwrap_or("-"),
            result(entry),
            plain(&change(entry)),
            plain(&target.unwrap_or_default()),
        );
    }
    text
}

fn change(entry: &AuditEntry) -> String {
    if entry.method == "COMMAND" {
        return entry.path.clone();
    }
    format!("{} {} {}", entry.service, entry.method, entry.path)
}

/// The status of the answer. Without one: whether the change was stored all the same.
fn result(entry: &AuditEntry) -> String {
    match (entry.status, &entry.changed_at) {
        (Some(status), _) if entry.method == "COMMAND" => {
            (if status == 200 { "done" } else { "failed" }).to_owned()
        }
        (Some(status), _) => status.to_string(),
        (None, Some(_)) => "stored".to_owned(),
        (None, None) => "cut".to_owned(),
    }
}

/// A text of others without characters that would move the cursor.
fn plain(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                '?'
            } else {
                character
            }
        })
        .collect()
}

//! `loadlab token`: making, listing and revoking the tokens of a lab, in its database.

use std::fmt::Write as _;
use std::process::ExitCode;

use access::Secret;
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use store::access::{AccessToken, NewAccessToken, TokenRole};
use store::{ConnectOptions, Time};

use crate::choice::Connection;
use crate::output::{OutputFormat, inform, print, print_json};

const DAY_S: f64 = 86_400.0;

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it. It is shown this once: the database has its hash only.
    /// As soon as there is a token, changes need one, also on this machine.
    New(NewArguments),
    /// List the tokens: names, roles, ends, last uses.
    List(ListArguments),
    /// Revoke a token. Services refuse it within seconds.
    Revoke(RevokeArguments),
}

/// Arguments of `token new`.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// Its name: who will have it, or for what it is. The audit log shows it.
    #[arg(value_name = "NAME")]
    name: String,
    /// What it allows: `viewer` reads, `operator` also changes.
    #[arg(long, value_name = "ROLE")]
    role: TokenRole,
    /// For how many days it holds. Default: until it is revoked.
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    days: Option<f64>,
    /// What is printed: the token alone, or everything as JSON.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

fn parse_days(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(days) if days > 0.0 && days <= 36_500.0 => Ok(days),
        _ => Err("give a number of days above 0, such as 30 or 0.5".to_owned()),
    }
}

/// Arguments of `token list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// Arguments of `token revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArguments {
    /// The token.
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) async fn run(
    command: &TokenCommand,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let database = &opened.database;
    match command {
        TokenCommand::New(arguments) => {
            let secret = Secret::new().context("the system has no randomness")?;
            let digest = secret.digest();
            let token = NewAccessToken {
                name: &arguments.name,
                role: arguments.role,
                digest: &digest,
                lifetime_s: arguments.days.map(|days| days * DAY_S),
            };
            let target = Some(arguments.name.clone());
            let making = database.create_access_token(&token);
            let made = access::command(database, "token new", target, making).await??;
            match arguments.format {
                OutputFormat::Json => {
                    let mut answer = json!(made);
                    answer["token"] = secret.expose().into();
                    print_json(&answer)?;
                }
                OutputFormat::Text => {
                    print(&format!("{}\n", secret.expose()))?;
                    inform(&said(&made));
                }
            }
        }
        TokenCommand::List(arguments) => {
            let tokens = database.access_tokens().await?;
            match arguments.format {
                OutputFormat::Json => print_json(&json!({ "tokens": tokens }))?,
                OutputFormat::Text => print(&table(&tokens))?,
            }
        }
        TokenCommand::Revoke(arguments) => {
            let tokens = database.access_tokens().await?;
            let Some(token) = tokens.iter().find(|token| token.name == arguments.name) else {
                opened.close().await?;
                bail!(
                    "there is no token named \"{}\"; `loadlab token list` lists them",
                    arguments.name
                );
            };
            let target = Some(arguments.name.clone());
            let revoking = database.revoke_access_token(token.id);
            access::command(database, "token revoke", target, revoking).await??;
            print(&format!("the token \"{}\" is revoked\n", arguments.name))?;
            if tokens.len() == 1 {
                inform(
                    "it was the last one: services on a loopback address need no token now, unless \
                     they have one of their own",
                );
            }
        }
    }
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn said(token: &AccessToken) -> String {
    let end = token.expires_at.as_ref();
    let end = end.map_or_else(
        || "until it is revoked".to_owned(),
        |end| format!("until {}", end.to_seconds()),
    );
    format!(
        "This is the token of \"{}\" (role {}, {end}). Keep it: it is not shown again. From now on \
         changes need a token.",
        token.name, token.role
    )
}

fn table(tokens: &[AccessToken]) -> String {
    if tokens.is_empty() {
        return "There are no tokens. `loadlab token new NAME --role operator` makes one.\n"
            .to_owned();
    }
    let mut text = format!(
        "{:<24}  {:<8}  {:<20}  {:<20}  {}\n",
        "NAME", "ROLE", "MADE", "ENDS", "LAST USED"
    );
    for token in tokens {
        let end = match &token.expires_at {
            Some(_) if token.is_expired => "expired".to_owned(),
            Some(end) => end.to_seconds(),
            None => "-".to_owned(),
        };
        // writing to a string cannot fail
        let _ = writeln!(
            text,
            "{:<24}  {:<8}  {:<20}  {:<20}  {}",
            token.name,
            token.role,
            token.created_at.to_seconds(),
            end,
            token
                .last_used_at
                .map_or_else(|| "-".to_owned(), Time::to_seconds)
        );
    }
    text
}

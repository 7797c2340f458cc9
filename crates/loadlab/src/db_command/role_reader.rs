//! `loadlab db role-reader`: a role that reads everything and can change nothing.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use rand::distr::{Alphanumeric, SampleString as _};
use store::{ConnectOptions, Database, ReaderRole};

use crate::choice::Connection;
use crate::output::{inform, print};

/// Characters of a password that is made up.
const PASSWORD_LENGTH: usize = 32;
/// A file with more in it holds no password.
const PASSWORD_BYTES_MAX: u64 = 1 << 10;

/// Arguments of `db role-reader`.
#[derive(Debug, Args)]
pub(crate) struct RoleReaderArguments {
    /// The name of the role.
    #[arg(default_value = "reader")]
    name: String,
    /// When the server ends a statement of the role, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    statement_timeout: u32,
    /// A file with the password. Without it a new role gets one that is made up and
    /// printed once, and an existing one keeps its own.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) async fn run(
    arguments: &RoleReaderArguments,
    connection: &Connection,
) -> anyhow::Result<ExitCode> {
    let given = match &arguments.password_file {
        Some(file) => {
            let text = text_file::read(file, PASSWORD_BYTES_MAX)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let password = text.trim_end_matches(['\r', '\n']).to_owned();
            ensure!(!password.is_empty(), "{} is empty", file.display());
            Some(password)
        }
        None => None,
    };
    let opened = connection.open(&ConnectOptions::for_queries()).await?;
    let made = make(&opened.database, arguments, given).await;
    let url = opened.url().to_owned();
    opened.close().await?;
    let made_up = made?;
    inform(&format!(
        "the role `{}` reads everything and changes nothing; its statements end after {} s",
        arguments.name, arguments.statement_timeout
    ));
    if let Some(password) = made_up {
        print(&format!("{}\n", login(&url, &arguments.name, &password)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the role; gives the password that was made up for it.
async fn make(
    database: &Database,
    arguments: &RoleReaderArguments,
    given: Option<String>,
) -> anyhow::Result<Option<String>> {
    let is_new = !database.has_role(&arguments.name).await?;
    let made_up = (given.is_none() && is_new)
        .then(|| Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_LENGTH));
    let role = ReaderRole {
        name: arguments.name.clone(),
        password: given.or_else(|| made_up.clone()),
        statement_timeout: Duration::from_secs(arguments.statement_timeout.into()),
    };
    let target = Some(arguments.name.clone());
    let making = database.make_reader_role(&role);
    access::command(database, "db role-reader", target, making).await??;
    Ok(made_up)
}

/// How the role connects: a URL where the owner has one, else name and password alone.
fn login(owner: &str, name: &str, password: &str) -> String {
    let url = url::Url::parse(owner).ok().and_then(|mut url| {
        url.set_username(name).ok()?;
        url.set_password(Some(password)).ok()?;
        Some(url.to_string())
    });
    url.unwrap_or_else(|| format!("user={name} password={password}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_is_that_of_the_role_at_the_same_server() {
        let url = login("postgres://lab:own@127.0.0.1:5433/loadlab", "reader", "new");
        assert_eq!(url, "postgres://reader:new@127.0.0.1:5433/loadlab");
        let pair = login("host=/run dbname=lab password=own", "reader", "new");
        assert_eq!(pair, "user=reader password=new");
    }
}

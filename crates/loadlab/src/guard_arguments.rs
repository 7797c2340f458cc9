//! Arguments of every service with routes that change something: who may.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use service::{Guard, GuardError, Token};

/// The token as text. There is no flag for it: other users see the arguments of a process.
const TOKEN_VARIABLE: &str = "LOADLAB_TOKEN";
pub(crate) const TOKEN_FILE_VARIABLE: &str = "LOADLAB_TOKEN_FILE";
const TOKEN_FILE_BYTES_MAX: u64 = 16 << 10;

/// Who may change something.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct GuardArguments {
    /// A file with a token that allows everything, sent as
    /// `Authorization: Bearer <token>`. The variable `LOADLAB_TOKEN` may hold the token
    /// itself. Tokens of `loadlab token new` are valid beside it. On a loopback address
    /// none is needed unless one is given or made.
    #[arg(long, env = TOKEN_FILE_VARIABLE, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Let everybody who can connect change things, also from other machines.
    #[arg(
        long,
        env = "LOADLAB_ALLOW_WITHOUT_TOKEN",
        conflicts_with = "token_file"
    )]
    allow_without_token: bool,
    /// The address of the machine on which the port of this container is published: who
    /// may change something is decided as if the service listened there. On a loopback
    /// address, clients on the machine and in the container's network need no token
    /// unless one is given.
    #[arg(long, env = "LOADLAB_PUBLISHED_ON", value_name = "ADDRESS")]
    published_on: Option<IpAddr>,
    /// Reading needs a token, too: one with the role viewer is enough. Health, metrics
    /// and what nodes send are open all the same.
    #[arg(
        long,
        env = "LOADLAB_REQUIRE_TOKEN_FOR_READING",
        conflicts_with = "allow_without_token"
    )]
    require_token_for_reading: bool,
    /// For how many days the audit log is kept.
    #[arg(
        long,
        env = "LOADLAB_KEEP_AUDIT_DAYS",
        value_name = "DAYS",
        default_value_t = KEEP_AUDIT_DAYS,
        value_parser = clap::value_parser!(u32).range(1..=36_500)
    )]
    keep_audit_days: u32,
}

const KEEP_AUDIT_DAYS: u32 = 365;

impl GuardArguments {
    /// The token, if one is given.
    pub(crate) fn token(&self) -> Result<Option<Token>, GuardError> {
        Ok(match (&self.token_file, std::env::var(TOKEN_VARIABLE)) {
            (Some(file), _) => Some(Token::read(file)?),
            (None, Ok(text)) if !text.is_empty() => Some(Token::new(&text)?),
            (None, _) => None,
        })
    }

    /// The guard of a service on `address` that knows the tokens of the lab.
    pub(crate) fn lab_guard(&self, address: SocketAddr) -> Result<Guard, GuardError> {
        let token = self.token()?;
        let guard = match self.published_on {
            Some(host) if host.is_loopback() => Guard::published_on_loopback(token),
            Some(host) => {
                let address = SocketAddr::new(host, address.port());
                Guard::for_lab(address, token, self.allow_without_token)
            }
            None => Guard::for_lab(address, token, self.allow_without_token),
        };
        let keep = Duration::from_hours(24 * u64::from(self.keep_audit_days));
        let guard = guard.keep_records(keep);
        Ok(if self.require_token_for_reading {
            guard.also_for_reading()
        } else {
            guard
        })
    }

    /// The guard of something that listens on `address` and knows no database.
    pub(crate) fn guard(&self, address: SocketAddr) -> Result<Guard, GuardError> {
        let token = self.token()?;
        let address = match self.published_on {
            Some(host) if host.is_loopback() => return Ok(Guard::published_on_loopback(token)),
            Some(host) => SocketAddr::new(host, address.port()),
            None => address,
        };
        let guard = Guard::new(address, token, self.allow_without_token)?;
        Ok(if self.require_token_for_reading {
            guard.also_for_reading()
        } else {
            guard
        })
    }
}

/// The headers with the token of a file, or of the variables; none without a token.
pub(crate) fn token_of(file: Option<&Path>) -> anyhow::Result<HeaderMap> {
    let variable = std::env::var_os(TOKEN_FILE_VARIABLE).filter(|file| !file.is_empty());
    let text = match file.map(Path::to_owned).or(variable.map(PathBuf::from)) {
        Some(file) => {
            let shown = file.display();
            let text = text_file::read(&file, TOKEN_FILE_BYTES_MAX)
                .with_context(|| format!("cannot read the token from {shown}"))?;
            text.trim().to_owned()
        }
        None => std::env::var(TOKEN_VARIABLE).unwrap_or_default(),
    };
    bearer(&text)
}

/// The headers with a token; none if it is empty.
fn bearer(token: &str) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let token = token.trim();
    if !token.is_empty() {
        let value = HeaderValue::try_from(format!("Bearer {token}"));
        // Not the value: it is a secret.
        let mut value = value.ok().context("the token cannot be sent in a header")?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

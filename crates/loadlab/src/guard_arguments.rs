//! Arguments of every service with routes that change something: who may.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

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
    /// A file with the token that requests need to change something, sent as
    /// `Authorization: Bearer <token>`. The variable `LOADLAB_TOKEN` may hold the token
    /// itself. On a loopback address none is needed unless one is given.
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
}

impl GuardArguments {
    /// The token, if one is given.
    pub(crate) fn token(&self) -> Result<Option<Token>, GuardError> {
        Ok(match (&self.token_file, std::env::var(TOKEN_VARIABLE)) {
            (Some(file), _) => Some(Token::read(file)?),
            (None, Ok(text)) if !text.is_empty() => Some(Token::new(&text)?),
            (None, _) => None,
        })
    }

    /// The guard of a service that listens on `address`.
    pub(crate) fn guard(&self, address: SocketAddr) -> Result<Guard, GuardError> {
        let token = self.token()?;
        let address = match self.published_on {
            Some(host) if host.is_loopback() => return Ok(Guard::published_on_loopback(token)),
            Some(host) => SocketAddr::new(host, address.port()),
            None => address,
        };
        Guard::new(address, token, self.allow_without_token)
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

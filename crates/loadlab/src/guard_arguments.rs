//! Arguments of every service with routes that change something: who may.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use service::{Guard, GuardError, Token};

/// The token as text. There is no flag for it: other users see the arguments of a process.
const TOKEN_VARIABLE: &str = "LOADLAB_TOKEN";

/// Who may change something.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct GuardArguments {
    /// A file with the token that requests need to change something, sent as
    /// `Authorization: Bearer <token>`. The variable `LOADLAB_TOKEN` may hold the token
    /// itself. On a loopback address none is needed unless one is given.
    #[arg(long, env = "LOADLAB_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Let everybody who can connect change things, also from other machines.
    #[arg(
        long,
        env = "LOADLAB_ALLOW_WITHOUT_TOKEN",
        conflicts_with = "token_file"
    )]
    allow_without_token: bool,
}

impl GuardArguments {
    /// The guard of a service that listens on `address`.
    pub(crate) fn guard(&self, address: SocketAddr) -> Result<Guard, GuardError> {
        let token = match (&self.token_file, std::env::var(TOKEN_VARIABLE)) {
            (Some(file), _) => Some(Token::read(file)?),
            (None, Ok(text)) if !text.is_empty() => Some(Token::new(&text)?),
            (None, _) => None,
        };
        Guard::new(address, token, self.allow_without_token)
    }
}

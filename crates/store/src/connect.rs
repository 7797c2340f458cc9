//! How to connect: the URL, the limits of the pool, and the first connection,
//! which finds out what is wrong.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use crate::StoreError;

/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Limits of the connections of one user of the database.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Greatest number of connections.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// When the server cancels a statement, none for never.
    pub statement_timeout: Option<Duration>,
    /// How the connections are named to the server, at most 63 bytes. A process
    /// that takes leases gives the name of its [`crate::lease::Holder`].
    pub application_name: String,
}

const APPLICATION_NAME: &str = "loadlab";

impl ConnectOptions {
    /// For short queries that a client waits for.
    #[must_use]
    pub fn for_queries() -> Self {
        Self {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Some(Duration::from_secs(30)),
            application_name: APPLICATION_NAME.to_owned(),
        }
    }

    /// For bulk writes and migrations, which may take long.
    #[must_use]
    pub fn for_writing() -> Self {
        Self {
            max_connections: 4,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: None,
            application_name: APPLICATION_NAME.to_owned(),
        }
    }

    /// A pool on the server at `options`, with no connection opened yet.
    pub(crate) fn pool(&self, options: PgConnectOptions) -> PgPool {
        PgPoolOptions::new()
            .max_connections(self.max_connections)
            .acquire_timeout(self.acquire_timeout)
            .connect_lazy_with(self.applied_to(options))
    }

    fn applied_to(&self, options: PgConnectOptions) -> PgConnectOptions {
        let timeout_ms = self
            .statement_timeout
            .map_or(0, |timeout| timeout.as_millis());
        options
            .application_name(&self.application_name)
            // Names without a schema mean the public tables, whatever the
            // server's settings for the user are.
            .options([("search_path", "public")])
            .options([("statement_timeout", timeout_ms.to_string())])
    }
}

/// Reads `postgres://user:password@host:port/database`.
pub(crate) fn parse_url(url: &str) -> Result<PgConnectOptions, StoreError> {
    // Not checked by what reads it.
    if !["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        let scheme = "the scheme is not postgres".into();
        return Err(StoreError::InvalidUrl(sqlx::Error::Configuration(scheme)));
    }
    PgConnectOptions::from_str(url)
        .map(PgConnectOptions::disable_statement_logging)
        .map_err(StoreError::InvalidUrl)
}

/// The URL of a database without its password, to be shown.
#[must_use]
pub fn redacted_url(url: &str) -> String {
    match parse_url(url) {
        Ok(options) => format!("postgres://{}@{}", options.get_username(), target(&options)),
        Err(_) => "(not a database URL)".to_owned(),
    }
}

/// `host:port/database`.
fn target(options: &PgConnectOptions) -> String {
    format!("{}/{}", server(options), database_name(options))
}

fn server(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// The database that the server takes if none is named is that of the user.
fn database_name(options: &PgConnectOptions) -> &str {
    options.get_database().unwrap_or(options.get_username())
}

/// Opens one connection. Unlike a pool, which tries until its time is over and
/// then cannot tell why it failed, this gives the reason.
pub(crate) async fn first_connection(
    options: &PgConnectOptions,
) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(connect_error(options, source)),
        Err(_) => Err(StoreError::NoAnswer {
            server: server(options),
            seconds: CONNECT_TIMEOUT.as_secs(),
        }),
    }
}

fn connect_error(options: &PgConnectOptions, source: sqlx::Error) -> StoreError {
    let code = source
        .as_database_error()
        .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    match code.as_deref() {
        // invalid_password, invalid_authorization_specification
        Some("28P01" | "28000") => StoreError::AccessDenied {
            server: server(options),
            user: options.get_username().to_owned(),
            source,
        },
        // invalid_catalog_name
        Some("3D000") => StoreError::DatabaseMissing {
            server: server(options),
            database: database_name(options).to_owned(),
        },
        Some(_) => StoreError::from(source),
        None => StoreError::Unreachable {
            server: server(options),
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_no_password() {
        let check = |url: &str, expected: &str| assert_eq!(redacted_url(url), expected);
        check(
            "postgres://lab:s3cret@db.example:5433/logs",
            "postgres://lab@db.example:5433/logs",
        );
        check(
            "postgresql://lab@db.example:5433/logs?password=s3cret",
            "postgres://lab@db.example:5433/logs",
        );
        check("postgres://lab:s3/cr@et@[::1", "(not a database URL)");
        check("mysql://lab:s3cret@db.example/logs", "(not a database URL)");
    }
}

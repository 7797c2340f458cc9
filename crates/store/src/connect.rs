//! How to connect: the servers that a text names, the limits of the pool, and the first
//! connection, which finds out what is wrong.

mod failure;
mod hosts;
mod pooler;
mod target;
mod text;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _};

use crate::StoreError;

use self::target::SessionKind;

pub(crate) use self::target::Target;
pub use self::text::TextError;

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

/// When the settings of a connection are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settings {
    AtStart,
    /// Through poolers.
    AfterConnect,
}

/// A first connection, and how to open others.
struct Opened {
    connection: PgConnection,
    server: PgConnectOptions,
    settings: Settings,
    /// As in `server_version_num`.
    version: i32,
}

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

    /// Names without a schema mean the public tables, whatever the server's settings for the user
    /// are.
    fn settings(&self) -> [(&'static str, String); 2] {
        let timeout_ms = self
            .statement_timeout
            .map_or(0, |timeout| timeout.as_millis());
        [
            ("search_path", "public".to_owned()),
            ("statement_timeout", timeout_ms.to_string()),
        ]
    }

    fn settings_sql(&self) -> String {
        let [path, timeout] = self
            .settings()
            .map(|(name, value)| format!("SET {name} = {value}"));
        format!("{path}; {timeout}")
    }

    fn with_settings(&self, server: PgConnectOptions, settings: Settings) -> PgConnectOptions {
        let server = server.application_name(&self.application_name);
        match settings {
            Settings::AtStart => server.options(self.settings()),
            Settings::AfterConnect => server,
        }
    }

    /// A pool on a server, with no connection opened yet.
    fn pool(&self, server: PgConnectOptions, settings: Settings, kind: SessionKind) -> PgPool {
        let sql = (settings == Settings::AfterConnect).then(|| self.settings_sql());
        let options = PgPoolOptions::new()
            .max_connections(self.max_connections)
            .acquire_timeout(self.acquire_timeout);
        let options = if sql.is_none() && kind == SessionKind::Any {
            options
        } else {
            options.after_connect(move |connection, _| {
                let sql = sql.clone();
                Box::pin(async move {
                    if let Some(sql) = sql {
                        // Safe: names and numbers of ours.
                        sqlx::raw_sql(AssertSqlSafe(sql))
                            .execute(&mut *connection)
                            .await?;
                    }
                    if hosts::suits(kind, connection).await? {
                        Ok(())
                    } else {
                        Err(sqlx::Error::Configuration(StoreError::OtherKind.into()))
                    }
                })
            })
        };
        options.connect_lazy_with(self.with_settings(server, settings))
    }

    /// A pool on the first server of the target that will do, and its version. It follows the
    /// target from server to server.
    pub(crate) async fn connect(&self, target: &Target) -> Result<(PgPool, i32), StoreError> {
        target.require_files()?;
        let opened = hosts::first_suitable(&target.servers, target.kind, self).await?;
        let Opened {
            mut connection,
            server,
            settings,
            version,
        } = opened;
        if settings == Settings::AfterConnect {
            pooler::require_sessions(&server, &mut connection).await?;
            tracing::info!(
                "the database is reached through a connection pooler: settings are made after connecting"
            );
        }
        connection.close().await?;
        let pool = self.pool(server, settings, target.kind.to_remain());
        if target.servers.len() > 1 {
            hosts::follow(
                pool.clone(),
                target.servers.clone(),
                target.kind,
                self.clone(),
            );
        }
        Ok((pool, version))
    }
}

/// A connection with the settings, at its start or, where that is refused or ignored, after it.
async fn open(server: &PgConnectOptions, options: &ConnectOptions) -> Result<Opened, StoreError> {
    let mut server = server.clone();
    let mut settings = Settings::AtStart;
    let mut connection = loop {
        match first_connection(&options.with_settings(server.clone(), settings)).await {
            Ok(connection) => break connection,
            Err(error) if failure::wants_no_tls(&server, &error) => {
                server = server.ssl_mode(PgSslMode::Disable);
            }
            Err(error) if settings == Settings::AtStart && pooler::refuses_settings(&error) => {
                settings = Settings::AfterConnect;
            }
            Err(error) => return Err(error),
        }
    };
    // Without a prepared statement, which some poolers do not know.
    let row = sqlx::raw_sql(
        "SELECT current_setting('server_version_num'), current_setting('search_path'),
                (SELECT setting FROM pg_settings WHERE name = 'statement_timeout')",
    )
    .fetch_one(&mut connection)
    .await?;
    let version: String = row.try_get(0)?;
    let [path, timeout] = options.settings();
    if row.try_get::<String, _>(1)? != path.1 || row.try_get::<String, _>(2)? != timeout.1 {
        settings = Settings::AfterConnect;
    }
    Ok(Opened {
        connection,
        server,
        settings,
        version: version.parse().unwrap_or_default(),
    })
}

/// The text of a database without its password, to be shown.
#[must_use]
pub fn redacted_url(text: &str) -> String {
    match Target::parse(text) {
        Ok(target) => target.shown(),
        Err(_) => "(not a database URL)".to_owned(),
    }
}

/// What PostgreSQL's own client programs are told: a connection text without the password, for
/// their arguments, and the password, for the variable `PGPASSWORD`.
pub fn for_clients(text: &str) -> Result<(String, Option<String>), StoreError> {
    Ok(Target::parse(text)?.for_clients())
}

/// Opens one connection. Unlike a pool, which tries until its time is over and
/// then cannot tell why it failed, this gives the reason.
pub(crate) async fn first_connection(
    options: &PgConnectOptions,
) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(failure::connect_error(options, source)),
        Err(_) => Err(StoreError::NoAnswer {
            server: target::server(options),
            seconds: CONNECT_TIMEOUT.as_secs(),
        }),
    }
}

/// Why a pool has given no connection in time: what the server says to another one.
pub(crate) async fn why_no_connection(options: &PgConnectOptions, time: Duration) -> StoreError {
    match tokio::time::timeout(time, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => failure::connect_error(options, error),
        Ok(Ok(_)) | Err(_) => sqlx::Error::PoolTimedOut.into(),
    }
}

/// A connection to the first server of the target that answers, without settings.
#[cfg(feature = "testing")]
pub(crate) async fn any_connection(target: &Target) -> Result<PgConnection, StoreError> {
    let mut last = StoreError::OtherKind;
    for server in &target.servers {
        match first_connection(server).await {
            Ok(connection) => return Ok(connection),
            Err(error) => last = error,
        }
    }
    Err(last)
}

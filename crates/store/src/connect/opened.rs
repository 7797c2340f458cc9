//! The first connection to a server, and which settings others need.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{PgConnection, Row as _};

use super::options::{ConnectOptions, Settings};
use super::single::first_connection;
use super::{failure, pooler};
use crate::StoreError;

/// A first connection, and how to open others.
pub(super) struct Opened {
    pub(super) connection: PgConnection,
    pub(super) server: PgConnectOptions,
    pub(super) settings: Settings,
    /// As in `server_version_num`.
    pub(super) version: i32,
}

/// A connection with the settings, at its start or, where that is refused or ignored, after it.
pub(super) async fn open(
    server: &PgConnectOptions,
    options: &ConnectOptions,
) -> Result<Opened, StoreError> {
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
    let [path, timeout, _] = options.settings();
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

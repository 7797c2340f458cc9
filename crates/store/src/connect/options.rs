//! Limits and settings of connections.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

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

/// When the settings of a connection are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settings {
    AtStart,
    /// Through poolers.
    AfterConnect,
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

    /// Names without a schema mean the public tables, whatever the server's settings for the user
    /// are. Our questions take less time than the server would need to compile them.
    pub(super) fn settings(&self) -> [(&'static str, String); 3] {
        let timeout_ms = self
            .statement_timeout
            .map_or(0, |timeout| timeout.as_millis());
        [
            ("search_path", "public".to_owned()),
            ("statement_timeout", timeout_ms.to_string()),
            ("jit", "off".to_owned()),
        ]
    }

    pub(super) fn settings_sql(&self) -> String {
        self.settings()
            .map(|(name, value)| format!("SET {name} = {value}"))
            .join("; ")
    }

    pub(super) fn with_settings(
        &self,
        server: PgConnectOptions,
        settings: Settings,
    ) -> PgConnectOptions {
        let server = server.application_name(&self.application_name);
        match settings {
            Settings::AtStart => server.options(self.settings()),
            Settings::AfterConnect => server,
        }
    }
}

//! How to connect: the servers that a text names, the limits of the pool, and the first
//! connection, which finds out what is wrong.

mod failure;
mod hosts;
mod opened;
mod options;
mod pooler;
mod single;
mod target;
pub(crate) mod text;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgPool};

use crate::StoreError;

use self::opened::Opened;
use self::options::Settings;
use self::target::SessionKind;

pub use self::options::ConnectOptions;
#[cfg(feature = "testing")]
pub(crate) use self::single::any_connection;
pub(crate) use self::single::{first_connection, why_no_connection};
pub use self::target::ForClients;
pub(crate) use self::target::Target;
pub use self::text::TextError;

impl ConnectOptions {
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

/// The text of a database without its password, to be shown.
#[must_use]
pub fn redacted_url(text: &str) -> String {
    match Target::parse(text) {
        Ok(target) => target.shown(),
        Err(_) => "(not a database URL)".to_owned(),
    }
}

/// How PostgreSQL's own client programs connect.
///
/// # Errors
///
/// The connection text cannot be read.
pub fn for_clients(text: &str) -> Result<ForClients, StoreError> {
    Ok(Target::parse(text)?.for_clients())
}

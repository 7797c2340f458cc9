//! The connection to a database of the product.

use sqlx::{Connection as _, PgPool};

use crate::StoreError;
use crate::connect::{self, ConnectOptions};

/// The major versions of PostgreSQL that are supported.
pub(crate) const SUPPORTED_MAJORS: std::ops::RangeInclusive<i32> = 14..=18;

/// A database of the product: a small pool of connections. Clones share it.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
}

impl Database {
    /// Connects to the database at `postgres://user:password@host:port/database`
    /// and checks the server's version. Whether the database is migrated is
    /// for [`Self::require_migrated`] to check.
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Self, StoreError> {
        let server = connect::parse_url(url)?;
        let mut connection = connect::first_connection(&server).await?;
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
            .fetch_one(&mut connection)
            .await?;
        let major = version / 10_000;
        if !SUPPORTED_MAJORS.contains(&major) {
            return Err(StoreError::UnsupportedVersion { found: major });
        }
        connection.close().await?;
        Ok(Self {
            pool: options.pool(server),
        })
    }

    /// Asks the server for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Waits until all connections are given back and closes them.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

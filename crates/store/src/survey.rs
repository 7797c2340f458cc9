//! What `loadlab doctor` asks the database about itself and about the nodes that it knows.

use std::time::Duration;

use sqlx::Row as _;

use crate::migrations::migrator;
use crate::{Database, StoreError};

/// The number of the last migration: the version of the schema that this program makes.
#[must_use]
pub fn schema_version() -> i64 {
    migrator()
        .iter()
        .map(|step| step.version)
        .max()
        .unwrap_or(0)
}

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Its version, such as `15.8`.
    pub version: String,
    /// Its time, in seconds since 1970.
    pub unix_seconds: f64,
    /// Whether it only reads, as a standby does.
    pub is_read_only: bool,
    /// The user of the connection.
    pub user: String,
}

/// A node's clock, by its last submission.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeClock {
    /// The key it submits with.
    pub submitter: String,
    /// Where the submission came from.
    pub remote_addr: String,
    /// How much later the node's clock is than the database's, in seconds. A submission takes some
    /// seconds to arrive, so a right clock is slightly behind.
    pub ahead_seconds: f64,
}

impl Database {
    /// What the server says of itself.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn server(&self) -> Result<Server, StoreError> {
        let row = sqlx::query(
            "SELECT current_setting('server_version'),
                    extract(epoch FROM clock_timestamp())::float8,
                    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool,
                    current_user::text",
        )
        .fetch_one(self.pool())
        .await?;
        let version: String = row.try_get(0)?;
        Ok(Server {
            // Distributions add their own.
            version: version.split(' ').next().unwrap_or_default().to_owned(),
            unix_seconds: row.try_get(1)?,
            is_read_only: row.try_get(2)?,
            user: row.try_get(3)?,
        })
    }

    /// What services need and the user may not, such as `INSERT on public.block_trace`; ten at most.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn missing_privileges(&self) -> Result<Vec<String>, StoreError> {
        let missing = sqlx::query_scalar(include_str!("survey/privileges.sql"))
            .fetch_all(self.pool())
            .await?;
        Ok(missing)
    }

    /// How long ago the last submission of a node came; none if none is kept.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn last_submission_age(&self) -> Result<Option<Duration>, StoreError> {
        let age: Option<f64> = sqlx::query_scalar(
            "SELECT extract(epoch FROM clock_timestamp() - max(received_at))::float8
               FROM loadlab.uptime_submission",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(age.map(|age| Duration::from_secs_f64(age.max(0.0))))
    }

    /// The clocks of the nodes that have submitted within `window`, those that are most wrong first.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn node_clocks(&self, window: Duration) -> Result<Vec<NodeClock>, StoreError> {
        let rows = sqlx::query(include_str!("survey/node_clocks.sql"))
            .bind(window.as_secs_f64())
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(NodeClock {
                    submitter: row.try_get(0)?,
                    remote_addr: row.try_get(1)?,
                    ahead_seconds: row.try_get(2)?,
                })
            })
            .collect()
    }
}

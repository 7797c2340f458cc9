//! Letting the partitions of an archived deployment go.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use super::error::ArchiveRefused;
use super::reading::{Reading, begin, refuse_busy};
use crate::access::mark_changed;
use crate::lease::{self, Lease};
use crate::partitioned::PARTITIONED;
use crate::{Cause, Database, StoreError};

/// How long dropping waits for readers of the tables. Later readers wait for it, too.
const LOCK_WAIT_MS: u32 = 2_000;
/// How often it is tried.
const ATTEMPTS: u32 = 30;
/// Pause between two attempts, in which others read.
const PAUSE: Duration = Duration::from_secs(1);

impl Database {
    /// A deployment as it is now and stays until it is dropped or let go: readers go on, writers of
    /// it wait.
    ///
    /// # Errors
    ///
    /// There is no such deployment, it is the newest, has open sessions of nodes, or is archived; the
    /// lease is lost; or the database does not answer or refuses.
    pub async fn lock_for_archive(
        &self,
        deployment_id: i32,
        lease: &Lease,
    ) -> Result<Reading, ArchiveRefused> {
        self.require_deployment(deployment_id).await?;
        let mut connection = self.pool().acquire().await?.detach();
        begin(&mut connection).await?;
        lease::require(&mut connection, lease).await?;
        // No session begins in it from now on: each refers to it.
        sqlx::query("SELECT FROM public.deployment WHERE deployment_id = $1 FOR UPDATE")
            .bind(deployment_id)
            .execute(&mut connection)
            .await?;
        let newest: Option<i32> =
            sqlx::query_scalar("SELECT max(deployment_id) FROM public.deployment")
                .fetch_one(&mut connection)
                .await?;
        if newest == Some(deployment_id) {
            return Err(ArchiveRefused::Newest(deployment_id));
        }
        refuse_busy(&mut connection, deployment_id).await?;
        for table in PARTITIONED {
            let partition = format!("loadlab.{table}_d{deployment_id}");
            let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
                .bind(&partition)
                .fetch_one(&mut connection)
                .await?;
            // Without a partition of its own, its rows are in the one for all such deployments.
            let holds = if exists {
                partition
            } else {
                format!("loadlab.{table}_default")
            };
            sqlx::raw_sql(AssertSqlSafe(format!("LOCK TABLE {holds} IN SHARE MODE")))
                .execute(&mut connection)
                .await?;
        }
        Ok(Reading {
            connection,
            others: Vec::new(),
            deployment_id,
            is_detached: false,
        })
    }
}

impl Reading {
    /// Drops the partitions of a deployment that was locked, and records where its rows are: both at
    /// once, or nothing. Who still knows its sessions is fenced out.
    ///
    /// # Errors
    ///
    /// The tables are read all the time, the lease is lost, or the database does not answer or
    /// refuses.
    pub async fn drop_partitions(
        mut self,
        url: &str,
        manifest_sha256: &str,
        lease: &Lease,
    ) -> Result<(), ArchiveRefused> {
        let deployment_id = self.deployment_id;
        let connection = &mut self.connection;
        for attempt in 1.. {
            match try_to_drop(connection, deployment_id).await {
                Ok(()) => break,
                Err(StoreError::Sql(error)) if is_conflict(&error) => {
                    sqlx::raw_sql("ROLLBACK TO SAVEPOINT before_drop")
                        .execute(&mut *connection)
                        .await?;
                    if attempt == ATTEMPTS {
                        return Err(ArchiveRefused::InUse(error));
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        sqlx::query("UPDATE loadlab.session SET version = version + 1 WHERE deployment_id = $1")
            .bind(deployment_id)
            .execute(&mut *connection)
            .await?;
        sqlx::query(
            "INSERT INTO loadlab.archived_deployment (deployment_id, url, manifest_sha256)
             VALUES ($1, $2, $3)",
        )
        .bind(deployment_id)
        .bind(url)
        .bind(manifest_sha256)
        .execute(&mut *connection)
        .await?;
        mark_changed(&mut *connection).await?;
        lease::require(&mut *connection, lease).await?;
        sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
        self.close().await?;
        Ok(())
    }
}

async fn try_to_drop(connection: &mut PgConnection, deployment_id: i32) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SAVEPOINT before_drop; SET LOCAL lock_timeout = {LOCK_WAIT_MS}"
    )))
    .execute(&mut *connection)
    .await?;
    for table in PARTITIONED {
        // Constants and numbers only.
        sqlx::raw_sql(AssertSqlSafe(format!(
            "DELETE FROM loadlab.{table}_default WHERE deployment_id = {deployment_id};
             DROP TABLE IF EXISTS loadlab.{table}_d{deployment_id}"
        )))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Whether a lock was not given in time, or two waited for each other.
fn is_conflict(error: &Cause) -> bool {
    matches!(error.code(), Some("55P03" | "40P01"))
}

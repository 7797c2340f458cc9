//! Dropping a deployment with everything that belongs to it.
//!
//! It goes in a moment, however large it is, in one transaction: the large tables have a partition
//! for it; its sessions belong to no deployment any more, which fences their writers out; its row is
//! gone. What other tables have of it is shown by nothing from then on, and removed in portions
//! afterwards (`removal`).

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row as _};

use crate::access::mark_changed;
use crate::partitioned::PARTITIONED;
use crate::{Cause, Database, StoreError, Time};

/// The tables without partitions that have a column `deployment_id`.
const PLAIN: [&str; 7] = [
    "loadlab.session",
    "public.data",
    "public.unique_txs",
    "public.block_txs",
    "public.uniq_sws",
    "public.sw_interruptions",
    "public.node_restarts",
];

/// Those of them that have few rows and refer to the deployment, and the partitions for rows that
/// were stored before there was a partition of the deployment.
const AT_ONCE: [&str; 6] = [
    "public.data",
    "public.node_restarts",
    "loadlab.block_trace_default",
    "loadlab.block_trace_checkpoint_default",
    "loadlab.tx_traces_default",
    "loadlab.sw_traces_default",
];

/// How long dropping a partition waits for readers of its table. Later readers wait for it, too.
const LOCK_WAIT_MS: u32 = 2_000;

/// How often it is tried.
const ATTEMPTS: u32 = 30;

/// Pause between two attempts, in which others read.
const PAUSE: Duration = Duration::from_secs(1);

/// Which deployments may be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Any,
    NotNewest,
    /// Nor those with open sessions of nodes.
    Idle,
}

/// What a table holds of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableContents {
    /// The table.
    pub table: String,
    /// Bytes of its partition with all indexes, if there is one.
    pub partition_bytes: Option<i64>,
    /// Rows that have to be deleted one by one.
    pub rows: i64,
}

/// What belongs to a deployment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeploymentContents {
    /// The deployment.
    pub deployment_id: i32,
    /// Whether it is the newest, into which services write.
    pub is_newest: bool,
    /// Block traces, but for those of block `0`, which is no block.
    pub block_traces: i64,
    /// Nodes with block traces.
    pub nodes: i64,
    /// When the first trace began, by the clock of its node.
    pub first_at: Option<Time>,
    /// When the last one did.
    pub last_at: Option<Time>,
    /// Sessions of nodes that have not ended.
    pub open_sessions: i64,
    /// Where the archive with its traces is, if they are not here.
    pub archived_at_url: Option<String>,
    /// Its tables.
    pub tables: Vec<TableContents>,
}

impl DeploymentContents {
    /// Bytes of all partitions.
    #[must_use]
    pub fn partition_bytes(&self) -> i64 {
        self.tables
            .iter()
            .filter_map(|table| table.partition_bytes)
            .sum()
    }
}

/// Why a deployment was not dropped.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// Services write into it.
    #[error(
        "deployment {0} is the newest: services write into it, and go on with the one before it \
         when it is gone"
    )]
    Newest(i32),
    /// Sessions of nodes write into it.
    #[error("deployment {deployment_id} has {open_sessions} open sessions of nodes")]
    OpenSessions {
        /// The deployment.
        deployment_id: i32,
        /// How many.
        open_sessions: i64,
    },
    /// Long queries.
    #[error(
        "the tables were read or written all the time for a minute; stop what reads them, or try \
         again later"
    )]
    InUse(#[source] Cause),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for DropError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Database {
    /// What dropping a deployment would take away. Fails with [`StoreError::UnknownDeployment`].
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn deployment_contents(
        &self,
        deployment_id: i32,
    ) -> Result<DeploymentContents, StoreError> {
        self.require_deployment(deployment_id).await?;
        let mut transaction = self.pool().begin().await?;
        // Counting takes as long as the rows need.
        sqlx::query("SET LOCAL statement_timeout = 0")
            .execute(&mut *transaction)
            .await?;
        let mut tables = Vec::new();
        for table in PARTITIONED {
            let (partition_bytes, rows) = sqlx::query_as(AssertSqlSafe(format!(
                "SELECT pg_total_relation_size(to_regclass('loadlab.{table}_d{deployment_id}')),
                        (SELECT count(*) FROM loadlab.{table}_default WHERE deployment_id = $1)"
            )))
            .bind(deployment_id)
            .fetch_one(&mut *transaction)
            .await?;
            tables.push(TableContents {
                table: table.to_owned(),
                partition_bytes,
                rows,
            });
        }
        for table in PLAIN {
            let rows = sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT count(*) FROM {table} WHERE deployment_id = $1"
            )))
            .bind(deployment_id)
            .fetch_one(&mut *transaction)
            .await?;
            tables.push(TableContents {
                table: table.trim_start_matches("public.").to_owned(),
                partition_bytes: None,
                rows,
            });
        }
        let row = sqlx::query(include_str!("deployment_contents.sql"))
            .bind(deployment_id)
            .fetch_one(&mut *transaction)
            .await?;
        Ok(DeploymentContents {
            deployment_id,
            is_newest: row.try_get("is_newest")?,
            block_traces: row.try_get("block_traces")?,
            nodes: row.try_get("nodes")?,
            first_at: row.try_get("first_at")?,
            last_at: row.try_get("last_at")?,
            open_sessions: row.try_get("open_sessions")?,
            archived_at_url: row.try_get("archived_at_url")?,
            tables,
        })
    }

    /// Drops a deployment and everything that belongs to it. Who still writes into it is fenced
    /// out. The newest one is dropped only if `even_newest`.
    ///
    /// Rows that nothing shows any more may be left; [`Database::remove_dropped`] removes them.
    ///
    /// # Errors
    ///
    /// There is no such deployment, it is the newest one, or the database does not answer or refuses.
    pub async fn drop_deployment(
        &self,
        deployment_id: i32,
        even_newest: bool,
    ) -> Result<(), DropError> {
        let limit = if even_newest {
            Limit::Any
        } else {
            Limit::NotNewest
        };
        self.drop_within(deployment_id, limit).await
    }

    /// As [`Database::drop_deployment`], but never the newest, nor one with open sessions of nodes.
    ///
    /// # Errors
    ///
    /// There is no such deployment, it is the newest one or has open sessions, or the database does
    /// not answer or refuses.
    pub async fn drop_idle_deployment(&self, deployment_id: i32) -> Result<(), DropError> {
        self.drop_within(deployment_id, Limit::Idle).await
    }

    async fn drop_within(&self, deployment_id: i32, limit: Limit) -> Result<(), DropError> {
        let mut attempt = 1;
        loop {
            match self.try_to_drop(deployment_id, limit).await {
                Err(DropError::Store(StoreError::Sql(error))) if is_conflict(&error) => {
                    if attempt == ATTEMPTS {
                        return Err(DropError::InUse(error));
                    }
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                result => return result,
            }
        }
    }

    async fn try_to_drop(&self, deployment_id: i32, limit: Limit) -> Result<(), DropError> {
        self.require_deployment(deployment_id).await?;
        let mut transaction = self.pool().begin().await?;
        // Constants only.
        sqlx::raw_sql(AssertSqlSafe(format!(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {LOCK_WAIT_MS}"
        )))
        .execute(&mut *transaction)
        .await?;
        // No session begins in it from now on: each refers to it.
        sqlx::query("SELECT FROM public.deployment WHERE deployment_id = $1 FOR UPDATE")
            .bind(deployment_id)
            .execute(&mut *transaction)
            .await?;
        let newest: Option<i32> =
            sqlx::query_scalar("SELECT max(deployment_id) FROM public.deployment")
                .fetch_one(&mut *transaction)
                .await?;
        if newest == Some(deployment_id) && limit != Limit::Any {
            return Err(DropError::Newest(deployment_id));
        }
        if limit == Limit::Idle {
            let open_sessions: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM loadlab.session
                  WHERE deployment_id = $1 AND kind = 'node' AND ended_at IS NULL",
            )
            .bind(deployment_id)
            .fetch_one(&mut *transaction)
            .await?;
            if open_sessions > 0 {
                return Err(DropError::OpenSessions {
                    deployment_id,
                    open_sessions,
                });
            }
        }
        sqlx::query(
            "DELETE FROM public.last_block_trace_gossip_checkpoint AS last_gossip
              USING public.block_trace AS trace
              WHERE trace.deployment_id = $1
                AND trace.block_trace_id = last_gossip.block_trace_id",
        )
        .bind(deployment_id)
        .execute(&mut *transaction)
        .await?;
        for statement in [
            "INSERT INTO loadlab.dropped_deployment (deployment_id) VALUES ($1)",
            "DELETE FROM loadlab.run_claim USING loadlab.session
              WHERE session.session_id = run_claim.session_id AND deployment_id = $1",
            "DELETE FROM loadlab.left_run USING loadlab.session
              WHERE session.session_id = left_run.session_id AND deployment_id = $1",
            // No writer knows this version, and nobody who looks for a run of a daemon finds it.
            "UPDATE loadlab.session
                SET deployment_id = NULL, version = -1, cursor = '{}', end_reason = 'dropped',
                    ended_at = coalesce(ended_at, clock_timestamp())
              WHERE deployment_id = $1",
        ] {
            sqlx::query(statement)
                .bind(deployment_id)
                .execute(&mut *transaction)
                .await?;
        }
        for table in AT_ONCE {
            // Constants only.
            sqlx::query(AssertSqlSafe(format!(
                "DELETE FROM {table} WHERE deployment_id = $1"
            )))
            .bind(deployment_id)
            .execute(&mut *transaction)
            .await?;
        }
        // Last, because others have to wait from here on.
        for table in PARTITIONED {
            sqlx::raw_sql(AssertSqlSafe(format!(
                "DROP TABLE IF EXISTS loadlab.{table}_d{deployment_id}"
            )))
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query("DELETE FROM public.deployment WHERE deployment_id = $1")
            .bind(deployment_id)
            .execute(&mut *transaction)
            .await?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Whether a lock was not given in time, or two waited for each other.
fn is_conflict(error: &Cause) -> bool {
    matches!(error.code(), Some("55P03" | "40P01"))
}

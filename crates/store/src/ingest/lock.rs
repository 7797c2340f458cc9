//! One import of one node at a time, and the deployment to import into.

use std::time::Duration;

use sqlx::Postgres;
use sqlx::pool::PoolConnection;

use crate::{Database, StoreError};

/// How long an import that is about to end, or was just killed, is waited for.
const WAIT: Duration = Duration::from_secs(5);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(100);

/// Keeps others from importing the traces of the same node. The lock ends when
/// this is released or dropped, and with the process.
#[derive(Debug)]
pub struct ImportGuard {
    /// None once the lock is released.
    connection: Option<PoolConnection<Postgres>>,
    deployment_id: i32,
    node_name: String,
}

impl ImportGuard {
    /// Lets others import. Dropping does the same by closing the connection,
    /// which costs the next user of the pool a new one.
    pub async fn release(mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let unlocked: Result<bool, _> =
            sqlx::query_scalar("SELECT pg_advisory_unlock($1, hashtext('import ' || $2))")
                .bind(self.deployment_id)
                .bind(&self.node_name)
                .fetch_one(&mut *connection)
                .await;
        if !matches!(unlocked, Ok(true)) {
            tracing::debug!(?unlocked, "the connection that held a lock is given up");
            drop(connection.detach());
        }
    }
}

impl Drop for ImportGuard {
    fn drop(&mut self) {
        // A connection that came back to the pool would keep the lock.
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

impl Database {
    /// Locks the imports of a node in a deployment.
    ///
    /// # Errors
    ///
    /// [`StoreError::SessionTaken`]: another writer has written to the session in between. Or the
    /// database does not answer or refuses.
    pub async fn lock_import(
        &self,
        deployment_id: i32,
        node_name: &str,
    ) -> Result<ImportGuard, StoreError> {
        let mut guard = ImportGuard {
            connection: Some(self.pool().acquire().await?),
            deployment_id,
            node_name: node_name.to_owned(),
        };
        let mut waited = Duration::ZERO;
        while let Some(connection) = &mut guard.connection {
            let locked: bool =
                sqlx::query_scalar("SELECT pg_try_advisory_lock($1, hashtext('import ' || $2))")
                    .bind(deployment_id)
                    .bind(node_name)
                    .fetch_one(&mut **connection)
                    .await?;
            if locked {
                break;
            }
            if waited >= WAIT {
                return Err(StoreError::SessionTaken {
                    node: node_name.to_owned(),
                });
            }
            tokio::time::sleep(LOOK).await;
            waited += LOOK;
        }
        Ok(guard)
    }

    /// The newest deployment; a first one if there is none yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoDeployment`]: something belongs to the newest deployment, and there is
    /// none. Or the database does not answer or refuses.
    pub async fn newest_or_first_deployment(&self) -> Result<i32, StoreError> {
        if let Some(id) = self.newest_deployment().await? {
            return Ok(id);
        }
        sqlx::raw_sql(include_str!("sql/first_deployment.sql"))
            .execute(self.pool())
            .await?;
        let made = self.newest_deployment().await?;
        made.ok_or(StoreError::NoDeployment)
    }
}

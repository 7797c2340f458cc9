//! One import of one node at a time, and the deployment to import into.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::{Database, StoreError};

/// How long an import that is about to end, or was just killed, is waited for.
const WAIT: Duration = Duration::from_secs(5);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(100);

/// Keeps others from importing the traces of the same node. The lock ends with
/// the connection, so when this is dropped, and with the process, too.
#[derive(Debug)]
pub struct ImportGuard {
    connection: PgConnection,
}

impl ImportGuard {
    /// Lets others import. Dropping does the same a little later.
    pub async fn release(self) {
        // Closing is enough, whether or not the server still answers.
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "the connection that held a lock was gone");
        }
    }
}

impl Database {
    /// Locks the imports of a node in a deployment.
    pub async fn lock_import(
        &self,
        deployment_id: i32,
        node_name: &str,
    ) -> Result<ImportGuard, StoreError> {
        // Not of the pool: a connection that came back to it would keep the lock.
        let mut connection = self.pool().acquire().await?.detach();
        let mut waited = Duration::ZERO;
        loop {
            let locked: bool =
                sqlx::query_scalar("SELECT pg_try_advisory_lock($1, hashtext('import ' || $2))")
                    .bind(deployment_id)
                    .bind(node_name)
                    .fetch_one(&mut connection)
                    .await?;
            if locked {
                return Ok(ImportGuard { connection });
            }
            if waited >= WAIT {
                return Err(StoreError::SessionTaken {
                    node: node_name.to_owned(),
                });
            }
            tokio::time::sleep(LOOK).await;
            waited += LOOK;
        }
    }

    /// The newest deployment; a first one if there is none yet.
    pub async fn newest_or_first_deployment(&self) -> Result<i32, StoreError> {
        if let Some(id) = self.newest_deployment().await? {
            return Ok(id);
        }
        let mut transaction = self.pool().begin().await?;
        // Of two that come at once the second sees what the first has made.
        sqlx::query("LOCK TABLE public.deployment IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        let id = sqlx::query_scalar(include_str!("sql/first_deployment.sql"))
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(id)
    }
}

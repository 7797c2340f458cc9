//! One partition per deployment of every large table, so that dropping the
//! data of a deployment is instant and queries see one deployment only.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::archive::refuse_archived;
use crate::partitioned::{PARTITIONED, shape_of};
use crate::{Database, StoreError};

/// First key of the advisory locks that are held while partitions are made;
/// the second is the deployment.
const LOCK: i32 = 0x10AD_1AB0;

impl Database {
    /// Makes the partitions of a deployment unless they exist.
    ///
    /// Rows that others have stored before, without partitions, stay in the
    /// default partition, and so do later ones of the same table. May be
    /// called at any time and by several processes at once.
    ///
    /// Fails with [`StoreError::UnknownDeployment`] if there is no such
    /// deployment, and with [`StoreError::Archived`] if its rows are in an archive.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn ensure_partitions(&self, deployment_id: i32) -> Result<(), StoreError> {
        self.require_deployment(deployment_id).await?;
        refuse_archived(self.pool(), deployment_id).await?;
        for table in PARTITIONED {
            // One at a time: holding the locks of several tables could
            // deadlock with writers that take them in another order.
            let mut transaction = self.pool().begin().await?;
            sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
                .bind(LOCK)
                .bind(deployment_id)
                .execute(&mut *transaction)
                .await?;
            ensure_partition(&mut transaction, table, deployment_id).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

/// Attaching a table needs no lock that stops readers and writers of the other
/// partitions; `CREATE TABLE ... PARTITION OF` would stop all of them.
pub(crate) async fn ensure_partition(
    connection: &mut PgConnection,
    table: &str,
    deployment_id: i32,
) -> Result<(), StoreError> {
    let partition = format!("loadlab.{table}_d{deployment_id}");
    let settled: bool = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT to_regclass($1) IS NOT NULL
             OR EXISTS (SELECT 1 FROM loadlab.{table}_default WHERE deployment_id = $2)"
    )))
    .bind(&partition)
    .bind(deployment_id)
    .fetch_one(&mut *connection)
    .await?;
    if settled {
        return Ok(());
    }
    // A row may still come into the default partition before it is locked by
    // ATTACH, which then refuses: the block undoes the creation, too.
    let shape = shape_of(table);
    let sql = format!(
        "DO $body$
         BEGIN
             CREATE TABLE {partition} (LIKE {shape} INCLUDING ALL);
             ALTER TABLE public.{table}
                 ATTACH PARTITION {partition} FOR VALUES IN ({deployment_id});
         EXCEPTION WHEN check_violation THEN
             NULL;
         END
         $body$"
    );
    // Safe: the text contains constants and a number only.
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

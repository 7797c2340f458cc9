//! A Citus coordinator as the database: the large tables on workers, by deployment.
//!
//! The tables that control services, and those that are derived, stay on the coordinator. A deployment
//! is on one worker: capacity grows with the number of deployments.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::partitioned::{CHECKPOINT_SHAPE, PARTITIONED};
use crate::{Database, StoreError};

/// Whether the extension is in this database.
const HAS_CITUS: &str = "EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')";

/// Why the tables are not distributed.
#[derive(Debug, thiserror::Error)]
pub enum DistributeError {
    /// The extension is not there.
    #[error(
        "this database has no extension citus, so there are no workers for its tables: connect to a \
         Citus coordinator, run `CREATE EXTENSION citus` in its database, and add workers by \
         `SELECT citus_add_node('worker', 5432)`; see docs/operations.md"
    )]
    NoCitus,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for DistributeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Database {
    /// Distributes the large tables over the workers of a Citus coordinator, by deployment, and gives
    /// those that were not distributed before. All of them or none. Rows that are there move.
    ///
    /// # Errors
    ///
    /// There is no extension citus, or the database does not answer or refuses.
    pub async fn distribute_by_deployment(&self) -> Result<Vec<&'static str>, DistributeError> {
        let mut transaction = self.pool().begin().await?;
        let has_citus: bool = sqlx::query_scalar(AssertSqlSafe(format!("SELECT {HAS_CITUS}")))
            .fetch_one(&mut *transaction)
            .await?;
        if !has_citus {
            return Err(DistributeError::NoCitus);
        }
        // Moving rows takes as long as it does. A table of the coordinator cannot be referred to from
        // workers: that the deployment exists is checked when its partitions are made.
        sqlx::raw_sql(
            "SET LOCAL statement_timeout = 0;
             ALTER TABLE public.block_trace
                 DROP CONSTRAINT IF EXISTS block_trace_deployment_id_fkey",
        )
        .execute(&mut *transaction)
        .await?;
        let mut distributed = Vec::new();
        for table in PARTITIONED {
            let is_distributed: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM pg_dist_partition
                                 WHERE logicalrelid = ('public.' || $1)::regclass)",
            )
            .bind(table)
            .fetch_one(&mut *transaction)
            .await?;
            if is_distributed {
                continue;
            }
            let beside = if table == PARTITIONED[0] {
                "none".to_owned()
            } else {
                format!("public.{}", PARTITIONED[0])
            };
            sqlx::query(
                "SELECT create_distributed_table(('public.' || $1)::regclass, 'deployment_id',
                                                 colocate_with => $2)",
            )
            .bind(table)
            .bind(beside)
            .execute(&mut *transaction)
            .await?;
            distributed.push(table);
        }
        // New partitions on workers have the columns in the order of their table: that another one
        // works there is not known.
        sqlx::raw_sql(AssertSqlSafe(format!(
            "DROP TABLE {CHECKPOINT_SHAPE};
             CREATE TABLE {CHECKPOINT_SHAPE} (LIKE public.block_trace_checkpoint INCLUDING ALL)"
        )))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(distributed)
    }
}

/// Lets a transaction commit without waiting for the disk. On a Citus coordinator it waits all the
/// same: a crash would take back the coordinator's part of a commit and not the workers'.
pub(crate) async fn defer_commit(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query(AssertSqlSafe(format!(
        "SELECT set_config('synchronous_commit', 'off', true) WHERE NOT {HAS_CITUS}"
    )))
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    /// What Citus has of this, on a plain server. What only Citus can show is in docs/operations.md.
    const STAND_IN: &str = "
        INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
            SELECT 99999, 'citus', oid, 'public'::regnamespace, false, '13.2' FROM pg_roles
             WHERE rolname = current_user;
        CREATE TABLE pg_dist_partition (logicalrelid regclass, arguments text);
        CREATE FUNCTION create_distributed_table(regclass, text, colocate_with text)
            RETURNS void LANGUAGE sql AS
            'INSERT INTO pg_dist_partition VALUES ($1, $2 || '' beside '' || $3)'";

    #[tokio::test]
    async fn without_citus_it_says_what_is_missing_and_changes_nothing() {
        let test = TestDatabase::create().await.unwrap();
        let error = test.database().distribute_by_deployment().await;
        let text = error.unwrap_err().to_string();
        assert!(text.contains("CREATE EXTENSION citus"), "{text}");
        assert_eq!(foreign_keys(&test).await, ["block_trace"]);
    }

    async fn foreign_keys(test: &TestDatabase) -> Vec<String> {
        test.texts(
            "SELECT conrelid::regclass::text FROM pg_constraint
              WHERE conname = 'block_trace_deployment_id_fkey' AND conparentid = 0",
        )
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn the_large_tables_are_distributed_once_by_deployment_and_beside_each_other() {
        let test = TestDatabase::create().await.unwrap();
        test.execute(STAND_IN).await.unwrap();
        let distributed = test.database().distribute_by_deployment().await.unwrap();
        assert_eq!(distributed, PARTITIONED);
        let again = test.database().distribute_by_deployment().await.unwrap();
        assert_eq!(again, [""; 0]);
        let told = test
            .texts("SELECT logicalrelid || ': ' || arguments FROM pg_dist_partition")
            .await
            .unwrap();
        assert_eq!(
            told,
            [
                "block_trace: deployment_id beside none",
                "block_trace_checkpoint: deployment_id beside public.block_trace",
                "tx_traces: deployment_id beside public.block_trace",
                "sw_traces: deployment_id beside public.block_trace",
            ]
        );
        assert_eq!(foreign_keys(&test).await, [""; 0]);
        let order = test
            .texts(&format!(
                "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
                  WHERE attrelid IN ('block_trace_checkpoint'::regclass, '{CHECKPOINT_SHAPE}'::regclass)
                    AND attnum > 0 GROUP BY attrelid"
            ))
            .await
            .unwrap();
        assert_eq!(order[0], order[1], "workers have the order of the table");
    }

    #[tokio::test]
    async fn imports_wait_for_the_disk_where_citus_is() {
        let test = TestDatabase::create().await.unwrap();
        test.execute(
            "DO $$ BEGIN
                 EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database());
             END $$",
        )
        .await
        .unwrap();
        let commit = async || -> String {
            let options = crate::ConnectOptions::for_writing();
            let database = Database::connect(test.url(), &options).await.unwrap();
            let mut transaction = database.pool().begin().await.unwrap();
            defer_commit(&mut transaction).await.unwrap();
            sqlx::query_scalar("SHOW synchronous_commit")
                .fetch_one(&mut *transaction)
                .await
                .unwrap()
        };
        assert_eq!(commit().await, "off");
        test.execute(STAND_IN).await.unwrap();
        assert_eq!(commit().await, "on");
    }
}

//! Bringing a database to the present schema.
//!
//! The files in `migrations/` are applied in the order of their numbers, each
//! once and in a transaction of its own, under a lock of the whole database.
//! What has been applied is written to `loadlab._sqlx_migrations`, so that
//! schema `public` holds nothing but the tables that users know.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::{Database, StoreError, original};

/// Number, description and text of each file in `migrations/`; `build.rs` makes the list.
const FILES: &[(i64, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// All migrations.
pub(crate) fn migrator() -> Migrator {
    let migrations = FILES.iter().map(|&(version, description, sql)| {
        Migration::new(
            version,
            Cow::Borrowed(description),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.create_schemas = Cow::Borrowed(&[Cow::Borrowed("loadlab")]);
    migrator.table_name = Cow::Borrowed("loadlab._sqlx_migrations");
    migrator
}

/// Tables of the first migration, by which a database of others is recognised.
const PUBLIC_TABLES: [&str; 6] = [
    "deployment",
    "block_trace",
    "block_trace_checkpoint",
    "data",
    "tx_traces",
    "experiment_state",
];

impl Database {
    /// Applies the migrations that are missing. A database of the original is brought over, with
    /// all its rows.
    ///
    /// A database with tables of the same names that were made by others is
    /// refused with [`StoreError::ForeignTables`]: their rows do not have what
    /// this schema relies on.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if original::is_there(self.pool()).await? {
            original::bring_over(self.pool(), &migrator()).await?;
        }
        self.refuse_foreign_tables().await?;
        migrator().run(self.pool()).await?;
        Ok(())
    }

    /// Fails with [`StoreError::NotMigrated`] if migrations are missing, and
    /// with [`StoreError::Newer`] if there are unknown ones.
    ///
    /// # Errors
    ///
    /// [`StoreError::Newer`]: a newer version of the product has migrated the database.
    /// [`StoreError::NotMigrated`]: the tables do not exist or are those of an older version. Or
    /// the database does not answer or refuses.
    pub async fn require_migrated(&self) -> Result<(), StoreError> {
        let applied: Vec<i64> = sqlx::query_scalar(
            "SELECT version FROM loadlab._sqlx_migrations WHERE success ORDER BY version",
        )
        .fetch_all(self.pool())
        .await?;
        let migrator = migrator();
        if let Some(&migration) = applied.iter().find(|&&v| !migrator.version_exists(v)) {
            return Err(StoreError::Newer { migration });
        }
        if migrator.iter().any(|m| !applied.contains(&m.version)) {
            return Err(StoreError::NotMigrated);
        }
        Ok(())
    }

    /// Whether a version of this program has used the database, whichever.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn is_in_use(&self) -> Result<bool, StoreError> {
        let migrations = "SELECT to_regclass('loadlab._sqlx_migrations') IS NOT NULL";
        Ok(sqlx::query_scalar(migrations)
            .fetch_one(self.pool())
            .await?)
    }

    async fn refuse_foreign_tables(&self) -> Result<(), StoreError> {
        let foreign: Option<String> = sqlx::query_scalar(
            "SELECT tablename::text FROM pg_tables
              WHERE schemaname = 'public' AND tablename = ANY ($1)
                AND to_regclass('loadlab._sqlx_migrations') IS NULL
              ORDER BY tablename LIMIT 1",
        )
        .bind(PUBLIC_TABLES.map(str::to_owned).to_vec())
        .fetch_optional(self.pool())
        .await?;
        match foreign {
            Some(table) => Err(StoreError::ForeignTables { table }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    /// Everything that users and programs see of a schema, one line each.
    const CATALOG: &str = "
        SELECT format('column %s.%s %s %s %s %s %s', table_schema, table_name, ordinal_position,
                      column_name, udt_name, is_nullable, column_default) AS line
          FROM information_schema.columns WHERE table_schema IN ('public', 'loadlab')
        UNION ALL
        SELECT format('index %s', indexdef)
          FROM pg_indexes WHERE schemaname IN ('public', 'loadlab')
        UNION ALL
        SELECT format('constraint %s %s %s', conrelid::regclass, conname,
                      pg_get_constraintdef(oid))
          FROM pg_constraint
         WHERE connamespace IN ('public'::regnamespace, 'loadlab'::regnamespace)
        UNION ALL
        SELECT format('view %s %s', viewname, definition)
          FROM pg_views WHERE schemaname IN ('public', 'loadlab')
        UNION ALL
        SELECT format('function %s', pg_get_functiondef(oid))
          FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'loadlab'::regnamespace)
        UNION ALL
        SELECT format('sequence %s.%s %s %s', schemaname, sequencename, increment_by, data_type)
          FROM pg_sequences WHERE schemaname IN ('public', 'loadlab')
        UNION ALL
        SELECT format('enum %s %s %s', enumtypid::regtype, enumsortorder, enumlabel)
          FROM pg_enum
        UNION ALL
        SELECT format('partition %s %s', oid::regclass, pg_get_expr(relpartbound, oid))
          FROM pg_class WHERE relispartition
        ORDER BY line";

    async fn catalog(test: &TestDatabase) -> Vec<String> {
        sqlx::query_scalar(CATALOG)
            .fetch_all(test.database().pool())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn an_upgraded_database_equals_a_fresh_one() {
        let fresh = TestDatabase::create_empty().await.unwrap();
        fresh.database().migrate().await.unwrap();
        let upgraded = TestDatabase::create_empty().await.unwrap();
        let versions: Vec<i64> = migrator().iter().map(|step| step.version).collect();
        assert!(versions.len() > 1, "there is something to compare");
        for version in versions {
            let pool = upgraded.database().pool();
            migrator().run_to(version, pool).await.unwrap();
        }
        upgraded.database().require_migrated().await.unwrap();
        let catalog_of_fresh = catalog(&fresh).await;
        assert!(catalog_of_fresh.len() > 200, "the catalog is read");
        assert_eq!(catalog_of_fresh, catalog(&upgraded).await);
    }

    #[tokio::test]
    async fn ids_of_block_traces_go_on_beyond_those_that_older_processes_take() {
        let test = TestDatabase::create_empty().await.unwrap();
        migrator().run_to(8, test.database().pool()).await.unwrap();
        let next = async |sequence: &str| -> i64 {
            sqlx::query_scalar("SELECT nextval($1::regclass)")
                .bind(sequence)
                .fetch_one(test.database().pool())
                .await
                .unwrap()
        };
        let older = "public.block_trace_block_trace_id_seq";
        assert_eq!(next(older).await, 1);
        assert_eq!(next(older).await, 33);
        test.database().migrate().await.unwrap();
        assert_eq!(next("loadlab.block_trace_id_seq").await, 33 + 3_200_001);
        assert_eq!(next(older).await, 65);
    }

    #[tokio::test]
    async fn partitions_of_before_keep_their_rows_and_later_ones_are_leaner() {
        let test = TestDatabase::create_empty().await.unwrap();
        let before = test.database().pool();
        migrator().run_to(71, before).await.unwrap();
        // What the version before has made and written.
        let checkpoint = |id: i32, deployment: i32| {
            format!(
                "INSERT INTO block_trace_checkpoint
                 VALUES ({id}, 5, 'M', true, false, 'Begin', 1.5, '[]', 0, false, {deployment})"
            )
        };
        test.execute(&format!(
            "INSERT INTO deployment (metadata_json) VALUES ('{{}}'), ('{{}}'), ('{{}}');
             CREATE TABLE loadlab.block_trace_checkpoint_d1
                 (LIKE public.block_trace_checkpoint INCLUDING ALL);
             ALTER TABLE block_trace_checkpoint
                 ATTACH PARTITION loadlab.block_trace_checkpoint_d1 FOR VALUES IN (1);
             {}; {}",
            checkpoint(10, 1),
            checkpoint(11, 3)
        ))
        .await
        .unwrap();
        let rows = "SELECT tableoid::regclass || ' ' || row::text
                      FROM block_trace_checkpoint AS row ORDER BY block_trace_checkpoint_id";
        let stored = test.texts(rows).await.unwrap();
        test.database().migrate().await.unwrap();
        assert_eq!(test.texts(rows).await.unwrap(), stored);
        test.database().ensure_partitions(1).await.unwrap();
        test.database().ensure_partitions(2).await.unwrap();
        for (id, deployment) in [(12, 1), (13, 2)] {
            test.execute(&checkpoint(id, deployment)).await.unwrap();
        }
        assert_eq!(
            test.texts(rows).await.unwrap()[2..],
            [
                "loadlab.block_trace_checkpoint_d1 (12,5,M,t,f,Begin,1.5,[],0,f,1)",
                "loadlab.block_trace_checkpoint_d2 (13,5,M,t,f,Begin,1.5,[],0,f,2)",
            ]
        );
        let second = "SELECT attrelid::regclass || ' ' || attname FROM pg_attribute
                       WHERE attnum = 2 AND attrelid::regclass::text IN (
                           'loadlab.block_trace_checkpoint_d1', 'loadlab.block_trace_checkpoint_d2')
                       ORDER BY 1";
        assert_eq!(
            test.texts(second).await.unwrap(),
            [
                "loadlab.block_trace_checkpoint_d1 block_trace_id",
                "loadlab.block_trace_checkpoint_d2 started_at",
            ]
        );
        // The room of the primary key is free in all of them.
        let keys = "SELECT indexrelid::regclass::text FROM pg_index
                     WHERE indisunique AND indrelid::regclass::text LIKE '%block_trace_checkpoint%'
                       AND indrelid::regclass::text NOT LIKE '%gossip%'";
        assert_eq!(test.texts(keys).await.unwrap(), [""; 0]);
        for deployment in [1, 2] {
            test.database()
                .drop_deployment(deployment, false)
                .await
                .unwrap();
        }
        assert_eq!(test.texts(rows).await.unwrap(), stored[1..]);
    }

    #[tokio::test]
    async fn an_interrupted_upgrade_is_noticed() {
        let test = TestDatabase::create_empty().await.unwrap();
        migrator().run_to(1, test.database().pool()).await.unwrap();
        let error = test.database().require_migrated().await.unwrap_err();
        assert!(matches!(error, StoreError::NotMigrated), "{error}");
        test.database().migrate().await.unwrap();
        test.database().require_migrated().await.unwrap();
    }
}

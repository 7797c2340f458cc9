//! What dropped deployments have left in tables without partitions: removed in portions.
//!
//! Each portion is a transaction of its own. So nobody has to wait for long, and after a crash
//! the next drop, or a log fetcher, continues the removal.

use sqlx::AssertSqlSafe;

use crate::{Database, StoreError};

/// The tables with a column `deployment_id` whose rows are left.
const OF_DEPLOYMENT: [&str; 4] = [
    "public.unique_txs",
    "public.block_txs",
    "public.uniq_sws",
    "public.sw_interruptions",
];

/// Pages of a table that are gone through in one portion. A page has a hundred rows at most.
const PAGES: i64 = 100;

/// The tables that hang on sessions, and the sessions themselves, which go last; and the pages of a
/// portion: a piece of a session's state may have a megabyte beside its page.
const OF_SESSION: [(&str, i64); 7] = [
    ("loadlab.session_minute", PAGES),
    ("loadlab.session_state", 1),
    ("loadlab.session_trace", PAGES),
    ("loadlab.gap", PAGES),
    ("loadlab.left_run", PAGES),
    ("loadlab.unknown_control", PAGES),
    ("loadlab.session", PAGES),
];

/// Which rows belong to sessions of dropped deployments.
const OF_NONE: &str =
    "session_id IN (SELECT session_id FROM loadlab.session WHERE deployment_id IS NULL)";

impl Database {
    /// Deployments that were dropped and of which rows are left.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn dropped_deployments(&self) -> Result<Vec<i32>, StoreError> {
        let ids = sqlx::query_scalar(
            "SELECT deployment_id FROM loadlab.dropped_deployment ORDER BY deployment_id",
        )
        .fetch_all(self.pool())
        .await?;
        Ok(ids)
    }

    /// Removes what dropped deployments have left, and says after each portion how many rows are
    /// gone. May be done by several processes at once, and stopped at any moment.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn remove_dropped(&self, mut progress: impl FnMut(u64)) -> Result<u64, StoreError> {
        let mut removed = 0;
        for deployment_id in self.dropped_deployments().await? {
            let mut removing = Removing {
                database: self,
                removed: &mut removed,
                progress: &mut progress,
            };
            for table in OF_DEPLOYMENT {
                let of_it = format!("deployment_id = {deployment_id}");
                removing.remove(table, &of_it, PAGES).await?;
            }
            for (table, pages) in OF_SESSION {
                removing.remove(table, OF_NONE, pages).await?;
            }
            sqlx::query("DELETE FROM loadlab.dropped_deployment WHERE deployment_id = $1")
                .bind(deployment_id)
                .execute(self.pool())
                .await?;
        }
        Ok(removed)
    }
}

/// A removal at work.
struct Removing<'a, F> {
    database: &'a Database,
    removed: &'a mut u64,
    progress: &'a mut F,
}

impl<F: FnMut(u64)> Removing<'_, F> {
    /// Removes rows of a table, some pages at a time. Nobody writes such rows any more, so it goes
    /// through the table once.
    async fn remove(&mut self, table: &str, which: &str, pages: i64) -> Result<(), StoreError> {
        let pool = self.database.pool();
        let all: i64 = sqlx::query_scalar(
            "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint",
        )
        .bind(table)
        .fetch_one(pool)
        .await?;
        for page in (0..all).step_by(usize::try_from(pages).unwrap_or(1)) {
            // Constants and numbers only.
            let gone = sqlx::query(AssertSqlSafe(format!(
                "DELETE FROM {table} WHERE ctid >= '({page},0)' AND ctid < '({},0)' AND {which}",
                page + pages
            )))
            .execute(pool)
            .await?
            .rows_affected();
            if gone > 0 {
                *self.removed += gone;
                (self.progress)(*self.removed);
            }
        }
        Ok(())
    }
}

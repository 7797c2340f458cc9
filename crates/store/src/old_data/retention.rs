//! Bookkeeping that only grows: it is deleted when it is older than the operator wants.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use crate::{Database, StoreError};

/// Rows of one transaction: nobody has to wait long for it.
const ROWS: i64 = 10_000;

/// How many rows were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Counts of stored entries by the minute.
    pub minutes: u64,
    /// Gaps. They still count in the completeness of their node.
    pub gaps: u64,
    /// Runs of daemons that sessions have left.
    pub left_runs: u64,
    /// Controls of unknown kinds.
    pub unknown_controls: u64,
}

impl Deleted {
    /// All together.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.minutes + self.gaps + self.left_runs + self.unknown_controls
    }
}

/// Rows are found by the index of their time, `ROWS` at a time.
const MINUTES: &str = "DELETE FROM loadlab.session_minute WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM loadlab.session_minute
     WHERE minute < clock_timestamp() - $1 * interval '1 second' LIMIT $2))";
const LEFT_RUNS: &str = "DELETE FROM loadlab.left_run WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM loadlab.left_run
     WHERE left_at < clock_timestamp() - $1 * interval '1 second' LIMIT $2))";
const UNKNOWN_CONTROLS: &str = "DELETE FROM loadlab.unknown_control WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM loadlab.unknown_control
     WHERE noted_at < clock_timestamp() - $1 * interval '1 second' LIMIT $2))";
/// Of one session at a time: its row is the only one that is locked, so that no delivery can be
/// waited for that waits for this.
const GAPS: &str = "WITH one AS (
    SELECT session_id FROM loadlab.gap
     WHERE noted_at < clock_timestamp() - $1 * interval '1 second' LIMIT 1
), old AS (
    DELETE FROM loadlab.gap WHERE gap_id = ANY (ARRAY(
        SELECT gap_id FROM loadlab.gap JOIN one USING (session_id)
         WHERE noted_at < clock_timestamp() - $1 * interval '1 second' LIMIT $2))
    RETURNING missing
), counted AS (
    UPDATE loadlab.session
       SET old_gaps = old_gaps + (SELECT count(*) FROM old),
           old_unknown_gaps = old_unknown_gaps
               + (SELECT count(*) FROM old WHERE missing IS NULL)
      FROM one WHERE session.session_id = one.session_id
)
SELECT missing FROM old";
/// Events of runs that have not ended stay, however old they are.
const EVENTS: &str = "DELETE FROM loadlab.experiment_event WHERE ctid = ANY (ARRAY(
    SELECT event.ctid FROM loadlab.experiment_event AS event
      JOIN loadlab.experiment_run AS run USING (name)
     WHERE event.at < clock_timestamp() - $1 * interval '1 second'
       AND run.ended_at < clock_timestamp() - $1 * interval '1 second' LIMIT $2))";

impl Database {
    /// Deletes what log fetchers have noted longer than `keep` ago: entries by the minute, gaps,
    /// left runs, unknown controls. May be done by several processes at once.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn delete_old_bookkeeping(&self, keep: Duration) -> Result<Deleted, StoreError> {
        // First, so that nobody takes minutes that are gone for minutes without entries.
        sqlx::query(
            "UPDATE loadlab.fetch_control
                SET minutes_since = greatest(minutes_since,
                                             clock_timestamp() - $1 * interval '1 second')
              WHERE EXISTS (SELECT FROM loadlab.session_minute
                             WHERE minute < clock_timestamp() - $1 * interval '1 second')",
        )
        .bind(keep.as_secs_f64())
        .execute(self.pool())
        .await?;
        Ok(Deleted {
            minutes: self.delete_old(MINUTES, keep).await?,
            gaps: self.delete_old(GAPS, keep).await?,
            left_runs: self.delete_old(LEFT_RUNS, keep).await?,
            unknown_controls: self.delete_old(UNKNOWN_CONTROLS, keep).await?,
        })
    }

    /// Deletes the events of runs that ended longer than `keep` ago, and returns how many.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn delete_old_events(&self, keep: Duration) -> Result<u64, StoreError> {
        self.delete_old(EVENTS, keep).await
    }

    /// Since when, in seconds since 1970, what is stored is known by the minute; none if since ever.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn minutes_since(&self) -> Result<Option<f64>, StoreError> {
        let since = sqlx::query_scalar(
            "SELECT extract(epoch FROM minutes_since)::float8 FROM loadlab.fetch_control",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(since)
    }

    async fn delete_old(&self, sql: &'static str, keep: Duration) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(keep.as_secs_f64())
                .bind(ROWS)
                .execute(self.pool())
                .await?
                .rows_affected();
            if rows == 0 {
                return Ok(deleted);
            }
            deleted += rows;
        }
    }
}

//! Freeze, unfreeze, reset: orders for all fetchers.

use sqlx::Row as _;

use crate::access::mark_changed;
use crate::ingest::EndReason;
use crate::{Database, StoreError, Time};

/// An order for all fetchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchControl {
    /// No node may be read.
    pub frozen: bool,
    /// Sessions that began under a smaller number are to begin anew.
    pub resets: i64,
    /// The newest deployment: sessions of older ones are to end.
    pub newest_deployment: Option<i32>,
    /// When the last order was given.
    pub changed_at: Time,
}

/// One freeze, from the request to the end of it by [`Database::unfreeze`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freeze(i64);

/// How far a freeze is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezeProgress {
    /// It is in force, and this many sessions of nodes are open.
    Open(u64),
    /// It is not in force any more.
    Over,
}

impl FreezeProgress {
    fn of(open: Option<i64>) -> Self {
        open.map_or(Self::Over, |open| {
            Self::Open(u64::try_from(open).unwrap_or(0))
        })
    }
}

impl Database {
    /// The present order for fetchers.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn fetch_control(&self) -> Result<FetchControl, StoreError> {
        let row = sqlx::query(
            "SELECT frozen, resets, (SELECT max(deployment_id) FROM public.deployment), changed_at
               FROM loadlab.fetch_control",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(FetchControl {
            frozen: row.try_get(0)?,
            resets: row.try_get(1)?,
            newest_deployment: row.try_get(2)?,
            changed_at: row.try_get(3)?,
        })
    }

    /// Freezes fetching, unless it is frozen already. No session begins from now
    /// on, but open ones still have to end: see [`Self::freeze_progress`].
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn freeze(&self) -> Result<Freeze, StoreError> {
        let mut transaction = self.pool().begin().await?;
        let number = sqlx::query_scalar(
            "UPDATE loadlab.fetch_control
                SET frozen = true, changed_at = now(),
                    freezes = freezes + CASE WHEN frozen THEN 0 ELSE 1 END
             RETURNING freezes",
        )
        .fetch_one(&mut *transaction)
        .await?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Freeze(number))
    }

    /// Ends a freeze. Waits for one that is ending sessions at the moment.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn unfreeze(&self) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin().await?;
        sqlx::query("UPDATE loadlab.fetch_control SET frozen = false, changed_at = now()")
            .execute(&mut *transaction)
            .await?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// How far a freeze is.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn freeze_progress(&self, freeze: Freeze) -> Result<FreezeProgress, StoreError> {
        // One statement: what is counted is what was open under this freeze.
        let open: Option<i64> = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM loadlab.session
                      WHERE kind = 'node' AND ended_at IS NULL)
               FROM loadlab.fetch_control
              WHERE frozen AND freezes = $1",
        )
        .bind(freeze.0)
        .fetch_optional(self.pool())
        .await?;
        Ok(FreezeProgress::of(open))
    }

    /// Ends the sessions of every fetcher that a freeze has not brought to their end:
    /// their writers are fenced out. Does nothing if the freeze is over;
    /// nothing can end it meanwhile, so that no session of later is ended. Tells
    /// how many sessions were ended.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn end_frozen_sessions(&self, freeze: Freeze) -> Result<FreezeProgress, StoreError> {
        let mut transaction = self.pool().begin().await?;
        let in_force = sqlx::query(
            "SELECT FROM loadlab.fetch_control WHERE frozen AND freezes = $1 FOR UPDATE",
        )
        .bind(freeze.0)
        .fetch_optional(&mut *transaction)
        .await?;
        if in_force.is_none() {
            return Ok(FreezeProgress::Over);
        }
        let ended = sqlx::query(
            "UPDATE loadlab.session
                SET ended_at = clock_timestamp(), end_reason = $1, version = version + 1
              WHERE kind = 'node' AND ended_at IS NULL",
        )
        .bind(EndReason::Freeze.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(FreezeProgress::Open(ended.rows_affected()))
    }

    /// Lets all sessions begin anew.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn request_fetch_reset(&self) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin().await?;
        sqlx::query("UPDATE loadlab.fetch_control SET resets = resets + 1, changed_at = now()")
            .execute(&mut *transaction)
            .await?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes the nodes with loopback addresses for gone, as those of a simulated
    /// network are when its process has ended. Their sessions end too, unless a
    /// fetcher has them.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn retire_loopback_nodes(&self) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE loadlab.fetched_node SET active = false WHERE active AND host LIKE '127.%'",
        )
        .execute(self.pool())
        .await?;
        self.end_orphaned_node_sessions().await?;
        Ok(())
    }

    /// Ends open sessions of nodes that are no longer listed and that nobody
    /// reads.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn end_orphaned_node_sessions(&self) -> Result<u64, StoreError> {
        let ended = sqlx::query(include_str!("sql/end_orphans.sql"))
            .bind(EndReason::Gone.as_str())
            .bind(super::NODE_PREFIX)
            .execute(self.pool())
            .await?;
        Ok(ended.rows_affected())
    }
}

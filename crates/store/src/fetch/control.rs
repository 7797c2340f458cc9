//! Freeze, unfreeze, reset: what all fetchers are told to do.

use sqlx::Row as _;

use crate::ingest::EndReason;
use crate::{Database, StoreError};

/// What all fetchers are told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchControl {
    /// No node may be read.
    pub frozen: bool,
    /// Sessions that began under a smaller number are to begin anew.
    pub resets: i64,
    /// The newest deployment: sessions of older ones are to end.
    pub newest_deployment: Option<i32>,
}

impl Database {
    /// What fetchers are told to do now.
    pub async fn fetch_control(&self) -> Result<FetchControl, StoreError> {
        let row = sqlx::query(
            "SELECT frozen, resets, (SELECT max(deployment_id) FROM public.deployment)
               FROM loadlab.fetch_control",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(FetchControl {
            frozen: row.try_get(0)?,
            resets: row.try_get(1)?,
            newest_deployment: row.try_get(2)?,
        })
    }

    /// Freezes or unfreezes fetching. After a freeze no session begins, but
    /// open ones still have to end: see [`Self::open_node_sessions`].
    pub async fn set_frozen(&self, frozen: bool) -> Result<(), StoreError> {
        sqlx::query("UPDATE loadlab.fetch_control SET frozen = $1, changed_at = now()")
            .bind(frozen)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Lets all sessions begin anew.
    pub async fn request_fetch_reset(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE loadlab.fetch_control SET resets = resets + 1, changed_at = now()")
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// How many sessions of nodes have not ended.
    pub async fn open_node_sessions(&self) -> Result<u64, StoreError> {
        let open: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM loadlab.session WHERE kind = 'node' AND ended_at IS NULL",
        )
        .fetch_one(self.pool())
        .await?;
        Ok(u64::try_from(open).unwrap_or(0))
    }

    /// Ends the sessions of nodes that are still open, whoever has them: their
    /// writers are fenced out.
    pub async fn end_all_node_sessions(&self, reason: EndReason) -> Result<u64, StoreError> {
        let ended = sqlx::query(
            "UPDATE loadlab.session
                SET ended_at = clock_timestamp(), end_reason = $1, version = version + 1
              WHERE kind = 'node' AND ended_at IS NULL",
        )
        .bind(reason.as_str())
        .execute(self.pool())
        .await?;
        Ok(ended.rows_affected())
    }

    /// Takes the nodes with loopback addresses for gone, as those of a simulated
    /// network are when its process has ended. Their sessions end too, unless a
    /// fetcher has them.
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
    pub async fn end_orphaned_node_sessions(&self) -> Result<u64, StoreError> {
        let ended = sqlx::query(include_str!("sql/end_orphans.sql"))
            .bind(EndReason::Gone.as_str())
            .bind(super::NODE_PREFIX)
            .execute(self.pool())
            .await?;
        Ok(ended.rows_affected())
    }
}

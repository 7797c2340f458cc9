//! What a node did outside of blocks: the trace of block `0`, page by page.

use trace::flat::StoredEntry;

use super::block_trace::entry;
use crate::{Database, StoreError};

/// The block id under which everything outside of blocks is collected.
pub const OUTSIDE: &str = "0";

/// A stretch of a node's entries outside of blocks.
#[derive(Debug, Clone)]
pub struct OutsidePage {
    /// Main entries without gossip, in the order of their ids.
    pub entries: Vec<StoredEntry>,
    /// How many there are on all pages.
    pub total: i64,
}

const TRACE: &str = "\
SELECT max(block_trace_id) FROM public.block_trace
 WHERE deployment_id = $1 AND node_name = $2 AND block_id = $3";

const ENTRIES: &str = "\
SELECT source::text AS source, is_control, name, started_at,
       metadata_json::text AS metadata, call_id
  FROM public.block_trace_checkpoint
 WHERE deployment_id = $1 AND block_trace_id = $2 AND main_trace AND NOT gossip
   AND source IN ('M', 'P', 'V')
 ORDER BY block_trace_checkpoint_id
OFFSET $3 LIMIT $4";

const TOTAL: &str = "\
SELECT count(*) FROM public.block_trace_checkpoint
 WHERE deployment_id = $1 AND block_trace_id = $2 AND main_trace AND NOT gossip
   AND source IN ('M', 'P', 'V')";

impl Database {
    /// A page of the newest trace of block `0` by a node in a deployment, none if it has none.
    pub async fn outside_of_blocks(
        &self,
        deployment_id: i32,
        node_name: &str,
        offset: u32,
        limit: u32,
    ) -> Result<Option<OutsidePage>, StoreError> {
        let trace: Option<i32> = sqlx::query_scalar(TRACE)
            .bind(deployment_id)
            .bind(node_name)
            .bind(OUTSIDE)
            .fetch_one(self.pool())
            .await?;
        let Some(trace) = trace else {
            return Ok(None);
        };
        let entries = sqlx::query(ENTRIES)
            .bind(deployment_id)
            .bind(trace)
            .bind(i64::from(offset))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        let total = sqlx::query_scalar(TOTAL)
            .bind(deployment_id)
            .bind(trace)
            .fetch_one(self.pool())
            .await?;
        Ok(Some(OutsidePage {
            entries: entries.iter().map(entry).collect::<Result<_, _>>()?,
            total,
        }))
    }
}

//! Entries of one block trace page by page: that of block `0` grows for weeks.

use crate::{Database, StoreError};

/// Greatest number of entries read for one trace; later ones are left out.
/// A block has about a hundred; only the trace of block `0`, which collects
/// what happens outside of blocks, grows for weeks.
pub const ENTRIES_MAX: i64 = 100_000;

/// The block id under which everything outside of blocks is collected.
pub const OUTSIDE: &str = "0";

/// A stretch of the entries of a block trace, in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntriesPage {
    /// How many entries to leave out first; negative is 0.
    pub offset: i64,
    /// How many entries at most: [`ENTRIES_MAX`] if it is more, 0 if it is negative.
    pub limit: i64,
}

impl EntriesPage {
    /// The first page, as long as a page can be: the whole trace of every block but `0`.
    pub const LONGEST: Self = Self {
        offset: 0,
        limit: ENTRIES_MAX,
    };
}

const COUNT: &str = "\
SELECT count(*) FROM public.block_trace_checkpoint
 WHERE deployment_id = $1 AND main_trace AND NOT gossip AND source IN ('M', 'P', 'V')
   AND block_trace_id = (SELECT max(block_trace_id) FROM public.block_trace
                          WHERE deployment_id = $1 AND node_name = $2 AND block_id = $3)";

impl Database {
    /// How many entries the newest trace of a block by a node in a deployment has on all pages.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn count_entries(
        &self,
        deployment_id: i32,
        node_name: &str,
        block_id: &str,
    ) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(COUNT)
            .bind(deployment_id)
            .bind(node_name)
            .bind(block_id)
            .fetch_one(self.pool())
            .await?)
    }
}

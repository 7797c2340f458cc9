//! The block that says the most about a node.

use crate::{Database, StoreError};

const LONGEST: &str = "\
SELECT block_id FROM public.block_trace
WHERE deployment_id = $1 AND node_name = $2 AND block_id <> '0' AND status = 'Success'
  AND block_trace_id NOT IN (SELECT loadlab.reloaded_traces($1))
ORDER BY total_time DESC, block_trace_id DESC LIMIT 1";

impl Database {
    /// The id of the integrated block that the node took the longest for, none
    /// if it has integrated none. A block whose trace goes over a stop of the node is not looked at.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn longest_block_trace(
        &self,
        deployment_id: i32,
        node_name: &str,
    ) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar(LONGEST)
            .bind(deployment_id)
            .bind(node_name)
            .fetch_optional(self.pool())
            .await?)
    }
}

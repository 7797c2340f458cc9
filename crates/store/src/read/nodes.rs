//! Which nodes have traces.

use crate::{Database, StoreError};

/// Jumps from name to name in the index on (deployment, node, id) instead of
/// reading millions of rows for a handful of different names.
const NODES: &str = "\
WITH RECURSIVE node (name) AS (
    (SELECT node_name FROM public.block_trace
      WHERE deployment_id = $1
      ORDER BY node_name LIMIT 1)
    UNION ALL
    SELECT (SELECT next.node_name FROM public.block_trace AS next
             WHERE next.deployment_id = $1 AND next.node_name > node.name
             ORDER BY next.node_name LIMIT 1)
      FROM node WHERE node.name IS NOT NULL
)
SELECT name FROM node WHERE name IS NOT NULL ORDER BY name";

impl Database {
    /// The names of the nodes with block traces in the deployment, by name.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn nodes(&self, deployment_id: i32) -> Result<Vec<String>, StoreError> {
        let names = sqlx::query_scalar(NODES)
            .bind(deployment_id)
            .fetch_all(self.pool())
            .await?;
        Ok(names)
    }
}

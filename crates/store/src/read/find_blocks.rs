//! Which blocks a person may mean.

use crate::archive::refuse_archived;
use crate::{Database, StoreError};

/// Blocks and nodes that are listed at most.
const FOUND_MAX: i64 = 50;

const EXACT: &str = "\
SELECT DISTINCT node_name, block_id FROM public.block_trace
WHERE deployment_id = $1 AND block_id = $2 AND ($3::text IS NULL OR node_name = $3)
ORDER BY node_name LIMIT $4";

const BEGINNING: &str = "\
SELECT DISTINCT node_name, block_id FROM public.block_trace
WHERE deployment_id = $1 AND starts_with(block_id, $2) AND ($3::text IS NULL OR node_name = $3)
ORDER BY node_name, block_id LIMIT $4";

impl Database {
    /// Node and block of the block traces with this block id, or, if there are
    /// none, of those whose block id begins with it; at most 50.
    ///
    /// # Errors
    ///
    /// The deployment is archived, or the database does not answer or refuses.
    pub async fn find_blocks(
        &self,
        deployment_id: i32,
        beginning: &str,
        node_name: Option<&str>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        for query in [EXACT, BEGINNING] {
            let found: Vec<(String, String)> = sqlx::query_as(query)
                .bind(deployment_id)
                .bind(beginning)
                .bind(node_name)
                .bind(FOUND_MAX)
                .fetch_all(self.pool())
                .await?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        refuse_archived(self.pool(), deployment_id).await?;
        Ok(Vec::new())
    }
}

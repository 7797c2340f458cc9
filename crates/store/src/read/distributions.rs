//! The stored distributions of checkpoint durations.

use crate::{Database, StoreError};

/// The only key of table `data`.
const CHECKPOINT_DISTRIBUTIONS: &str = "checkpoint_distributions";

impl Database {
    /// The text stored for the node's distributions, none before its first
    /// successful block.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn distributions_text(
        &self,
        deployment_id: i32,
        node_name: &str,
    ) -> Result<Option<String>, StoreError> {
        let text = sqlx::query_scalar(
            "SELECT value FROM public.data
              WHERE key = $1 AND deployment_id = $2 AND node_name = $3",
        )
        .bind(CHECKPOINT_DISTRIBUTIONS)
        .bind(deployment_id)
        .bind(node_name)
        .fetch_optional(self.pool())
        .await?;
        Ok(text)
    }
}

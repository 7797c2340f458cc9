//! Which deployments of the network there are.

use crate::{Database, StoreError};

impl Database {
    /// All deployments, ascending.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn deployments(&self) -> Result<Vec<i32>, StoreError> {
        let ids = sqlx::query_scalar(
            "SELECT deployment_id FROM public.deployment ORDER BY deployment_id",
        )
        .fetch_all(self.pool())
        .await?;
        Ok(ids)
    }

    /// The greatest deployment id, none before the first deployment.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn newest_deployment(&self) -> Result<Option<i32>, StoreError> {
        let id = sqlx::query_scalar("SELECT max(deployment_id) FROM public.deployment")
            .fetch_one(self.pool())
            .await?;
        Ok(id)
    }

    /// Fails with [`StoreError::UnknownDeployment`], which lists what exists,
    /// if there is no such deployment.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownDeployment`]: there is no such deployment. Or the database does not
    /// answer or refuses.
    pub async fn require_deployment(&self, deployment_id: i32) -> Result<(), StoreError> {
        let existing = self.deployments().await?;
        if existing.contains(&deployment_id) {
            return Ok(());
        }
        Err(StoreError::UnknownDeployment {
            wanted: deployment_id,
            existing,
        })
    }
}

//! Which deployments are archived, and that nothing is written into those.

use sqlx::{PgConnection, Row as _};

use crate::{Database, StoreError, Time};

/// A deployment whose traces are in an archive only.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ArchivedDeployment {
    /// The deployment.
    pub deployment_id: i32,
    /// Where the archive is.
    pub url: String,
    /// SHA-256 of the manifest, in hexadecimal digits.
    pub manifest_sha256: String,
    /// When its partitions went.
    pub archived_at: Time,
}

impl Database {
    /// The archived deployments, ascending.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn archived_deployments(&self) -> Result<Vec<ArchivedDeployment>, StoreError> {
        let rows = sqlx::query(
            "SELECT deployment_id, url, manifest_sha256, archived_at
               FROM loadlab.archived_deployment ORDER BY deployment_id",
        )
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ArchivedDeployment {
                    deployment_id: row.try_get(0)?,
                    url: row.try_get(1)?,
                    manifest_sha256: row.try_get(2)?,
                    archived_at: row.try_get(3)?,
                })
            })
            .collect()
    }
}

/// Fails with [`StoreError::Archived`] if the traces of a deployment are in an archive.
///
/// # Errors
///
/// They are, or the database does not answer or refuses.
pub(crate) async fn refuse_archived<'e>(
    executor: impl sqlx::PgExecutor<'e>,
    deployment_id: i32,
) -> Result<(), StoreError> {
    let url =
        sqlx::query_scalar("SELECT url FROM loadlab.archived_deployment WHERE deployment_id = $1")
            .bind(deployment_id)
            .fetch_optional(executor)
            .await?;
    match url {
        Some(url) => Err(StoreError::Archived { deployment_id, url }),
        None => Ok(()),
    }
}

/// As [`refuse_archived`], and it is not archived until the transaction ends.
///
/// # Errors
///
/// It is archived, or the database does not answer or refuses.
pub(crate) async fn hold_unarchived(
    connection: &mut PgConnection,
    deployment_id: i32,
) -> Result<(), StoreError> {
    // Waits for a drop that is under way; only the next statement sees what that has recorded.
    sqlx::query("SELECT FROM public.deployment WHERE deployment_id = $1 FOR KEY SHARE")
        .bind(deployment_id)
        .execute(&mut *connection)
        .await?;
    refuse_archived(connection, deployment_id).await
}

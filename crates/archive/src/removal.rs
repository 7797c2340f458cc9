//! Letting the database's copy of an archived deployment go.

use store::Database;
use store::archive::ArchiveRefused;
use store::lease::Holder;

use crate::check;
use crate::error::ArchiveError;
use crate::manifest::{self, Manifest};
use crate::place::Place;
use crate::progress::Progress;
use crate::run::compare;
use crate::tenure::Tenure;

/// Drops the traces of a deployment from the database when its archive is whole and of the same rows.
/// Both are looked at again: the files are read, then the rows are compared while nobody writes.
///
/// # Errors
///
/// There is no archive, it is damaged or of other rows; the deployment is the newest or has open
/// sessions; or the database or the store does not answer or refuses. Nothing was dropped then.
pub async fn drop_archived(
    database: &Database,
    holder: &Holder,
    place: &Place,
    deployment_id: i32,
    progress: &Progress,
) -> Result<Manifest, ArchiveError> {
    Tenure::hold(database, holder, deployment_id, |tenure| async move {
        let found = manifest::require(place, deployment_id).await?;
        if let Some(recorded) = recorded(database, deployment_id).await? {
            if recorded.manifest_sha256 == found.sha256 {
                // An earlier attempt has dropped them.
                return Ok(found.manifest);
            }
            return Err(ArchiveRefused::Already {
                deployment_id,
                url: recorded.url,
            }
            .into());
        }
        check::files(place, &found.manifest, progress).await?;
        let mut reading = database
            .lock_for_archive(deployment_id, tenure.lease())
            .await?;
        let compared = compare(&mut reading, place, &found.manifest, progress).await;
        if let Err(ArchiveError::Differs { .. }) = compared {
            // The lease can be taken again only when the locks are gone.
            reading.abandon().await?;
            return compared.map(|()| found.manifest);
        }
        compared?;
        reading
            .drop_partitions(place.url(), &found.sha256, tenure.lease())
            .await?;
        Ok(found.manifest)
    })
    .await
}

/// What the database has recorded of the archive of a deployment.
pub(crate) async fn recorded(
    database: &Database,
    deployment_id: i32,
) -> Result<Option<store::archive::ArchivedDeployment>, ArchiveError> {
    let all = database.archived_deployments().await?;
    Ok(all
        .into_iter()
        .find(|one| one.deployment_id == deployment_id))
}

//! Bringing the traces of an archived deployment back into the database.

use bytes::Bytes;
use store::Database;
use store::archive::{ARCHIVED, ArchiveRefused, CopyIn};
use store::lease::Holder;
use tokio::sync::mpsc;

use crate::check;
use crate::error::ArchiveError;
use crate::manifest::{self, ArchivedFile, Manifest};
use crate::place::Place;
use crate::progress::{Phase, Progress};
use crate::read_back::{RowsTo, read_back};
use crate::removal::recorded;
use crate::tenure::Tenure;

/// Pieces of rows that wait for the database.
const PIECES_WAITING: usize = 8;

/// Restores a deployment: its rows are in the tables again, with their ids, or nothing has changed.
/// The archive stays.
///
/// # Errors
///
/// The deployment is not archived, or with another manifest; the archive is damaged; or the database
/// or the store does not answer or refuses.
pub async fn restore(
    database: &Database,
    holder: &Holder,
    place: &Place,
    deployment_id: i32,
    progress: &Progress,
) -> Result<Manifest, ArchiveError> {
    Tenure::hold(database, holder, deployment_id, |tenure| async move {
        let recorded = recorded(database, deployment_id).await?;
        let recorded = recorded.ok_or(ArchiveRefused::NotArchived(deployment_id))?;
        let found = manifest::require(place, deployment_id).await?;
        if found.sha256 != recorded.manifest_sha256 {
            return Err(ArchiveError::OtherManifest {
                deployment_id,
                url: place.url().to_owned(),
                recorded: recorded.url,
            });
        }
        let manifest = found.manifest;
        progress.begin(Phase::Restoring, manifest.rows());
        let mut restoring = database
            .begin_restore(deployment_id, tenure.lease())
            .await?;
        for table in &ARCHIVED {
            let mut copy = restoring.copy_in(table).await?;
            for file in manifest
                .files
                .iter()
                .filter(|file| file.table == table.name)
            {
                copy_file(place, file, deployment_id, &mut copy, progress).await?;
            }
            copy.finish().await?;
        }
        let taken = restoring.taken().await?;
        if let Some(difference) = check::differs(taken, &manifest, progress).await? {
            return Err(ArchiveError::RestoredDiffers(difference));
        }
        restoring.finish(tenure.lease()).await?;
        Ok(manifest)
    })
    .await
}

async fn copy_file(
    place: &Place,
    file: &ArchivedFile,
    deployment_id: i32,
    copy: &mut CopyIn<'_>,
    progress: &Progress,
) -> Result<(), ArchiveError> {
    let (rows, received) = mpsc::channel::<Bytes>(PIECES_WAITING);
    let to = RowsTo {
        deployment_id,
        rows,
    };
    let (sent, read) = tokio::join!(
        forward(copy, received),
        read_back(place, file, Some(to), progress),
    );
    sent?;
    read
}

/// When the database takes no more, the channel closes, and the reader ends.
async fn forward(
    copy: &mut CopyIn<'_>,
    mut received: mpsc::Receiver<Bytes>,
) -> Result<(), ArchiveError> {
    while let Some(rows) = received.recv().await {
        copy.send(rows).await?;
    }
    Ok(())
}

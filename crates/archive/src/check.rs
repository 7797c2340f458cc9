//! Whether an archive is whole, and whether it is of what the database has.

use std::sync::Arc;

use store::archive::{ARCHIVED, Reading};

use crate::digest::difference;
use crate::error::ArchiveError;
use crate::manifest::{self, Manifest};
use crate::names;
use crate::place::Place;
use crate::progress::{Phase, Progress};
use crate::read_back::read_back;
use crate::sorted_day::{Nodes, sort_day};

/// Reads every file of a deployment's archive, and compares all bytes and rows with the manifest.
///
/// # Errors
///
/// There is no archive, or it is damaged, or the store does not answer or refuses.
pub async fn verify(
    place: &Place,
    deployment_id: i32,
    progress: &Progress,
) -> Result<Manifest, ArchiveError> {
    let found = manifest::require(place, deployment_id).await?;
    files(place, &found.manifest, progress).await?;
    Ok(found.manifest)
}

/// Reads every file that a manifest names.
pub(crate) async fn files(
    place: &Place,
    manifest: &Manifest,
    progress: &Progress,
) -> Result<(), ArchiveError> {
    progress.begin(Phase::Verifying, manifest.rows());
    for file in &manifest.files {
        read_back(place, file, None, progress).await?;
    }
    Ok(())
}

/// The first difference between the rows that a manifest names and those that are read.
pub(crate) async fn differs(
    reading: &mut Reading,
    manifest: &Manifest,
    progress: &Progress,
) -> Result<Option<String>, ArchiveError> {
    // Each row is read from the database, and again in order.
    progress.begin(Phase::Comparing, 2 * manifest.rows());
    let nodes = Arc::new(Nodes::new(reading.node_names().await?));
    let mut files = manifest.files.iter().peekable();
    for table in &ARCHIVED {
        let plan = reading.plan(table).await?;
        for range in &plan.days {
            let day = names::day_text(range.day);
            let Some(file) = files.next_if(|file| file.table == table.name && file.day == day)
            else {
                return Ok(Some(format!(
                    "rows of {} of {day} are here and not there",
                    table.name
                )));
            };
            let rows = sort_day(reading, table, &plan, range, &nodes, progress).await?;
            let read = rows.read(None, progress).await?;
            if let Some(difference) = difference(&file.nodes, &read.nodes) {
                return Ok(Some(format!("{}, {day}: {difference}", table.name)));
            }
        }
    }
    Ok(files.next().map(|file| {
        format!(
            "rows of {} of {} are there and not here",
            file.table, file.day
        )
    }))
}

//! Writing the archive of a deployment.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use serde_json::Value;
use store::Database;
use store::archive::{ARCHIVED, Reading};
use store::lease::Holder;

use crate::check;

use crate::error::ArchiveError;
use crate::manifest::{self, ArchivedFile, Found, Manifest, SCHEMA};
use crate::names;
use crate::place::Place;
use crate::progress::{Phase, Progress};
use crate::read_back::read_back;
use crate::sorted_day::{Nodes, SortedDay, sort_day};
use crate::tenure::Tenure;
use crate::upload::{send, way};

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Archived {
    /// What the archive holds.
    pub manifest: Manifest,
    /// Whether it was there already, and is of the same rows.
    pub was_there: bool,
}

/// Archives a deployment. The archive is whole and was read back when this returns; the database has
/// what it had before. An archive that is there already is compared; with `replace`, it is written
/// anew.
///
/// # Errors
///
/// The deployment has open sessions, is archived already, or another process archives it; the archive
/// that is there is of other rows; what was read back is not what was written; or the database or the
/// store does not answer or refuses.
pub async fn run(
    database: &Database,
    holder: &Holder,
    place: &Place,
    deployment_id: i32,
    replace: bool,
    progress: &Progress,
) -> Result<Archived, ArchiveError> {
    Tenure::hold(database, holder, deployment_id, |tenure| async move {
        let mut reading = database.read_for_archive(deployment_id).await?;
        let done = match manifest::find(place, deployment_id).await? {
            Some(found) if !replace => {
                let Found { manifest, .. } = found;
                compare(&mut reading, place, &manifest, progress).await?;
                check::files(place, &manifest, progress).await?;
                Archived {
                    manifest,
                    was_there: true,
                }
            }
            found => {
                if found.is_some() {
                    // From here on it is no archive; the rows are in the database.
                    tenure.require().await?;
                    place.remove(&names::manifest(deployment_id)).await?;
                }
                let manifest = write(&mut reading, &tenure, place, deployment_id, progress).await?;
                Archived {
                    manifest,
                    was_there: false,
                }
            }
        };
        reading.close().await?;
        Ok(done)
    })
    .await
}

/// Fails if the database has other rows than the manifest names.
pub(crate) async fn compare(
    reading: &mut Reading,
    place: &Place,
    manifest: &Manifest,
    progress: &Progress,
) -> Result<(), ArchiveError> {
    match check::differs(reading, manifest, progress).await? {
        None => Ok(()),
        Some(difference) => Err(ArchiveError::Differs {
            deployment_id: manifest.deployment_id,
            url: place.url().to_owned(),
            difference,
        }),
    }
}

async fn write(
    reading: &mut Reading,
    tenure: &Tenure,
    place: &Place,
    deployment_id: i32,
    progress: &Progress,
) -> Result<Manifest, ArchiveError> {
    progress.begin(Phase::Counting, 0);
    let mut plans = Vec::new();
    for table in &ARCHIVED {
        plans.push((table, reading.plan(table).await?));
    }
    let nodes = Arc::new(Nodes::new(reading.node_names().await?));
    // Each row is read, written and read back.
    let rows: u64 = plans.iter().map(|(_, plan)| plan.rows).sum();
    progress.begin(Phase::Archiving, 3 * rows);
    let mut files = Vec::new();
    // While the rows of a file are written, those of the next one are read.
    let mut writing = None;
    for (table, plan) in &plans {
        for range in &plan.days {
            let read = Box::pin(sort_day(reading, table, plan, range, &nodes, progress));
            let day = match writing.take() {
                Some(writing) => {
                    let (day, file) = both(read, writing).await?;
                    files.push(file);
                    day
                }
                None => read.await?,
            };
            let name = (deployment_id, table.name, names::day_text(range.day));
            writing = Some(Box::pin(write_file(tenure, place, name, day, progress)));
        }
    }
    if let Some(writing) = writing {
        files.push(writing.await?);
    }
    remove_others(tenure, place, deployment_id, &files).await?;
    let [metadata, completeness, gaps] = reading.description().await?;
    let manifest = Manifest {
        schema: SCHEMA,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        deployment_id,
        metadata: json(&metadata),
        files,
        completeness: json(&completeness),
        gaps: json(&gaps),
    };
    publish(tenure, place, &manifest).await?;
    Ok(manifest)
}

/// What both come to. A failed read lets the write end, so that nothing half is left in the store.
async fn both<A, B>(
    read: impl Future<Output = Result<A, ArchiveError>>,
    write: impl Future<Output = Result<B, ArchiveError>>,
) -> Result<(A, B), ArchiveError> {
    match select(pin!(read), pin!(write)).await {
        Either::Left((read, write)) => {
            let written = write.await;
            Ok((read?, written?))
        }
        Either::Right((written, read)) => {
            let written = written?;
            Ok((read.await?, written))
        }
    }
}

/// Writes a file, and reads it back.
async fn write_file(
    tenure: &Tenure,
    place: &Place,
    (deployment_id, table, day): (i32, &'static str, String),
    rows: SortedDay,
    progress: &Progress,
) -> Result<ArchivedFile, ArchiveError> {
    let path = names::file(table, deployment_id, &day);
    let (sink, pieces) = way();
    let (read, sent) = tokio::join!(
        rows.read(Some(sink), progress),
        send(place, tenure, &path, pieces),
    );
    // A store that takes no more is why the writer has ended.
    sent?;
    let read = read?;
    let written = read.written.ok_or(ArchiveError::Thread)?;
    let file = ArchivedFile {
        table: table.to_owned(),
        day,
        path,
        rows: read.rows,
        bytes: written.bytes,
        sha256: written.sha256,
        nodes: read.nodes,
    };
    read_back(place, &file, None, progress).await?;
    Ok(file)
}

/// Removes what attempts have left whose rows are no more.
async fn remove_others(
    tenure: &Tenure,
    place: &Place,
    deployment_id: i32,
    files: &[ArchivedFile],
) -> Result<(), ArchiveError> {
    let ours: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for table in &ARCHIVED {
        for (name, _) in place
            .names(&names::folder(table.name, deployment_id))
            .await?
        {
            if !ours.contains(name.as_str()) {
                tenure.require().await?;
                place.remove(&name).await?;
            }
        }
    }
    Ok(())
}

/// Puts the manifest, which makes the files an archive.
async fn publish(tenure: &Tenure, place: &Place, manifest: &Manifest) -> Result<(), ArchiveError> {
    let text = manifest.to_bytes()?;
    let sha256 = manifest::sha256(&text);
    tenure.require().await?;
    let object = names::manifest(manifest.deployment_id);
    place.create(&object, text.into()).await?;
    // Whether it was put or was there: it says the same, or is another's.
    let found = manifest::require(place, manifest.deployment_id).await?;
    if found.sha256 == sha256 {
        return Ok(());
    }
    Err(ArchiveError::Differs {
        deployment_id: manifest.deployment_id,
        url: place.url().to_owned(),
        difference: "another manifest is there".to_owned(),
    })
}

/// The database's JSON is JSON.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

//! What is in an archive.

use serde::Serialize;

use crate::error::ArchiveError;
use crate::manifest;
use crate::names;
use crate::place::Place;

/// An archived deployment, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The deployment.
    pub deployment_id: i32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The first day with rows, `YYYY-MM-DD`.
    pub first_day: Option<String>,
    /// The last one.
    pub last_day: Option<String>,
    /// Files.
    pub files: usize,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// The deployments of which there is an archive, ascending.
///
/// # Errors
///
/// A manifest cannot be read, or the store does not answer or refuses.
pub async fn list(place: &Place) -> Result<Vec<Listed>, ArchiveError> {
    let folder = names::manifests();
    let mut listed = Vec::new();
    for (name, _) in place.names(&folder).await? {
        let Some(id) = name.rsplit('/').next().and_then(names::deployment_of) else {
            continue;
        };
        let manifest = manifest::require(place, id).await?.manifest;
        let days = manifest.days();
        listed.push(Listed {
            deployment_id: id,
            first_day: days.first().map(|&day| day.to_owned()),
            last_day: days.last().map(|&day| day.to_owned()),
            files: manifest.files.len(),
            rows: manifest.rows(),
            bytes: manifest.bytes(),
            program: manifest.program,
        });
    }
    listed.sort_unstable_by_key(|one| one.deployment_id);
    Ok(listed)
}

//! What an archive of a deployment holds. The same rows give the same text.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::digest::{NodeRows, hex};
use crate::error::ArchiveError;
use crate::names;
use crate::place::Place;

/// The form of the manifest, and of the files.
pub(crate) const SCHEMA: u32 = 1;
/// A manifest has some hundred bytes for each node and day.
const BYTES_MAX: u64 = 256 << 20;

/// What an archive of a deployment holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of manifest and files.
    pub schema: u32,
    /// The version of the program that wrote them.
    pub program: String,
    /// The deployment.
    pub deployment_id: i32,
    /// What is known of it.
    pub metadata: Value,
    /// The files, in order of their names.
    pub files: Vec<ArchivedFile>,
    /// How complete what was stored of each node is.
    pub completeness: Value,
    /// What is missing, by what the nodes' logs say.
    pub gaps: Value,
}

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedFile {
    /// The table.
    pub table: String,
    /// The UTC day, `YYYY-MM-DD`.
    pub day: String,
    /// Its name, from the root of the archive.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// Its rows by node.
    pub nodes: Vec<NodeRows>,
}

impl Manifest {
    /// Rows of all files.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Its days, in order, each once.
    #[must_use]
    pub fn days(&self) -> Vec<&str> {
        let mut days: Vec<&str> = self.files.iter().map(|file| file.day.as_str()).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| self.bad("", &error))?;
        text.push(b'\n');
        Ok(text)
    }

    fn bad(&self, url: &str, error: &serde_json::Error) -> ArchiveError {
        ArchiveError::BadManifest {
            object: names::manifest(self.deployment_id),
            url: url.to_owned(),
            reason: error.to_string(),
        }
    }
}

/// A manifest with the digest of its text.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) manifest: Manifest,
    pub(crate) sha256: String,
}

pub(crate) fn sha256(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// The manifest of a deployment, if there is one.
pub(crate) async fn find(place: &Place, deployment_id: i32) -> Result<Option<Found>, ArchiveError> {
    let object = names::manifest(deployment_id);
    let Some(text) = place.read_small(&object, BYTES_MAX).await? else {
        return Ok(None);
    };
    let bad = |reason: String| ArchiveError::BadManifest {
        object: object.clone(),
        url: place.url().to_owned(),
        reason,
    };
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
    if manifest.schema != SCHEMA {
        return Err(bad(format!(
            "it has the form {}, and this version of loadlab knows {SCHEMA}",
            manifest.schema
        )));
    }
    if manifest.deployment_id != deployment_id {
        return Err(bad(format!(
            "it is of deployment {}",
            manifest.deployment_id
        )));
    }
    Ok(Some(Found {
        sha256: sha256(&text),
        manifest,
    }))
}

/// The manifest of a deployment.
pub(crate) async fn require(place: &Place, deployment_id: i32) -> Result<Found, ArchiveError> {
    find(place, deployment_id)
        .await?
        .ok_or_else(|| ArchiveError::NoManifest {
            deployment_id,
            url: place.url().to_owned(),
        })
}

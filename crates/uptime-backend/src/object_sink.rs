//! Whole submissions as objects, in S3 or a local folder, with the names and
//! contents of the original: fetchers and delegation programmes read them.
//!
//! - `<prefix>/submissions/<YYYY-MM-DD>/<RFC 3339 time>-<submitter>.json`, by
//!   the time it was received; further submissions of this key in this second,
//!   of other nodes with the same key, have `-2`, `-3` … before the ending
//! - `<prefix>/blocks/<block hash>.dat`: the block, written once

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use serde::{Deserialize, Serialize};

use crate::examine::Examined;

/// Time for one object, repetitions included. A node gives up later.
const TIME_MAX: Duration = Duration::from_secs(20);

/// Submissions of one key in one second.
const SAME_SECOND_MAX: u32 = 1_000;

/// Where whole submissions are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectStorage {
    /// Bucket `<account_id>-block-producers-uptime`. What is not said here is
    /// taken from the usual variables, such as `AWS_ACCESS_KEY_ID`,
    /// `AWS_ENDPOINT` and `AWS_ALLOW_HTTP`.
    S3 {
        /// The AWS account that has the bucket.
        account_id: String,
        /// The AWS region of the bucket.
        region: String,
        /// First part of all names.
        prefix: String,
        /// How to log in, if not by variables.
        credentials: Option<S3Credentials>,
    },
    /// A folder, made if need be, without a prefix.
    Folder(PathBuf),
}

/// An AWS access key.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct S3Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

impl std::fmt::Debug for S3Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "S3Credentials({}, ..)", self.access_key_id)
    }
}

/// A failure of the object storage.
#[derive(Debug, thiserror::Error)]
pub enum ObjectStorageError {
    /// The folder cannot be made.
    #[error("cannot make the folder {} for submissions", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    /// The storage refuses or cannot be reached.
    #[error("the object storage failed{}", service::proxy::s3_explanation())]
    Storage(#[from] object_store::Error),
    /// A name that the storage cannot have.
    #[error("the prefix for stored submissions is not valid")]
    Prefix(#[from] object_store::path::Error),
    /// No answer in time.
    #[error("the object storage took longer than {} s", TIME_MAX.as_secs())]
    Timeout,
    /// Every name for a submission of this key in this second is taken.
    #[error("there are {SAME_SECOND_MAX} submissions of this key in this second already")]
    NoName,
}

/// A place for whole submissions. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct ObjectSink {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// The JSON of a stored submission.
#[derive(Serialize)]
struct StoredSubmission<'a> {
    remote_addr: &'a str,
    peer_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    snark_work: Option<&'a str>,
    submitter: String,
    created_at: String,
    block_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    graphql_control_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    built_with_commit_sha: Option<&'a str>,
}

impl ObjectSink {
    /// Prepares the storage. Whether it can be reached shows the first use.
    pub(crate) fn open(storage: &ObjectStorage) -> Result<Self, ObjectStorageError> {
        match storage {
            ObjectStorage::Folder(folder) => {
                std::fs::create_dir_all(folder)
                    .map_err(|error| ObjectStorageError::Folder(folder.clone(), error))?;
                let objects = LocalFileSystem::new_with_prefix(folder)?;
                Ok(Self {
                    objects: Arc::new(objects),
                    prefix: Path::default(),
                })
            }
            ObjectStorage::S3 {
                account_id,
                region,
                prefix,
                credentials,
            } => {
                let mut builder = AmazonS3Builder::from_env()
                    .with_bucket_name(format!("{account_id}-block-producers-uptime"))
                    .with_region(region);
                if let Some(credentials) = credentials {
                    builder = builder
                        .with_access_key_id(&credentials.access_key_id)
                        .with_secret_access_key(&credentials.secret_access_key);
                }
                if let Some((proxy, excluded)) = service::proxy::for_s3() {
                    builder = builder.with_proxy_url(proxy).with_proxy_excludes(excluded);
                }
                Ok(Self {
                    objects: Arc::new(builder.build()?),
                    prefix: Path::parse(prefix)?,
                })
            }
        }
    }

    /// Stores a submission and its block. Doing it again changes nothing.
    pub(crate) async fn store(
        &self,
        examined: &Examined,
        remote_addr: &str,
        received_at: Timestamp,
    ) -> Result<(), ObjectStorageError> {
        let Some(contents) = &examined.contents else {
            return Ok(());
        };
        let block = self
            .prefix
            .clone()
            .join("blocks")
            .join(format!("{}.dat", examined.block_hash));
        // Named by its hash, an existing block is the same block.
        let _is_new = self.create(&block, contents.block.clone().into()).await?;

        let received_at = rfc3339_seconds(received_at);
        let day = received_at.split('T').next().unwrap_or_default();
        let folder = self.prefix.clone().join("submissions").join(day);
        let name = format!("{received_at}-{}", examined.submitter);
        let submission = StoredSubmission {
            remote_addr,
            peer_id: &examined.peer_id,
            snark_work: contents.snark_work.as_deref(),
            submitter: examined.submitter.to_string(),
            created_at: Timestamp::from_second(examined.created_at_unix_seconds)
                .map(rfc3339_seconds)
                .unwrap_or_default(),
            block_hash: examined.block_hash.to_string(),
            graphql_control_port: examined.graphql_control_port,
            built_with_commit_sha: examined.built_with_commit_sha.as_deref(),
        };
        let json =
            serde_json::to_vec(&submission).map_err(|error| object_store::Error::Generic {
                store: "submission",
                source: error.into(),
            })?;
        let json = Bytes::from(json);
        let storing = self.store_beside_others(&folder, &name, &json);
        match tokio::time::timeout(TIME_MAX, storing).await {
            Ok(stored) => stored,
            Err(_) => Err(ObjectStorageError::Timeout),
        }
    }

    /// Stores a submission under the first name that is free, unless it is
    /// stored already.
    async fn store_beside_others(
        &self,
        folder: &Path,
        name: &str,
        json: &Bytes,
    ) -> Result<(), ObjectStorageError> {
        for number in 1..=SAME_SECOND_MAX {
            let name = if number == 1 {
                format!("{name}.json")
            } else {
                format!("{name}-{number}.json")
            };
            let name = folder.clone().join(name);
            if self.create(&name, json.clone()).await? || self.holds(&name, json).await {
                return Ok(());
            }
        }
        Err(ObjectStorageError::NoName)
    }

    /// Writes an object unless there is one of this name; gives whether it did.
    async fn create(&self, name: &Path, bytes: Bytes) -> Result<bool, ObjectStorageError> {
        let payload = PutPayload::from(bytes);
        let options = PutOptions::from(PutMode::Create);
        let putting = self.objects.put_opts(name, payload, options);
        match tokio::time::timeout(TIME_MAX, putting).await {
            Ok(Ok(_)) => Ok(true),
            Ok(Err(object_store::Error::AlreadyExists { .. })) => Ok(false),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(ObjectStorageError::Timeout),
        }
    }

    /// Whether an object is there with these bytes. One that may not be read
    /// counts as another: storing a submission twice loses nothing.
    async fn holds(&self, name: &Path, bytes: &Bytes) -> bool {
        match self.objects.get(name).await {
            Ok(found) if found.meta.size == bytes.len() as u64 => {
                found.bytes().await.is_ok_and(|found| found == bytes)
            }
            Ok(_) | Err(_) => false,
        }
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`.
fn rfc3339_seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}

#[cfg(test)]
mod tests;

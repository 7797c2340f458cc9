//! Submissions of the last twenty minutes in a bucket, as the uptime backend names them:
//! `<prefix>/submissions/<YYYY-MM-DD>/<RFC 3339 time>-<key>.json`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};

use crate::error::DiscoveryError;
use crate::online_list::OnlineList;
use crate::submission::{Submission, host_of};

/// How long a submission says that its node is online. Nodes submit every 15 minutes.
const WINDOW: SignedDuration = SignedDuration::from_mins(20);
/// Time for reading all that is new.
const TIME_MAX: Duration = Duration::from_mins(1);
/// A submission without its block has about 500 bytes.
const OBJECT_BYTES_MAX: u64 = 1 << 20;
/// Objects that are looked at, the newest.
const OBJECTS_MAX: usize = 50_000;
/// Objects that are read at once.
const READS: usize = 16;

/// Opens a bucket of S3, with what else is needed from the usual variables:
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`…
///
/// # Errors
///
/// The variables do not fit together, or no region is known.
pub fn open_bucket(
    bucket: &str,
    region: Option<&str>,
) -> Result<Arc<dyn ObjectStore>, DiscoveryError> {
    let mut s3 = AmazonS3Builder::from_env().with_bucket_name(bucket);
    if let Some(region) = region {
        s3 = s3.with_region(region);
    }
    if let Some((proxy, excluded)) = service::proxy::for_s3() {
        s3 = s3.with_proxy_url(proxy).with_proxy_excludes(excluded);
    }
    Ok(Arc::new(s3.build().map_err(failed)?))
}

fn failed(source: object_store::Error) -> DiscoveryError {
    DiscoveryError::Bucket {
        proxy: service::proxy::s3_explanation(),
        source,
    }
}

/// Reads a bucket; objects that were read are not read again.
#[derive(Debug)]
pub struct Bucket {
    objects: Arc<dyn ObjectStore>,
    prefix: String,
    /// What the objects of the window say; nothing for what is no submission.
    known: BTreeMap<Path, Option<Submission>>,
}

impl Bucket {
    /// The submissions whose names begin with `prefix`.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>, prefix: String) -> Self {
        Self {
            objects,
            prefix,
            known: BTreeMap::new(),
        }
    }

    /// Reads what is new, and returns the submissions of the last twenty minutes, each once and
    /// with the host alone for its address.
    ///
    /// # Errors
    ///
    /// The bucket cannot be listed, or that takes longer than a minute. An object that cannot be
    /// read is logged and tried again the next time.
    pub async fn read(&mut self, now: Timestamp) -> Result<OnlineList, DiscoveryError> {
        match tokio::time::timeout(TIME_MAX, self.read_new(now)).await {
            Ok(read) => read.map_err(failed)?,
            Err(_) => return Err(DiscoveryError::Timeout(TIME_MAX.as_secs())),
        }
        let mut list = OnlineList::default();
        let mut seen = HashSet::new();
        for submission in self.known.values() {
            match submission {
                Some(submission) if seen.insert(submission) => {
                    list.submissions.push(submission.clone());
                }
                Some(_) => {}
                None => list.malformed += 1,
            }
        }
        Ok(list)
    }

    async fn read_new(&mut self, now: Timestamp) -> object_store::Result<()> {
        let since = now.saturating_sub(WINDOW).unwrap_or(now);
        let folder = format!("{}/submissions", self.prefix.trim_matches('/'));
        let since = format!("{since:.0}");
        let day = since.split('T').next().unwrap_or_default();
        let offset = Path::from(format!("{folder}/{day}/{since}"));
        let folder = Path::from(folder);
        let mut listed: Vec<ObjectMeta> = self
            .objects
            .list_with_offset(Some(&folder), &offset)
            .try_collect()
            .await?;
        listed.sort_unstable_by(|one, other| other.location.cmp(&one.location));
        listed.truncate(OBJECTS_MAX);
        let mut known = BTreeMap::new();
        let mut new = Vec::new();
        for object in listed {
            match self.known.remove(&object.location) {
                Some(submission) => {
                    known.insert(object.location, submission);
                }
                None => new.push(object),
            }
        }
        let objects = &self.objects;
        let mut reads = futures_util::stream::iter(new)
            .map(|object| async move {
                let submission = read_one(objects.as_ref(), &object).await;
                (object.location, submission)
            })
            .buffer_unordered(READS);
        while let Some((location, submission)) = reads.next().await {
            match submission {
                Ok(submission) => {
                    known.insert(location, submission);
                }
                // Read again next time.
                Err(error) => tracing::warn!(%location, %error, "a submission cannot be read"),
            }
        }
        self.known = known;
        Ok(())
    }
}

async fn read_one(
    objects: &dyn ObjectStore,
    object: &ObjectMeta,
) -> object_store::Result<Option<Submission>> {
    if object.size > OBJECT_BYTES_MAX {
        return Ok(None);
    }
    let bytes = objects.get(&object.location).await?.bytes().await?;
    let submission = serde_json::from_slice::<Submission>(&bytes).ok();
    Ok(submission.map(|submission| Submission {
        // A client's address may have its port.
        remote_addr: host_of(&submission.remote_addr),
        ..submission
    }))
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn the_submissions_of_the_last_twenty_minutes_are_nodes_each_once() {
        let objects = Arc::new(InMemory::new());
        let put = async |time: &str, key: &str, body: String| {
            let day = time.split('T').next().unwrap();
            let path = Path::from(format!("net/submissions/{day}/{time}-{key}.json"));
            objects.put(&path, body.into()).await.unwrap();
        };
        let body = |host: &str| {
            format!(
                r#"{{"remote_addr":"{host}:41","submitter":"B62","graphql_control_port":3086}}"#
            )
        };
        put("2026-11-23T23:40:00Z", "a", body("10.0.0.9")).await;
        put("2026-11-23T23:55:00Z", "a", body("10.0.0.1")).await;
        put("2026-11-24T00:01:00Z", "a", body("10.0.0.2")).await;
        put("2026-11-24T00:01:30Z", "a", body("10.0.0.1")).await;
        put("2026-11-24T00:02:00Z", "b", "nonsense".to_owned()).await;
        let mut bucket = Bucket::new(objects.clone(), "net/".to_owned());
        let mut hosts = async |now: &str| {
            let list = bucket.read(now.parse().unwrap()).await.unwrap();
            let hosts = list.submissions.into_iter().map(|one| one.remote_addr);
            (hosts.collect::<Vec<_>>().join(" "), list.malformed)
        };
        let both = "10.0.0.1 10.0.0.2".to_owned();
        assert_eq!(hosts("2026-11-24T00:03:00Z").await, (both, 1));
        let later = "10.0.0.2 10.0.0.1".to_owned();
        assert_eq!(hosts("2026-11-24T00:20:30Z").await, (later, 1));
        assert_eq!(hosts("2026-11-24T01:00:00Z").await, (String::new(), 0));
    }
}

//! Submissions of the last twenty minutes in a bucket, as the uptime backend
//! names them: `<prefix>/submissions/<YYYY-MM-DD>/<RFC 3339 time>-<key>.json`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};

use super::submission::node_of;
use super::{Discovered, DiscoveryError, HostOverrides};
use crate::node::Node;

/// How long a submission says that its node is online.
const WINDOW: SignedDuration = SignedDuration::from_mins(20);
/// Time for reading all that is new.
const TIME_MAX: Duration = Duration::from_mins(1);
/// A submission without its block has about 500 bytes.
const OBJECT_BYTES_MAX: u64 = 1 << 20;
/// Objects that are looked at, the newest.
const OBJECTS_MAX: usize = 50_000;
/// Objects that are read at once.
const READS: usize = 16;

/// The bucket cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the bucket for discovery cannot be used")]
pub struct BucketError(#[from] object_store::Error);

/// A bucket of S3, with what else is needed from the usual variables:
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`…
pub fn open_bucket(bucket: &str) -> Result<Arc<dyn ObjectStore>, BucketError> {
    let mut s3 = AmazonS3Builder::from_env().with_bucket_name(bucket);
    if let Some((proxy, excluded)) = service::proxy::for_s3() {
        s3 = s3.with_proxy_url(proxy).with_proxy_excludes(excluded);
    }
    let s3 = s3.build()?;
    Ok(Arc::new(s3))
}

/// Reads the bucket; objects that were read are not read again.
#[derive(Debug)]
pub(crate) struct Bucket {
    objects: Arc<dyn ObjectStore>,
    prefix: String,
    overrides: HostOverrides,
    /// What the objects of the window say: a node, nothing, or nonsense.
    known: HashMap<Path, Result<Option<Node>, ()>>,
}

impl Bucket {
    pub(super) fn new(
        objects: Arc<dyn ObjectStore>,
        prefix: String,
        overrides: HostOverrides,
    ) -> Self {
        Self {
            objects,
            prefix,
            overrides,
            known: HashMap::new(),
        }
    }

    pub(super) async fn read(&mut self, now: Timestamp) -> Result<Discovered, DiscoveryError> {
        match tokio::time::timeout(TIME_MAX, self.read_new(now)).await {
            Ok(found) => found.map_err(|source| DiscoveryError::Bucket {
                proxy: service::proxy::s3_explanation(),
                source,
            }),
            Err(_) => Err(DiscoveryError::Timeout(TIME_MAX.as_secs())),
        }
    }

    async fn read_new(&mut self, now: Timestamp) -> object_store::Result<Discovered> {
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
        let mut known = HashMap::with_capacity(listed.len());
        let mut new = Vec::new();
        for object in listed {
            match self.known.remove(&object.location) {
                Some(node) => {
                    known.insert(object.location, node);
                }
                None => new.push(object),
            }
        }
        let (objects, overrides) = (&self.objects, &self.overrides);
        let mut reads = futures_util::stream::iter(new)
            .map(|object| async move {
                let node = read_one(objects.as_ref(), &object, overrides).await;
                (object.location, node)
            })
            .buffer_unordered(READS);
        while let Some((location, node)) = reads.next().await {
            match node {
                Ok(node) => {
                    known.insert(location, node);
                }
                // Read again next time.
                Err(error) => tracing::warn!(%location, %error, "a submission cannot be read"),
            }
        }
        self.known = known;
        let mut found = Discovered::default();
        for node in self.known.values() {
            match node {
                Ok(Some(node)) => found.nodes.push(node.clone()),
                Ok(None) => {}
                Err(()) => found.malformed += 1,
            }
        }
        Ok(found)
    }
}

async fn read_one(
    objects: &dyn ObjectStore,
    object: &ObjectMeta,
    overrides: &HostOverrides,
) -> object_store::Result<Result<Option<Node>, ()>> {
    if object.size > OBJECT_BYTES_MAX {
        return Ok(Err(()));
    }
    let bytes = objects.get(&object.location).await?.bytes().await?;
    let submission = serde_json::from_slice(&bytes).map_err(drop);
    Ok(submission.and_then(|submission| node_of(&submission, overrides).map_err(drop)))
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;
    use crate::node::KEY;

    #[tokio::test]
    async fn the_submissions_of_the_last_twenty_minutes_are_nodes() {
        let objects = Arc::new(InMemory::new());
        let put = async |time: &str, body: String| {
            let day = time.split('T').next().unwrap();
            let path = Path::from(format!("net/submissions/{day}/{time}-{KEY}.json"));
            objects.put(&path, body.into()).await.unwrap();
        };
        let body = |host: &str| {
            format!(r#"{{"remote_addr":"{host}","submitter":"{KEY}","graphql_control_port":3086}}"#)
        };
        put("2026-11-23T23:40:00Z", body("10.0.0.9")).await;
        put("2026-11-23T23:55:00Z", body("10.0.0.1")).await;
        put("2026-11-24T00:01:00Z", body("10.0.0.2")).await;
        put("2026-11-24T00:02:00Z", "nonsense".to_owned()).await;
        let mut bucket = Bucket::new(objects.clone(), "net".to_owned(), HostOverrides::default());
        let mut hosts = async |now: &str| {
            let found = bucket.read(now.parse().unwrap()).await.unwrap();
            let mut hosts: Vec<String> = found.nodes.into_iter().map(|node| node.host).collect();
            hosts.sort_unstable();
            (hosts, found.malformed)
        };
        let both = vec!["10.0.0.1".to_owned(), "10.0.0.2".to_owned()];
        assert_eq!(hosts("2026-11-24T00:03:00Z").await, (both, 1));
        let later = vec!["10.0.0.2".to_owned()];
        assert_eq!(hosts("2026-11-24T00:20:30Z").await, (later, 1));
        assert_eq!(hosts("2026-11-24T01:00:00Z").await, (Vec::new(), 0));
    }
}

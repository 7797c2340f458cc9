//! The list of nodes from the bucket of an uptime backend: submissions of the last 15 minutes.

use std::collections::HashSet;

use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use ::discovery::{OnlineList, Submission, host_of};

use crate::discovery::DiscoveryError;
use crate::network::S3Source;

/// How far back submissions count.
const WINDOW_MINUTES: i64 = 15;
/// Most bytes of a submission's metadata.
const SUBMISSION_BYTES_MAX: u64 = 1 << 20;
/// Most submissions of one look.
const SUBMISSIONS_MAX: usize = 100_000;

/// Reads the list once.
pub(crate) async fn read(source: &S3Source) -> Result<OnlineList, DiscoveryError> {
    let mut store = AmazonS3Builder::from_env()
        .with_region(&source.region)
        .with_bucket_name(format!("{}-block-producers-uptime", source.account_id));
    if let Some((proxy, excluded)) = service::proxy::for_s3() {
        store = store.with_proxy_url(proxy).with_proxy_excludes(excluded);
    }
    let store = store
        .build()
        .map_err(|error| DiscoveryError::Bucket(error.to_string()))?;
    read_from(&store, &source.prefix, jiff::Timestamp::now()).await
}

async fn read_from(
    store: &dyn ObjectStore,
    prefix: &str,
    now: jiff::Timestamp,
) -> Result<OnlineList, DiscoveryError> {
    let failed = |error: object_store::Error| {
        DiscoveryError::Bucket(format!("{error}{}", service::proxy::s3_explanation()))
    };
    let since = now - jiff::SignedDuration::from_mins(WINDOW_MINUTES);
    let offset = Path::from(format!(
        "{prefix}/submissions/{}/{}",
        since.strftime("%Y-%m-%d"),
        since.strftime("%Y-%m-%dT%H:%M:%SZ"),
    ));
    let folder = Path::from(format!("{prefix}/submissions"));
    let mut listing = store.list_with_offset(Some(&folder), &offset);
    let mut list = OnlineList::default();
    let mut seen = HashSet::new();
    while let Some(object) = listing.try_next().await.map_err(failed)? {
        if list.submissions.len() >= SUBMISSIONS_MAX {
            break;
        }
        if object.size > SUBMISSION_BYTES_MAX {
            tracing::warn!(object = %object.location, "a submission is too large to be read");
            continue;
        }
        let content = match store.get(&object.location).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        let submission = content
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Submission>(&bytes).ok());
        let Some(mut submission) = submission else {
            tracing::warn!(object = %object.location, "a submission cannot be read");
            continue;
        };
        // submissions name the client's address, sometimes with its port
        submission.remote_addr = host_of(&submission.remote_addr);
        if seen.insert(submission.clone()) {
            list.submissions.push(submission);
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn recent_submissions_are_nodes_and_unreadable_ones_are_skipped() {
        let store = InMemory::new();
        let put = async |name: &str, text: &str| {
            let path = Path::from(format!("net/submissions/2026-05-01/{name}"));
            store.put(&path, text.to_owned().into()).await.unwrap();
        };
        let node =
            r#"{"remote_addr":"1.2.3.4:5678","submitter":"B62a","graphql_control_port":3086}"#;
        put("2026-05-01T09:00:00Z-B62old.json", node).await;
        put("2026-05-01T09:50:00Z-B62a.json", node).await;
        put("2026-05-01T09:55:00Z-B62a.json", node).await;
        put("2026-05-01T09:55:00Z-B62b.json", "{").await;
        put(
            "2026-05-01T09:56:00Z-B62c.json",
            r#"{"remote_addr":"1.2.3.5","submitter":"B62c"}"#,
        )
        .await;
        let now = "2026-05-01T10:00:00Z".parse().unwrap();
        let list = read_from(&store, "net", now).await.unwrap();
        let hosts = list.submissions.iter().map(|one| one.remote_addr.as_str());
        let hosts: Vec<&str> = hosts.collect();
        assert_eq!(hosts, ["1.2.3.4", "1.2.3.5"]);
    }
}

//! Where an archive is: a folder, or a bucket of S3, Google or Azure.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, RetryConfig};
use url::Url;

use crate::error::ArchiveError;

/// How long an answer is waited for.
const ANSWER_MAX: Duration = Duration::from_mins(2);
/// How long the library tries again by itself.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// A place for archives.
#[derive(Debug, Clone)]
pub struct Place {
    objects: Arc<dyn ObjectStore>,
    root: Path,
    url: String,
    answer_max: Duration,
}

impl Place {
    /// Opens the place that `url` names, with what else is needed from the usual variables of each
    /// cloud: `AWS_…`, `GOOGLE_…`, `AZURE_…`. A folder is made if it is not there.
    ///
    /// # Errors
    ///
    /// It names no place, or the folder cannot be made.
    pub fn open(url: &str) -> Result<Self, ArchiveError> {
        let parsed = Url::parse(url).map_err(|error| refused(url, &error.to_string()))?;
        if parsed.password().is_some() || !parsed.username().is_empty() || parsed.query().is_some()
        {
            return Err(refused(
                "…",
                "names and keys come from variables, such as AWS_ACCESS_KEY_ID",
            ));
        }
        let failed = |error: object_store::Error| refused(url, &error.to_string());
        let bucket = parsed.host_str().unwrap_or_default().to_owned();
        if parsed.scheme() != "file" && bucket.is_empty() {
            return Err(refused(url, "the bucket is missing"));
        }
        let retry = RetryConfig {
            retry_timeout: RETRY_MAX,
            ..RetryConfig::default()
        };
        let proxies = service::proxy::Proxies::from_env();
        let proxy = proxies.https().or(proxies.http());
        let objects: Arc<dyn ObjectStore> = match parsed.scheme() {
            "file" => return Self::folder(url, &parsed),
            "s3" => {
                let mut s3 = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .with_retry(retry);
                if let Some((proxy, excluded)) = service::proxy::for_s3() {
                    s3 = s3.with_proxy_url(proxy).with_proxy_excludes(excluded);
                }
                Arc::new(s3.build().map_err(failed)?)
            }
            "gs" => {
                let mut gs = GoogleCloudStorageBuilder::from_env()
                    .with_bucket_name(bucket)
                    .with_retry(retry);
                if let Some(proxy) = proxy {
                    gs = gs
                        .with_proxy_url(proxy)
                        .with_proxy_excludes(proxies.excluded());
                }
                Arc::new(gs.build().map_err(failed)?)
            }
            "az" => {
                let mut az = MicrosoftAzureBuilder::from_env()
                    .with_container_name(bucket)
                    .with_retry(retry);
                if let Some(proxy) = proxy {
                    az = az
                        .with_proxy_url(proxy)
                        .with_proxy_excludes(proxies.excluded());
                }
                Arc::new(az.build().map_err(failed)?)
            }
            _ => return Err(refused(url, "no other kinds are known")),
        };
        let root = Path::from_url_path(parsed.path()).map_err(|e| refused(url, &e.to_string()))?;
        Ok(Self::new(objects, root, url))
    }

    fn folder(url: &str, parsed: &Url) -> Result<Self, ArchiveError> {
        let folder: PathBuf = parsed
            .to_file_path()
            .map_err(|()| refused(url, "it is no folder of this machine"))?;
        std::fs::create_dir_all(&folder).map_err(|error| refused(url, &error.to_string()))?;
        let objects = LocalFileSystem::new_with_prefix(&folder)
            .map_err(|error| refused(url, &error.to_string()))?
            .with_fsync(true);
        Ok(Self::new(Arc::new(objects), Path::default(), url))
    }

    /// A place in a store that is open.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>, root: Path, url: &str) -> Self {
        Self {
            objects,
            root,
            url: url.trim_end_matches('/').to_owned(),
            answer_max: ANSWER_MAX,
        }
    }

    /// Waits for answers no longer than this.
    #[must_use]
    pub fn with_answer_max(mut self, answer_max: Duration) -> Self {
        self.answer_max = answer_max;
        self
    }

    /// Its address, without any secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.objects
    }

    pub(crate) fn path(&self, object: &str) -> Path {
        let parts = object.split('/').map(ToOwned::to_owned);
        let root = self.root.parts().map(|part| part.as_ref().to_owned());
        root.chain(parts).collect()
    }

    /// Waits for an answer of the store, but not for ever.
    pub(crate) async fn answer<T>(
        &self,
        what: &'static str,
        object: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, ArchiveError> {
        match tokio::time::timeout(self.answer_max, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(source)) => Err(ArchiveError::Place {
                what,
                object: object.to_owned(),
                url: self.url.clone(),
                source: source.into(),
            }),
            Err(_) => Err(ArchiveError::Slow {
                what,
                object: object.to_owned(),
                url: self.url.clone(),
                seconds: self.answer_max.as_secs(),
            }),
        }
    }

    /// Reads an object of at most `bytes_max` bytes; none if it does not exist.
    pub(crate) async fn read_small(
        &self,
        object: &str,
        bytes_max: u64,
    ) -> Result<Option<Bytes>, ArchiveError> {
        let path = self.path(object);
        let found = match self.answer("read", object, self.objects.get(&path)).await {
            Err(error)
                if is(&error, |e| {
                    matches!(e, object_store::Error::NotFound { .. })
                }) =>
            {
                return Ok(None);
            }
            other => other?,
        };
        if found.meta.size > bytes_max {
            return Err(ArchiveError::BadManifest {
                object: object.to_owned(),
                url: self.url.clone(),
                reason: format!("it has {} bytes", found.meta.size),
            });
        }
        Ok(Some(self.answer("read", object, found.bytes()).await?))
    }

    /// Puts an object where none is. False if one is there.
    pub(crate) async fn create(&self, object: &str, body: Bytes) -> Result<bool, ArchiveError> {
        let path = self.path(object);
        let options = PutOptions::from(PutMode::Create);
        let put = self.objects.put_opts(&path, body.into(), options);
        match self.answer("write", object, put).await {
            Ok(_) => Ok(true),
            Err(error)
                if is(&error, |e| {
                    matches!(e, object_store::Error::AlreadyExists { .. })
                }) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes an object, if it is there.
    pub(crate) async fn remove(&self, object: &str) -> Result<(), ArchiveError> {
        let path = self.path(object);
        match self
            .answer("remove", object, self.objects.delete(&path))
            .await
        {
            Err(error)
                if is(&error, |e| {
                    matches!(e, object_store::Error::NotFound { .. })
                }) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// The names of the objects in a folder and below it, from the root, with their bytes.
    pub(crate) async fn names(&self, folder: &str) -> Result<Vec<(String, u64)>, ArchiveError> {
        let path = self.path(folder);
        let mut listed = self.objects.list(Some(&path)).boxed();
        let mut names = Vec::new();
        while let Some(meta) = self.answer("list", folder, listed.try_next()).await? {
            let name = match meta.location.prefix_match(&self.root) {
                Some(parts) => parts
                    .map(|part| part.as_ref().to_owned())
                    .collect::<Vec<_>>()
                    .join("/"),
                None => continue,
            };
            names.push((name, meta.size));
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Whether the store has answered with an error of some kind.
fn is(error: &ArchiveError, kind: fn(&object_store::Error) -> bool) -> bool {
    matches!(error, ArchiveError::Place { source, .. } if kind(source))
}

fn refused(url: &str, reason: &str) -> ArchiveError {
    ArchiveError::Url {
        url: url.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_is_refused_and_says_what_one_is() {
        for bad in [
            "archive",
            "/tmp/archive",
            "ftp://host/archive",
            "s3:///archive",
            "s3://bucket/archive?key=1",
            "s3://name:secret@bucket/archive",
        ] {
            let error = Place::open(bad).unwrap_err().to_string();
            assert!(error.contains("s3://bucket/folder"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

//! A folder that behaves as bad buckets do.

use std::fmt;
use std::path::Path as FolderPath;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::oneshot;

/// What is wrong.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The write of this number, from 0, waits to be woken.
    Sleep {
        writes: usize,
        asleep: Mutex<Option<oneshot::Sender<()>>>,
        wake: Mutex<Option<oneshot::Receiver<()>>>,
    },
    /// Writes from this number on fail, as on a full disk.
    Full(usize),
    /// Reads fail.
    Unreadable,
    /// Reads are not answered.
    Silent,
    /// What is written is a byte of something else.
    Wrong,
}

impl Fault {
    pub(crate) fn sleep_before_write(
        writes: usize,
    ) -> (Self, oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (asleep, is_asleep) = oneshot::channel();
        let (wake, woken) = oneshot::channel();
        let fault = Self::Sleep {
            writes,
            asleep: Mutex::new(Some(asleep)),
            wake: Mutex::new(Some(woken)),
        };
        (fault, is_asleep, wake)
    }
}

#[derive(Debug)]
pub(crate) struct FaultyStore {
    folder: LocalFileSystem,
    fault: Fault,
    writes: AtomicUsize,
}

impl FaultyStore {
    pub(crate) fn new(folder: &FolderPath, fault: Fault) -> Self {
        Self {
            folder: LocalFileSystem::new_with_prefix(folder).unwrap(),
            fault,
            writes: AtomicUsize::new(0),
        }
    }
}

fn error(says: &str) -> object_store::Error {
    object_store::Error::Generic {
        store: "bucket",
        source: says.into(),
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a faulty store")
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        match &self.fault {
            Fault::Sleep {
                writes,
                asleep,
                wake,
            } if *writes == number => {
                let asleep = asleep.lock().unwrap().take().unwrap();
                let wake = wake.lock().unwrap().take().unwrap();
                asleep.send(()).unwrap();
                wake.await.unwrap();
            }
            Fault::Full(writes) if number >= *writes => {
                return Err(error("no space left on device"));
            }
            Fault::Wrong => {
                let mut bytes: Vec<u8> = payload.iter().flatten().copied().collect();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                return self.folder.put(location, bytes.into()).await;
            }
            _ => {}
        }
        self.folder.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.folder.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        // Whether there is a manifest is always answered.
        if location.as_ref().ends_with(".parquet") {
            match self.fault {
                Fault::Unreadable => return Err(error("502 Bad Gateway")),
                Fault::Silent => std::future::pending().await,
                _ => {}
            }
        }
        self.folder.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.folder.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.folder.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.folder.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.folder.copy_opts(from, to, options).await
    }
}

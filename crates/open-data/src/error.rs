//! Why an export failed, in sentences for users.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use store::StoreError;

/// An export that did not succeed has left nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is something in the folder.
    #[error("{} exists already and is not an empty folder; name another", .0.display())]
    NotEmpty(PathBuf),
    /// The folder has no name of its own, as `/`.
    #[error("{} cannot be made; name a folder below it", .0.display())]
    NoName(PathBuf),
    /// A file or folder cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The rows cannot be put into a Parquet file.
    #[error("cannot write {}: {source}", .path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// The database sent what is no row of the table.
    #[error("the database has sent something else than a row of {table}")]
    NotARow {
        /// Which table.
        table: &'static str,
    },
    /// What is in the folder cannot be written down.
    #[error("cannot describe the files: {0}")]
    Manifest(serde_json::Error),
    /// The thread that writes has ended without a result.
    #[error("the thread that writes {} has failed", .0.display())]
    Thread(PathBuf),
    /// The database does not answer or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ExportError {
    pub(crate) fn write(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Write {
            path: path.to_owned(),
            source,
        }
    }

    /// What the library says; an error of the disk is what it is.
    pub(crate) fn parquet(path: &Path, error: ParquetError) -> Self {
        let path = path.to_owned();
        match error {
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(source) => Self::Write {
                    path,
                    source: *source,
                },
                Err(error) => Self::Parquet {
                    path,
                    source: ParquetError::External(error),
                },
            },
            source => Self::Parquet { path, source },
        }
    }
}

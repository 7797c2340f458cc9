//! Why something about an archive failed, in sentences for users.

use std::io;

use open_data::NotARow;
use parquet::errors::ParquetError;
use store::StoreError;
use store::archive::ArchiveRefused;

/// What failed. The database has what it had before.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// An address that names no place.
    #[error(
        "`{url}` is no place for an archive: it has the form file:///folder, s3://bucket/folder, \
         gs://bucket/folder or az://container/folder; {reason}"
    )]
    Url {
        /// What was given, without a password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The store does not do what it should.
    #[error("cannot {what} `{object}` at {url}")]
    Place {
        /// `read`, `write` and so on.
        what: &'static str,
        /// The object.
        object: String,
        /// Where the archive is.
        url: String,
        /// What the store says.
        #[source]
        source: Box<object_store::Error>,
    },
    /// The store is slow.
    #[error(
        "cannot {what} `{object}` at {url}: it has not answered for {seconds} s; try again when it \
         does"
    )]
    Slow {
        /// `read`, `write` and so on.
        what: &'static str,
        /// The object.
        object: String,
        /// Where the archive is.
        url: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// There is no archive of a deployment.
    #[error(
        "there is no archive of deployment {deployment_id} at {url}; `loadlab archive list` lists what is there"
    )]
    NoManifest {
        /// The deployment.
        deployment_id: i32,
        /// Where it was looked for.
        url: String,
    },
    /// The manifest is not readable.
    #[error("the manifest `{object}` at {url} cannot be read: {reason}")]
    BadManifest {
        /// The object.
        object: String,
        /// Where the archive is.
        url: String,
        /// Why.
        reason: String,
    },
    /// The archive is of other rows.
    #[error(
        "the archive of deployment {deployment_id} at {url} holds other rows than the database: \
         {difference}; nothing was changed. `loadlab archive run --replace` writes it anew"
    )]
    Differs {
        /// The deployment.
        deployment_id: i32,
        /// Where the archive is.
        url: String,
        /// The first difference.
        difference: String,
    },
    /// A file of the archive is not what the manifest says.
    #[error("`{object}` at {url} is not what was written there: {difference}; nothing was dropped")]
    Damaged {
        /// The object.
        object: String,
        /// Where the archive is.
        url: String,
        /// What differs.
        difference: String,
    },
    /// What was restored is not what was archived.
    #[error("the restored rows differ from the archive: {0}; the database was left as it was")]
    RestoredDiffers(String),
    /// The record of the database is of another archive.
    #[error(
        "deployment {deployment_id} was archived with another manifest than the one at {url}; it \
         was archived at {recorded}"
    )]
    OtherManifest {
        /// The deployment.
        deployment_id: i32,
        /// Where it was looked for.
        url: String,
        /// Where it is by the database's record.
        recorded: String,
    },
    /// Another process is at it.
    #[error("another process works on the archive of deployment {0}; let it finish")]
    Busy(i32),
    /// A temporary file.
    #[error("cannot use a temporary file: {0}")]
    Temporary(#[source] io::Error),
    /// A file cannot be made or read.
    #[error("cannot make or read a file of {table}")]
    Parquet {
        /// The table.
        table: &'static str,
        /// Why.
        #[source]
        source: ParquetError,
    },
    /// The database sent what is no row.
    #[error("the database has sent something else than a row of {table}")]
    NotARow {
        /// The table.
        table: &'static str,
        /// What was seen.
        #[source]
        source: NotARow,
    },
    /// A thread has ended without a result.
    #[error("a thread that works on the archive has failed")]
    Thread,
    /// The database refuses.
    #[error(transparent)]
    Refused(#[from] ArchiveRefused),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

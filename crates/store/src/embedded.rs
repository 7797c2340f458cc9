//! A PostgreSQL server that starts and ends with the program.
//!
//! The promises: the data survive any end of the program and of the server;
//! `fsync` is on; the server listens on the local machine only and asks for a
//! password; it never outlives the program that started it; programs with the
//! same data folder share one server, and when its owner ends another one of
//! them starts it again at the same address.
//!
//! The server is the system's own (`postgres` and `initdb`), run as an
//! unprivileged user, because PostgreSQL refuses to run as root.

mod account;
mod binaries;
mod cluster;
mod condition;
mod error;
mod instance;
mod options;
mod port;
mod postmaster;
mod settings;
mod supervisor;
mod upgrade;

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use self::account::Account;
use self::condition::Condition;
use self::instance::Instance;
use self::supervisor::Supervisor;

pub use self::condition::trouble;
pub(crate) use self::condition::trouble_at;
pub use self::error::EmbeddedError;
pub use self::options::EmbeddedOptions;
pub(crate) use self::options::HOST;
pub use self::upgrade::{Installation, UpgradePath, WriteLock};

/// The data folder if none is given: `/var/lib/loadlab` for root, because the
/// user that the server runs as must be able to enter it, else `loadlab` in
/// `$XDG_DATA_HOME` or `~/.local/share`.
///
/// # Errors
///
/// The server or its data folder cannot be used; the error says what to do.
pub fn default_data_dir() -> Result<PathBuf, EmbeddedError> {
    if account::is_root() {
        return Ok(PathBuf::from("/var/lib/loadlab"));
    }
    // The specification of XDG says to ignore relative paths.
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/share")))
        .map(|folder| folder.join("loadlab"))
        .ok_or(EmbeddedError::NoHome)
}

/// A running server, or a share in one that another process runs. Dropping it
/// stops the server if this process owns it.
pub struct Embedded {
    url: String,
    /// The folder with the server's programs.
    programs: PathBuf,
    stop: mpsc::Sender<()>,
    supervisor: Option<JoinHandle<()>>,
    /// Known to others while this value lives.
    _condition: Arc<Condition>,
}

impl Embedded {
    /// Starts the server, or joins the one that another process runs on the
    /// same data, and waits until it is ready. Blocks for about a second at
    /// the first start, otherwise much shorter; longer only while a server says that it is
    /// starting, as after a crash, which is logged and told by [`trouble`].
    ///
    /// # Errors
    ///
    /// The server or its data folder cannot be used; the error says what to do.
    pub fn start(options: &EmbeddedOptions) -> Result<Self, EmbeddedError> {
        let binaries = binaries::find(options.binaries.as_deref(), &options.data_dir)?;
        let programs = binaries.folder().to_owned();
        let account = Account::for_server()?;
        let instance = Instance::open(&options.data_dir, binaries.major, account)?;
        let options = options.clone();
        let condition = Condition::new();
        let of_supervisor = Arc::clone(&condition);
        let (stop, stop_requests) = mpsc::channel();
        let (started, start_result) = mpsc::sync_channel(1);
        // The kernel ends the server when the thread that started it ends:
        // therefore a thread for nothing else.
        let supervisor = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || {
                Supervisor::new(options, binaries, instance, of_supervisor, stop_requests)
                    .run(&started);
            })
            .map_err(EmbeddedError::Thread)?;
        let url = start_result
            .recv()
            .map_err(|_| EmbeddedError::SupervisorEnded)??;
        Ok(Self {
            url,
            programs,
            stop,
            supervisor: Some(supervisor),
            _condition: condition,
        })
    }

    /// Whether the folder has data already; starts nothing and makes nothing.
    ///
    /// # Errors
    ///
    /// No programs of a supported version are installed, or none for the data.
    pub fn has_data(options: &EmbeddedOptions) -> Result<bool, EmbeddedError> {
        binaries::find(options.binaries.as_deref(), &options.data_dir)?;
        Ok(!instance::majors_with_data(&options.data_dir).is_empty())
    }

    /// Where to connect, with the password: never show it. Stays the same
    /// until this value is dropped.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A program of the server's installation, such as `pg_dump`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Stops the server if this process owns it, and waits for it.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        // Fails only if the thread has ended already.
        let _ = self.stop.send(());
        if let Some(supervisor) = self.supervisor.take()
            && supervisor.join().is_err()
        {
            tracing::error!("the thread of the embedded PostgreSQL has panicked");
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Embedded")
            .field("url", &crate::redacted_url(&self.url))
            .finish_non_exhaustive()
    }
}

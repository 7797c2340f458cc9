//! The folder of one server: what is in it and who may read it.
//!
//! `<data folder>/postgresql-<major>/` holds `data` and `run` (the socket),
//! which belong to the server, and `lock`, `port`, `password` and the log,
//! which belong to this program.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rand::distr::{Alphanumeric, SampleString as _};

use super::EmbeddedError;
use super::account::{self, Account};

/// Greatest length of a socket's path: `sun_path` in Linux has 108 bytes, the
/// last of them is zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// When the log is put aside at a start. One old log is kept.
const LOG_BYTES_MAX: u64 = 10 << 20;

/// How much of the log an error shows.
const LOG_TAIL_BYTES: u64 = 4_000;

const PASSWORD_CHARACTERS: usize = 32;

#[derive(Debug)]
pub(super) struct Instance {
    folder: PathBuf,
    account: Option<Account>,
}

/// The major versions that have data in the data folder.
pub(super) fn majors_with_data(data_dir: &Path) -> Vec<u32> {
    fs::read_dir(data_dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("data/PG_VERSION").is_file())
        .filter_map(|entry| {
            let name = entry.file_name();
            name.to_str()?.strip_prefix("postgresql-")?.parse().ok()
        })
        .collect()
}

impl Instance {
    /// Makes the folder unless it exists.
    pub(super) fn open(
        data_dir: &Path,
        major: u32,
        account: Option<Account>,
    ) -> Result<Self, EmbeddedError> {
        let folder = data_dir.join(format!("postgresql-{major}"));
        // Root's folder must let the server's user through to its own ones.
        let mode = if account::is_root() { 0o711 } else { 0o700 };
        durable::make_folder(&folder, mode)
            .and_then(|_| fs::set_permissions(&folder, Permissions::from_mode(mode)))
            .map_err(|source| EmbeddedError::file(&folder, source))?;
        let folder = folder
            .canonicalize()
            .map_err(|source| EmbeddedError::file(&folder, source))?;
        if let Some(account) = &account {
            account.require_enterable(&folder)?;
        }
        let instance = Self { folder, account };
        instance.make_server_folder(&instance.folder.join("run"))?;
        Ok(instance)
    }

    /// Makes a folder that only the server's user may enter.
    pub(super) fn make_server_folder(&self, path: &Path) -> Result<(), EmbeddedError> {
        durable::make_folder(path, 0o700)
            .and_then(|_| self.give_to_server(path))
            .map_err(|source| EmbeddedError::file(path, source))
    }

    fn give_to_server(&self, path: &Path) -> io::Result<()> {
        self.account
            .as_ref()
            .map_or(Ok(()), |account| account.own(path))
    }

    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The data folder of the server.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The folder for the server's socket, none if the socket's path would be
    /// too long for the system. Connections use the port anyway.
    pub(super) fn socket_folder(&self) -> Option<PathBuf> {
        let folder = self.folder.join("run");
        let longest_name = folder.join(".s.PGSQL.65535.lock");
        (longest_name.as_os_str().len() <= SOCKET_PATH_BYTES_MAX).then_some(folder)
    }

    /// Removes the sockets of servers that have ended without doing so, and
    /// their lock files, which PostgreSQL believes if their process id is in
    /// use again. Only the owner of the folder may call this.
    pub(super) fn clear_socket_folder(&self) -> Result<(), EmbeddedError> {
        let folder = self.folder.join("run");
        let clear = || -> io::Result<()> {
            for entry in fs::read_dir(&folder)? {
                fs::remove_file(entry?.path())?;
            }
            Ok(())
        };
        clear().map_err(|source| EmbeddedError::file(&folder, source))
    }

    /// Becomes the owner of the server, if nobody is. The lock ends with the
    /// file that is returned, and with the process.
    pub(super) fn try_lock(&self) -> Result<Option<File>, EmbeddedError> {
        let path = self.folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| EmbeddedError::file(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(EmbeddedError::file(&path, source)),
        }
    }

    /// The port of the last start.
    pub(super) fn port(&self) -> Option<u16> {
        let text = fs::read_to_string(self.folder.join("port")).ok()?;
        text.trim().parse().ok()
    }

    pub(super) fn remember_port(&self, port: u16) -> Result<(), EmbeddedError> {
        self.write_private("port", &port.to_string()).map(drop)
    }

    /// The password of the database's owner.
    pub(super) fn password(&self) -> Result<String, EmbeddedError> {
        let path = self.folder.join("password");
        match fs::read_to_string(&path) {
            Ok(password) => Ok(password),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(EmbeddedError::PasswordLost { path })
            }
            Err(source) => Err(EmbeddedError::file(&path, source)),
        }
    }

    /// Writes a new random password.
    pub(super) fn make_password(&self) -> Result<(), EmbeddedError> {
        let password = Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_CHARACTERS);
        self.write_private("password", &password).map(drop)
    }

    /// Writes a copy of the password that the server's user can read.
    pub(super) fn lend_password(&self) -> Result<PathBuf, EmbeddedError> {
        let path = self.write_private("password.initdb", &self.password()?)?;
        self.give_to_server(&path)
            .map_err(|source| EmbeddedError::file(&path, source))?;
        Ok(path)
    }

    /// Replaces a file in one step by one that only its owner may read.
    fn write_private(&self, name: &str, content: &str) -> Result<PathBuf, EmbeddedError> {
        let path = self.folder.join(name);
        durable::write(&path, 0o600, content.as_bytes())
            .map_err(|source| EmbeddedError::file(&path, source))?;
        Ok(path)
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The log, to append to. A long one is put aside before.
    pub(super) fn open_log(&self) -> Result<File, EmbeddedError> {
        let path = self.log_path();
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX) {
            fs::rename(&path, self.folder.join("server.log.1"))
                .map_err(|source| EmbeddedError::file(&path, source))?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| EmbeddedError::file(&path, source))
    }

    /// The end of what was logged after `start` bytes.
    pub(super) fn log_tail(&self, start: u64) -> String {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(self.log_path())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(
                start.max(length.saturating_sub(LOG_TAIL_BYTES)),
            ))?;
            let mut tail = Vec::new();
            file.take(LOG_TAIL_BYTES).read_to_end(&mut tail)?;
            Ok(tail)
        };
        match read() {
            Ok(tail) => String::from_utf8_lossy(&tail).trim_end().to_owned(),
            Err(error) => format!("(cannot read {}: {error})", self.log_path().display()),
        }
    }
}

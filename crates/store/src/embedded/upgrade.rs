//! From one major version of PostgreSQL to a newer one: what is where.
//!
//! Each major version has a folder of its own in the data folder. The data of the new version are
//! made in a folder beside them, and put in place when they are whole.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{Postgres, Transaction};

use super::EmbeddedError;
use super::binaries::{self, Binaries};
use super::instance;
use crate::{Database, StoreError};

/// Where the data of the new version are made, within the data folder.
const STAGING: &str = "upgrade.new";

/// A way from the version that the data are of to a newer one.
#[derive(Debug, Clone)]
pub struct UpgradePath {
    data_dir: PathBuf,
    /// The version that the data are of.
    pub old: Installation,
    /// The version that they will be of.
    pub new: Installation,
}

/// The programs of one version.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Its major version.
    pub major: u32,
    /// The folder with its programs.
    pub programs: PathBuf,
}

impl From<Binaries> for Installation {
    fn from(binaries: Binaries) -> Self {
        Self {
            major: binaries.major,
            programs: binaries.folder().to_owned(),
        }
    }
}

impl UpgradePath {
    /// Finds the way for the data in a folder. `old` and `new` are folders with programs; without
    /// them, what is installed.
    ///
    /// # Errors
    ///
    /// The server or its data folder cannot be used; the error says what to do.
    pub fn find(
        data_dir: &Path,
        old: Option<&Path>,
        new: Option<&Path>,
    ) -> Result<Self, EmbeddedError> {
        let major = instance::majors_with_data(data_dir)
            .into_iter()
            .max()
            .ok_or_else(|| EmbeddedError::NothingToUpgrade {
                data_dir: data_dir.to_owned(),
            })?;
        let named = |folder: Option<&Path>| folder.map(binaries::named).transpose();
        let newest = || {
            binaries::installed()
                .into_iter()
                .max_by_key(|found| found.major)
        };
        let new = named(new)?
            .or_else(newest)
            .filter(|new| new.major > major)
            .ok_or(EmbeddedError::NothingNewer { major })?;
        let old = named(old)?
            .or_else(|| {
                binaries::installed()
                    .into_iter()
                    .find(|found| found.major == major)
            })
            .filter(|old| old.major == major)
            .ok_or_else(|| EmbeddedError::DataOfOtherVersion {
                data_dir: data_dir.to_owned(),
                major,
            })?;
        Ok(Self {
            data_dir: data_dir.to_owned(),
            old: old.into(),
            new: new.into(),
        })
    }

    /// The data folder that the new version's data are made in. What an earlier attempt has left
    /// there is removed.
    ///
    /// # Errors
    ///
    /// The server or its data folder cannot be used; the error says what to do.
    pub fn staging(&self) -> Result<PathBuf, EmbeddedError> {
        let staging = self.data_dir.join(STAGING);
        match fs::remove_dir_all(&staging) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(EmbeddedError::file(&staging, error))
            }
            _ => Ok(staging),
        }
    }

    /// Puts the new version's data in place, with the port of the old one, so that addresses stay.
    /// From now on the data are of the new version. The server in the staging folder has ended.
    ///
    /// # Errors
    ///
    /// The server or its data folder cannot be used; the error says what to do.
    pub fn adopt(&self) -> Result<(), EmbeddedError> {
        let name = |major: u32| format!("postgresql-{major}");
        let staging = self.data_dir.join(STAGING);
        let made = staging.join(name(self.new.major));
        let place = self.data_dir.join(name(self.new.major));
        let old_port = self.data_dir.join(name(self.old.major)).join("port");
        let port = made.join("port");
        let adopt = || {
            durable::write(&port, 0o600, &fs::read(old_port)?)?;
            // Without data in it: a start of the new version that failed.
            if place.exists() {
                fs::remove_dir_all(&place)?;
            }
            durable::rename(&made, &place)?;
            fs::remove_dir_all(&staging)
        };
        adopt().map_err(|source| EmbeddedError::file(&place, source))
    }
}

/// While this lives, nobody writes to the database. Ends with the connection, so also with the
/// process.
#[derive(Debug)]
pub struct WriteLock(Transaction<'static, Postgres>);

impl Database {
    /// Keeps all others from writing. Fails if one of them is writing just now.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn lock_writes(&self) -> Result<WriteLock, StoreError> {
        let mut transaction = self.pool().begin().await?;
        sqlx::query("SET LOCAL lock_timeout = '5s'")
            .execute(&mut *transaction)
            .await?;
        let tables: Option<String> = sqlx::query_scalar(
            "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ')
               FROM pg_tables WHERE schemaname IN ('public', 'loadlab')",
        )
        .fetch_one(&mut *transaction)
        .await?;
        if let Some(tables) = tables {
            // Safe: the server has quoted the names.
            let lock = sqlx::AssertSqlSafe(format!("LOCK TABLE {tables} IN SHARE MODE"));
            sqlx::query(lock).execute(&mut *transaction).await?;
        }
        Ok(WriteLock(transaction))
    }
}

impl WriteLock {
    /// How many other connections the database has, of other processes too.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn other_connections(&mut self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND backend_type = 'client backend'",
        )
        .fetch_one(&mut *self.0)
        .await?)
    }
}

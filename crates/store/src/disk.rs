//! Room on the disk of the database, where the server runs on this machine.

use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use sqlx::{PgConnection, Row as _};

use crate::StoreError;

/// How much later the server says it was started than its file.
const START_SECONDS: f64 = 5.0;

/// Room on the file system of the server's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Disk {
    /// Bytes that a user without privileges can still write.
    pub free_bytes: u64,
    /// Bytes of the file system.
    pub total_bytes: u64,
}

/// The disk of the database; none if the server is elsewhere, keeps its data elsewhere, or does not
/// say where.
pub(crate) async fn disk(connection: &mut PgConnection) -> Result<Option<Disk>, StoreError> {
    let found = sqlx::query(include_str!("disk.sql"))
        .fetch_optional(connection)
        .await?;
    let Some(row) = found else { return Ok(None) };
    let folder = PathBuf::from(row.try_get::<String, _>("folder")?);
    let started: f64 = row.try_get("started")?;
    // A disk may be slow to answer.
    let measured = tokio::task::spawn_blocking(move || {
        let is_here = is_data_folder(&folder, started);
        is_here.then(|| disk_of(folder)).flatten()
    });
    Ok(measured.await.ok().flatten())
}

/// Whether a server that was started then can keep its data in a folder: one of this name may be
/// here, too, while the server is behind a tunnel.
fn is_data_folder(folder: &Path, started: f64) -> bool {
    match std::fs::read_to_string(folder.join("postmaster.pid")) {
        Ok(pid_file) => pid_file
            .lines()
            .nth(2)
            .and_then(|line| line.trim().parse::<f64>().ok())
            .is_some_and(|of_file| (started - of_file).abs() <= START_SECONDS),
        // A data folder is closed to other users.
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    }
}

/// The file system of a folder; the first folder above it that this user may ask about.
fn disk_of(mut folder: PathBuf) -> Option<Disk> {
    loop {
        if let Ok(found) = statvfs(&folder) {
            return Some(Disk {
                free_bytes: found
                    .blocks_available()
                    .checked_mul(found.fragment_size())?,
                total_bytes: found.blocks().checked_mul(found.fragment_size())?,
            });
        }
        // A data folder is closed to others, but lies on the disk of the folder that holds it.
        if !folder.pop() || folder.parent().is_none() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_the_server_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_data_folder(folder.path(), 1_000.0), "no server's");
        let pid_file = folder.path().join("postmaster.pid");
        std::fs::write(&pid_file, "17\n/data\n1001\n5432\n").unwrap();
        assert!(is_data_folder(folder.path(), 1_000.0));
        assert!(!is_data_folder(folder.path(), 2_000.0), "another server's");
        std::fs::write(&pid_file, "17\n").unwrap();
        assert!(!is_data_folder(folder.path(), 1_000.0));
    }

    #[test]
    fn the_disk_of_a_folder_is_known_even_if_it_cannot_be_entered() {
        let here = disk_of("/tmp".into()).unwrap();
        assert!(here.free_bytes <= here.total_bytes && here.total_bytes > 0);
        let below = disk_of("/tmp/loadlab-none/data".into());
        assert_eq!(below.unwrap().total_bytes, here.total_bytes);
        assert_eq!(disk_of("/loadlab-none/data".into()), None);
    }
}

//! Room on the disk of the database, where the server runs on this machine.

use std::path::{Path, PathBuf};

use sqlx::{PgConnection, Row as _};

use crate::StoreError;

/// How much later the server says it was started than its file.
const START_SECONDS: f64 = 5.0;

/// Free bytes; none if the server is elsewhere, keeps its data elsewhere, or does not say where.
pub(super) async fn free_bytes(connection: &mut PgConnection) -> Result<Option<i64>, StoreError> {
    let found = sqlx::query(include_str!("sql/data_folder.sql"))
        .fetch_optional(connection)
        .await?;
    let Some(row) = found else { return Ok(None) };
    let folder = PathBuf::from(row.try_get::<String, _>("folder")?);
    let started: f64 = row.try_get("started")?;
    // A disk may be slow to answer.
    let measured = tokio::task::spawn_blocking(move || measured(&folder, started)).await;
    Ok(measured.ok().flatten())
}

/// Free bytes of the disk of a folder in which a server keeps its data that was started then.
fn measured(folder: &Path, started: f64) -> Option<i64> {
    // A folder of this name may be here, too, while the server is behind a tunnel.
    let pid_file = std::fs::read_to_string(folder.join("postmaster.pid")).ok()?;
    let of_file: f64 = pid_file.lines().nth(2)?.trim().parse().ok()?;
    if (started - of_file).abs() > START_SECONDS {
        return None;
    }
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    let bytes = u64::from(disk.blocks_available()).checked_mul(u64::from(disk.fragment_size()))?;
    i64::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_the_server_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(measured(folder.path(), 1_000.0), None, "no server's folder");
        let pid_file = folder.path().join("postmaster.pid");
        std::fs::write(&pid_file, "17\n/data\n1001\n5432\n").unwrap();
        let free = measured(folder.path(), 1_000.0);
        assert!(free.is_some_and(|bytes| bytes > 0), "{free:?}");
        assert_eq!(measured(folder.path(), 2_000.0), None, "another server's");
        std::fs::write(&pid_file, "17\n").unwrap();
        assert_eq!(measured(folder.path(), 1_000.0), None);
    }
}

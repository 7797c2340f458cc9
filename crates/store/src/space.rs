//! How much room the database takes, how fast it grows, and how long the disk lasts.

use sqlx::Row as _;

use crate::disk::{Disk, disk};
use crate::{Database, StoreError};

/// The room that the database takes.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Space {
    /// Bytes of the whole database.
    pub database_bytes: i64,
    /// What the database grows by in a day at the pace of the last one (or since the first node
    /// was read, if that is less than a day). None before ten minutes of reading.
    pub growth_bytes_per_day: Option<f64>,
    /// The disk, if the server is on this machine and lets the user know where its data are.
    pub disk: Option<Disk>,
}

impl Space {
    /// Days until the disk is full. None if that cannot be known, or if nothing grows.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    pub fn days_left(&self) -> Option<f64> {
        let growth = self.growth_bytes_per_day.filter(|growth| *growth > 0.0)?;
        Some(self.disk?.free_bytes as f64 / growth)
    }
}

impl Database {
    /// The room that the database takes.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn space(&self) -> Result<Space, StoreError> {
        let mut connection = self.pool().acquire().await?;
        let row = sqlx::query(include_str!("space.sql"))
            .fetch_one(&mut *connection)
            .await?;
        Ok(Space {
            database_bytes: row.try_get("database_bytes")?,
            growth_bytes_per_day: row.try_get("growth_bytes_per_day")?,
            disk: disk(&mut connection).await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_left_only_where_disk_and_growth_are_known() {
        let space = |growth, free: Option<u64>| Space {
            database_bytes: 1,
            growth_bytes_per_day: growth,
            disk: free.map(|free_bytes| Disk {
                free_bytes,
                total_bytes: 1 << 40,
            }),
        };
        assert_eq!(space(Some(10.0), Some(25)).days_left(), Some(2.5));
        assert_eq!(space(Some(0.0), Some(25)).days_left(), None);
        assert_eq!(space(None, Some(25)).days_left(), None);
        assert_eq!(space(Some(10.0), None).days_left(), None);
    }
}

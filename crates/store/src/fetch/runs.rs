//! Who has read which run of a daemon: one daemon may be listed under several
//! addresses, and daemons may swap them.

use sqlx::Row as _;

use crate::{Database, StoreError};

/// A session that reads, or has read, a run of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReader {
    /// Its row in the table of sessions.
    pub session_id: i64,
    /// The node it is about.
    pub node_name: String,
    /// It is open, so its writer may come back.
    pub is_open: bool,
    /// The last entry of the run that it has stored.
    pub last_log_id: u64,
    /// Its time, in microseconds since 1970.
    pub last_time_us: Option<i64>,
}

impl Database {
    /// Claims a run for a session, unless another session reads it: one that is
    /// open, and whose node has answered within the last minute or that has
    /// claimed the run within that time. Returns the name of the node that has
    /// it then.
    ///
    /// Gives up claims of the session that came to nothing. `unsettled` are the
    /// runs of which it has read something that is not yet stored: nobody else
    /// may begin with those.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn claim_run(
        &self,
        run: &str,
        session_id: i64,
        unsettled: &[String],
    ) -> Result<Option<String>, StoreError> {
        let claimed = sqlx::query(include_str!("sql/claim_run.sql"))
            .bind(run)
            .bind(session_id)
            .bind(unsettled)
            .execute(self.pool())
            .await?;
        if claimed.rows_affected() == 1 {
            return Ok(None);
        }
        let other: Option<String> = sqlx::query_scalar(
            "SELECT node_name FROM loadlab.run_claim JOIN loadlab.session USING (session_id)
              WHERE run = $1",
        )
        .bind(run)
        .fetch_optional(self.pool())
        .await?;
        // Gone in between: to be tried again.
        Ok(Some(other.unwrap_or_default()))
    }

    /// The sessions other than this one that read the run or have read it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn readers_of_run(
        &self,
        run: &str,
        session_id: i64,
    ) -> Result<Vec<RunReader>, StoreError> {
        let rows = sqlx::query(include_str!("sql/readers_of_run.sql"))
            .bind(run)
            .bind(session_id)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let last_log_id: i64 = row.try_get(3)?;
                Ok(RunReader {
                    session_id: row.try_get(0)?,
                    node_name: row.try_get(1)?,
                    is_open: row.try_get(2)?,
                    last_log_id: u64::try_from(last_log_id).unwrap_or(0),
                    last_time_us: row.try_get(4)?,
                })
            })
            .collect()
    }

    /// Makes a session leave the run that it reads, because its node does not
    /// answer any more while the run was found at another address. Its
    /// writer is fenced out. Nothing happens if it has moved on.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn leave_run(&self, reader: &RunReader, run: &str) -> Result<bool, StoreError> {
        let left = sqlx::query(include_str!("sql/leave_run.sql"))
            .bind(reader.session_id)
            .bind(run)
            .execute(self.pool())
            .await?;
        Ok(left.rows_affected() == 1)
    }
}

//! Which lines the sessions of files have stored, as hashes: by them an input is known again.

use trace::{Process, Timestamp};

use super::session::Session;
use crate::{Database, StoreError};

/// Lines of one process that follow each other, all of them stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLines {
    /// The session that stored them.
    pub session: i64,
    /// The process that wrote them.
    pub process: Process,
    /// The place of the first among the lines of this process in the session, from 0.
    pub first: u64,
    /// A hash of each line. What a hash is made of is the importer's affair.
    pub hashes: Vec<u64>,
}

/// The piece of a session's state that holds the hashes of lines which a delivery stores: key and
/// content, for [`trace::batch::Batch::state`]. `until` is the greatest time in the lines.
#[must_use]
pub fn lines_piece(
    process: Process,
    first: u64,
    until: Option<Timestamp>,
    hashes: &[u64],
) -> (String, Option<Vec<u8>>) {
    let until = until.map_or(0, Timestamp::nanoseconds);
    let key = format!("lines:{}:{first:015}:{until}", process.letter_text());
    let body = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    (key, Some(body))
}

impl Database {
    /// Forgets what was missing in a session between two times, give or take a second: it has come
    /// after all.
    pub async fn forget_gaps(
        &self,
        session: &Session,
        process: Process,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(include_str!("sql/forget_gaps.sql"))
            .bind(session.id())
            .bind(process.letter_text())
            .bind(from.microseconds())
            .bind(until.microseconds())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// The lines of some sessions in order, without those that are older than a time.
    pub async fn stored_lines(
        &self,
        sessions: &[i64],
        since: Option<Timestamp>,
    ) -> Result<Vec<StoredLines>, StoreError> {
        let rows: Vec<(i64, String, Vec<u8>)> =
            sqlx::query_as(include_str!("sql/stored_lines.sql"))
                .bind(sessions)
                .bind(since.map_or(0, Timestamp::nanoseconds))
                .fetch_all(self.pool())
                .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(session, key, body)| {
                let mut parts = key.split(':').skip(1);
                let process = parts
                    .next()?
                    .chars()
                    .next()
                    .and_then(Process::from_letter)?;
                Some(StoredLines {
                    session,
                    process,
                    first: parts.next()?.parse().ok()?,
                    hashes: body
                        .as_chunks::<8>()
                        .0
                        .iter()
                        .map(|hash| u64::from_le_bytes(*hash))
                        .collect(),
                })
            })
            .collect())
    }
}

//! Which lines the sessions of files have stored, as hashes: by them an input is known again.

use futures_util::TryStreamExt as _;
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
    /// All times in the lines are within these, in nanoseconds.
    pub times: (i64, i64),
}

/// A piece of a session's state as it is stored: session, key and content.
type Piece = (i64, String, Vec<u8>);

impl StoredLines {
    /// The lines of a piece, none if it is a piece of another kind.
    fn of_piece((session, key, body): Piece) -> Option<Self> {
        let mut parts = key.split(':').skip(1);
        let process = parts
            .next()?
            .chars()
            .next()
            .and_then(Process::from_letter)?;
        let first = parts.next()?.parse().ok()?;
        let until = parts.next()?.parse().ok()?;
        // Earlier builds did not write it.
        let from = parts
            .next()
            .map_or(Some(i64::MIN), |from| from.parse().ok())?;
        let hashes = body.as_chunks::<8>().0.iter();
        Some(Self {
            session,
            process,
            first,
            hashes: hashes.map(|hash| u64::from_le_bytes(*hash)).collect(),
            times: (from, until),
        })
    }
}

/// The piece of a session's state that holds the hashes of lines which a delivery stores: key and
/// content, for [`trace::batch::Batch::state`]. `times` are the least and the greatest in the lines.
#[must_use]
pub fn lines_piece(
    process: Process,
    first: u64,
    times: Option<(Timestamp, Timestamp)>,
    hashes: &[u64],
) -> (String, Option<Vec<u8>>) {
    let (from, until) = times.map_or((0, 0), |(from, until)| {
        (from.nanoseconds(), until.nanoseconds())
    });
    let process = process.letter_text();
    let key = format!("lines:{process}:{first:015}:{until}:{from}");
    let body = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    (key, Some(body))
}

impl Database {
    /// Forgets what was missing in a session between two times, give or take a second: it has come
    /// after all.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
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

    /// Hands over the lines of some sessions in the order of sessions, processes and places, without
    /// those that are older than a time: piece by piece, so that they are never all in memory.
    ///
    /// # Errors
    ///
    /// Those of the database and of `take`, which ends the reading.
    pub async fn stored_lines<E: From<StoreError>>(
        &self,
        sessions: &[i64],
        since: Option<Timestamp>,
        mut take: impl FnMut(StoredLines) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut pieces = sqlx::query_as(include_str!("sql/stored_lines.sql"))
            .bind(sessions)
            .bind(since.map_or(0, Timestamp::nanoseconds))
            .fetch(self.pool());
        while let Some(piece) = pieces.try_next().await.map_err(StoreError::from)? {
            if let Some(lines) = StoredLines::of_piece(piece) {
                take(lines)?;
            }
        }
        Ok(())
    }
}

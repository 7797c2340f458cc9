//! What is to be known of the reading of a running node, beside its rows: how
//! many entries of which minute are stored, which runs of the daemon were
//! left, and why the session ended.

use sqlx::PgConnection;
use trace::Timestamp;

use super::deliver::Delivery;
use crate::StoreError;

/// Part of a delivery. Empty for files.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Entries by minute since 1970 of the node's clock, each minute once.
    pub minutes: Vec<(i64, u64)>,
    /// Runs that are read no more.
    pub left_runs: Vec<LeftRun>,
    /// The session ends with this delivery.
    pub end: Option<EndReason>,
}

/// How far a run of a daemon was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftRun {
    /// Names the run: server uuid and peer id.
    pub run: String,
    /// The last entry that is stored.
    pub last_log_id: u64,
    /// Its time.
    pub last_time: Option<Timestamp>,
}

/// Why a session of a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Fetching was frozen.
    Freeze,
    /// Sessions were to begin anew.
    Reset,
    /// There is a newer deployment.
    NewDeployment,
    /// The node is no longer listed.
    Gone,
}

impl EndReason {
    /// As in the table of sessions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Reset => "reset",
            Self::NewDeployment => "new deployment",
            Self::Gone => "gone",
        }
    }
}

pub(super) async fn write_readings(
    connection: &mut PgConnection,
    deliveries: &[Delivery<'_>],
) -> Result<(), StoreError> {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let (mut sessions, mut minutes, mut entries) = (vec![], vec![], vec![]);
    let (mut leavers, mut runs, mut ids, mut times) = (vec![], vec![], vec![], vec![]);
    let (mut givers, mut given_up) = (vec![], vec![]);
    for delivery in deliveries {
        for &(minute, stored) in &delivery.reading.minutes {
            sessions.push(delivery.session.id);
            minutes.push(minute);
            entries.push(count(stored));
        }
        for left in &delivery.reading.left_runs {
            // A run may be left and entered again.
            if delivery.cursor["run"] != left.run.as_str() {
                givers.push(delivery.session.id);
                given_up.push(left.run.as_str());
            }
            leavers.push(delivery.session.id);
            runs.push(left.run.as_str());
            ids.push(count(left.last_log_id));
            times.push(left.last_time.map(Timestamp::microseconds));
        }
    }
    if !sessions.is_empty() {
        sqlx::query(include_str!("sql/add_minutes.sql"))
            .bind(sessions)
            .bind(minutes)
            .bind(entries)
            .execute(&mut *connection)
            .await?;
    }
    if !leavers.is_empty() {
        sqlx::query(include_str!("sql/give_up_claims.sql"))
            .bind(givers)
            .bind(given_up)
            .execute(&mut *connection)
            .await?;
        sqlx::query(include_str!("sql/insert_left_runs.sql"))
            .bind(leavers)
            .bind(runs)
            .bind(ids)
            .bind(times)
            .execute(connection)
            .await?;
    }
    Ok(())
}

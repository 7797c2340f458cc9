//! Writes the state of the reading of a running node.

use sqlx::PgConnection;
use trace::Timestamp;

use super::delivery::Delivery;
use crate::StoreError;

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

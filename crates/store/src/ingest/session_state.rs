//! What a session must know to continue: the tracer's state, the row ids of its
//! traces; and what people want to know: gaps and unknown controls.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::delivery::{Delivery, Gap, Planned};
use super::session::trace_ordinal;
use super::write_readings::write_readings;
use crate::StoreError;

/// Writes what belongs to the sessions themselves.
pub(super) async fn write_session_state(
    connection: &mut PgConnection,
    deliveries: &[Delivery<'_>],
    planned: &BTreeMap<i32, Vec<Planned<'_>>>,
) -> Result<(), StoreError> {
    write_traces(connection, planned).await?;
    write_state(connection, deliveries).await?;
    write_unknown_controls(connection, deliveries).await?;
    write_gaps(connection, deliveries).await?;
    write_readings(connection, deliveries).await
}

async fn write_traces(
    connection: &mut PgConnection,
    planned: &BTreeMap<i32, Vec<Planned<'_>>>,
) -> Result<(), StoreError> {
    let (mut sessions, mut ordinals, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for plan in planned.values().flatten() {
        for (&ordinal, &id) in &plan.new_traces {
            sessions.push(plan.session.id);
            ordinals.push(i32::try_from(ordinal).map_err(|_| StoreError::TraceIdsUsedUp)?);
            ids.push(id);
        }
    }
    if !sessions.is_empty() {
        sqlx::query(include_str!("sql/insert_session_traces.sql"))
            .bind(sessions)
            .bind(ordinals)
            .bind(ids)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn write_state(
    connection: &mut PgConnection,
    deliveries: &[Delivery<'_>],
) -> Result<(), StoreError> {
    // Of several changes of one piece in one batch the last counts.
    let mut pieces: BTreeMap<(i64, &str), Option<&[u8]>> = BTreeMap::new();
    for delivery in deliveries {
        for (key, body) in &delivery.batch.state {
            pieces.insert((delivery.session.id, key), body.as_deref());
        }
    }
    let (mut kept, mut gone) = ((vec![], vec![], vec![]), (vec![], vec![]));
    let mut forgotten: (Vec<i64>, Vec<i32>) = (vec![], vec![]);
    for ((session, key), body) in pieces {
        if let Some(body) = body {
            kept.0.push(session);
            kept.1.push(key);
            kept.2.push(body);
        } else {
            gone.0.push(session);
            gone.1.push(key);
            let ordinal = trace_ordinal(key).and_then(|ordinal| i32::try_from(ordinal).ok());
            if let Some(ordinal) = ordinal {
                forgotten.0.push(session);
                forgotten.1.push(ordinal);
            }
        }
    }
    if !kept.0.is_empty() {
        sqlx::query(include_str!("sql/upsert_session_state.sql"))
            .bind(kept.0)
            .bind(kept.1)
            .bind(kept.2)
            .execute(&mut *connection)
            .await?;
    }
    if !gone.0.is_empty() {
        sqlx::query(include_str!("sql/delete_session_state.sql"))
            .bind(gone.0)
            .bind(gone.1)
            .execute(&mut *connection)
            .await?;
        sqlx::query(include_str!("sql/delete_session_traces.sql"))
            .bind(forgotten.0)
            .bind(forgotten.1)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn write_unknown_controls(
    connection: &mut PgConnection,
    deliveries: &[Delivery<'_>],
) -> Result<(), StoreError> {
    let (mut sessions, mut lines) = (Vec::new(), Vec::new());
    let (mut processes, mut contents) = (Vec::new(), Vec::new());
    for delivery in deliveries {
        for row in &delivery.batch.unknown_controls {
            sessions.push(delivery.session.id);
            lines.push(i64::try_from(row.position).unwrap_or(i64::MAX));
            processes.push(row.process.letter_text());
            contents.push(delivery.batch.text(row.content));
        }
    }
    if !sessions.is_empty() {
        sqlx::query(include_str!("sql/insert_unknown_controls.sql"))
            .bind(sessions)
            .bind(lines)
            .bind(processes)
            .bind(contents)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn write_gaps(
    connection: &mut PgConnection,
    deliveries: &[Delivery<'_>],
) -> Result<(), StoreError> {
    let gaps: Vec<_> = deliveries
        .iter()
        .flat_map(|delivery| {
            delivery
                .gaps
                .iter()
                .map(move |gap| (&*delivery.session, gap))
        })
        .collect();
    if gaps.is_empty() {
        return Ok(());
    }
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let column: Vec<Option<i64>> = gaps.iter().map(|(_, gap)| gap.missing.map(count)).collect();
    let times = |time: fn(&Gap) -> Option<trace::Timestamp>| -> Vec<Option<i64>> {
        gaps.iter()
            .map(|(_, gap)| time(gap).map(trace::Timestamp::microseconds))
            .collect()
    };
    sqlx::query(include_str!("sql/insert_gaps.sql"))
        .bind(
            gaps.iter()
                .map(|(session, _)| session.id)
                .collect::<Vec<_>>(),
        )
        .bind(
            gaps.iter()
                .map(|(_, gap)| gap.process.letter_text())
                .collect::<Vec<_>>(),
        )
        .bind(
            gaps.iter()
                .map(|(_, gap)| count(gap.after_entry))
                .collect::<Vec<_>>(),
        )
        .bind(column)
        .bind(
            gaps.iter()
                .map(|(_, gap)| gap.reason.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(times(|gap| gap.from_time))
        .bind(times(|gap| gap.until_time))
        .execute(connection)
        .await?;
    Ok(())
}

//! The derived rows of some deliveries of one deployment, set-based.

use sqlx::PgConnection;

use super::delivery::Planned;
use super::derived::{
    BlockTransactions, UniqueTransactions, UniqueWorks, WORK_TEXTS, add_block, add_unique,
    add_works,
};
use crate::StoreError;

/// Writes all derived rows.
pub(super) async fn upsert_derived(
    connection: &mut PgConnection,
    deployment_id: i32,
    planned: &[Planned<'_>],
) -> Result<(), StoreError> {
    upsert_last_gossip(connection, planned).await?;
    upsert_unique_transactions(connection, deployment_id, planned).await?;
    upsert_block_transactions(connection, deployment_id, planned).await?;
    upsert_unique_works(connection, deployment_id, planned).await?;
    insert_interruptions(connection, deployment_id, planned).await
}

async fn upsert_last_gossip(
    connection: &mut PgConnection,
    planned: &[Planned<'_>],
) -> Result<(), StoreError> {
    let (mut traces, mut resources) = (Vec::new(), Vec::new());
    let (mut actions, mut times) = (Vec::new(), Vec::new());
    for plan in planned {
        for row in &plan.batch.last_gossip {
            traces.push(plan.trace_id(row.trace)?);
            resources.push(row.resource.as_str());
            actions.push(row.action.as_str());
            times.push(row.time.microseconds());
        }
    }
    if traces.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("sql/upsert_last_gossip.sql"))
        .bind(traces)
        .bind(resources)
        .bind(actions)
        .bind(times)
        .execute(connection)
        .await?;
    Ok(())
}

async fn upsert_unique_transactions(
    connection: &mut PgConnection,
    deployment_id: i32,
    planned: &[Planned<'_>],
) -> Result<(), StoreError> {
    let mut rows = UniqueTransactions::new();
    for plan in planned {
        add_unique(&mut rows, plan.batch);
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("sql/upsert_unique_txs.sql"))
        .bind(deployment_id)
        .bind(rows.keys().copied().collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.kind).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.memo).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.time).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn upsert_block_transactions(
    connection: &mut PgConnection,
    deployment_id: i32,
    planned: &[Planned<'_>],
) -> Result<(), StoreError> {
    let mut rows = BlockTransactions::new();
    let mut lowered = Vec::new();
    for plan in planned {
        add_block(&mut rows, plan.batch);
        for &trace in &plan.batch.starts_lowered {
            lowered.push(plan.trace_id(trace)?);
        }
    }
    if !rows.is_empty() {
        sqlx::query(include_str!("sql/upsert_block_txs.sql"))
            .bind(deployment_id)
            .bind(rows.keys().copied().collect::<Vec<_>>())
            .bind(rows.values().map(|row| row.kind).collect::<Vec<_>>())
            .bind(rows.values().map(|row| row.memo).collect::<Vec<_>>())
            .bind(rows.values().map(|row| row.received).collect::<Vec<_>>())
            .bind(rows.values().map(|row| row.result).collect::<Vec<_>>())
            .bind(rows.values().map(|row| row.failure).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
    }
    if !lowered.is_empty() {
        sqlx::query(include_str!("sql/lower_block_received.sql"))
            .bind(deployment_id)
            .bind(lowered)
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn upsert_unique_works(
    connection: &mut PgConnection,
    deployment_id: i32,
    planned: &[Planned<'_>],
) -> Result<(), StoreError> {
    let mut rows = UniqueWorks::new();
    for plan in planned {
        add_works(&mut rows, plan.batch);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut query = sqlx::query(include_str!("sql/upsert_uniq_sws.sql"))
        .bind(deployment_id)
        .bind(rows.keys().map(|ids| ids.0).collect::<Vec<_>>())
        .bind(rows.keys().map(|ids| ids.1).collect::<Vec<_>>());
    for column in 0..WORK_TEXTS {
        query = query.bind(
            rows.values()
                .map(|row| row.texts[column])
                .collect::<Vec<_>>(),
        );
    }
    query
        .bind(rows.values().map(|row| row.added).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.received).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.scheduled).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_interruptions(
    connection: &mut PgConnection,
    deployment_id: i32,
    planned: &[Planned<'_>],
) -> Result<(), StoreError> {
    let rows: Vec<_> = planned
        .iter()
        .flat_map(|plan| plan.batch.interruptions.iter().map(move |row| (plan, row)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let traces = rows
        .iter()
        .map(|(plan, row)| plan.trace_id(row.trace))
        .collect::<Result<Vec<_>, _>>()?;
    let times: Vec<Option<i64>> = rows
        .iter()
        .map(|(_, row)| row.time.map(trace::Timestamp::microseconds))
        .collect();
    let reasons: Vec<&str> = rows
        .iter()
        .map(|(plan, row)| plan.batch.text(row.reason))
        .collect();
    sqlx::query(include_str!("sql/insert_interruptions.sql"))
        .bind(deployment_id)
        .bind(traces)
        .bind(times)
        .bind(rows.iter().map(|(_, row)| row.at).collect::<Vec<_>>())
        .bind(reasons)
        .bind(
            rows.iter()
                .map(|(_, row)| row.first_work_id)
                .collect::<Vec<_>>(),
        )
        .bind(
            rows.iter()
                .map(|(_, row)| row.second_work_id)
                .collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    Ok(())
}

//! The fence of a delivery: sessions move on by one version, or nothing is
//! written.

use std::collections::HashSet;

use serde_json::Value;
use sqlx::PgConnection;

use super::delivery::Delivery;
use super::reading::EndReason;
use super::session::Session;
use crate::StoreError;
use crate::lease::Lease;

/// Moves versions and cursors on, or fails if another writer has done so, if
/// a session has ended, or if the lease of one is lost.
pub(super) async fn advance_sessions(
    connection: &mut PgConnection,
    deliveries: &[Delivery<'_>],
) -> Result<(), StoreError> {
    let count = |value: fn(&Delivery<'_>) -> u64| -> Vec<i64> {
        deliveries
            .iter()
            .map(|delivery| i64::try_from(value(delivery)).unwrap_or(i64::MAX))
            .collect()
    };
    let number = |value: fn(&Session) -> i64| -> Vec<i64> {
        deliveries
            .iter()
            .map(|delivery| value(delivery.session))
            .collect()
    };
    let leases = || {
        deliveries
            .iter()
            .map(|delivery| delivery.session.lease.as_ref())
    };
    let cursors: Vec<&Value> = deliveries.iter().map(|delivery| &delivery.cursor).collect();
    let resources: Vec<Option<&str>> = leases().map(|l| l.map(Lease::resource)).collect();
    let tokens: Vec<Option<i64>> = leases().map(|l| l.map(Lease::token)).collect();
    let ends: Vec<Option<&str>> = deliveries
        .iter()
        .map(|delivery| delivery.reading.end.map(EndReason::as_str))
        .collect();
    let advanced: Vec<i64> = sqlx::query_scalar(include_str!("sql/advance_sessions.sql"))
        .bind(number(|session| session.id))
        .bind(number(|session| session.version))
        .bind(cursors)
        .bind(count(|delivery| delivery.counts.lines))
        .bind(count(|delivery| delivery.counts.repeated))
        .bind(count(|delivery| delivery.counts.malformed))
        .bind(count(|delivery| delivery.counts.unknown_controls))
        .bind(count(|delivery| delivery.counts.lost))
        .bind(resources)
        .bind(tokens)
        .bind(ends)
        .fetch_all(connection)
        .await?;
    let advanced: HashSet<i64> = advanced.into_iter().collect();
    match deliveries
        .iter()
        .find(|delivery| !advanced.contains(&delivery.session.id))
    {
        Some(fenced) => Err(StoreError::SessionTaken {
            node: fenced.session.node_name.clone(),
        }),
        None => Ok(()),
    }
}

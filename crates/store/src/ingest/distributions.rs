//! The distributions of checkpoint durations, one text per deployment and node.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use trace::distribution::DistributionSet;

use super::delivery::Planned;
use crate::StoreError;

/// Records the durations of some deliveries of one deployment.
pub(super) async fn record_durations(
    connection: &mut PgConnection,
    deployment_id: i32,
    planned: &[Planned<'_>],
) -> Result<(), StoreError> {
    let mut by_node: BTreeMap<&str, Vec<&Planned<'_>>> = BTreeMap::new();
    for plan in planned {
        if !plan.batch.durations.is_empty() {
            by_node
                .entry(plan.session.node_name())
                .or_default()
                .push(plan);
        }
    }
    if by_node.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = by_node.keys().copied().collect();
    // Rows that others are writing are waited for, so that no update is lost;
    // a row that does not exist yet is made first, so that it can be.
    sqlx::query(include_str!("sql/insert_distributions.sql"))
        .bind(deployment_id)
        .bind(&names)
        .execute(&mut *connection)
        .await?;
    let stored: Vec<(String, String)> = sqlx::query_as(include_str!("sql/lock_distributions.sql"))
        .bind(deployment_id)
        .bind(&names)
        .fetch_all(&mut *connection)
        .await?;
    let mut texts = Vec::with_capacity(stored.len());
    for (node, text) in &stored {
        let mut distributions =
            DistributionSet::from_stored(text).map_err(|source| StoreError::Unreadable {
                what: "set of distributions",
                source: source.into(),
            })?;
        for plan in by_node.get(node.as_str()).into_iter().flatten() {
            for &(identity, duration) in &plan.batch.durations {
                distributions.record(plan.batch.text(identity), duration);
            }
        }
        texts.push(distributions.to_stored());
    }
    let nodes: Vec<&str> = stored.iter().map(|(node, _)| node.as_str()).collect();
    sqlx::query(include_str!("sql/update_distributions.sql"))
        .bind(deployment_id)
        .bind(nodes)
        .bind(texts)
        .execute(connection)
        .await?;
    Ok(())
}

//! Transactions whose outcome on the best chain is not the stored one.
//!
//! What is stored of a transaction is the best outcome of all blocks. Where blocks compete, the ledger
//! of the best chain may say something else: that counts.

use results::blocks::Blocks;
use sqlx::{PgConnection, Row as _};

use super::{SETTLED_SLOTS, seconds};
use crate::StoreError;

/// Seconds in a slot where blocks do not carry them.
const SLOT_USUAL: f64 = 180.0;

/// A transaction of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) hash: String,
    pub(super) round: Option<i32>,
    /// The stored reason of its failure; none if it is stored as applied.
    pub(super) stored_reason: Option<String>,
    /// Why it failed on the best chain; none if it was applied there.
    pub(super) reason: Option<String>,
}

/// The transactions of a run in a deployment whose stored outcome is not that of the best chain.
/// `time_us` is the time of the run in microseconds; without it, there are none.
pub(super) async fn outcomes(
    connection: &mut PgConnection,
    (run, deployment_id): (&str, i32),
    time_us: Option<(i64, i64)>,
    chain: &Blocks,
) -> Result<Vec<Outcome>, StoreError> {
    let Some((since, until)) = time_us else {
        return Ok(Vec::new());
    };
    // What was in a block beside the chain comes again within the time in which rounds settle.
    let slot = chain.slot_seconds().unwrap_or(SLOT_USUAL);
    let time = seconds(since)..=seconds(until) + SETTLED_SLOTS * slot;
    let hashes = |is_canonical: bool| -> Vec<&str> {
        let blocks = chain
            .iter()
            .filter(|(block, _)| time.contains(&block.first_seen));
        blocks
            .filter(|(_, place)| *place == Some(is_canonical))
            .map(|(block, _)| block.hash.as_str())
            .collect()
    };
    let orphans = hashes(false);
    if orphans.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(include_str!("sql/contested_outcomes.sql"))
        .bind(deployment_id)
        .bind(run)
        .bind(orphans)
        .bind(hashes(true))
        .fetch_all(connection)
        .await?;
    let mut outcomes = Vec::new();
    for row in &rows {
        let status: String = row.try_get("status")?;
        let Some((result, reason)) = trace::block_outcome(&status) else {
            continue;
        };
        let failed = || reason.unwrap_or_else(|| "unknown reason".to_owned());
        outcomes.push(Outcome {
            hash: row.try_get("hash")?,
            round: row.try_get("round")?,
            stored_reason: row.try_get("failure")?,
            reason: (result == "Failed").then(failed),
        });
    }
    Ok(outcomes)
}

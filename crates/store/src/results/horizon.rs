//! Which transactions have had their chance to come into a block, and of which nobody knows whether
//! they did.

use std::collections::BTreeMap;

use results::blocks::Blocks;
use results::fates::{Horizon, Load};
use sqlx::PgConnection;

use super::blocks::blocks;
use super::contested::{self, Outcome};
use super::runs::{Span, horizon, loads, spans};
use super::{SETTLED_BLOCKS, SETTLED_SLOTS, micros};
use crate::StoreError;

/// How far traces of a deployment reach for transactions that belong to no run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// What was seen before this, in microseconds, has had its chance.
    pub(super) settled_before_us: Option<i64>,
    /// The last minute from which every node has lost entries.
    pub(super) blind_us: Option<i64>,
}

/// How far traces of a deployment reach.
pub(super) async fn reach(
    connection: &mut PgConnection,
    deployment_id: i32,
) -> Result<Reach, StoreError> {
    let chain = blocks(connection, deployment_id, None, None).await?;
    let first_seen: Vec<f64> = chain.iter().map(|(block, _)| block.first_seen).collect();
    let (Some(first), Some(last)) = (first_seen.first(), first_seen.last()) else {
        return Ok(Reach::default());
    };
    let blind: Vec<i64> = sqlx::query_scalar(include_str!("sql/blind_minutes.sql"))
        .bind(deployment_id)
        .bind(micros(*first))
        .bind(micros(*last))
        .fetch_all(connection)
        .await?;
    Ok(Reach {
        settled_before_us: settled_before_us(&chain, &first_seen),
        blind_us: blind.last().copied(),
    })
}

/// Enough blocks have come since, or enough slots have passed.
fn settled_before_us(chain: &Blocks, first_seen: &[f64]) -> Option<i64> {
    let by_blocks = first_seen
        .iter()
        .rev()
        .nth(SETTLED_BLOCKS.saturating_sub(1))
        .copied();
    let by_slots = chain
        .slot_seconds()
        .zip(first_seen.last())
        .map(|(slot, last)| last - slot * SETTLED_SLOTS);
    let both = by_blocks.into_iter().chain(by_slots);
    both.max_by(f64::total_cmp).map(micros)
}

/// The rounds of a run in a deployment, each with how far traces reach for it, and the transactions of
/// the run whose outcome on the best chain is not the stored one.
pub(super) async fn of_rounds(
    connection: &mut PgConnection,
    run: &str,
    deployment_id: i32,
) -> Result<(Vec<(i32, Horizon)>, Vec<Outcome>), StoreError> {
    let names = [run.to_owned()];
    let key = (run.to_owned(), Some(deployment_id));
    let loads = loads(connection, &names).await?.remove(&key);
    let spans = spans(connection, &names).await?.remove(&key);
    let (loads, spans) = (loads.unwrap_or_default(), spans.unwrap_or_default());
    let whole = spans.iter().find(|span| span.round.is_none());
    let from_us = whole.and_then(|whole| whole.from_us);
    let chain = blocks(connection, deployment_id, from_us, None).await?;
    let mut by_round: BTreeMap<i32, Vec<&Load>> = BTreeMap::new();
    for (round, load) in &loads {
        by_round.entry(*round).or_default().push(load);
    }
    let mut horizons = Vec::new();
    for (round, loads) in by_round {
        let span = spans.iter().find(|span| span.round == Some(round));
        let found = horizon(connection, Some(deployment_id), span, &loads, &chain).await?;
        horizons.push((round, found));
    }
    let time_us = whole.and_then(Span::time_us);
    let outcomes = contested::outcomes(connection, (run, deployment_id), time_us, &chain).await?;
    Ok((horizons, outcomes))
}

#[cfg(test)]
mod tests {
    use results::blocks::BlockFacts;

    use super::*;

    fn chain(times: &[f64]) -> (Blocks, Vec<f64>) {
        let blocks = times.iter().enumerate().map(|(number, time)| BlockFacts {
            hash: format!("3N{number}"),
            parent: None,
            height: i64::try_from(number).ok(),
            slot: None,
            first_seen: *time,
        });
        (Blocks::new(blocks.collect()), times.to_vec())
    }

    #[test]
    fn six_blocks_must_follow() {
        let settled = |times: &[f64]| {
            let (chain, first_seen) = chain(times);
            settled_before_us(&chain, &first_seen)
        };
        assert_eq!(settled(&[1.0, 2.0, 3.0, 4.0, 5.0]), None);
        assert_eq!(
            settled(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
            Some(2_000_000)
        );
    }
}

//! Blocks: their chain, their contents, what nodes did with them.

use std::collections::HashMap;

use results::answers::{Block, BlockTraceRow};
use results::blocks::{BlockFacts, Blocks};
use results::lag::CellTime;
use sqlx::{PgConnection, Row as _};

use super::kept_blocks::Contents;
use super::{Scope, json_rows};
use crate::{Database, StoreError};

/// Most blocks that one answer counts: half a year of a network with slots of three minutes.
pub(super) const BLOCKS_MAX: i64 = 100_000;

/// Other blocks at the height of one, at most.
const SIBLINGS_MAX: usize = 100;

/// How long after a block was first seen its traces are looked at.
const DAY_SECONDS: f64 = 86_400.0;

/// What blocks are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockOrder {
    /// Blockchain length.
    Height,
    /// Global slot.
    Slot,
}

impl BlockOrder {
    pub(super) fn key(self, block: &BlockFacts) -> Option<i64> {
        match self {
            Self::Height => block.height,
            Self::Slot => block.slot,
        }
    }
}

/// One block and its traces.
#[derive(Debug, Clone, Default)]
pub struct OneBlock {
    /// The block.
    pub block: Block,
    /// Its traces.
    pub traces: Vec<BlockTraceRow>,
    /// Other blocks at its height.
    pub siblings: Vec<Block>,
}

impl Database {
    /// One block; none if no trace of the deployment has it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_block(
        &self,
        scope: &Scope,
        hash: &str,
    ) -> Result<Option<OneBlock>, StoreError> {
        let Some(deployment_id) = scope.deployment_id else {
            return Ok(None);
        };
        let mut reading = self.reading().await?;
        let found = self
            .found_blocks(&mut reading, deployment_id, &scope.of_all_times())
            .await?;
        // Its place in the chain follows from all others.
        let Some(placed) = found.all.iter().find(|(block, _)| block.hash == hash) else {
            return Ok(None);
        };
        let height = placed.0.height;
        let siblings = found.all.iter().filter(|(block, _)| {
            block.height.is_some() && block.height == height && block.hash != hash
        });
        let siblings: Vec<Placed<'_>> = siblings.take(SIBLINGS_MAX).collect();
        let siblings = describe(&mut reading, deployment_id, &siblings).await?;
        let one = [placed];
        let at_nodes = self.blocks_at_nodes(&mut reading, deployment_id, &found, &one, DAY_SECONDS);
        let Some(mut at_nodes) = at_nodes.await? else {
            return Ok(None);
        };
        let lag_of = |time| {
            let mut lags = vec![None; at_nodes.nodes.len()];
            for cell in at_nodes.cells(time) {
                lags[cell.node] = cell.value;
            }
            lags
        };
        let first_seen = placed.0.first_seen;
        let query = sqlx::query(include_str!("sql/block_traces.sql"))
            .bind(deployment_id)
            .bind(hash)
            .bind(first_seen)
            .bind(first_seen + DAY_SECONDS)
            .bind(&at_nodes.nodes)
            .bind(lag_of(CellTime::Lag))
            .bind(lag_of(CellTime::Lag2))
            .bind(at_nodes.is_suspect());
        let traces = json_rows(query, &mut reading).await?;
        Ok(Some(OneBlock {
            block: at_nodes.blocks.pop().unwrap_or_default(),
            traces,
            siblings,
        }))
    }
}

pub(super) type Placed<'a> = (&'a BlockFacts, Option<bool>);

/// Whether a block is at this height, or its hash begins with this; every block where nothing is
/// wanted.
pub(super) fn is_wanted(block: &BlockFacts, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| {
        let height = block.height.map(|height| height.to_string());
        height.as_deref() == Some(wanted) || block.hash.starts_with(wanted)
    })
}

/// The blocks with the greatest keys below `before`, greatest first, and whether others follow.
pub(super) fn newest<'a>(
    all: impl Iterator<Item = Placed<'a>>,
    order: BlockOrder,
    before: Option<i64>,
    limit: usize,
) -> (Vec<Placed<'a>>, bool) {
    let mut chosen: Vec<Placed<'_>> = all
        .filter(|(block, _)| {
            before.is_none_or(|before| order.key(block).is_some_and(|key| key < before))
        })
        .collect();
    let key = |placed: &Placed<'_>| (order.key(placed.0), placed.0.first_seen);
    chosen.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        b.0.cmp(&a.0).then_with(|| b.1.total_cmp(&a.1))
    });
    let mut end = limit.min(chosen.len());
    // Blocks with one key stay together: the next page begins below it.
    while end < chosen.len() && end > 0 {
        let (last, next) = (order.key(chosen[end - 1].0), order.key(chosen[end].0));
        if last != next {
            break;
        }
        end += 1;
    }
    let more = end < chosen.len();
    chosen.truncate(end);
    (chosen, more)
}

#[expect(clippy::cast_possible_truncation, reason = "times of this century")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).floor() as i64
}

async fn describe(
    connection: &mut PgConnection,
    deployment_id: i32,
    chosen: &[Placed<'_>],
) -> Result<Vec<Block>, StoreError> {
    let names: Vec<&str> = chosen
        .iter()
        .map(|(block, _)| block.hash.as_str())
        .collect();
    let contents = contents(connection, deployment_id, &names).await?;
    let described = chosen
        .iter()
        .map(|placed| described(placed, contents.get(&placed.0.hash)));
    Ok(described.collect())
}

/// What blocks contain.
pub(super) async fn contents(
    connection: &mut PgConnection,
    deployment_id: i32,
    hashes: &[&str],
) -> Result<HashMap<String, Contents>, StoreError> {
    let rows = sqlx::query(include_str!("sql/block_contents.sql"))
        .bind(deployment_id)
        .bind(hashes)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let contents = Contents {
                producer: row.try_get("producer")?,
                user_commands: row.try_get("user_commands")?,
                zkapps: row.try_get("zkapps")?,
                snark_works: row.try_get("snark_works")?,
            };
            Ok((row.try_get("hash")?, contents))
        })
        .collect()
}

/// A block as an answer has it.
pub(super) fn described((block, canonical): &Placed<'_>, contents: Option<&Contents>) -> Block {
    let contents = contents.cloned().unwrap_or_default();
    Block {
        hash: block.hash.clone(),
        height: block.height,
        slot: block.slot,
        first_seen: Some(micros(block.first_seen)),
        producer: contents.producer,
        canonical: *canonical,
        user_commands: contents.user_commands,
        zkapps: contents.zkapps,
        snark_works: contents.snark_works,
    }
}

/// The blocks of a time in microseconds, the newest [`BLOCKS_MAX`] of them.
pub(super) async fn blocks(
    connection: &mut PgConnection,
    deployment_id: i32,
    from_us: Option<i64>,
    until_us: Option<i64>,
) -> Result<Blocks, StoreError> {
    let rows = sqlx::query(include_str!("sql/blocks_of.sql"))
        .bind(deployment_id)
        .bind(from_us)
        .bind(until_us)
        .bind(BLOCKS_MAX)
        .fetch_all(connection)
        .await?;
    let blocks: Result<Vec<BlockFacts>, StoreError> = rows
        .iter()
        .map(|row| {
            Ok(BlockFacts {
                hash: row.try_get("hash")?,
                parent: row.try_get("parent")?,
                height: row.try_get("height")?,
                slot: row.try_get("slot")?,
                first_seen: row.try_get("first_seen")?,
            })
        })
        .collect();
    Ok(Blocks::new(blocks?))
}

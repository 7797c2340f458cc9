//! Blocks: their chain, their contents, what nodes did with them.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::TryStreamExt as _;
use results::answers::{Block, BlockRow, BlockTraceRow, Matrix};
use results::blocks::{BlockFacts, Blocks};
use results::lag::{self, BlockAtNode, BlockSource, CellTime};
use results::matrix::{
    Cell, CellStatus, NodeEntries, NodeTime, RowOrder, completeness_matrix, matrix,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::{Scope, json_rows};
use crate::{Database, StoreError};

/// Most blocks that one answer counts: half a year of a network with slots of three minutes.
const BLOCKS_MAX: i64 = 100_000;

/// What blocks are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockOrder {
    /// Blockchain length.
    Height,
    /// Global slot.
    Slot,
}

impl BlockOrder {
    fn key(self, block: &BlockFacts) -> Option<i64> {
        match self {
            Self::Height => block.height,
            Self::Slot => block.slot,
        }
    }
}

/// What the cells of a matrix hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellMetric {
    /// Time after the first node.
    Lag,
    /// Time after the second node.
    Lag2,
    /// Total time of the trace, but of blocks that the node made.
    Apply,
    /// Stored part of the node's log entries at the time of the block.
    Completeness,
}

/// A page of blocks.
#[derive(Debug, Clone, Default)]
pub struct BlockPage {
    /// Newest first.
    pub blocks: Vec<BlockRow>,
    /// How many there are in all.
    pub total: usize,
    /// The key of the last one, if others follow.
    pub next: Option<i64>,
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
    /// The newest blocks of the scope whose key is below `before`.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_blocks(
        &self,
        scope: &Scope,
        order: BlockOrder,
        before: Option<i64>,
        limit: usize,
    ) -> Result<BlockPage, StoreError> {
        let Some(deployment_id) = scope.deployment_id else {
            return Ok(BlockPage::default());
        };
        let mut reading = self.reading().await?;
        let all = blocks(&mut reading, deployment_id, scope.from_us, scope.until_us).await?;
        let (chosen, more) = newest(&all, order, before, limit);
        let next = chosen
            .last()
            .filter(|_| more)
            .and_then(|(block, _)| order.key(block));
        let described = describe(&mut reading, deployment_id, &chosen).await?;
        let hashes = hashes(&described);
        let first = described.iter().filter_map(|block| block.first_seen).min();
        let rows = sqlx::query(include_str!("sql/block_stats.sql"))
            .bind(deployment_id)
            .bind(&hashes)
            .bind(first)
            .bind(None::<i64>)
            .fetch_all(&mut *reading)
            .await?;
        let mut stats = BTreeMap::new();
        for row in &rows {
            let pair = |column: &str| -> Result<[Option<f64>; 2], StoreError> {
                let values: Option<Vec<Option<f64>>> = row.try_get(column)?;
                let values = values.unwrap_or_default();
                Ok([0, 1].map(|index| values.get(index).copied().flatten()))
            };
            let ([lag_p50_s, lag_p95_s], [apply_p50_s, apply_p95_s]) =
                (pair("lag")?, pair("apply")?);
            let row_of_block = BlockRow {
                block: Block::default(),
                traces: row.try_get("traces")?,
                success: row.try_get("success")?,
                pending: row.try_get("pending")?,
                failure: row.try_get("failure")?,
                lag_p50_s,
                lag_p95_s,
                apply_p50_s,
                apply_p95_s,
            };
            stats.insert(row.try_get::<String, _>("hash")?, row_of_block);
        }
        let total = all.iter().count();
        let blocks = described
            .into_iter()
            .map(|block| BlockRow {
                block: block.clone(),
                ..stats.remove(&block.hash).unwrap_or_default()
            })
            .collect();
        Ok(BlockPage {
            blocks,
            total,
            next,
        })
    }

    /// The newest blocks of the scope on all nodes.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_matrix(
        &self,
        scope: &Scope,
        metric: CellMetric,
        before: Option<i64>,
        limit: usize,
        order: RowOrder,
    ) -> Result<Matrix, StoreError> {
        let Some(deployment_id) = scope.deployment_id else {
            return Ok(Matrix::default());
        };
        let mut reading = self.reading().await?;
        let all = blocks(&mut reading, deployment_id, scope.from_us, scope.until_us).await?;
        let (chosen, _) = newest(&all, BlockOrder::Height, before, limit);
        let mut described = describe(&mut reading, deployment_id, &chosen).await?;
        described.reverse();
        let seen = described.iter().filter_map(|block| block.first_seen);
        let Some(first) = seen.min() else {
            return Ok(Matrix::default());
        };
        let time = match metric {
            // of completeness, the values come from elsewhere
            CellMetric::Lag | CellMetric::Completeness => CellTime::Lag,
            CellMetric::Lag2 => CellTime::Lag2,
            CellMetric::Apply => CellTime::Apply,
        };
        let hashes = hashes(&described);
        let traces = matrix_traces(&mut reading, deployment_id, &hashes, first);
        let (traces, suspects) = tokio::try_join!(traces, self.wrong_clocks(deployment_id, first))?;
        let is_suspect: Vec<bool> = traces
            .nodes
            .iter()
            .map(|node| suspects.contains(node))
            .collect();
        let size = (hashes.len(), traces.nodes.len());
        let cells = lag::cells(&traces.traces, size, &is_suspect, time);
        let (nodes, cells) = traces.wanted(cells, scope.nodes.as_deref());
        let last = cells.iter().map(|cell| cell.ended_us).max();
        let rows = sqlx::query(include_str!("sql/node_times.sql"))
            .bind(deployment_id)
            .bind(first)
            .bind(last.unwrap_or(first))
            .bind(scope.nodes.as_deref())
            .fetch_all(&mut *reading)
            .await?;
        let (mut read, mut lost) = (Vec::new(), Vec::new());
        for row in &rows {
            let time = node_time(row)?;
            let times = if row.try_get("is_lost")? {
                &mut lost
            } else {
                &mut read
            };
            times.push(time);
        }
        if metric != CellMetric::Completeness {
            return Ok(matrix(described, (&nodes, &cells), &read, &lost, order));
        }
        let rows = sqlx::query(include_str!("sql/node_entries.sql"))
            .bind(deployment_id)
            .bind(first)
            .bind(last.unwrap_or(first))
            .bind(scope.nodes.as_deref())
            .fetch_all(&mut *reading)
            .await?;
        let entries: Result<Vec<NodeEntries>, StoreError> = rows
            .iter()
            .map(|row| {
                Ok(NodeEntries {
                    time: node_time(row)?,
                    stored: row.try_get("stored")?,
                    lost: row.try_get("lost")?,
                })
            })
            .collect();
        let entries = entries?;
        let cells = (&nodes[..], &cells[..]);
        Ok(completeness_matrix(
            described, cells, &read, &lost, &entries, order,
        ))
    }

    /// The nodes whose clocks are wrong, by the blocks since a time.
    async fn wrong_clocks(
        &self,
        deployment_id: i32,
        first: i64,
    ) -> Result<HashSet<String>, StoreError> {
        let mut reading = self.reading().await?;
        let nodes = sqlx::query_scalar(include_str!("sql/wrong_clocks.sql"))
            .bind(deployment_id)
            .bind(first)
            .fetch_all(&mut *reading)
            .await?;
        Ok(nodes.into_iter().collect())
    }

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
        // Its place in the chain is told by all others.
        let all = blocks(&mut reading, deployment_id, None, None).await?;
        let Some((found, place)) = all.iter().find(|(block, _)| block.hash == hash) else {
            return Ok(None);
        };
        let mut chosen = vec![(found, place)];
        let siblings = all.iter().filter(|(block, _)| {
            block.height.is_some() && block.height == found.height && block.hash != hash
        });
        chosen.extend(siblings.take(100));
        let mut described = describe(&mut reading, deployment_id, &chosen).await?;
        let siblings = described.split_off(1);
        let query = sqlx::query(include_str!("sql/block_traces.sql"))
            .bind(deployment_id)
            .bind(hash);
        Ok(Some(OneBlock {
            block: described.pop().unwrap_or_default(),
            traces: json_rows(query, &mut reading).await?,
            siblings,
        }))
    }
}

/// The traces of the blocks of a matrix, and the nodes that have them.
#[derive(Default)]
struct MatrixTraces {
    nodes: Vec<String>,
    traces: Vec<BlockAtNode>,
}

impl MatrixTraces {
    /// The nodes, and the cells of those that are wanted.
    fn wanted(self, mut cells: Vec<Cell>, wanted: Option<&[String]>) -> (Vec<String>, Vec<Cell>) {
        let Some(wanted) = wanted else {
            return (self.nodes, cells);
        };
        let mut nodes = Vec::new();
        let mut places = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            let is_wanted = wanted.contains(&node);
            places.push(is_wanted.then_some(nodes.len()));
            if is_wanted {
                nodes.push(node);
            }
        }
        cells.retain_mut(|cell| {
            let place = places.get(cell.node).copied().flatten();
            cell.node = place.unwrap_or(cell.node);
            place.is_some()
        });
        (nodes, cells)
    }
}

/// Columns of arrays rather than a row for each trace: a matrix has hundreds of thousands.
async fn matrix_traces(
    connection: &mut PgConnection,
    deployment_id: i32,
    hashes: &[String],
    first: i64,
) -> Result<MatrixTraces, StoreError> {
    let mut rows = sqlx::query(include_str!("sql/matrix_traces.sql"))
        .bind(deployment_id)
        .bind(hashes)
        .bind(first)
        .fetch(connection);
    let mut found = MatrixTraces::default();
    let mut known: HashMap<String, usize> = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        let hash: &str = row.try_get("hash")?;
        let Some(block) = hashes.iter().position(|known| known == hash) else {
            continue;
        };
        let names: Vec<String> = row.try_get("nodes")?;
        let kinds: Vec<i32> = row.try_get("kinds")?;
        let started: Vec<f64> = row.try_get("started")?;
        let total: Vec<f64> = row.try_get("total")?;
        for (((name, kind), started), total_s) in
            names.into_iter().zip(kinds).zip(started).zip(total)
        {
            let node = known.get(&name).copied().unwrap_or_else(|| {
                let node = found.nodes.len();
                found.nodes.push(name.clone());
                known.insert(name, node);
                node
            });
            found.traces.push(BlockAtNode {
                block,
                node,
                source: match kind / 4 {
                    1 => BlockSource::Internal,
                    2 => BlockSource::External,
                    3 => BlockSource::Catchup,
                    _ => BlockSource::Other,
                },
                status: match kind % 4 {
                    1 => CellStatus::Pending,
                    2 => CellStatus::Failure,
                    _ => CellStatus::Success,
                },
                started,
                total_s,
            });
        }
    }
    Ok(found)
}

fn node_time(row: &PgRow) -> Result<NodeTime, StoreError> {
    Ok(NodeTime {
        node: row.try_get("node")?,
        from_us: row.try_get("from_us")?,
        until_us: row.try_get("until_us")?,
    })
}

type Placed<'a> = (&'a BlockFacts, Option<bool>);

/// The blocks with the greatest keys below `before`, greatest first, and whether others follow.
fn newest(
    all: &Blocks,
    order: BlockOrder,
    before: Option<i64>,
    limit: usize,
) -> (Vec<Placed<'_>>, bool) {
    let mut chosen: Vec<Placed<'_>> = all
        .iter()
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

fn hashes(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(|block| block.hash.clone()).collect()
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
    let rows = sqlx::query(include_str!("sql/block_contents.sql"))
        .bind(deployment_id)
        .bind(&names)
        .fetch_all(connection)
        .await?;
    let mut contents = BTreeMap::new();
    for row in &rows {
        contents.insert(row.try_get::<String, _>("hash")?, row);
    }
    chosen
        .iter()
        .map(|(block, canonical)| {
            let row = contents.get(&block.hash);
            let count = |column: &str| -> Result<Option<i64>, StoreError> {
                Ok(row.map(|row| row.try_get(column)).transpose()?.flatten())
            };
            Ok(Block {
                hash: block.hash.clone(),
                height: block.height,
                slot: block.slot,
                first_seen: Some(micros(block.first_seen)),
                producer: row
                    .map(|row| row.try_get("producer"))
                    .transpose()?
                    .flatten(),
                canonical: *canonical,
                user_commands: count("user_commands")?,
                zkapps: count("zkapps")?,
                snark_works: count("snark_works")?,
            })
        })
        .collect()
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

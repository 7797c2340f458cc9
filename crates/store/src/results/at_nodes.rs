//! Blocks with what nodes did with them. Only blocks into which something was written since they were
//! read last are read again: nodes write all the time, but seldom into older blocks.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use futures_util::TryStreamExt as _;
use results::answers::Block;
use results::blocks::BlockFacts;
use results::lag::{self, BlockAtNode, BlockSource, CellTime};
use results::matrix::{Cell, CellStatus};
use results::node_measures::NodeMeasures;
use sqlx::{PgConnection, Row as _};

use super::blocks::{Placed, contents, described};
use super::found_blocks::{Found, found};
use super::kept_blocks::{AtNode, Details, InTime, KeptBlocks, TRACES_MAX as KEPT_TRACES_MAX};
use super::{Scope, seconds};
use crate::{Database, StoreError};

/// Other blocks that are looked at for wrong clocks, at most. If there are more, the database looks for
/// them.
const OTHERS_MAX: usize = 100;
/// Blocks whose traces are looked at at once, where all blocks of a deployment are.
const BLOCKS_AT_ONCE: usize = 64;

/// Blocks with what nodes did with them.
pub(super) struct BlocksAtNodes {
    /// The blocks, in the order in which they were asked for.
    pub(super) blocks: Vec<Block>,
    /// The nodes that have traces of them.
    pub(super) nodes: Vec<String>,
    /// When the first of the blocks was seen, in microseconds.
    pub(super) first: i64,
    traces: Vec<BlockAtNode>,
    /// Whether the clock of each node is wrong.
    is_suspect: Vec<bool>,
}

impl BlocksAtNodes {
    /// The cells of the first trace of each block at each node.
    pub(super) fn cells(&self, time: CellTime) -> Vec<Cell> {
        let size = (self.blocks.len(), self.nodes.len());
        lag::cells(&self.traces, size, &self.is_suspect, time)
    }

    /// Whether the clock of each node is wrong.
    pub(super) fn is_suspect(&self) -> &[bool] {
        &self.is_suspect
    }

    /// When the first node had each block, in seconds since 1970.
    pub(super) fn first_seen(&self) -> Vec<Option<f64>> {
        lag::first_seen(&self.traces, self.blocks.len(), &self.is_suspect)
    }
}

impl Database {
    /// The blocks of a scope.
    pub(super) async fn found_blocks(
        &self,
        connection: &mut PgConnection,
        deployment_id: i32,
        scope: &Scope,
    ) -> Result<Found, StoreError> {
        found(connection, self.kept_blocks(), deployment_id, scope).await
    }

    /// Some of the blocks with what nodes did with them within `seconds_max` after the first of the
    /// blocks was seen; none if there are no blocks.
    pub(super) async fn blocks_at_nodes(
        &self,
        connection: &mut PgConnection,
        deployment_id: i32,
        found: &Found,
        chosen: &[Placed<'_>],
        seconds_max: f64,
    ) -> Result<Option<BlocksAtNodes>, StoreError> {
        let Some(first) = first_seen(chosen) else {
            return Ok(None);
        };
        let hashes: Vec<&str> = chosen.iter().map(|(block, _)| &*block.hash).collect();
        let time = seconds(first)..seconds(first) + seconds_max;
        let others = others(found, &hashes, &time);
        let asked = others.iter().flatten().chain(&hashes);
        let asked: Vec<&str> = asked.copied().collect();
        let kept = self.kept_blocks();
        let details = details(connection, kept, deployment_id, found, &asked).await?;
        let blocks = chosen.iter().map(|placed| {
            let details = details.get(placed.0.hash.as_str());
            described(placed, details.map(|details| &details.contents))
        });
        let blocks = blocks.collect();
        let traces = NodeTraces::new(&hashes, &details, &time);
        let suspects: HashSet<String> = match others {
            Some(others) => {
                let others = NodeTraces::new(&others, &details, &time);
                let wrong = traces.wrong_clocks().chain(others.wrong_clocks());
                wrong.map(str::to_owned).collect()
            }
            None => wrong_clocks(connection, deployment_id, &time).await?,
        };
        let is_suspect = traces.nodes.iter().map(|node| suspects.contains(node));
        Ok(Some(BlocksAtNodes {
            blocks,
            is_suspect: is_suspect.collect(),
            nodes: traces.nodes,
            first,
            traces: traces.traces,
        }))
    }

    /// What nodes did with all blocks of a scope, within its time.
    pub(super) async fn nodes_measured(
        &self,
        connection: &mut PgConnection,
        deployment_id: i32,
        found: &Found,
        scope: &Scope,
    ) -> Result<NodeMeasures, StoreError> {
        let time =
            scope.from_us.map_or(0.0, seconds)..scope.until_us.map_or(f64::INFINITY, seconds);
        let blocks: Vec<&BlockFacts> = found.all.iter().map(|(block, _)| block).collect();
        let hashes: Vec<&str> = blocks.iter().map(|block| &*block.hash).collect();
        let kept = self.kept_blocks();
        let suspects: HashSet<String> = if found.moment.rows() > KEPT_TRACES_MAX {
            wrong_clocks(connection, deployment_id, &time).await?
        } else {
            let details = details(connection, kept, deployment_id, found, &hashes).await?;
            let traces = NodeTraces::new(&hashes, &details, &time);
            traces.wrong_clocks().map(str::to_owned).collect()
        };
        let mut measures = NodeMeasures::of_blocks(blocks.len());
        let mut first = 0;
        for (blocks, hashes) in blocks
            .chunks(BLOCKS_AT_ONCE)
            .zip(hashes.chunks(BLOCKS_AT_ONCE))
        {
            let details = details(connection, kept, deployment_id, found, hashes).await?;
            let NodeTraces { nodes, traces, .. } = NodeTraces::new(hashes, &details, &time);
            let is_suspect: Vec<bool> = nodes.iter().map(|node| suspects.contains(node)).collect();
            let heights: Vec<Option<i64>> = blocks.iter().map(|block| block.height).collect();
            measures.add(first, (&heights, &nodes), &traces, &is_suspect);
            first += blocks.len();
        }
        Ok(measures)
    }
}

/// The nodes whose clocks are wrong, by the blocks of a time.
async fn wrong_clocks(
    connection: &mut PgConnection,
    deployment_id: i32,
    time: &Range<f64>,
) -> Result<HashSet<String>, StoreError> {
    let nodes = sqlx::query_scalar(include_str!("sql/wrong_clocks.sql"))
        .bind(deployment_id)
        .bind(time.start)
        .bind(time.end)
        .fetch_all(connection)
        .await?;
    Ok(nodes.into_iter().collect())
}

/// When the first of the blocks was seen, in microseconds.
fn first_seen(chosen: &[Placed<'_>]) -> Option<i64> {
    let seen = chosen
        .iter()
        .filter_map(|placed| described(placed, None).first_seen);
    seen.min()
}

/// The other blocks that nodes had within a time; none if they are too many.
fn others<'f>(found: &'f Found, hashes: &[&str], time: &Range<f64>) -> Option<Vec<&'f str>> {
    let hashes: HashSet<&str> = hashes.iter().copied().collect();
    let others: Vec<&str> = found
        .moment
        .blocks
        .iter()
        .filter(|(hash, block)| {
            let is_within =
                |seen: &InTime| seen.last_seen >= time.start && seen.first_seen < time.end;
            block.seen.as_ref().is_some_and(is_within) && !hashes.contains(&***hash)
        })
        .map(|(hash, _)| &**hash)
        .collect();
    (others.len() <= OTHERS_MAX).then_some(others)
}

/// Blocks with their traces, by hash.
async fn details<'h>(
    connection: &mut PgConnection,
    kept: &KeptBlocks,
    deployment_id: i32,
    found: &Found,
    hashes: &[&'h str],
) -> Result<HashMap<&'h str, Arc<Details>>, StoreError> {
    let mut details = HashMap::with_capacity(hashes.len());
    let mut unknown = Vec::new();
    for &hash in hashes {
        match found
            .moment
            .blocks
            .get(hash)
            .map(|block| block.details.get())
        {
            Some(Some(known)) => {
                details.insert(hash, Arc::clone(known));
            }
            Some(None) => unknown.push(hash),
            None => {}
        }
    }
    if unknown.is_empty() {
        return Ok(details);
    }
    let mut contents = contents(connection, deployment_id, &unknown).await?;
    let mut traces = traces(connection, kept, deployment_id, &unknown).await?;
    for hash in unknown {
        let mut read = traces.remove(hash).unwrap_or_default();
        read.contents = contents.remove(hash).unwrap_or_default();
        let read = Arc::new(read);
        if let Some(block) = found.moment.blocks.get(hash) {
            // Another request that has read them has read the same.
            let _ = block.details.set(Arc::clone(&read));
        }
        details.insert(hash, read);
    }
    kept.make_room();
    Ok(details)
}

/// Columns of arrays rather than a row for each trace: a matrix has hundreds of thousands.
async fn traces(
    connection: &mut PgConnection,
    kept: &KeptBlocks,
    deployment_id: i32,
    hashes: &[&str],
) -> Result<HashMap<String, Details>, StoreError> {
    let mut rows = sqlx::query(include_str!("sql/matrix_traces.sql"))
        .bind(deployment_id)
        .bind(hashes)
        .fetch(connection);
    let mut found = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        let names: Vec<String> = row.try_get("nodes")?;
        let kinds: Vec<i32> = row.try_get("kinds")?;
        let started: Vec<f64> = row.try_get("started")?;
        let total: Vec<f64> = row.try_get("total")?;
        let made_from: Option<Vec<f64>> = row.try_get("made_from")?;
        let made_until: Option<Vec<f64>> = row.try_get("made_until")?;
        let names = kept.names(names);
        let traces = names.into_iter().zip(kinds).zip(started).zip(total);
        let traces = traces.map(|(((node, kind), started), total_s)| AtNode {
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
        let made = made_from.into_iter().flatten();
        let details = Details {
            traces: traces.collect(),
            made: made.zip(made_until.into_iter().flatten()).collect(),
            ..Details::default()
        };
        found.insert(row.try_get("hash")?, details);
    }
    Ok(found)
}

/// The traces of blocks within a time, and the nodes that have them.
struct NodeTraces {
    nodes: Vec<String>,
    traces: Vec<BlockAtNode>,
    /// Until when producers made each block.
    made_until: Vec<Option<f64>>,
}

impl NodeTraces {
    fn new(hashes: &[&str], details: &HashMap<&str, Arc<Details>>, time: &Range<f64>) -> Self {
        // A text is looked up once for each address at which it lies, which mostly is one.
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut addresses: HashMap<*const u8, usize, RandomState> = HashMap::default();
        let mut found = Self {
            nodes: Vec::new(),
            traces: Vec::new(),
            made_until: vec![None; hashes.len()],
        };
        for (block, hash) in hashes.iter().enumerate() {
            let Some(details) = details.get(hash) else {
                continue;
            };
            for trace in details
                .traces
                .iter()
                .filter(|trace| time.contains(&trace.started))
            {
                let node = *addresses.entry(trace.node.as_ptr()).or_insert_with(|| {
                    *numbers.entry(&trace.node).or_insert_with(|| {
                        found.nodes.push(trace.node.to_string());
                        found.nodes.len() - 1
                    })
                });
                found.traces.push(BlockAtNode {
                    block,
                    node,
                    source: trace.source,
                    status: trace.status,
                    started: trace.started,
                    total_s: trace.total_s,
                });
            }
            let made = details.made.iter().filter(|(from, _)| time.contains(from));
            let until = made.map(|(_, until)| *until).max_by(f64::total_cmp);
            if let Some(place) = found.made_until.get_mut(block) {
                *place = until;
            }
        }
        found
    }

    /// The names of the nodes whose clocks are wrong.
    fn wrong_clocks(&self) -> impl Iterator<Item = &str> {
        let wrong = lag::wrong_clocks(&self.traces, &self.made_until, self.nodes.len());
        let nodes = self.nodes.iter().zip(wrong);
        nodes.filter_map(|(node, is_wrong)| is_wrong.then_some(node.as_str()))
    }
}

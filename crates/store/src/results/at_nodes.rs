//! Blocks with what nodes did with them. Only blocks into which something was written since they were
//! read last are read again: nodes write all the time, but seldom into older blocks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use results::answers::Block;
use results::blocks::{BlockFacts, Blocks};
use results::lag::{self, BlockAtNode, BlockSource, CellTime};
use results::matrix::{Cell, CellStatus};
use sqlx::{PgConnection, Row as _};

use super::blocks::{BLOCKS_MAX, Placed, contents, described};
use super::kept_blocks::{AtNode, Details, OfDeployment, Version};
use super::{Scope, seconds};
use crate::{Database, StoreError};

/// Other blocks that are looked at for wrong clocks, at most. If there are more, the database looks for
/// them.
const OTHERS_MAX: usize = 100;

/// The blocks of a scope as they are now.
pub(super) struct Found {
    pub(super) all: Blocks,
    /// By hash: the version, and when the last node had it.
    versions: HashMap<String, (Version, f64)>,
}

impl Found {
    fn with_version<'h>(&self, hash: &'h str) -> Option<(&'h str, Version)> {
        Some((hash, self.versions.get(hash)?.0))
    }
}

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
}

impl Database {
    /// The blocks of a scope.
    pub(super) async fn found_blocks(
        &self,
        connection: &mut PgConnection,
        deployment_id: i32,
        scope: &Scope,
    ) -> Result<Found, StoreError> {
        found(connection, &self.kept_of(deployment_id), scope).await
    }

    /// Some of the blocks with what nodes did with them; none if there are no blocks.
    pub(super) async fn blocks_at_nodes(
        &self,
        connection: &mut PgConnection,
        deployment_id: i32,
        found: &Found,
        chosen: &[Placed<'_>],
    ) -> Result<Option<BlocksAtNodes>, StoreError> {
        let Some(first) = first_seen(chosen) else {
            return Ok(None);
        };
        let hashes: Vec<&str> = chosen.iter().map(|(block, _)| &*block.hash).collect();
        let others = others(found, &hashes, seconds(first));
        let asked = others.iter().flatten().chain(&hashes);
        let asked: Vec<&str> = asked.copied().collect();
        let kept = self.kept_of(deployment_id);
        let details = details(connection, &kept, found, &asked).await?;
        let blocks = chosen.iter().map(|placed| {
            let details = details.get(placed.0.hash.as_str());
            described(placed, details.map(|details| &details.contents))
        });
        let blocks = blocks.collect();
        let traces = NodeTraces::new(&hashes, &details, seconds(first));
        let suspects: HashSet<String> = match others {
            Some(others) => {
                let others = NodeTraces::new(&others, &details, seconds(first));
                let wrong = traces.wrong_clocks().chain(others.wrong_clocks());
                wrong.map(str::to_owned).collect()
            }
            None => self.wrong_clocks(deployment_id, first).await?,
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

    fn kept_of(&self, deployment_id: i32) -> OfDeployment<'_> {
        OfDeployment {
            kept: self.kept_blocks(),
            deployment_id,
        }
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
}

/// When the first of the blocks was seen, in microseconds.
fn first_seen(chosen: &[Placed<'_>]) -> Option<i64> {
    let seen = chosen
        .iter()
        .filter_map(|placed| described(placed, None).first_seen);
    seen.min()
}

/// The other blocks that nodes had since a time; none if they are too many.
fn others<'f>(found: &'f Found, hashes: &[&str], first: f64) -> Option<Vec<&'f str>> {
    let hashes: HashSet<&str> = hashes.iter().copied().collect();
    let others: Vec<&str> = found
        .versions
        .iter()
        .filter(|(hash, (_, last_seen))| *last_seen >= first && !hashes.contains(hash.as_str()))
        .map(|(hash, _)| hash.as_str())
        .collect();
    (others.len() <= OTHERS_MAX).then_some(others)
}

/// The blocks of a scope. Versions are looked at first: what is read then may only be newer.
async fn found(
    connection: &mut PgConnection,
    kept: &OfDeployment<'_>,
    scope: &Scope,
) -> Result<Found, StoreError> {
    let rows = sqlx::query(include_str!("sql/block_versions.sql"))
        .bind(kept.deployment_id)
        .bind(scope.from_us)
        .bind(scope.until_us)
        .bind(BLOCKS_MAX)
        .fetch_all(&mut *connection)
        .await?;
    let mut versions = HashMap::with_capacity(rows.len());
    for row in &rows {
        let version = Version {
            rows: row.try_get("rows")?,
            sum: row.try_get("version")?,
        };
        let hash: String = row.try_get("hash")?;
        versions.insert(hash, (version, row.try_get("last_seen")?));
    }
    let mut parents: HashMap<String, Option<String>> = kept
        .parents(
            versions
                .iter()
                .map(|(hash, (version, _))| (&**hash, *version)),
        )
        .into_iter()
        .map(|(hash, parent)| (hash.to_owned(), parent))
        .collect();
    let unknown: Vec<&str> = versions
        .keys()
        .map(String::as_str)
        .filter(|hash| !parents.contains_key(*hash))
        .collect();
    if !unknown.is_empty() {
        let read = sqlx::query(include_str!("sql/block_parents.sql"))
            .bind(kept.deployment_id)
            .bind(&unknown)
            .fetch_all(connection)
            .await?;
        let read: Result<Vec<(String, Option<String>)>, StoreError> = read
            .iter()
            .map(|row| Ok((row.try_get("hash")?, row.try_get("parent")?)))
            .collect();
        let read = read?;
        kept.keep_parents(
            read.iter().filter_map(|(hash, parent)| {
                Some((&**hash, versions.get(hash)?.0, parent.clone()))
            }),
        );
        parents.extend(read);
    }
    let all: Result<Vec<BlockFacts>, StoreError> = rows
        .iter()
        .map(|row| {
            let hash: String = row.try_get("hash")?;
            Ok(BlockFacts {
                parent: parents.remove(&hash).flatten(),
                hash,
                height: row.try_get("height")?,
                slot: row.try_get("slot")?,
                first_seen: row.try_get("first_seen")?,
            })
        })
        .collect();
    Ok(Found {
        all: Blocks::new(all?),
        versions,
    })
}

/// Blocks with their traces, by hash.
async fn details<'h>(
    connection: &mut PgConnection,
    kept: &OfDeployment<'_>,
    found: &Found,
    hashes: &[&'h str],
) -> Result<HashMap<&'h str, Arc<Details>>, StoreError> {
    let asked = hashes.iter().filter_map(|hash| found.with_version(hash));
    let mut details = kept.details(asked);
    let unknown: Vec<&str> = hashes
        .iter()
        .copied()
        .filter(|hash| !details.contains_key(hash))
        .collect();
    if unknown.is_empty() {
        return Ok(details);
    }
    let mut contents = contents(connection, kept.deployment_id, &unknown).await?;
    let mut traces = traces(connection, kept, &unknown).await?;
    for hash in hashes {
        if details.contains_key(hash) {
            continue;
        }
        let mut read = traces.remove(*hash).unwrap_or_default();
        read.contents = contents.remove(*hash).unwrap_or_default();
        let read = Arc::new(read);
        if let Some((_, version)) = found.with_version(hash) {
            kept.keep_details(hash, version, &read);
        }
        details.insert(*hash, read);
    }
    kept.make_room();
    Ok(details)
}

/// Columns of arrays rather than a row for each trace: a matrix has hundreds of thousands.
async fn traces(
    connection: &mut PgConnection,
    kept: &OfDeployment<'_>,
    hashes: &[&str],
) -> Result<HashMap<String, Details>, StoreError> {
    let mut rows = sqlx::query(include_str!("sql/matrix_traces.sql"))
        .bind(kept.deployment_id)
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

/// The traces of blocks since a time, and the nodes that have them.
struct NodeTraces {
    nodes: Vec<String>,
    traces: Vec<BlockAtNode>,
    /// Until when producers made each block.
    made_until: Vec<Option<f64>>,
}

impl NodeTraces {
    fn new(hashes: &[&str], details: &HashMap<&str, Arc<Details>>, since: f64) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut found = Self {
            nodes: Vec::new(),
            traces: Vec::new(),
            made_until: vec![None; hashes.len()],
        };
        for (block, hash) in hashes.iter().enumerate() {
            let Some(details) = details.get(hash) else {
                continue;
            };
            for trace in details.traces.iter().filter(|trace| trace.started >= since) {
                let node = *numbers.entry(&trace.node).or_insert_with(|| {
                    found.nodes.push(trace.node.to_string());
                    found.nodes.len() - 1
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
            let made = details.made.iter().filter(|(from, _)| *from >= since);
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

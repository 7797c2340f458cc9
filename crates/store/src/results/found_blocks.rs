//! The blocks of a scope as they are now, by a look at what has changed since the last one.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use results::blocks::{BlockFacts, Blocks};
use sqlx::{PgConnection, Row as _};

use super::Scope;
use super::blocks::BLOCKS_MAX;
use super::kept_blocks::{BlocksByHash, InTime, KeptBlock, KeptBlocks, Moment, Snapshot};
use crate::StoreError;

/// The blocks of a scope as they are now.
pub(super) struct Found {
    /// Those within the scope's time.
    pub(super) all: Blocks,
    /// All blocks of the deployment.
    pub(super) moment: Moment,
}

/// What a query says of a block.
struct Facts {
    rows: i64,
    version: i64,
    seen: Option<InTime>,
}

/// The blocks of a scope.
pub(super) async fn found(
    connection: &mut PgConnection,
    kept: &KeptBlocks,
    deployment_id: i32,
    scope: &Scope,
) -> Result<Found, StoreError> {
    let mut moment = look(connection, kept, deployment_id).await?;
    let time = (scope.from_us, scope.until_us);
    if moment.blocks.len() >= usize::try_from(BLOCKS_MAX).unwrap_or(usize::MAX) {
        // Those of the time may be older than the newest ones.
        let all = read(connection, deployment_id, time, None, None).await?;
        moment.blocks = Arc::new(all);
    }
    let within = seen_within(connection, deployment_id, &moment, time).await?;
    let facts = within.into_iter().map(|(hash, seen, parent)| BlockFacts {
        hash,
        parent,
        height: seen.height,
        slot: seen.slot,
        first_seen: seen.first_seen,
    });
    Ok(Found {
        all: Blocks::new(facts.collect()),
        moment,
    })
}

/// The blocks of a deployment in the snapshot of the transaction.
async fn look(
    connection: &mut PgConnection,
    kept: &KeptBlocks,
    deployment_id: i32,
) -> Result<Moment, StoreError> {
    let row = sqlx::query(include_str!("sql/snapshot.sql"))
        .fetch_one(&mut *connection)
        .await?;
    let snapshot = Snapshot {
        oldest: row.try_get("oldest")?,
        next: row.try_get("next")?,
        minus_running: -row.try_get::<i64, _>("running")?,
    };
    let is_distributed: bool = row.try_get("is_distributed")?;
    let before = kept.moment(deployment_id);
    let is_comparable = |before: &&Moment| !is_distributed && snapshot.follows(&before.snapshot);
    let known = match before.as_ref().filter(is_comparable) {
        Some(before) => changed(connection, deployment_id, before.clone()).await?,
        None => None,
    };
    let blocks = if let Some(blocks) = known {
        blocks
    } else {
        let before = before.as_ref().map(|before| &*before.blocks);
        let all = read(connection, deployment_id, (None, None), None, before);
        Arc::new(all.await?)
    };
    let moment = Moment { snapshot, blocks };
    kept.keep(deployment_id, &moment);
    Ok(moment)
}

/// The blocks as they are now, where it is known what they were; none if all must be read.
async fn changed(
    connection: &mut PgConnection,
    deployment_id: i32,
    before: Moment,
) -> Result<Option<Arc<BlocksByHash>>, StoreError> {
    let row = sqlx::query(include_str!("sql/blocks_changed.sql"))
        .bind(deployment_id)
        .bind(before.snapshot.oldest)
        .fetch_one(&mut *connection)
        .await?;
    let rows: i64 = row.try_get("rows")?;
    let changed: Option<Vec<String>> = row.try_get("changed")?;
    let mut now = before;
    if let Some(changed) = changed {
        let time = (None, None);
        let read = read(connection, deployment_id, time, Some(&changed), None).await?;
        Arc::make_mut(&mut now.blocks).extend(read);
    }
    Ok((now.rows() == rows).then_some(now.blocks))
}

/// Beginning and end, in microseconds since 1970.
type Time = (Option<i64>, Option<i64>);

/// Reads blocks, the newest ones if none are named. Those that are as they were `before` are the same.
async fn read(
    connection: &mut PgConnection,
    deployment_id: i32,
    time: Time,
    hashes: Option<&[String]>,
    before: Option<&BlocksByHash>,
) -> Result<BlocksByHash, StoreError> {
    let mut facts = facts(connection, deployment_id, time, hashes).await?;
    let mut blocks = BlocksByHash::with_capacity(facts.len());
    for (hash, block) in before.into_iter().flatten() {
        let is_same = |facts: &Facts| facts.rows == block.rows && facts.version == block.version;
        if facts.get(&**hash).is_some_and(is_same) {
            facts.remove(&**hash);
            blocks.insert(Arc::clone(hash), Arc::clone(block));
        }
    }
    let hashes: Vec<&str> = facts.keys().map(String::as_str).collect();
    let rows = sqlx::query(include_str!("sql/block_parents.sql"))
        .bind(deployment_id)
        .bind(&hashes)
        .fetch_all(connection)
        .await?;
    let mut parents = HashMap::with_capacity(rows.len());
    for row in &rows {
        let hash: String = row.try_get("hash")?;
        parents.insert(hash, row.try_get::<Option<String>, _>("parent")?);
    }
    blocks.extend(facts.into_iter().map(|(hash, facts)| {
        let block = KeptBlock {
            rows: facts.rows,
            version: facts.version,
            seen: facts.seen,
            parent: parents.remove(&hash).flatten(),
            details: OnceLock::new(),
        };
        (hash.into(), Arc::new(block))
    }));
    Ok(blocks)
}

/// What the traces of blocks within a time say.
async fn facts(
    connection: &mut PgConnection,
    deployment_id: i32,
    (from_us, until_us): Time,
    hashes: Option<&[String]>,
) -> Result<HashMap<String, Facts>, StoreError> {
    let rows = sqlx::query(include_str!("sql/block_facts.sql"))
        .bind(deployment_id)
        .bind(from_us)
        .bind(until_us)
        .bind(hashes)
        .bind(BLOCKS_MAX)
        .fetch_all(connection)
        .await?;
    let facts = rows.iter().map(|row| {
        let first_seen: Option<f64> = row.try_get("first_seen")?;
        let seen = match first_seen {
            Some(first_seen) => Some(InTime {
                height: row.try_get("height")?,
                slot: row.try_get("slot")?,
                first_seen,
                last_seen: row.try_get("last_seen")?,
            }),
            None => None,
        };
        let facts = Facts {
            rows: row.try_get("rows")?,
            version: row.try_get("version")?,
            seen,
        };
        Ok((row.try_get("hash")?, facts))
    });
    facts.collect()
}

/// The blocks with traces within a time, what these say, and their parents.
async fn seen_within(
    connection: &mut PgConnection,
    deployment_id: i32,
    moment: &Moment,
    (from_us, until_us): Time,
) -> Result<Vec<(String, InTime, Option<String>)>, StoreError> {
    let from = from_us.map_or(0.0, super::seconds);
    let until = until_us.map_or(f64::INFINITY, super::seconds);
    // At the ends of the time, the database says what is within.
    let margin = 0.001;
    let is_begun = |at: f64| from_us.is_none() || at >= from + margin;
    let is_ended = |at: f64| until_us.is_none() || at < until - margin;
    let mut within = Vec::new();
    let mut partly = Vec::new();
    for (hash, block) in moment.blocks.iter() {
        let Some(seen) = block.seen else { continue };
        if is_begun(seen.first_seen) && is_ended(seen.last_seen) {
            within.push((hash.to_string(), seen, block.parent.clone()));
        } else if seen.last_seen >= from - margin && seen.first_seen < until + margin {
            partly.push(hash.to_string());
        }
    }
    if partly.is_empty() {
        return Ok(within);
    }
    let facts = facts(
        connection,
        deployment_id,
        (from_us, until_us),
        Some(&partly),
    )
    .await?;
    for (hash, facts) in facts {
        if let Some(seen) = facts.seen {
            let block = moment.blocks.get(hash.as_str());
            let parent = block.and_then(|block| block.parent.clone());
            within.push((hash, seen, parent));
        }
    }
    Ok(within)
}

#[cfg(test)]
mod tests {
    use sqlx::PgConnection;

    use super::super::Scope;
    use super::found;
    use crate::results::KeptBlocks;
    use crate::testing::TestDatabase;

    async fn heights(connection: &mut PgConnection, kept: &KeptBlocks) -> Vec<i64> {
        let found = found(connection, kept, 1, &Scope::default()).await.unwrap();
        found
            .all
            .iter()
            .filter_map(|(block, _)| block.height)
            .collect()
    }

    fn set(height: i64, block: &str) -> String {
        format!("UPDATE block_trace SET blockchain_length = {height} WHERE block_id = '{block}'")
    }

    #[tokio::test]
    async fn what_a_transaction_wrote_is_found_when_it_has_ended_however_old_it_is() {
        let test = TestDatabase::create().await.unwrap();
        let database = test.database();
        let id = database
            .create_deployment(&serde_json::Map::new())
            .await
            .unwrap();
        database.ensure_partitions(id).await.unwrap();
        test.execute(
            "INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
                 total_time, source, blockchain_length, global_slot, status, metadata_json)
             SELECT 1, 'n1', '3N' || number, number, 1, 'External', number, number, 'Success', '{}'
               FROM generate_series(1, 2) AS number",
        )
        .await
        .unwrap();
        let kept = KeptBlocks::default();
        let now = async || {
            let mut reading = database.reading().await.unwrap();
            heights(&mut reading, &kept).await
        };
        assert_eq!(now().await, [1, 2]);
        let mut open = database.pool().begin().await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(set(10, "3N1")))
            .execute(&mut *open)
            .await
            .unwrap();
        test.execute(&set(20, "3N2")).await.unwrap();
        assert_eq!(now().await, [1, 20]);
        let mut older = database.reading().await.unwrap();
        assert_eq!(heights(&mut older, &kept).await, [1, 20]);
        open.commit().await.unwrap();
        assert_eq!(now().await, [10, 20]);
        // A look at an older snapshot neither sees nor keeps what it should not.
        assert_eq!(heights(&mut older, &kept).await, [1, 20]);
        assert_eq!(now().await, [10, 20]);
        test.execute("DELETE FROM block_trace WHERE block_id = '3N2'")
            .await
            .unwrap();
        assert_eq!(now().await, [10]);
        // One block comes and one goes.
        test.execute("UPDATE block_trace SET block_id = '3N3'")
            .await
            .unwrap();
        let mut reading = database.reading().await.unwrap();
        let found = found(&mut reading, &kept, 1, &Scope::default())
            .await
            .unwrap();
        assert_eq!(
            found
                .moment
                .blocks
                .keys()
                .map(|hash| &**hash)
                .collect::<Vec<_>>(),
            ["3N3"]
        );
    }
}

//! The blocks of a deployment.

use results::blocks::{BlockFacts, Blocks};
use sqlx::{PgConnection, Row as _};

use crate::StoreError;

/// Most blocks that one answer counts: half a year of a network with slots of three minutes.
const BLOCKS_MAX: i64 = 100_000;

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

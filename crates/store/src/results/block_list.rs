//! The list of blocks with what nodes did with each.

use results::answers::{Block, BlockRow};
use results::figures::quantile;
use results::lag::CellTime;
use results::matrix::CellStatus;
use results::own_times::sorted;

use super::Scope;
use super::at_nodes::BlocksAtNodes;
use super::blocks::{BlockOrder, is_wanted, newest};
use crate::{Database, StoreError};

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

impl Database {
    /// The newest blocks of the scope whose key is below `before`; only those at the height or with
    /// the beginning of the hash that is wanted.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_blocks(
        &self,
        scope: &Scope,
        order: BlockOrder,
        before: Option<i64>,
        wanted: Option<&str>,
        limit: usize,
    ) -> Result<BlockPage, StoreError> {
        let Some(deployment_id) = scope.deployment_id else {
            return Ok(BlockPage::default());
        };
        let mut reading = self.reading().await?;
        let found = self
            .found_blocks(&mut reading, deployment_id, scope)
            .await?;
        let all = || {
            found
                .all
                .iter()
                .filter(|(block, _)| is_wanted(block, wanted))
        };
        let (chosen, more) = newest(all(), order, before, limit);
        let next = chosen
            .last()
            .filter(|_| more)
            .and_then(|(block, _)| order.key(block));
        let at_nodes =
            self.blocks_at_nodes(&mut reading, deployment_id, &found, &chosen, f64::INFINITY);
        Ok(BlockPage {
            blocks: at_nodes.await?.map(rows).unwrap_or_default(),
            total: all().count(),
            next,
        })
    }
}

/// Blocks with what their traces came to.
fn rows(at_nodes: BlocksAtNodes) -> Vec<BlockRow> {
    let (lags, applied) = (
        at_nodes.cells(CellTime::Lag),
        at_nodes.cells(CellTime::Apply),
    );
    let count = at_nodes.blocks.len();
    let mut rows: Vec<BlockRow> = at_nodes.blocks.into_iter().map(row_of).collect();
    let (mut lag, mut apply) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for cell in &lags {
        if let Some(row) = rows.get_mut(cell.block) {
            row.traces += 1;
            match cell.status {
                CellStatus::Success => row.success += 1,
                CellStatus::Pending => row.pending += 1,
                CellStatus::Failure => row.failure += 1,
            }
            lag[cell.block].extend(cell.value);
        }
    }
    for cell in &applied {
        if let Some(values) = apply.get_mut(cell.block) {
            values.extend(cell.value);
        }
    }
    for ((row, lag), apply) in rows.iter_mut().zip(lag).zip(apply) {
        let (lag, apply) = (sorted(&lag), sorted(&apply));
        (row.lag_p50_s, row.lag_p95_s) = (quantile(&lag, 50), quantile(&lag, 95));
        (row.apply_p50_s, row.apply_p95_s) = (quantile(&apply, 50), quantile(&apply, 95));
    }
    rows
}

fn row_of(block: Block) -> BlockRow {
    BlockRow {
        block,
        ..BlockRow::default()
    }
}

//! The matrix of blocks and nodes.

use results::answers::Matrix;
use results::lag::CellTime;
use results::matrix::{Cell, NodeEntries, NodeTime, RowOrder, completeness_matrix, matrix};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::Scope;
use super::blocks::{BlockOrder, newest};
use crate::{Database, StoreError};

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

impl Database {
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
        let found = self
            .found_blocks(&mut reading, deployment_id, scope)
            .await?;
        let (mut chosen, _) = newest(found.all.iter(), BlockOrder::Height, before, limit);
        chosen.reverse();
        let at_nodes =
            self.blocks_at_nodes(&mut reading, deployment_id, &found, &chosen, f64::INFINITY);
        let Some(at_nodes) = at_nodes.await? else {
            return Ok(Matrix::default());
        };
        let time = match metric {
            // of completeness, the values come from elsewhere
            CellMetric::Lag | CellMetric::Completeness => CellTime::Lag,
            CellMetric::Lag2 => CellTime::Lag2,
            CellMetric::Apply => CellTime::Apply,
        };
        let cells = at_nodes.cells(time);
        let (blocks, first) = (at_nodes.blocks, at_nodes.first);
        let (nodes, cells) = wanted(at_nodes.nodes, cells, scope.nodes.as_deref());
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
            return Ok(matrix(blocks, (&nodes, &cells), &read, &lost, order));
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
            blocks, cells, &read, &lost, &entries, order,
        ))
    }
}

/// The nodes, and the cells of those that are wanted.
fn wanted(
    all: Vec<String>,
    mut cells: Vec<Cell>,
    wanted: Option<&[String]>,
) -> (Vec<String>, Vec<Cell>) {
    let Some(wanted) = wanted else {
        return (all, cells);
    };
    let mut nodes = Vec::new();
    let mut places = Vec::with_capacity(all.len());
    for node in all {
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

fn node_time(row: &PgRow) -> Result<NodeTime, StoreError> {
    Ok(NodeTime {
        node: row.try_get("node")?,
        from_us: row.try_get("from_us")?,
        until_us: row.try_get("until_us")?,
    })
}

//! Lists of block traces of one node.

use futures_util::TryStreamExt as _;
use serde_json::value::RawValue;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::budget::ReadBudget;
use crate::{Database, StoreError};

/// Which block traces of a node to list.
#[derive(Debug, Clone)]
pub struct BlockTracesQuery {
    /// The deployment.
    pub deployment_id: i32,
    /// The node.
    pub node_name: String,
    /// Which of its traces.
    pub range: TraceRange,
    /// By descending instead of ascending id, that is, order of creation.
    pub newest_first: bool,
    /// How many rows to leave out at the start of the list; negative is 0.
    pub offset: i64,
    /// How many rows at most; negative is 0.
    pub limit: i64,
}

/// A range of slots or heights: `last - count < value <= last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceRange {
    /// Every trace, that of block `0` too.
    All,
    /// By column `global_slot`.
    GlobalSlot {
        /// The greatest slot.
        last: i64,
        /// How many slots.
        count: i64,
    },
    /// By column `blockchain_length`.
    Height {
        /// The greatest height.
        last: i64,
        /// How many heights.
        count: i64,
    },
}

/// One row of `block_trace`.
#[derive(Debug, Clone)]
pub struct BlockTraceRow {
    /// Column `metadata_json` in the text form of PostgreSQL: shorter keys
    /// first. In lists without the key `diff_log`, which is large.
    pub metadata: Box<RawValue>,
    /// Where the node got the block from: `External`, `Internal`, ...
    pub source: String,
    /// The deployment.
    pub deployment_id: i32,
    /// The height, 0 while unknown.
    pub blockchain_length: i32,
    /// The global slot, 0 while unknown.
    pub global_slot: i32,
    /// The state hash; the slot while a produced block has none; `0` for what
    /// happened outside of blocks.
    pub block_id: String,
    /// The node.
    pub node_name: String,
    /// `Pending`, `Success` or `Failure`.
    pub status: String,
    /// Seconds since the Unix epoch, −1 before the first checkpoint.
    pub started_at: f64,
    /// Seconds.
    pub total_time: f64,
}

impl BlockTraceRow {
    /// Reads a row of [`COLUMNS`] and a text column `metadata`.
    pub(super) fn from_row(row: &PgRow) -> Result<Self, StoreError> {
        Ok(Self {
            metadata: RawValue::from_string(row.try_get("metadata")?).map_err(|source| {
                StoreError::Unreadable {
                    what: "metadata of a block trace",
                    source: source.into(),
                }
            })?,
            source: row.try_get("source")?,
            deployment_id: row.try_get("deployment_id")?,
            blockchain_length: row.try_get("blockchain_length")?,
            global_slot: row.try_get("global_slot")?,
            block_id: row.try_get("block_id")?,
            node_name: row.try_get("node_name")?,
            status: row.try_get("status")?,
            started_at: row.try_get("trace_started_at")?,
            total_time: row.try_get("total_time")?,
        })
    }
}

impl BlockTraceRow {
    /// Bytes of the columns whose length varies.
    pub(super) fn text_bytes(&self) -> usize {
        self.metadata.get().len() + self.block_id.len() + self.node_name.len()
    }
}

/// The columns of a [`BlockTraceRow`] except the metadata.
pub(super) const COLUMNS: &str = "source, deployment_id, blockchain_length, global_slot, \
     block_id, node_name, status, trace_started_at, total_time";

impl Database {
    /// Block traces of a node in a deployment, in order of creation, if they are within the
    /// budget.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn block_traces(
        &self,
        query: &BlockTracesQuery,
        budget: &ReadBudget,
    ) -> Result<Vec<BlockTraceRow>, StoreError> {
        let filter = match query.range {
            TraceRange::All => "",
            TraceRange::GlobalSlot { .. } => "AND global_slot > $5 AND global_slot <= $6",
            TraceRange::Height { .. } => "AND blockchain_length > $5 AND blockchain_length <= $6",
        };
        let direction = if query.newest_first { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {COLUMNS},
                    CASE jsonb_typeof(metadata_json)
                        WHEN 'object' THEN metadata_json - 'diff_log'
                        ELSE metadata_json
                    END::text AS metadata
               FROM public.block_trace
              WHERE deployment_id = $1 AND node_name = $2 {filter}
              ORDER BY block_trace_id {direction}
             OFFSET $3 LIMIT $4"
        );
        // Safe: only the constants above are put into the text.
        let statement = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(query.deployment_id)
            .bind(&query.node_name)
            .bind(query.offset.max(0))
            .bind(query.limit.max(0));
        let statement = match query.range {
            TraceRange::All => statement,
            TraceRange::GlobalSlot { last, count } | TraceRange::Height { last, count } => {
                statement.bind(last.saturating_sub(count)).bind(last)
            }
        };
        let mut found = statement.fetch(self.pool());
        let mut rows = Vec::new();
        while let Some(row) = found.try_next().await? {
            let row = BlockTraceRow::from_row(&row)?;
            budget.take_row(row.text_bytes())?;
            rows.push(row);
        }
        Ok(rows)
    }
}

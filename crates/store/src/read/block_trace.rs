//! One block trace with its entries.

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use trace::Process;
use trace::flat::StoredEntry;

use super::block_traces::{BlockTraceRow, COLUMNS};
use super::budget::ReadBudget;
use super::entries_page::{ENTRIES_MAX, EntriesPage};
use crate::archive::refuse_archived;
use crate::{Database, StoreError};

/// A block trace and what it consists of.
#[derive(Debug, Clone)]
pub struct StoredBlockTrace {
    /// The trace itself; its metadata includes `diff_log`.
    pub row: BlockTraceRow,
    /// Its main entries without gossip, in the order of their ids: a page of them.
    pub entries: Vec<StoredEntry>,
}

const ENTRIES: &str = "\
SELECT source::text AS source, is_control, name, started_at,
       metadata_json::text AS metadata, call_id
  FROM public.block_trace_checkpoint
 WHERE deployment_id = $1 AND block_trace_id = $2 AND main_trace AND NOT gossip
   AND source IN ('M', 'P', 'V')
 ORDER BY block_trace_checkpoint_id
OFFSET $3 LIMIT $4";

impl Database {
    /// The newest trace of a block by a node in a deployment: of several rows
    /// the one with the greatest id.
    ///
    /// # Errors
    ///
    /// The deployment is archived, or the database does not answer or refuses.
    pub async fn block_trace(
        &self,
        deployment_id: i32,
        node_name: &str,
        block_id: &str,
    ) -> Result<Option<StoredBlockTrace>, StoreError> {
        let (page, budget) = (EntriesPage::LONGEST, ReadBudget::unlimited());
        self.block_trace_within(deployment_id, node_name, block_id, page, &budget)
            .await
    }

    /// As [`Self::block_trace`] with a page of its entries, if it is within the budget.
    ///
    /// # Errors
    ///
    /// The deployment is archived, or the database does not answer or refuses.
    pub async fn block_trace_within(
        &self,
        deployment_id: i32,
        node_name: &str,
        block_id: &str,
        page: EntriesPage,
        budget: &ReadBudget,
    ) -> Result<Option<StoredBlockTrace>, StoreError> {
        // Safe: only a constant is put into the text.
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT block_trace_id, {COLUMNS}, metadata_json::text AS metadata
               FROM public.block_trace
              WHERE deployment_id = $1 AND node_name = $2 AND block_id = $3
              ORDER BY block_trace_id DESC
              LIMIT 1"
        ));
        let found = sqlx::query(sql)
            .bind(deployment_id)
            .bind(node_name)
            .bind(block_id)
            .fetch_optional(self.pool())
            .await?;
        let Some(found) = found else {
            refuse_archived(self.pool(), deployment_id).await?;
            return Ok(None);
        };
        let block_trace_id: i32 = found.try_get("block_trace_id")?;
        let row = BlockTraceRow::from_row(&found)?;
        budget.take_row(row.text_bytes())?;
        let mut found = sqlx::query(ENTRIES)
            .bind(deployment_id)
            .bind(block_trace_id)
            .bind(page.offset.max(0))
            .bind(page.limit.clamp(0, ENTRIES_MAX))
            .fetch(self.pool());
        let mut entries = Vec::new();
        while let Some(row) = found.try_next().await? {
            budget.take_row(text_bytes(&row)?)?;
            entries.push(entry(&row)?);
        }
        Ok(Some(StoredBlockTrace { row, entries }))
    }
}

/// Positions of columns: a long trace has 100,000 rows, and to look names up takes as long as the rest.
const SOURCE: usize = 0;
const IS_CONTROL: usize = 1;
const NAME: usize = 2;
const STARTED_AT: usize = 3;
const METADATA: usize = 4;
const CALL_ID: usize = 5;

fn text_bytes(row: &PgRow) -> Result<usize, StoreError> {
    let name: &str = row.try_get(NAME)?;
    let metadata: Option<&str> = row.try_get(METADATA)?;
    Ok(name.len() + metadata.map_or(0, str::len))
}

fn entry(row: &PgRow) -> Result<StoredEntry, StoreError> {
    let source: &str = row.try_get(SOURCE)?;
    let metadata: Option<&str> = row.try_get(METADATA)?;
    Ok(StoredEntry {
        // The query lets no other letters pass.
        process: source
            .chars()
            .next()
            .and_then(Process::from_letter)
            .unwrap_or(Process::Main),
        is_control: row.try_get(IS_CONTROL)?,
        name: row.try_get(NAME)?,
        started_at: row.try_get(STARTED_AT)?,
        metadata: metadata
            .map_or(Ok(Value::Null), serde_json::from_str)
            .map_err(|source| StoreError::Unreadable {
                what: "metadata of a checkpoint",
                source: source.into(),
            })?,
        call_id: row.try_get(CALL_ID)?,
    })
}

//! How complete what is stored of nodes is: by node and deployment, by
//! session, by block, and by time.

use std::ops::Range;

use serde::Serialize;
use sqlx::Row as _;
use trace::Timestamp;

use crate::{Database, StoreError, Time};

/// What is stored and what is missing of a node in a deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeCompleteness {
    /// The deployment.
    pub deployment_id: i32,
    /// The node.
    pub node_name: String,
    /// Entries that are stored.
    pub stored_entries: i64,
    /// Entries that are known to be lost.
    pub lost_entries: i64,
    /// Gaps of a size that nobody can know.
    pub unknown_gaps: i64,
    /// Stored entries as a part of all, 1 if none is known to be lost.
    pub completeness: f64,
    /// Lines that were no entry and were dropped; not known for a part of the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed_entries: Option<i64>,
    /// Sessions with the node, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<i64>,
}

/// What is stored and what is missing of one session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionCompleteness {
    /// Its row in the table of sessions.
    pub session_id: i64,
    /// The deployment.
    pub deployment_id: i32,
    /// The node.
    pub node_name: String,
    /// When it began, by the database's clock.
    pub opened_at: Time,
    /// When it ended, if it has.
    pub ended_at: Option<Time>,
    /// Why it ended.
    pub end_reason: Option<String>,
    /// Entries that are stored.
    pub stored_entries: i64,
    /// Entries that are known to be lost.
    pub lost_entries: i64,
    /// Gaps, those of unknown size included.
    pub gaps: i64,
}

/// What a node has stored of a block, and what is missing from the same time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlockCompleteness {
    /// The node.
    pub node_name: String,
    /// Rows of the block's trace.
    pub stored_entries: i64,
    /// Entries of the node that are lost and may have belonged to the block.
    pub lost_entries: i64,
    /// Gaps of unknown size at the same time.
    pub unknown_gaps: i64,
    /// Stored entries as a part of all: a lower bound.
    pub completeness: f64,
}

impl Database {
    /// How complete the data of a deployment are, by node in order of name.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn completeness(
        &self,
        deployment_id: i32,
        node_name: Option<&str>,
    ) -> Result<Vec<NodeCompleteness>, StoreError> {
        let rows = sqlx::query(
            "SELECT node_name, stored_entries, lost_entries, unknown_gaps, completeness,
                    malformed_entries, sessions
               FROM loadlab.completeness
              WHERE deployment_id = $1 AND node_name = coalesce($2, node_name)
              ORDER BY node_name",
        )
        .bind(deployment_id)
        .bind(node_name)
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(NodeCompleteness {
                    malformed_entries: Some(row.try_get(5)?),
                    sessions: Some(row.try_get(6)?),
                    ..node_completeness(deployment_id, row)?
                })
            })
            .collect()
    }

    /// How complete the data of a deployment are within a time by the nodes'
    /// clocks, by node in order of name. Stored entries are counted by whole
    /// minutes, and a gap counts as a whole if any of it lies within.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn completeness_within(
        &self,
        deployment_id: i32,
        node_name: Option<&str>,
        time: Range<Timestamp>,
    ) -> Result<Vec<NodeCompleteness>, StoreError> {
        let rows = sqlx::query(include_str!("sql/completeness_within.sql"))
            .bind(deployment_id)
            .bind(node_name)
            .bind(time.start.seconds())
            .bind(time.end.seconds())
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| node_completeness(deployment_id, row))
            .collect()
    }

    /// How complete what the nodes have stored of a block is, by node in order
    /// of name.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn block_completeness(
        &self,
        deployment_id: i32,
        block_id: &str,
    ) -> Result<Vec<BlockCompleteness>, StoreError> {
        let rows = sqlx::query(include_str!("sql/block_completeness.sql"))
            .bind(deployment_id)
            .bind(block_id)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let (stored, lost) = (row.try_get(1)?, row.try_get(2)?);
                Ok(BlockCompleteness {
                    node_name: row.try_get(0)?,
                    stored_entries: stored,
                    lost_entries: lost,
                    unknown_gaps: row.try_get(3)?,
                    completeness: part(stored, lost),
                })
            })
            .collect()
    }

    /// The sessions of nodes in a deployment, newest first, `limit` of them.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn session_completeness(
        &self,
        deployment_id: i32,
        node_name: Option<&str>,
        limit: i64,
    ) -> Result<Vec<SessionCompleteness>, StoreError> {
        let rows = sqlx::query(include_str!("sql/sessions.sql"))
            .bind(deployment_id)
            .bind(node_name)
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SessionCompleteness {
                    session_id: row.try_get(0)?,
                    deployment_id,
                    node_name: row.try_get(1)?,
                    opened_at: row.try_get(2)?,
                    ended_at: row.try_get(3)?,
                    end_reason: row.try_get(4)?,
                    stored_entries: row.try_get(5)?,
                    lost_entries: row.try_get(6)?,
                    gaps: row.try_get(7)?,
                })
            })
            .collect()
    }
}

fn node_completeness(
    deployment_id: i32,
    row: &sqlx::postgres::PgRow,
) -> Result<NodeCompleteness, StoreError> {
    Ok(NodeCompleteness {
        deployment_id,
        node_name: row.try_get(0)?,
        stored_entries: row.try_get(1)?,
        lost_entries: row.try_get(2)?,
        unknown_gaps: row.try_get(3)?,
        completeness: row.try_get(4)?,
        malformed_entries: None,
        sessions: None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn part(stored: i64, lost: i64) -> f64 {
    let all = stored.saturating_add(lost);
    if all > 0 {
        stored as f64 / all as f64
    } else {
        1.0
    }
}

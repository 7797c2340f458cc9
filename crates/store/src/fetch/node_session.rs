//! The session of a node: begun, taken over, or begun anew where the last one
//! stopped.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, Row as _};
use trace::Timestamp;

use crate::archive::hold_unarchived;
use crate::ingest::{EndReason, Session};
use crate::lease::{self, Lease};
use crate::{Database, StoreError};

/// How far a node's log is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeCursor {
    /// Names the run of the daemon: server uuid and peer id. None before the
    /// first, and after a run was left.
    pub run: Option<String>,
    /// The last entry of that run that is stored, 0 for none.
    pub last_log_id: u64,
    /// Its time by the node's clock, in microseconds since 1970.
    pub last_time_us: Option<i64>,
}

impl NodeCursor {
    /// As it is stored.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// When the last entry was written.
    #[must_use]
    pub fn last_time(&self) -> Option<Timestamp> {
        Timestamp::from_nanoseconds(self.last_time_us?.checked_mul(1_000)?)
    }
}

/// A session of a node, ready to be delivered to.
#[derive(Debug)]
pub struct OpenedNodeSession {
    /// To be handed over with each delivery.
    pub session: Session,
    /// Where it continues.
    pub cursor: NodeCursor,
    /// The pieces of the tracer's state.
    pub state: Vec<(String, Vec<u8>)>,
    /// [`crate::fetch::FetchControl::resets`] when it began.
    pub resets: i64,
}

/// What came of opening a session.
#[derive(Debug)]
pub enum NodeSessionOpened {
    /// It is open.
    Opened(Box<OpenedNodeSession>),
    /// Fetching is frozen.
    Frozen,
}

/// The last session of a node.
struct Last {
    id: i64,
    deployment_id: i32,
    cursor: Value,
    is_open: bool,
    resets: i64,
}

/// What is stored of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Grows with each delivery.
    pub version: i64,
    /// Whether it has not ended.
    pub is_open: bool,
    /// Row ids of its traces by their ordinals.
    pub traces: HashMap<u32, i32>,
}

impl Database {
    /// Opens the session of a node under its lease: takes over the one that is
    /// open if it belongs to the newest deployment, else begins one where the
    /// last one stopped.
    ///
    /// Within a deployment, a new session continues the traces of the last
    /// one; in a new deployment, it knows only which block and call are
    /// current.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] if the lease is lost; or the database does not answer or refuses.
    pub async fn open_node_session(
        &self,
        node_name: &str,
        lease: &Lease,
    ) -> Result<NodeSessionOpened, StoreError> {
        let deployment_id = self.newest_or_first_deployment().await?;
        self.ensure_partitions(deployment_id).await?;
        let mut transaction = self.pool().begin().await?;
        lease::require(&mut transaction, lease).await?;
        hold_unarchived(&mut transaction, deployment_id).await?;
        let control = sqlx::query("SELECT frozen, resets FROM loadlab.fetch_control FOR SHARE")
            .fetch_one(&mut *transaction)
            .await?;
        if control.try_get(0)? {
            return Ok(NodeSessionOpened::Frozen);
        }
        let resets: i64 = control.try_get(1)?;
        let last = last_session(&mut transaction, node_name).await?;
        let opened = match last {
            Some(last)
                if last.is_open && last.deployment_id == deployment_id && last.resets >= resets =>
            {
                take_over(&mut transaction, node_name, last).await?
            }
            last => {
                if let Some(last) = last.as_ref().filter(|last| last.is_open) {
                    let reason = if last.deployment_id == deployment_id {
                        EndReason::Reset
                    } else {
                        EndReason::NewDeployment
                    };
                    end(&mut transaction, last.id, reason).await?;
                }
                begin(&mut transaction, node_name, deployment_id, resets, last).await?
            }
        };
        transaction.commit().await?;
        let mut opened = opened;
        opened.session.set_lease(lease.clone());
        Ok(NodeSessionOpened::Opened(Box::new(opened)))
    }

    /// What is stored of a session: to find out what came of a delivery.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn stored_session(&self, session: &Session) -> Result<StoredSession, StoreError> {
        let mut transaction = self.pool().begin().await?;
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query(
            "SELECT version, ended_at IS NULL FROM loadlab.session WHERE session_id = $1",
        )
        .bind(session.id)
        .fetch_one(&mut *transaction)
        .await?;
        let traces = read_traces(&mut transaction, session.id).await?;
        transaction.commit().await?;
        Ok(StoredSession {
            version: row.try_get(0)?,
            is_open: row.try_get(1)?,
            traces,
        })
    }

    /// Whether the session's stored cursor is this one; false if the database
    /// does not answer.
    pub async fn has_cursor(&self, session: &Session, cursor: &NodeCursor) -> bool {
        let stored =
            sqlx::query_scalar("SELECT cursor = $2 FROM loadlab.session WHERE session_id = $1")
                .bind(session.id)
                .bind(cursor.to_value())
                .fetch_one(self.pool())
                .await;
        stored.unwrap_or(false)
    }
}

async fn last_session(
    connection: &mut PgConnection,
    node_name: &str,
) -> Result<Option<Last>, StoreError> {
    let row = sqlx::query(
        "SELECT session_id, deployment_id, cursor, ended_at IS NULL, resets
           FROM loadlab.session
          WHERE kind = 'node' AND node_name = $1 AND deployment_id IS NOT NULL
          ORDER BY session_id DESC LIMIT 1
            FOR UPDATE",
    )
    .bind(node_name)
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Last {
            id: row.try_get(0)?,
            deployment_id: row.try_get(1)?,
            cursor: row.try_get(2)?,
            is_open: row.try_get(3)?,
            resets: row.try_get(4)?,
        })
    })
    .transpose()
}

async fn take_over(
    connection: &mut PgConnection,
    node_name: &str,
    last: Last,
) -> Result<OpenedNodeSession, StoreError> {
    // The former writer is fenced out.
    let version = sqlx::query_scalar(
        "UPDATE loadlab.session SET version = version + 1 WHERE session_id = $1
         RETURNING version",
    )
    .bind(last.id)
    .fetch_one(&mut *connection)
    .await?;
    load(connection, node_name, version, last).await
}

async fn begin(
    connection: &mut PgConnection,
    node_name: &str,
    deployment_id: i32,
    resets: i64,
    last: Option<Last>,
) -> Result<OpenedNodeSession, StoreError> {
    let cursor = last.as_ref().map_or_else(
        || NodeCursor::default().to_value(),
        |last| last.cursor.clone(),
    );
    let id: i64 = sqlx::query_scalar(include_str!("sql/begin_node_session.sql"))
        .bind(deployment_id)
        .bind(node_name)
        .bind(&cursor)
        .bind(resets)
        .fetch_one(&mut *connection)
        .await?;
    if let Some(last) = &last {
        let same_deployment = last.deployment_id == deployment_id;
        sqlx::query(include_str!("sql/hand_over_state.sql"))
            .bind(last.id)
            .bind(id)
            .bind(same_deployment)
            .execute(&mut *connection)
            .await?;
        sqlx::query(include_str!("sql/hand_over_traces.sql"))
            .bind(last.id)
            .bind(id)
            .bind(same_deployment)
            .execute(&mut *connection)
            .await?;
        for table in [
            "DELETE FROM loadlab.session_state WHERE session_id = $1",
            "DELETE FROM loadlab.session_trace WHERE session_id = $1",
        ] {
            sqlx::query(table)
                .bind(last.id)
                .execute(&mut *connection)
                .await?;
        }
    }
    let begun = Last {
        id,
        deployment_id,
        cursor,
        is_open: true,
        resets,
    };
    load(connection, node_name, 0, begun).await
}

async fn end(
    connection: &mut PgConnection,
    session_id: i64,
    reason: EndReason,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE loadlab.session
            SET ended_at = clock_timestamp(), end_reason = $2, version = version + 1
          WHERE session_id = $1",
    )
    .bind(session_id)
    .bind(reason.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

async fn load(
    connection: &mut PgConnection,
    node_name: &str,
    version: i64,
    last: Last,
) -> Result<OpenedNodeSession, StoreError> {
    let cursor = serde_json::from_value(last.cursor).map_err(|source| StoreError::Unreadable {
        what: "cursor of a session",
        source: source.into(),
    })?;
    let state = sqlx::query_as(
        "SELECT key, body FROM loadlab.session_state WHERE session_id = $1 ORDER BY key",
    )
    .bind(last.id)
    .fetch_all(&mut *connection)
    .await?;
    Ok(OpenedNodeSession {
        session: Session {
            id: last.id,
            deployment_id: last.deployment_id,
            node_name: node_name.to_owned(),
            version,
            traces: read_traces(connection, last.id).await?,
            lease: None,
        },
        cursor,
        state,
        resets: last.resets,
    })
}

async fn read_traces(
    connection: &mut PgConnection,
    session_id: i64,
) -> Result<HashMap<u32, i32>, StoreError> {
    let traces: Vec<(i32, i32)> = sqlx::query_as(
        "SELECT ordinal, block_trace_id FROM loadlab.session_trace WHERE session_id = $1",
    )
    .bind(session_id)
    .fetch_all(connection)
    .await?;
    Ok(traces
        .into_iter()
        .filter_map(|(ordinal, id)| Some((u32::try_from(ordinal).ok()?, id)))
        .collect())
}

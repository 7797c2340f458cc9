//! Sessions: one reading of one node's log, from its first entry to its last.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::Row as _;
use trace::batch::Batch;

use crate::archive::{hold_unarchived, refuse_archived};
use crate::lease::Lease;
use crate::{Database, StoreError};

/// What the columns `node_name` hold, in characters.
const NODE_NAME_MAX: usize = 255;

/// What a session reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// Trace files.
    File,
    /// The log queue of a running node.
    Node,
}

impl SessionKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Node => "node",
        }
    }
}

/// A session as its only writer knows it.
#[derive(Debug)]
pub struct Session {
    pub(crate) id: i64,
    pub(crate) deployment_id: i32,
    pub(crate) node_name: String,
    pub(crate) version: i64,
    /// Row ids of the block traces, by the tracer's ordinals.
    pub(crate) traces: HashMap<u32, i32>,
    /// Nothing is written without it; sessions of files need none.
    pub(crate) lease: Option<Lease>,
}

impl Session {
    /// How many deliveries it has had.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// What it is written under.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// Continues under another lease, after the former one was lost and nobody
    /// else has taken the session over.
    pub fn set_lease(&mut self, lease: Lease) {
        self.lease = Some(lease);
    }

    /// Says that a delivery of which the outcome was not known is stored.
    pub fn was_delivered(&mut self, traces: HashMap<u32, i32>) {
        self.version += 1;
        self.traces = traces;
    }

    /// Its row in the table of sessions.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The deployment that all its data belong to.
    #[must_use]
    pub fn deployment_id(&self) -> i32 {
        self.deployment_id
    }

    /// Forgets the row ids of traces that the tracer has forgotten.
    pub(super) fn forget_traces(&mut self, batch: &Batch) {
        for (key, body) in &batch.state {
            if let (Some(ordinal), None) = (trace_ordinal(key), body) {
                self.traces.remove(&ordinal);
            }
        }
    }

    /// The node, as named in every table.
    #[must_use]
    pub fn node_name(&self) -> &str {
        &self.node_name
    }
}

/// The ordinal of the trace whose state has this key.
pub(super) fn trace_ordinal(key: &str) -> Option<u32> {
    key.strip_prefix("trace:")?.parse().ok()
}

/// A session and where it stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionSummary {
    /// Its row in the table of sessions.
    pub id: i64,
    /// The position in its input up to which everything is stored.
    pub cursor: Value,
}

/// A session that was begun or taken up again.
#[derive(Debug)]
pub struct OpenedSession {
    /// To be handed over with each delivery.
    pub session: Session,
    /// The pieces of the tracer's state.
    pub state: Vec<(String, Vec<u8>)>,
}

impl Database {
    /// The sessions of a node in a deployment, oldest first.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn sessions(
        &self,
        deployment_id: i32,
        node_name: &str,
        kind: SessionKind,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let rows = sqlx::query(include_str!("sql/sessions.sql"))
            .bind(deployment_id)
            .bind(node_name)
            .bind(kind.as_str())
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(SessionSummary {
                    id: row.try_get(0)?,
                    cursor: row.try_get(1)?,
                })
            })
            .collect()
    }

    /// Begins a session. The deployment must exist, the name of the node have 1
    /// to 255 characters.
    ///
    /// # Errors
    ///
    /// [`StoreError::NodeName`]: a name that no table can hold. Or the database does not answer or
    /// refuses.
    pub async fn begin_session(
        &self,
        deployment_id: i32,
        node_name: &str,
        kind: SessionKind,
        cursor: &Value,
    ) -> Result<OpenedSession, StoreError> {
        let length = node_name.chars().take(NODE_NAME_MAX + 1).count();
        if !(1..=NODE_NAME_MAX).contains(&length) || node_name.contains(char::is_control) {
            return Err(StoreError::NodeName);
        }
        self.ensure_partitions(deployment_id).await?;
        let mut transaction = self.pool().begin().await?;
        hold_unarchived(&mut transaction, deployment_id).await?;
        let id = sqlx::query_scalar(include_str!("sql/begin_session.sql"))
            .bind(deployment_id)
            .bind(node_name)
            .bind(kind.as_str())
            .bind(cursor)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(OpenedSession {
            session: Session {
                id,
                deployment_id,
                node_name: node_name.to_owned(),
                version: 0,
                traces: HashMap::new(),
                lease: None,
            },
            state: Vec::new(),
        })
    }

    /// Takes a session up again where its last delivery left it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn resume_session(&self, id: i64) -> Result<OpenedSession, StoreError> {
        // One snapshot, so that version, traces and state belong together.
        let mut transaction = self.pool().begin().await?;
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query(
            "SELECT deployment_id, node_name, version FROM loadlab.session
              WHERE session_id = $1 AND deployment_id IS NOT NULL",
        )
        .bind(id)
        .fetch_one(&mut *transaction)
        .await?;
        // If it is archived after this, the session's version is another.
        refuse_archived(&mut *transaction, row.try_get(0)?).await?;
        let traces: Vec<(i32, i32)> = sqlx::query_as(
            "SELECT ordinal, block_trace_id FROM loadlab.session_trace WHERE session_id = $1",
        )
        .bind(id)
        .fetch_all(&mut *transaction)
        .await?;
        let state = sqlx::query_as(
            "SELECT key, body FROM loadlab.session_state
              WHERE session_id = $1 AND NOT starts_with(key, 'lines:') ORDER BY key",
        )
        .bind(id)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(OpenedSession {
            session: Session {
                id,
                deployment_id: row.try_get(0)?,
                node_name: row.try_get(1)?,
                version: row.try_get(2)?,
                traces: traces
                    .into_iter()
                    .filter_map(|(ordinal, id)| Some((u32::try_from(ordinal).ok()?, id)))
                    .collect(),
                lease: None,
            },
            state,
        })
    }
}

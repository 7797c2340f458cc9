//! Deployments of the network and what is noted about them: creating one, the
//! restarts of its nodes, and cleaning up after old ones.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sqlx::Row as _;

use crate::access::mark_changed;
use crate::experiments::{Time, time};
use crate::{Database, StoreError};

/// That a container of a node was started again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeRestart {
    /// The node.
    pub node_name: String,
    /// Why, such as `OOMKilled`.
    pub reason: Option<String>,
    /// The exit code.
    pub code: Option<i32>,
    /// The object of the cluster, such as a pod.
    pub object_name: Option<String>,
    /// Its namespace.
    pub object_namespace: Option<String>,
    /// Its container.
    pub container_name: Option<String>,
    /// How often it was restarted before.
    pub restart_count: Option<i32>,
}

/// A stored [`NodeRestart`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredRestart {
    /// Its number.
    pub id: i32,
    /// When it was stored.
    pub time: Time,
}

/// What a clean-up has deleted in one deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Block traces.
    pub traces: u64,
    /// Their checkpoints, gossip included.
    pub checkpoints: u64,
}

/// Key of the advisory lock that one clean-up at a time holds.
const CLEANUP_LOCK: i64 = 0x10AD_1AB0_C1EA;

impl Database {
    /// Creates a deployment, which is the newest from now on, and gives its id.
    ///
    /// Fails with [`StoreError::UnstorableText`] if a text in `metadata` has
    /// the character NUL.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnstorableText`]: postgreSQL cannot store this character. Or the database
    /// does not answer or refuses.
    pub async fn create_deployment(
        &self,
        metadata: &Map<String, Value>,
    ) -> Result<i32, StoreError> {
        if metadata
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value))
        {
            return Err(StoreError::UnstorableText);
        }
        let mut transaction = self.pool().begin().await?;
        let id = sqlx::query_scalar(
            "INSERT INTO public.deployment (metadata_json) VALUES ($1) RETURNING deployment_id",
        )
        .bind(sqlx::types::Json(metadata))
        .fetch_one(&mut *transaction)
        .await?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Changes the member `note` of a deployment's metadata, or takes it away. Whether there is such a
    /// deployment.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnstorableText`]: PostgreSQL cannot store this character. Or the database does not
    /// answer or refuses.
    pub async fn note_deployment(
        &self,
        deployment_id: i32,
        note: Option<&str>,
    ) -> Result<bool, StoreError> {
        if note.is_some_and(|note| note.contains('\0')) {
            return Err(StoreError::UnstorableText);
        }
        let mut transaction = self.pool().begin().await?;
        let changed = sqlx::query(include_str!("deployments/note.sql"))
            .bind(deployment_id)
            .bind(note)
            .execute(&mut *transaction)
            .await?;
        let is_known = changed.rows_affected() > 0;
        if is_known {
            mark_changed(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(is_known)
    }

    /// Notes a restart, charged to the newest deployment.
    ///
    /// Fails with [`StoreError::NoDeployment`] before the first deployment and
    /// with [`StoreError::UnstorableText`] if a text has the character NUL.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoDeployment`]: something belongs to the newest deployment, and there is
    /// none. [`StoreError::UnstorableText`]: postgreSQL cannot store this character. Or the
    /// database does not answer or refuses.
    pub async fn record_node_restart(
        &self,
        restart: &NodeRestart,
    ) -> Result<StoredRestart, StoreError> {
        let texts = [
            Some(&restart.node_name),
            restart.reason.as_ref(),
            restart.object_name.as_ref(),
            restart.object_namespace.as_ref(),
            restart.container_name.as_ref(),
        ];
        if texts.iter().flatten().any(|text| text.contains('\0')) {
            return Err(StoreError::UnstorableText);
        }
        let mut transaction = self.pool().begin().await?;
        let stored = sqlx::query(include_str!("deployments/record_restart.sql"))
            .bind(&restart.node_name)
            .bind(&restart.reason)
            .bind(restart.code)
            .bind(&restart.object_name)
            .bind(&restart.object_namespace)
            .bind(&restart.container_name)
            .bind(restart.restart_count)
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or(StoreError::NoDeployment)?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(StoredRestart {
            id: stored.try_get("id")?,
            time: time(&stored, "time")?.ok_or(StoreError::NoDeployment)?,
        })
    }

    /// Deletes the block traces that never ended (status `Pending`) of all
    /// deployments older than the newest, with their checkpoints and what is
    /// noted about the trace itself (last gossip, interruptions), and returns how
    /// much of each deployment. Pool events, and what was derived from them and
    /// from blocks, stay.
    ///
    /// Each deployment is one transaction: an interrupted clean-up has cleaned
    /// whole deployments. A session that still writes into an old deployment
    /// continues without the deleted traces. A rehearsal says the same and takes
    /// all of it back.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn clean_up_traces(
        &self,
        is_rehearsal: bool,
    ) -> Result<BTreeMap<i32, Cleaned>, StoreError> {
        let mut cleaned = BTreeMap::new();
        let Some(newest) = self.newest_deployment().await? else {
            return Ok(cleaned);
        };
        let older = self
            .deployments()
            .await?
            .into_iter()
            .filter(|&id| id < newest);
        for deployment_id in older {
            let deleted = self
                .clean_up_deployment(deployment_id, is_rehearsal)
                .await?;
            if deleted != Cleaned::default() {
                cleaned.insert(deployment_id, deleted);
            }
        }
        Ok(cleaned)
    }

    async fn clean_up_deployment(
        &self,
        deployment_id: i32,
        is_rehearsal: bool,
    ) -> Result<Cleaned, StoreError> {
        let mut transaction = self.pool().begin().await?;
        // Waits for another clean-up and takes as long as the rows need.
        sqlx::query("SET LOCAL statement_timeout = 0")
            .execute(&mut *transaction)
            .await?;
        // No index has the checkpoints of gossip, so every plan reads all of them; without
        // statistics PostgreSQL would do so for each trace anew.
        sqlx::query("SET LOCAL enable_nestloop = off")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(CLEANUP_LOCK)
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query(include_str!("deployments/clean_up.sql"))
            .bind(deployment_id)
            .fetch_one(&mut *transaction)
            .await?;
        let count = |column| -> Result<u64, StoreError> {
            let count: i64 = row.try_get(column)?;
            Ok(u64::try_from(count).unwrap_or_default())
        };
        let cleaned = Cleaned {
            traces: count("traces")?,
            checkpoints: count("checkpoints")?,
        };
        if is_rehearsal {
            transaction.rollback().await?;
            return Ok(cleaned);
        }
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(cleaned)
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

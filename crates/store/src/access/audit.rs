//! The audit log: one row for each change that was asked for.
//!
//! The row is written before the change begins, so that a change which a crash interrupts is there
//! as well. The transaction of the change marks it ([`mark_changed`]): `changed_at` is set exactly if
//! the change is stored. The answer completes it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};

use crate::{Database, StoreError, Time};

/// Rows that are deleted at once.
const DELETED_AT_ONCE: i64 = 5_000;

tokio::task_local! {
    /// The row of the change that the current task is at.
    static ENTRY: i64;
}

/// Does `work`, whose transactions mark the row `entry` of the audit log. Tasks that it spawns do
/// not, unless [`spawn`] begins them.
pub async fn within<T>(entry: i64, work: impl Future<Output = T>) -> T {
    ENTRY.scope(entry, work).await
}

/// As [`tokio::spawn`], for work that belongs to the change that the current task is at.
pub fn spawn<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    match current_entry() {
        Some(entry) => tokio::spawn(within(entry, work)),
        None => tokio::spawn(work),
    }
}

/// The row of the change that the current task is at.
pub(crate) fn current_entry() -> Option<i64> {
    ENTRY.try_with(|entry| *entry).ok()
}

/// Marks the current change as made, in its own transaction. Without one it does nothing.
pub(crate) async fn mark_changed(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let Some(entry) = current_entry() else {
        return Ok(());
    };
    sqlx::query("UPDATE loadlab.audit SET changed_at = clock_timestamp() WHERE id = $1")
        .bind(entry)
        .execute(connection)
        .await?;
    Ok(())
}

/// A change that is about to begin.
#[derive(Debug, Clone, Default)]
pub struct NewAuditEntry {
    /// The name of the token, `local` for a client that needs none.
    pub actor: String,
    /// What the actor may do.
    pub role: String,
    /// Where the request comes from.
    pub address: Option<String>,
    /// For whom that machine says that it asks.
    pub forwarded_for: Option<String>,
    /// The service that is asked, or `command line`.
    pub service: String,
    /// The method of HTTP, or `COMMAND`.
    pub method: String,
    /// The path that is asked for, or the words of the command.
    pub path: String,
    /// What is changed, as far as the path shows.
    pub target: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
}

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Its number; later ones are greater.
    pub id: i64,
    /// When the change was asked for.
    pub at: Time,
    /// The name of the token, `local` for a client that needed none.
    pub actor: String,
    /// What the actor may do.
    pub role: String,
    /// Where the request came from.
    pub address: Option<String>,
    /// For whom that machine said that it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_for: Option<String>,
    /// The service that was asked, or `command line`.
    pub service: String,
    /// The method of HTTP, or `COMMAND`.
    pub method: String,
    /// The path that was asked for, or the words of the command.
    pub path: String,
    /// What was changed.
    pub target: Option<String>,
    /// What was asked for, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// When the change was stored, if it was stored in a transaction of the database.
    pub changed_at: Option<Time>,
    /// When the answer was given.
    pub ended_at: Option<Time>,
    /// The status of the answer; none if none was given.
    pub status: Option<i32>,
}

/// Which part of the audit log.
#[derive(Debug, Clone, Default)]
pub struct AuditPage {
    /// Only rows before this one.
    pub before: Option<i64>,
    /// Most rows.
    pub limit: i64,
    /// Only rows in which actor, address, path, target or request id contain this text.
    pub contains: Option<String>,
}

/// A text that PostgreSQL can store.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn storable_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = storable(text),
        Value::Array(values) => values.iter_mut().for_each(storable_value),
        Value::Object(members) => {
            let old = std::mem::take(members);
            for (name, mut value) in old {
                storable_value(&mut value);
                members.insert(storable(&name), value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Database {
    /// Writes down that a change begins, and gives the number of the row.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn begin_audit(&self, entry: &NewAuditEntry) -> Result<i64, StoreError> {
        let text = |text: &Option<String>| text.as_deref().map(storable);
        let id = sqlx::query_scalar(
            "INSERT INTO loadlab.audit (actor, role, address, forwarded_for, service, method, path,
                                        target, request_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        )
        .bind(storable(&entry.actor))
        .bind(storable(&entry.role))
        .bind(text(&entry.address))
        .bind(text(&entry.forwarded_for))
        .bind(storable(&entry.service))
        .bind(storable(&entry.method))
        .bind(storable(&entry.path))
        .bind(text(&entry.target))
        .bind(text(&entry.request_id))
        .fetch_one(self.pool())
        .await?;
        Ok(id)
    }

    /// Completes a row: what was asked for, and the status of the answer.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn end_audit(
        &self,
        id: i64,
        status: Option<u16>,
        target: Option<&str>,
        parameters: Option<Value>,
    ) -> Result<(), StoreError> {
        let mut parameters = parameters;
        if let Some(parameters) = &mut parameters {
            storable_value(parameters);
        }
        sqlx::query(
            "UPDATE loadlab.audit
                SET ended_at = clock_timestamp(), status = $2, target = coalesce(target, $3),
                    parameters = $4
              WHERE id = $1",
        )
        .bind(id)
        .bind(status.map(i32::from))
        .bind(target.map(storable))
        .bind(parameters.map(Json))
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Does `work` and records it: the row is there before it begins, and completed after it.
    ///
    /// # Errors
    ///
    /// The change cannot be recorded, and is not made then. What `work` gives is its own matter.
    pub fn recorded<T, E>(
        &self,
        entry: &NewAuditEntry,
        work: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<Result<T, E>, StoreError>> {
        // So that the future is small, however large that of the work is.
        let work = Box::pin(work);
        async move {
            let id = self.begin_audit(entry).await?;
            let done = within(id, work).await;
            let status = if done.is_ok() { 200 } else { 500 };
            if let Err(error) = self.end_audit(id, Some(status), None, None).await {
                tracing::warn!(audit_id = id, %error, "a record is not completed");
            }
            Ok(done)
        }
    }

    /// A page of the audit log, newest first.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn audit(&self, page: &AuditPage) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query(include_str!("audit.sql"))
            .bind(page.before)
            .bind(page.limit)
            .bind(page.contains.as_deref().map(storable))
            .fetch_all(self.pool())
            .await?;
        let read = |row: &sqlx::postgres::PgRow| -> Result<AuditEntry, sqlx::Error> {
            Ok(AuditEntry {
                id: row.try_get("id")?,
                at: row.try_get("at")?,
                actor: row.try_get("actor")?,
                role: row.try_get("role")?,
                address: row.try_get("address")?,
                forwarded_for: row.try_get("forwarded_for")?,
                service: row.try_get("service")?,
                method: row.try_get("method")?,
                path: row.try_get("path")?,
                target: row.try_get("target")?,
                parameters: row
                    .try_get::<Option<Json<Value>>, _>("parameters")?
                    .map(|json| json.0),
                request_id: row.try_get("request_id")?,
                changed_at: row.try_get("changed_at")?,
                ended_at: row.try_get("ended_at")?,
                status: row.try_get("status")?,
            })
        };
        rows.iter()
            .map(|row| read(row).map_err(StoreError::from))
            .collect()
    }

    /// Deletes the oldest rows that are older than `keep`, a few thousand at a time; gives how many.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn delete_old_audit(&self, keep: Duration) -> Result<u64, StoreError> {
        let deleted = sqlx::query(
            "DELETE FROM loadlab.audit WHERE id IN (
                 SELECT id FROM loadlab.audit
                  WHERE at < clock_timestamp() - make_interval(secs => $1)
                  ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        )
        .bind(keep.as_secs_f64())
        .bind(DELETED_AT_ONCE)
        .execute(self.pool())
        .await?;
        Ok(deleted.rows_affected())
    }
}

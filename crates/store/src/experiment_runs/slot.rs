//! Taking runs in, one running at a time, and asking for their end.

use serde_json::Value;
use sqlx::{PgConnection, Row as _};

use super::rows::{RunSummary, run_summary};
use super::run_status::RunStatus;
use crate::access::{current_entry, mark_changed};
use crate::lease::{self, Lease};
use crate::{Database, StoreError};

/// A run to take in.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// Its name, unlike any other's.
    pub name: &'a str,
    /// The setup as users see it.
    pub setup: &'a Value,
    /// The script that is executed.
    pub script: &'a str,
    /// What the plan was drawn from.
    pub seed: Option<i64>,
    /// The rounds as planned.
    pub rounds: &'a Value,
    /// The address of the webhook, encrypted.
    pub sealed_webhook: Option<&'a [u8]>,
    /// Whether it may wait for its turn.
    pub queue: bool,
}

/// What became of a run that was to be taken in.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// It is the one that runs.
    Started,
    /// It waits behind others.
    Queued {
        /// Runs before it, the running one included.
        ahead: i64,
    },
    /// There is or was one of this name.
    NameTaken,
    /// Another runs, and this one may not wait.
    Busy(Box<RunSummary>),
}

/// What a request to cancel found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelRequest {
    /// It is running and will be cancelled.
    Requested,
    /// It had not begun and never will.
    Withdrawn,
    /// Nothing of this name is running or waiting.
    NothingToCancel,
}

/// The run that is to be executed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRun {
    /// Its name.
    pub name: String,
    /// Whether it is to be cancelled.
    pub cancel_requested: bool,
    /// The id of the request that it came with, if that is known.
    pub request_id: Option<String>,
}

impl Database {
    /// Whether a run of this name exists, in whatever state.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn experiment_exists(&self, name: &str) -> Result<bool, StoreError> {
        let exists = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM public.experiment_state WHERE name = $1)",
        )
        .bind(name)
        .fetch_one(self.pool())
        .await?;
        Ok(exists)
    }

    /// Takes a run in: all of it or, on failure, nothing.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn admit_experiment(&self, run: &NewRun<'_>) -> Result<Admission, StoreError> {
        let mut transaction = self.pool().begin().await?;
        sqlx::query("SET LOCAL statement_timeout = '30s'")
            .execute(&mut *transaction)
            .await?;
        // Two requests at the same time are decided one after the other.
        sqlx::query("LOCK TABLE loadlab.experiment_run IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        let taken: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM public.experiment_state WHERE name = $1)",
        )
        .bind(run.name)
        .fetch_one(&mut *transaction)
        .await?;
        if taken {
            return Ok(Admission::NameTaken);
        }
        let ahead: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM loadlab.experiment_run WHERE ended_at IS NULL",
        )
        .fetch_one(&mut *transaction)
        .await?;
        if ahead > 0 && !run.queue {
            let row = sqlx::query(concat!(
                include_str!("sql/run_summary.sql"),
                " WHERE run.ended_at IS NULL ORDER BY NOT run.holds_slot, run.queue_number LIMIT 1"
            ))
            .fetch_one(&mut *transaction)
            .await?;
            return Ok(Admission::Busy(Box::new(run_summary(&row)?)));
        }
        let status = if ahead == 0 {
            RunStatus::Running
        } else {
            RunStatus::Queued
        };
        sqlx::query(include_str!("sql/insert_state.sql"))
            .bind(run.name)
            .bind(status.as_str())
            .bind(run.setup)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(include_str!("sql/insert_run.sql"))
            .bind(run.name)
            .bind(ahead == 0)
            .bind(run.seed)
            .bind(run.rounds)
            .bind(run.script)
            .bind(run.sealed_webhook)
            .bind(current_entry())
            .execute(&mut *transaction)
            .await?;
        append_status(&mut transaction, run.name, &status).await?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(if ahead == 0 {
            Admission::Started
        } else {
            Admission::Queued { ahead }
        })
    }

    /// The run that is to be executed now: the one that holds the slot or, if
    /// it is free, the first that waits, which then holds it.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] if the lease is lost; or the database does not answer or refuses.
    pub async fn slot_run(&self, lease: &Lease) -> Result<Option<SlotRun>, StoreError> {
        if let Some(run) = self.slot_holder().await? {
            return Ok(Some(run));
        }
        let mut transaction = self.pool().begin().await?;
        lease::require(&mut transaction, lease).await?;
        let name: Option<String> = sqlx::query_scalar(include_str!("sql/promote.sql"))
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(name) = name else {
            return Ok(None);
        };
        let request_id =
            sqlx::query_scalar("SELECT request_id FROM loadlab.experiment_run WHERE name = $1")
                .bind(&name)
                .fetch_one(&mut *transaction)
                .await?;
        sqlx::query(
            "UPDATE public.experiment_state
                SET status = 'running', updated_at = clock_timestamp() AT TIME ZONE 'UTC'
              WHERE name = $1",
        )
        .bind(&name)
        .execute(&mut *transaction)
        .await?;
        append_status(&mut transaction, &name, &RunStatus::Running).await?;
        transaction.commit().await?;
        Ok(Some(SlotRun {
            name,
            cancel_requested: false,
            request_id,
        }))
    }

    /// The run that holds the slot.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn slot_holder(&self) -> Result<Option<SlotRun>, StoreError> {
        let row = sqlx::query(
            "SELECT name, cancel_requested_at IS NOT NULL, request_id
               FROM loadlab.experiment_run WHERE holds_slot",
        )
        .fetch_optional(self.pool())
        .await?;
        row.map(|row| {
            Ok(SlotRun {
                name: row.try_get(0)?,
                cancel_requested: row.try_get(1)?,
                request_id: row.try_get(2)?,
            })
        })
        .transpose()
    }

    /// Asks for the end of a run: of the one that holds the slot, or by name.
    /// It is written down before anything else, so that it is not forgotten.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn request_cancel(&self, name: Option<&str>) -> Result<CancelRequest, StoreError> {
        let mut transaction = self.pool().begin().await?;
        sqlx::query("SET LOCAL statement_timeout = '30s'")
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query(
            "SELECT name, holds_slot, cancel_requested_at IS NULL FROM loadlab.experiment_run
              WHERE ended_at IS NULL AND CASE WHEN $1::text IS NULL THEN holds_slot
                                              ELSE name = $1 END
                FOR UPDATE",
        )
        .bind(name)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            return Ok(CancelRequest::NothingToCancel);
        };
        let name: String = row.try_get(0)?;
        let holds_slot: bool = row.try_get(1)?;
        if holds_slot && !row.try_get::<bool, _>(2)? {
            return Ok(CancelRequest::Requested);
        }
        let status = if holds_slot {
            RunStatus::Cancelling
        } else {
            RunStatus::Cancelled
        };
        sqlx::query(
            "UPDATE loadlab.experiment_run
                SET cancel_requested_at = clock_timestamp(),
                    ended_at = CASE WHEN holds_slot THEN ended_at ELSE clock_timestamp() END
              WHERE name = $1",
        )
        .bind(&name)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE public.experiment_state
                SET status = $2, updated_at = clock_timestamp() AT TIME ZONE 'UTC',
                    ended_at = CASE WHEN $2 = 'cancelled'
                                    THEN clock_timestamp() AT TIME ZONE 'UTC' END
              WHERE name = $1",
        )
        .bind(&name)
        .bind(status.as_str())
        .execute(&mut *transaction)
        .await?;
        append_status(&mut transaction, &name, &status).await?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(if holds_slot {
            CancelRequest::Requested
        } else {
            CancelRequest::Withdrawn
        })
    }
}

/// Writes a change of status to the events of a run.
pub(super) async fn append_status(
    connection: &mut PgConnection,
    name: &str,
    status: &RunStatus,
) -> Result<(), StoreError> {
    sqlx::query(
        "WITH run AS (UPDATE loadlab.experiment_run SET event_count = event_count + 1
                       WHERE name = $1 RETURNING event_count)
         INSERT INTO loadlab.experiment_event (name, event, kind, message)
         SELECT $1, event_count, 'status', $2 FROM run",
    )
    .bind(name)
    .bind(status.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

//! What became of experiments: their rounds as seen in transactions, and their
//! stored state.
//!
//! Values keep the precision and the ranges of their SQL types; how they look
//! in JSON is for the services to decide.

use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::postgres::types::PgInterval;
use sqlx::{PgConnection, Row as _};

use crate::experiment_runs::Failures;
use crate::experiment_runs::transaction_counts::failures;
use crate::{Database, StoreError};

/// A row of the view `experiments`, with what became of its transactions in
/// blocks: one round of an experiment in one deployment, computed from the
/// transactions that nodes reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentRound {
    /// The experiment's name: the memos without their endings.
    pub experiment: String,
    /// The round, from 0.
    pub round: i32,
    /// The deployment.
    pub deployment_id: i32,
    /// Transactions per minute; none within half a second.
    pub rate_min: Option<Numeric>,
    /// zkApp commands per minute; none within half a second.
    pub zkapp_rate_min: Option<Numeric>,
    /// Payments per minute; none within half a second.
    pub payment_rate_min: Option<Numeric>,
    /// From the first to the last transaction received, in whole seconds.
    pub duration: Interval,
    /// The longest time from being received to being in a block.
    pub max_latency: Option<Interval>,
    /// Part of the transactions that is in no block.
    pub missed: Numeric,
    /// Part of the transactions that failed.
    pub failed: Numeric,
    /// Part of the transactions that were applied.
    pub successful: Numeric,
    /// When the first transaction was received.
    pub start: Time,
    /// Transactions.
    pub total: i64,
    /// Transactions that are not payments.
    pub zkapps: i64,
    /// Transactions that are in blocks.
    pub included_count: i64,
    /// Those of them that were applied to the ledger.
    pub applied_count: i64,
    /// Those of them that the ledger refused: only their fee is paid.
    pub failed_count: i64,
    /// Why the ledger refused them.
    pub failures: Failures,
}

/// A row of `experiment_state`: a run of an experiment as the orchestrator
/// left it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentState {
    /// Its unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// When it was begun.
    pub created_at: Time,
    /// When the row was written last.
    pub updated_at: Option<Time>,
    /// When it ended, none while it runs.
    pub ended_at: Option<Time>,
    /// `running`, `cancelling`, `cancelled`, `success` or `error`.
    pub status: String,
    /// Free text.
    pub comment: Option<String>,
    /// The parameters.
    pub setup: Value,
    /// The step reported last, from 1.
    pub current_step_no: Option<i32>,
    /// That step's action.
    pub current_step_name: Option<String>,
    /// Warnings of the run.
    pub warnings: Option<Vec<Option<String>>>,
    /// Errors of the run.
    pub errors: Option<Vec<Option<String>>>,
    /// Other lines of the run.
    pub logs: Option<Vec<Option<String>>>,
}

/// A decimal number as PostgreSQL writes it, such as `0.98`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numeric(pub String);

/// A span of time as PostgreSQL keeps it: its parts do not convert into each
/// other. Parts may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Months; a year is 12.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Everything below a day.
    pub microseconds: i64,
}

/// A moment of a `timestamptz`, or of a `timestamp`, which counts as UTC: the
/// sessions of all services have that time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Time {
    /// Before all others.
    MinusInfinity,
    /// Microseconds since 1970.
    UnixMicros(i64),
    /// After all others.
    Infinity,
}

/// How long the view may take over a very large database.
const VIEW_TIME_MAX: Duration = Duration::from_mins(2);

/// Memory for each of its joins and sums: with less, they go over the disk.
const VIEW_WORK_MEM: &str = "32MB";

/// The transactions that have ended and those that have not.
const STATE_OF_ROWS: &str = "SELECT pg_current_snapshot()::text";

impl Database {
    /// The rounds of all experiments, oldest first: `limit` of them after the
    /// first `offset`.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn experiment_rounds(
        &self,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<ExperimentRound>, StoreError> {
        let mut transaction = self.pool().begin().await?;
        let rounds = rounds(&mut transaction, limit, offset).await?;
        transaction.commit().await?;
        Ok(rounds)
    }

    /// The rounds of all experiments, `limit` at most, and the state of the database that they are
    /// of, as [`Self::state_of_rows`] gives it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn all_experiment_rounds(
        &self,
        limit: u32,
    ) -> Result<(String, Vec<ExperimentRound>), StoreError> {
        let mut transaction = self
            .pool()
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let state = sqlx::query_scalar(STATE_OF_ROWS)
            .fetch_one(&mut *transaction)
            .await?;
        let rounds = rounds(&mut transaction, limit, 0).await?;
        transaction.commit().await?;
        Ok((state, rounds))
    }

    /// Which rows can be seen: as long as this is the same, no row has come, gone or changed
    /// anywhere in the database.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn state_of_rows(&self) -> Result<String, StoreError> {
        Ok(sqlx::query_scalar(STATE_OF_ROWS)
            .fetch_one(self.pool())
            .await?)
    }

    /// The state of the experiment of this name, if there is one.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn experiment_state(
        &self,
        name: &str,
    ) -> Result<Option<ExperimentState>, StoreError> {
        if name.contains('\0') {
            // No text of PostgreSQL has it.
            return Ok(None);
        }
        let row = sqlx::query(include_str!("experiments/state.sql"))
            .bind(name)
            .fetch_optional(self.pool())
            .await?;
        row.as_ref().map(state).transpose()
    }
}

async fn rounds(
    connection: &mut PgConnection,
    limit: u32,
    offset: u32,
) -> Result<Vec<ExperimentRound>, StoreError> {
    sqlx::query(
        "SELECT set_config('statement_timeout', $1, true), set_config('work_mem', $2, true)",
    )
    .bind(VIEW_TIME_MAX.as_millis().to_string())
    .bind(VIEW_WORK_MEM)
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query(include_str!("experiments/rounds.sql"))
        .bind(i64::from(limit))
        .bind(i64::from(offset))
        .fetch_all(connection)
        .await?;
    rows.iter().map(round).collect()
}

fn round(row: &PgRow) -> Result<ExperimentRound, StoreError> {
    Ok(ExperimentRound {
        experiment: row.try_get("exp")?,
        round: row.try_get("round")?,
        deployment_id: row.try_get("deployment_id")?,
        rate_min: optional_numeric(row, "rate_min")?,
        zkapp_rate_min: optional_numeric(row, "zkapp_rate_min")?,
        payment_rate_min: optional_numeric(row, "payment_rate_min")?,
        duration: Interval::from(row.try_get::<PgInterval, _>("duration")?),
        max_latency: row
            .try_get::<Option<PgInterval>, _>("max_latency")?
            .map(Interval::from),
        missed: Numeric(row.try_get("missed")?),
        failed: Numeric(row.try_get("failed")?),
        successful: Numeric(row.try_get("successful")?),
        start: time(row, "start")?.ok_or_else(|| absent("start"))?,
        total: row.try_get("total")?,
        zkapps: row.try_get("zkapps")?,
        included_count: row.try_get("included_count")?,
        applied_count: row.try_get("applied_count")?,
        failed_count: row.try_get("failed_count")?,
        failures: failures(row)?,
    })
}

fn state(row: &PgRow) -> Result<ExperimentState, StoreError> {
    Ok(ExperimentState {
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        created_at: time(row, "created_at")?.ok_or_else(|| absent("created_at"))?,
        updated_at: time(row, "updated_at")?,
        ended_at: time(row, "ended_at")?,
        status: row.try_get("status")?,
        comment: row.try_get("comment")?,
        setup: row.try_get("setup_json")?,
        current_step_no: row.try_get("current_step_no")?,
        current_step_name: row.try_get("current_step_name")?,
        warnings: row.try_get("warnings")?,
        errors: row.try_get("errors")?,
        logs: row.try_get("logs")?,
    })
}

fn optional_numeric(row: &PgRow, column: &str) -> Result<Option<Numeric>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    Ok(text.map(Numeric))
}

/// A column that the query gives as text: `infinity`, `-infinity` or
/// microseconds since 1970. A number alone could not hold the infinite ones.
pub(crate) fn time(row: &PgRow, column: &str) -> Result<Option<Time>, StoreError> {
    let text: Option<String> = row.try_get(column)?;
    let Some(text) = text else { return Ok(None) };
    match text.as_str() {
        "Infinity" => Ok(Some(Time::Infinity)),
        "-Infinity" => Ok(Some(Time::MinusInfinity)),
        number => match number.parse() {
            Ok(micros) => Ok(Some(Time::UnixMicros(micros))),
            Err(source) => Err(StoreError::Unreadable {
                what: "time",
                source: Box::new(source),
            }),
        },
    }
}

fn absent(column: &str) -> StoreError {
    StoreError::from(sqlx::Error::ColumnNotFound(column.to_owned()))
}

impl From<PgInterval> for Interval {
    fn from(interval: PgInterval) -> Self {
        Self {
            months: interval.months,
            days: interval.days,
            microseconds: interval.microseconds,
        }
    }
}

//! What the reading API of results reads: one file per question, its SQL beside it.
//!
//! Every question is asked within a [`Scope`]: a deployment, a time by the nodes' clocks, nodes.

mod after;
mod at_nodes;
mod block_list;
mod blocks;
mod checkpoints;
mod contested;
mod found_blocks;
mod horizon;
mod incidents;
mod kept_blocks;
mod lab;
mod matrix;
mod nodes;
mod overview;
mod report;
mod run_end;
mod runs;
mod scope;
mod series;
mod traces;
mod transactions;

use std::time::Duration;

use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};

use crate::{Database, StoreError};

pub use after::{After, NoCursor, Place};
pub use block_list::BlockPage;
pub use blocks::{BlockOrder, OneBlock};
pub use checkpoints::{CheckpointQuery, FromTraces, GroupBy, Stat};
pub(crate) use kept_blocks::KeptBlocks;
pub use matrix::CellMetric;
pub use runs::{RunKey, RunPage, RunQuery};
pub use scope::{Missing, Scope, ScopeQuery};
pub use series::{METRICS, STEPS_MAX};
pub use transactions::{Counted, SnarkWorkFilter, TransactionFilter};

/// How long one question may take. Many look at all transactions or traces of a deployment.
const TIME_MAX: Duration = Duration::from_mins(2);

/// Blocks after the last transaction of a round: what is in none of them is missed.
const SETTLED_BLOCKS: usize = 6;

/// The same in slots, where no blocks come.
const SETTLED_SLOTS: f64 = 15.0;

impl Database {
    /// A transaction that shows one moment, in which statements may take as long as questions about
    /// results may. They are planned for their parameters each time: from the sixth time on, the server would plan once for
    /// all of them, and then a question about ten thousand traces may take minutes.
    async fn reading(&self) -> Result<sqlx::Transaction<'_, sqlx::Postgres>, StoreError> {
        let mut transaction = self
            .pool()
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let settings = "SELECT set_config('statement_timeout', $1, true),
                               set_config('plan_cache_mode', 'force_custom_plan', true)";
        sqlx::query(settings)
            .bind(TIME_MAX.as_millis().to_string())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }
}

/// The rows of a query whose only column is the JSON of the row.
async fn json_rows<T: DeserializeOwned + Send + Unpin>(
    query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
    connection: &mut PgConnection,
) -> Result<Vec<T>, StoreError> {
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(|row| json(row, 0)).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "times of this century")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "times of this century")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// A column as what its JSON says.
fn json<T: DeserializeOwned>(
    row: &PgRow,
    column: impl sqlx::ColumnIndex<PgRow>,
) -> Result<T, StoreError> {
    let value: Json<serde_json::Value> = row.try_get(column)?;
    serde_json::from_value(value.0).map_err(|source| StoreError::Unreadable {
        what: "row",
        source: Box::new(source),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::TestDatabase;

    #[tokio::test]
    async fn questions_are_planned_for_their_parameters_each_time() {
        let test = TestDatabase::create().await.unwrap();
        let mut reading = test.database().reading().await.unwrap();
        // From the sixth time on, the server would plan for all parameters.
        for deployment_id in 0..8 {
            sqlx::query("SELECT count(*) FROM public.block_trace WHERE deployment_id = $1")
                .bind(deployment_id)
                .fetch_one(&mut *reading)
                .await
                .unwrap();
        }
        let plans: (i64, i64) = sqlx::query_as(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements
              WHERE statement LIKE 'SELECT count(*) FROM public.block_trace WHERE%'",
        )
        .fetch_one(&mut *reading)
        .await
        .unwrap();
        assert_eq!(plans, (0, 8));
    }
}

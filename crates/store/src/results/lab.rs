//! The laboratory: deployments, gaps, entries by the minute, the size of the database.

use results::answers::{DeploymentRow, Gap, Minutes, SlowQuery, TableSize};
use serde::Deserialize;
use sqlx::Row as _;

use super::{Scope, json, json_rows};
use crate::disk::disk;
use crate::{Database, StoreError};

/// Sizes and load of the database.
#[derive(Debug, Clone, Deserialize)]
pub struct DatabaseFigures {
    /// Size on disk.
    pub bytes: i64,
    /// Free on disk, if that is known.
    pub free_bytes: Option<i64>,
    /// Tables, the largest first.
    pub tables: Vec<TableSize>,
    /// Growth, once a day of entries is stored.
    pub growth_bytes_day: Option<f64>,
    /// Connections.
    pub connections: i64,
    /// Partitions of tables.
    pub partitions: i64,
    /// The slowest statements, where the server counts them.
    pub slow_queries: Vec<SlowQuery>,
}

impl Database {
    /// Deployments before `before`, newest first.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_deployments(
        &self,
        before: Option<i32>,
        limit: i64,
    ) -> Result<Vec<DeploymentRow>, StoreError> {
        let mut reading = self.reading().await?;
        let query = sqlx::query(include_str!("sql/deployments.sql"))
            .bind(before)
            .bind(limit);
        json_rows(query, &mut reading).await
    }

    /// How many deployments there are.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_deployment_count(&self) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar("SELECT count(*) FROM public.deployment")
            .fetch_one(self.pool())
            .await?;
        Ok(count)
    }

    /// Gaps before the one numbered `before`, newest first, with their numbers; and how many there
    /// are in all.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_gaps(
        &self,
        scope: &Scope,
        before: Option<i64>,
        limit: i64,
    ) -> Result<(Vec<(i64, Gap)>, i64), StoreError> {
        let mut reading = self.reading().await?;
        let total = sqlx::query_scalar(include_str!("sql/gap_count.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .fetch_one(&mut *reading)
            .await?;
        let rows = sqlx::query(include_str!("sql/gaps.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .bind(before)
            .bind(limit)
            .fetch_all(&mut *reading)
            .await?;
        let gaps: Result<Vec<(i64, Gap)>, StoreError> = rows
            .iter()
            .map(|row| Ok((row.try_get("gap_id")?, json(row, "gap")?)))
            .collect();
        Ok((gaps?, total))
    }

    /// Entries by node and step of time, at most `steps_max` steps.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_minutes(
        &self,
        scope: &Scope,
        steps_max: i64,
    ) -> Result<Minutes, StoreError> {
        let mut reading = self.reading().await?;
        let query = sqlx::query(include_str!("sql/minutes.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .bind(steps_max);
        let minutes: Vec<Minutes> = json_rows(query, &mut reading).await?;
        Ok(minutes.into_iter().next().unwrap_or_default())
    }

    /// Sizes and load of the database. Statements are those that the server counts, if it does.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_database(&self) -> Result<DatabaseFigures, StoreError> {
        let mut reading = self.reading().await?;
        let row = sqlx::query(include_str!("sql/database.sql"))
            .fetch_one(&mut *reading)
            .await?;
        let mut figures: DatabaseFigures = json(&row, 0)?;
        let room = disk(&mut reading).await?;
        figures.free_bytes = room.and_then(|disk| i64::try_from(disk.free_bytes).ok());
        let counts_statements: bool =
            sqlx::query_scalar("SELECT to_regclass('pg_stat_statements') IS NOT NULL")
                .fetch_one(&mut *reading)
                .await?;
        if counts_statements {
            let query = sqlx::query(include_str!("sql/slow_queries.sql"));
            figures.slow_queries = json_rows(query, &mut reading).await?;
        }
        Ok(figures)
    }
}

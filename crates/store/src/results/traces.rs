//! Own times of checkpoints: over a scope, and by trace for comparisons and attributions.

use std::collections::HashMap;

use results::answers::CheckpointRow;
use results::attribution;
use results::compare::Measured;
use results::own_times::{TraceSet, TraceTimes};
use results::selection::Selection;
use serde_json::{Map, Value};
use sqlx::Row as _;

use super::{Missing, Scope, ScopeQuery, json_rows};
use crate::{Database, StoreError};

/// Most traces on a side of a comparison or attribution, the newest ones.
const TRACES_MAX: i64 = 10_000;

/// Most rows of the table of checkpoints.
const CHECKPOINTS_MAX: i64 = 500;

impl Database {
    /// The own times of checkpoints in the scope: those with `text` in their names, by node or of
    /// all. `bounds_s` are the ascending upper ends of buckets.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_checkpoints(
        &self,
        scope: &Scope,
        text: Option<&str>,
        by_node: bool,
        bounds_s: &[f64],
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let mut reading = self.reading().await?;
        let query = sqlx::query(include_str!("sql/checkpoints.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .bind(text)
            .bind(by_node)
            .bind(bounds_s)
            .bind(CHECKPOINTS_MAX);
        json_rows(query, &mut reading).await
    }

    /// The block traces that a selection names, with the scope in which they were looked for.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn selected_traces(
        &self,
        deployment: Option<i32>,
        selection: &Selection,
    ) -> Result<Result<(Scope, TraceSet), Missing>, StoreError> {
        let query = ScopeQuery {
            deployment,
            run: selection.run.clone(),
            round: selection.round,
            nodes: selection.nodes.clone(),
            ..ScopeQuery::default()
        };
        let scope = match self.results_scope(query).await? {
            Ok(scope) => scope,
            Err(missing) => return Ok(Err(missing)),
        };
        let mut set = self.traces(&scope, selection, false).await?;
        if let Some(percent) = selection.slower_percent {
            attribution::keep_slower(&mut set, percent);
        }
        Ok(Ok((scope, set)))
    }

    pub(super) async fn traces(
        &self,
        scope: &Scope,
        selection: &Selection,
        received_only: bool,
    ) -> Result<TraceSet, StoreError> {
        let mut reading = self.reading().await?;
        let rows = sqlx::query(include_str!("sql/own_times.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(selection.nodes.as_deref())
            .bind(selection.heights.map(|heights| heights.0))
            .bind(selection.heights.map(|heights| heights.1))
            .bind(selection.hash.as_deref())
            .bind(received_only)
            .bind(TRACES_MAX)
            .fetch_all(&mut *reading)
            .await?;
        let rounds = match &scope.run {
            Some(run) => {
                sqlx::query(include_str!("sql/round_times.sql"))
                    .bind(run)
                    .bind(scope.deployment_id)
                    .fetch_all(&mut *reading)
                    .await?
            }
            None => Vec::new(),
        };
        let rounds: Result<Vec<(i32, i64, i64)>, sqlx::Error> = rounds
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
            .collect();
        let rounds = rounds?;
        let mut set = TraceSet::default();
        let mut known: HashMap<String, u32> = HashMap::new();
        for row in &rows {
            let started: i64 = row.try_get("started_us")?;
            let names: Vec<String> = row.try_get("names")?;
            let seconds: Vec<f64> = row.try_get("seconds")?;
            let own_s = names
                .into_iter()
                .zip(seconds)
                .map(|(name, seconds)| {
                    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                    let index = *known.entry(name.clone()).or_insert_with(|| {
                        set.names.push(name);
                        next
                    });
                    (index, seconds)
                })
                .collect();
            set.traces.push(TraceTimes {
                hash: row.try_get("hash")?,
                node: row.try_get("node")?,
                round: rounds
                    .iter()
                    .find(|(_, from, until)| (*from..=*until).contains(&started))
                    .map(|(round, ..)| *round),
                own_s,
            });
        }
        Ok(set)
    }

    /// What a run is measured by in a comparison; none if nothing is known of it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn measured_run(&self, name: &str) -> Result<Option<(Measured, Scope)>, StoreError> {
        let query = ScopeQuery {
            run: Some(name.to_owned()),
            ..ScopeQuery::default()
        };
        let Ok(scope) = self.results_scope(query).await? else {
            return Ok(None);
        };
        let Some(results) = self.run_results(name, None).await? else {
            return Ok(None);
        };
        let traces = self.traces(&scope, &Selection::default(), true).await?;
        let row = sqlx::query(include_str!("sql/run_setup.sql"))
            .bind(name)
            .bind(scope.deployment_id)
            .fetch_one(self.pool())
            .await?;
        let mut setup = object(row.try_get("setup")?);
        for (key, value) in object(row.try_get("metadata")?) {
            setup.insert(format!("deployment.{key}"), value);
        }
        let measured = Measured {
            name: name.to_owned(),
            deployment_id: scope.deployment_id.filter(|_| results.run.from.is_some()),
            setup,
            results,
            traces,
        };
        Ok(Some((measured, scope)))
    }
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

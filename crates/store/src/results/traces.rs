//! Own times of checkpoints by trace, for comparisons and attributions.

use std::collections::{BTreeSet, HashMap};

use futures_util::TryStreamExt as _;
use results::answers::TraceGap;
use results::attribution;
use results::compare::Measured;
use results::own_times::{Step, TraceSet, TraceTimes, own_times};
use results::selection::Selection;
use serde_json::{Map, Value};
use sqlx::Row as _;

use super::checkpoints::round_of;
use super::{Missing, Scope, ScopeQuery, json_rows, micros};
use crate::{Database, StoreError};

/// Most traces on a side of a comparison or attribution, the newest ones.
const TRACES_MAX: i64 = 10_000;

impl Database {
    /// The block traces that a selection names, with the scope that they make up: their nodes and
    /// their time.
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
        let mut scope = match self.results_scope(query).await? {
            Ok(scope) => scope,
            Err(missing) => return Ok(Err(missing)),
        };
        let (mut set, span) = self.traces(&scope, selection).await?;
        if let Some(percent) = selection.slower_percent {
            attribution::keep_slower(&mut set, percent);
        }
        if let Some(percent) = selection.faster_percent {
            attribution::keep_faster(&mut set, percent);
        }
        if let Some((from, until)) = span {
            (scope.from_us, scope.until_us) = (Some(from), Some(until));
            let nodes: BTreeSet<&str> = set.traces.iter().map(|trace| &*trace.node).collect();
            scope.nodes = Some(nodes.into_iter().map(str::to_owned).collect());
        }
        Ok(Ok((scope, set)))
    }

    /// The traces of a selection in a scope, and the time from the beginning of the first to the end
    /// of the last in microseconds.
    pub(super) async fn traces(
        &self,
        scope: &Scope,
        selection: &Selection,
    ) -> Result<(TraceSet, Option<(i64, i64)>), StoreError> {
        let rounds = self.round_times(scope).await?;
        let mut reading = self.reading().await?;
        let mut rows = sqlx::query(include_str!("sql/own_times.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(selection.nodes.as_deref())
            .bind(selection.heights.map(|heights| heights.0))
            .bind(selection.heights.map(|heights| heights.1))
            .bind(selection.hash.as_deref())
            .bind(selection.source.as_deref())
            .bind(TRACES_MAX)
            .fetch(&mut *reading);
        let mut set = TraceSet::default();
        let mut traces: Vec<(i64, TraceTimes)> = Vec::new();
        let mut span: Option<(i64, i64)> = None;
        let mut known: HashMap<String, u32> = HashMap::new();
        while let Some(row) = rows.try_next().await? {
            let started: i64 = row.try_get("started_us")?;
            let names: Vec<String> = row.try_get("names")?;
            let times: Vec<f64> = row.try_get("times")?;
            let ids: Vec<i64> = row.try_get("ids")?;
            let mut steps: Vec<Step> = names
                .into_iter()
                .zip(times)
                .zip(ids)
                .map(|((name, at), id)| {
                    let name = known.get(&name).copied().unwrap_or_else(|| {
                        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                        set.names.push(name.clone());
                        known.insert(name, next);
                        next
                    });
                    Step { at, id, name }
                })
                .collect();
            let own_s = own_times(&mut steps);
            let total_s = own_s.iter().map(|(_, seconds)| seconds).sum();
            let ended = started.saturating_add(micros(total_s));
            let (from, until) = span.unwrap_or((started, ended));
            span = Some((from.min(started), until.max(ended)));
            let times = TraceTimes {
                hash: row.try_get("hash")?,
                node: row.try_get("node")?,
                round: round_of(&rounds, Some(started)),
                own_s,
            };
            traces.push((started, times));
        }
        // Newest first. The rows hold all checkpoints: the server would sort them on its disk.
        traces.sort_by(|(a, of_a), (b, of_b)| b.cmp(a).then_with(|| of_a.node.cmp(&of_b.node)));
        set.traces = traces.into_iter().map(|(_, times)| times).collect();
        Ok((set, span))
    }

    /// What the answer about a block trace depends on, as a text: as long as it is the same, the trace,
    /// what is usual of its steps, and what is known of the node at its time have not changed.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn state_of_trace(
        &self,
        deployment_id: i32,
        node: &str,
        hash: &str,
    ) -> Result<String, StoreError> {
        let mut reading = self.reading().await?;
        Ok(sqlx::query_scalar(include_str!("sql/trace_state.sql"))
            .bind(deployment_id)
            .bind(node)
            .bind(hash)
            .fetch_one(&mut *reading)
            .await?)
    }

    /// Log entries of a node that are missing from a time in microseconds, oldest first, at most 1,000.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn trace_gaps(
        &self,
        deployment_id: i32,
        node: &str,
        (from_us, until_us): (i64, i64),
    ) -> Result<Vec<TraceGap>, StoreError> {
        let mut reading = self.reading().await?;
        let query = sqlx::query(include_str!("sql/trace_gaps.sql"))
            .bind(deployment_id)
            .bind(node)
            .bind(from_us)
            .bind(until_us);
        json_rows(query, &mut reading).await
    }

    /// What a run is measured by in a comparison; none if nothing is known of it. `name@7` is the run
    /// as deployment 7 has it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn measured_run(&self, name: &str) -> Result<Option<(Measured, Scope)>, StoreError> {
        let (run, deployment) = run_of_deployment(name);
        let query = ScopeQuery {
            deployment,
            run: Some(run.to_owned()),
            ..ScopeQuery::default()
        };
        let Ok(scope) = self.results_scope(query).await? else {
            return Ok(None);
        };
        let Some(results) = self.run_results(run, scope.deployment_id).await? else {
            return Ok(None);
        };
        let (traces, _) = self.traces(&scope, &received()).await?;
        let row = sqlx::query(include_str!("sql/run_setup.sql"))
            .bind(run)
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

/// The traces of blocks that nodes received: to make a block takes its time, too, and another one.
pub(super) fn received() -> Selection {
    Selection {
        source: Some("External".to_owned()),
        ..Selection::default()
    }
}

/// `name@7` as name and deployment. A name may have an `@` that no number follows.
fn run_of_deployment(text: &str) -> (&str, Option<i32>) {
    let parts = text.rsplit_once('@');
    let parts =
        parts.and_then(|(name, id)| Some((name, id.parse::<i32>().ok().filter(|id| *id >= 0)?)));
    parts.map_or((text, None), |(name, id)| (name, Some(id)))
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::run_of_deployment;

    #[test]
    fn a_run_may_be_that_of_a_deployment() {
        for (text, expected) in [
            ("ramp", ("ramp", None)),
            ("ramp@7", ("ramp", Some(7))),
            ("ramp@home", ("ramp@home", None)),
            ("a@b@0", ("a@b", Some(0))),
            ("ramp@-1", ("ramp@-1", None)),
        ] {
            assert_eq!(run_of_deployment(text), expected);
        }
    }
}

//! What went wrong, newest first.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use results::Verdict;
use results::answers::{Clock, Incident, IncidentKind, ThresholdResult};
use serde::Deserialize;
use sqlx::PgConnection;

use super::blocks::Placed;
use super::runs::run_results;
use super::{Scope, json_rows};
use crate::{Database, StoreError};

/// Runs whose thresholds are looked at, the newest ones.
const RUNS_MAX: i64 = 5;

/// What stays as it is in a part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An incident with the parts of its page's path.
#[derive(Deserialize)]
struct Row {
    id: String,
    at: String,
    clock: Clock,
    kind: IncidentKind,
    node: Option<String>,
    run: Option<String>,
    text: String,
    until: Option<String>,
    page: String,
    object: String,
    tab: String,
}

/// Heights that have several blocks, column by column.
#[derive(Debug, Default)]
struct Forks {
    heights: Vec<i64>,
    /// How many blocks.
    blocks: Vec<i64>,
    /// When the last of them was first seen, in seconds since 1970.
    last_seen: Vec<f64>,
    /// The hash of the block that was seen first.
    first_blocks: Vec<String>,
}

impl Database {
    /// What went wrong in the scope, newest first, `limit` of them.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_incidents(
        &self,
        scope: &Scope,
        limit: i64,
    ) -> Result<Vec<Incident>, StoreError> {
        let mut reading = self.reading().await?;
        let forks = self.forks(&mut reading, scope, limit).await?;
        let query = sqlx::query(include_str!("sql/incidents.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .bind(limit)
            .bind(forks.heights)
            .bind(forks.blocks)
            .bind(forks.last_seen)
            .bind(forks.first_blocks);
        let rows: Vec<Row> = json_rows(query, &mut reading).await?;
        let mut incidents: Vec<Incident> = rows.into_iter().map(incident).collect();
        incidents.extend(self.failed_thresholds(scope, &mut reading).await?);
        // Texts of one form: they sort as their times.
        incidents.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        incidents.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(incidents)
    }

    /// Heights of the scope that have several blocks, the `limit` greatest.
    async fn forks(
        &self,
        connection: &mut PgConnection,
        scope: &Scope,
        limit: i64,
    ) -> Result<Forks, StoreError> {
        let Some(deployment_id) = scope.deployment_id else {
            return Ok(Forks::default());
        };
        let found = self.found_blocks(connection, deployment_id, scope).await?;
        let mut by_height: BTreeMap<i64, Vec<Placed<'_>>> = BTreeMap::new();
        for placed in found.all.iter() {
            if let Some(height) = placed.0.height {
                by_height.entry(height).or_default().push(placed);
            }
        }
        let newest_first = by_height.into_values().rev();
        let contested: Vec<(i64, Vec<Placed<'_>>)> = newest_first
            .filter_map(|blocks| {
                let height = blocks.first()?.0.height?;
                (blocks.len() > 1).then_some((height, blocks))
            })
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        let all: Vec<Placed<'_>> = contested
            .iter()
            .flat_map(|(_, blocks)| blocks)
            .copied()
            .collect();
        let at_nodes = self.blocks_at_nodes(connection, deployment_id, &found, &all, f64::INFINITY);
        let Some(at_nodes) = at_nodes.await? else {
            return Ok(Forks::default());
        };
        let mut seen = at_nodes.first_seen().into_iter();
        let mut forks = Forks::default();
        for (height, blocks) in contested {
            let blocks = blocks.into_iter().map(|(block, _)| {
                let seen = seen.next().flatten().unwrap_or(block.first_seen);
                (seen, block.hash.as_str())
            });
            let mut blocks: Vec<(f64, &str)> = blocks.collect();
            blocks.sort_by(|a, b| a.0.total_cmp(&b.0));
            if let Some(((_, first), (last, _))) = blocks.first().zip(blocks.last()) {
                forks.heights.push(height);
                forks
                    .blocks
                    .push(i64::try_from(blocks.len()).unwrap_or(i64::MAX));
                forks.last_seen.push(*last);
                forks.first_blocks.push((*first).to_owned());
            }
        }
        Ok(forks)
    }

    /// Thresholds that do not hold for the run of the scope, or for the newest runs of its deployment,
    /// at the end of what traces have of the run.
    async fn failed_thresholds(
        &self,
        scope: &Scope,
        connection: &mut PgConnection,
    ) -> Result<Vec<Incident>, StoreError> {
        let Some(deployment_id) = scope.deployment_id else {
            return Ok(Vec::new());
        };
        let names = match &scope.run {
            Some(run) => vec![run.clone()],
            None => {
                sqlx::query_scalar(include_str!("sql/newest_runs.sql"))
                    .bind(deployment_id)
                    .bind(RUNS_MAX)
                    .fetch_all(&mut *connection)
                    .await?
            }
        };
        let mut found: Vec<(i64, Incident)> = Vec::new();
        for ((run, of), results) in run_results(connection, &names).await? {
            let Some(until) = results.run.until.filter(|_| of == Some(deployment_id)) else {
                continue;
            };
            let is_within = scope.from_us.is_none_or(|from| until >= from)
                && scope.until_us.is_none_or(|end| until < end);
            // Without requests nobody promised anything.
            if !is_within || results.run.intended.is_none() {
                continue;
            }
            let failed = results
                .thresholds
                .iter()
                .filter(|threshold| threshold.verdict == Verdict::Fail);
            found.extend(failed.map(|threshold| (until, broken(&run, threshold))));
        }
        let times: Vec<i64> = found.iter().map(|(until, _)| *until).collect();
        let texts: Vec<String> = sqlx::query_scalar(
            "SELECT loadlab.rfc3339(to_timestamp(at / 1e6))
               FROM unnest($1::bigint[]) WITH ORDINALITY AS time (at, number)
              ORDER BY number",
        )
        .bind(&times)
        .fetch_all(connection)
        .await?;
        let timed = found.into_iter().zip(texts);
        Ok(timed
            .map(|((_, incident), at)| Incident { at, ..incident })
            .collect())
    }
}

/// A threshold that does not hold.
fn broken(run: &str, threshold: &ThresholdResult) -> Incident {
    let value = threshold.value.map_or_else(String::new, |value| {
        format!(": it is {:.2} {}", value, threshold.unit)
    });
    let page = utf8_percent_encode(run, PART);
    Incident {
        id: format!("threshold-{run}-{}", threshold.expression),
        at: String::new(),
        clock: Clock::Network,
        kind: IncidentKind::Threshold,
        node: None,
        run: Some(run.to_owned()),
        text: format!("{} does not hold{}", threshold.expression, value.trim_end()),
        until: None,
        href: format!("/experiments/{page}?tab=results"),
    }
}

fn incident(row: Row) -> Incident {
    let object = utf8_percent_encode(&row.object, PART);
    Incident {
        id: row.id,
        at: row.at,
        clock: row.clock,
        kind: row.kind,
        node: row.node,
        run: row.run,
        text: row.text,
        until: row.until,
        href: format!("/{}/{object}?tab={}", row.page, row.tab),
    }
}

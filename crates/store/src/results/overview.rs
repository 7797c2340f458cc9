//! The network and the run at a glance.

use results::answers::{
    HeightFigures, LatencyFigures, Node, Overview, RunFigures, TransactionRates,
};
use results::node_table;
use serde::Deserialize;
use sqlx::Row as _;

use super::blocks::blocks;
use super::{Scope, json_rows, run_end};
use crate::{Database, StoreError};

/// What one statement gives.
#[derive(Debug, Default, Deserialize)]
struct Figures {
    seen_min: f64,
    included_min: f64,
    minutes: Option<f64>,
    latency_s: LatencyFigures,
    run: Option<RunFigures>,
}

impl Database {
    /// The figures of the scope; `nodes` are all nodes in it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_overview(
        &self,
        scope: &Scope,
        nodes: &[Node],
    ) -> Result<Overview, StoreError> {
        let mut reading = self.reading().await?;
        let query = sqlx::query(include_str!("sql/overview.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us);
        let figures: Vec<Figures> = json_rows(query, &mut reading).await?;
        let mut figures = figures.into_iter().next().unwrap_or_default();
        if let Some(run) = &mut figures.run {
            run.ends_at = run_end::of_running(&mut reading).await?;
        }
        let counted = match scope.deployment_id {
            Some(id) => blocks(&mut reading, id, scope.from_us, scope.until_us).await?,
            None => results::blocks::Blocks::default(),
        };
        let (intended_min, accepted_min) = match (&scope.run, figures.minutes) {
            (Some(run), Some(minutes)) => {
                let row = sqlx::query(include_str!("sql/asked.sql"))
                    .bind(run)
                    .bind(scope.round)
                    .fetch_one(&mut *reading)
                    .await?;
                (
                    Some(per_minute(row.try_get("intended")?, minutes)),
                    Some(per_minute(row.try_get("accepted")?, minutes)),
                )
            }
            _ => (None, None),
        };
        Ok(Overview {
            nodes: node_table::counts(nodes),
            height: HeightFigures {
                best: nodes.iter().filter_map(|node| node.height).max(),
                behind_max: nodes.iter().filter_map(|node| node.behind).max(),
            },
            blocks: counted.count(f64::NEG_INFINITY, f64::INFINITY),
            transactions: TransactionRates {
                intended_min,
                accepted_min,
                seen_min: figures.seen_min,
                included_min: figures.included_min,
            },
            latency_s: figures.latency_s,
            run: figures.run,
            worst: node_table::worst(nodes),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_minute(count: i64, minutes: f64) -> f64 {
    count as f64 / minutes
}

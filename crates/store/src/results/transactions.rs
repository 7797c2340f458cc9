//! Transactions and SNARK work.

use std::collections::HashMap;

use results::answers::{
    Flow, LatencyHeat, OpenWork, Rejection, SnarkWork, TransactionEvent, TransactionRow,
};
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::after::After;
use super::horizon::{self, Reach};
use super::{Scope, json, json_rows};
use crate::{Database, StoreError};

/// Nodes' pools are looked at so long after a transaction was seen first, in microseconds.
const SPREADING_US: i64 = 600_000_000;

/// Columns of the latencies over time.
const LATENCY_COLUMNS: usize = 60;

/// Bounds of latencies: from one second, four a decade, to ten thousand seconds.
const LATENCY_BOUNDS_S: [f64; 17] = [
    1.0, 1.8, 3.2, 5.6, 10.0, 18.0, 32.0, 56.0, 100.0, 180.0, 320.0, 560.0, 1_000.0, 1_800.0,
    3_200.0, 5_600.0, 10_000.0,
];

/// Which transactions of a scope, in what order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Any of `applied`, `failed`, `waiting`, `missed` and `unknown`.
    pub fates: Option<Vec<String>>,
    /// zkApp commands (true) or others.
    pub is_zkapp: Option<bool>,
    /// Part of a hash or memo.
    pub text: Option<String>,
    /// One hash.
    pub hash: Option<String>,
    /// Part of the reason of a failure.
    pub reason: Option<String>,
    /// `seen`, `latency`, `nodes` or `fate`; newest first unless given.
    pub sort: Option<String>,
    /// The smallest first.
    pub is_ascending: bool,
}

/// Which SNARK work of a scope, in what order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnarkWorkFilter {
    /// Part of a prover's key.
    pub prover: Option<String>,
    /// What one of its parts proves.
    pub kind: Option<String>,
    /// `first`, `delay`, `fee` or `interruptions`; newest first unless given.
    pub sort: Option<String>,
    /// The smallest first.
    pub is_ascending: bool,
}

/// Rows, and how many there are in all.
#[derive(Debug, Clone)]
pub struct Counted<T> {
    /// A page.
    pub rows: Vec<T>,
    /// All.
    pub total: i64,
    /// Where the next page begins; none after the last.
    pub next: Option<After>,
}

/// The first `limit` rows as a page.
fn counted<T: DeserializeOwned>(
    mut rows: Vec<PgRow>,
    column: &str,
    limit: i64,
) -> Result<Counted<T>, StoreError> {
    let next = After::cut(&mut rows, limit)?;
    let total = rows.first().map(|row| row.try_get("total")).transpose()?;
    let read: Result<Vec<T>, StoreError> = rows.iter().map(|row| json(row, column)).collect();
    Ok(Counted {
        rows: read?,
        total: total.unwrap_or(0),
        next,
    })
}

impl Database {
    /// How many transactions of the scope came how far, by the traces, and why pools rejected some.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_flow(&self, scope: &Scope) -> Result<(Flow, Vec<Rejection>), StoreError> {
        let mut reading = self.reading().await?;
        let reach = match scope.deployment_id {
            Some(id) => horizon::reach(&mut reading, id).await?,
            None => Reach::default(),
        };
        let row = sqlx::query(include_str!("sql/transaction_flow.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(reach.settled_before_us)
            .bind(reach.blind_us)
            .fetch_one(&mut *reading)
            .await?;
        let (seen, included) = (row.try_get("seen")?, row.try_get("included")?);
        let flow = Flow {
            seen,
            included,
            applied: row.try_get("applied")?,
            failed: row.try_get("failed")?,
            waiting: Some(row.try_get("waiting")?),
            missed: Some(row.try_get("missed")?),
            unknown: Some(row.try_get("unknown")?),
            not_included: seen - included,
            ..Flow::default()
        };
        let query = sqlx::query(include_str!("sql/rejections.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref());
        Ok((flow, json_rows(query, &mut reading).await?))
    }

    /// How long the transactions of the scope took until a block had them, over time.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_latency(&self, scope: &Scope) -> Result<LatencyHeat, StoreError> {
        let mut reading = self.reading().await?;
        let columns = i64::try_from(LATENCY_COLUMNS).unwrap_or(1);
        let rows = sqlx::query(include_str!("sql/latency_heat.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.run.as_deref())
            .bind(scope.round)
            .bind(LATENCY_BOUNDS_S.as_slice())
            .bind(columns)
            .fetch_all(&mut *reading)
            .await?;
        let mut heat = LatencyHeat {
            bounds_s: LATENCY_BOUNDS_S.to_vec(),
            ..LatencyHeat::default()
        };
        let Some(first) = rows.first() else {
            return Ok(heat);
        };
        let (first_us, step_us): (i64, i64) = (first.try_get(0)?, first.try_get(1)?);
        let mut cells = Vec::with_capacity(rows.len());
        for row in &rows {
            let column = usize::try_from(row.try_get::<i32, _>(2)?).unwrap_or(0);
            let number = usize::try_from(row.try_get::<i32, _>(3)?).unwrap_or(0);
            cells.push((column, number, row.try_get::<i64, _>(4)?));
        }
        let width = cells.iter().map(|(column, ..)| column + 1).max();
        let width = width.unwrap_or(0).min(LATENCY_COLUMNS);
        heat.t = (0..width)
            .scan(first_us, |at, _| {
                let begins = *at;
                *at = at.saturating_add(step_us);
                Some(begins)
            })
            .collect();
        heat.counts = vec![0; width * (LATENCY_BOUNDS_S.len() + 1)];
        for (column, number, count) in cells {
            if let Some(cell) = heat.counts.get_mut(number * width + column) {
                *cell += count;
            }
        }
        Ok(heat)
    }

    /// Transactions of the scope.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_transactions(
        &self,
        scope: &Scope,
        filter: &TransactionFilter,
        after: Option<&After>,
        limit: i64,
    ) -> Result<Counted<TransactionRow>, StoreError> {
        let mut reading = self.reading().await?;
        let Some(deployment_id) = scope.deployment_id else {
            return Ok(Counted {
                rows: Vec::new(),
                total: 0,
                next: None,
            });
        };
        let reach = horizon::reach(&mut reading, deployment_id).await?;
        let (horizons, outcomes) = match &scope.run {
            Some(run) => horizon::of_rounds(&mut reading, run, deployment_id).await?,
            None => Default::default(),
        };
        let contested: Vec<&str> = outcomes.iter().map(|tx| tx.hash.as_str()).collect();
        let reasons: Vec<Option<&str>> = outcomes.iter().map(|tx| tx.reason.as_deref()).collect();
        let rounds: Vec<i32> = horizons.iter().map(|(round, _)| *round).collect();
        let settled: Vec<bool> = horizons.iter().map(|(_, found)| found.is_settled).collect();
        let blind: Vec<Option<i64>> = horizons
            .iter()
            .map(|(_, found)| found.blind_minutes_us.last().copied())
            .collect();
        let (key, at, id) = After::parameters(after);
        let rows = sqlx::query(include_str!("sql/transactions.sql"))
            .bind(deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.run.as_deref())
            .bind(scope.round)
            .bind(filter.fates.as_deref())
            .bind(filter.is_zkapp)
            .bind(filter.text.as_deref())
            .bind(key)
            .bind(limit.saturating_add(1))
            .bind(filter.hash.as_deref())
            .bind(filter.reason.as_deref())
            .bind(filter.sort.as_deref().unwrap_or("seen"))
            .bind(!filter.is_ascending)
            .bind(reach.settled_before_us)
            .bind(reach.blind_us)
            .bind(&rounds)
            .bind(&settled)
            .bind(&blind)
            .bind(at)
            .bind(id)
            .bind(&contested)
            .bind(&reasons)
            .fetch_all(&mut *reading)
            .await?;
        let mut page: Counted<TransactionRow> = counted(rows, "transaction", limit)?;
        let is_counted = filter.sort.as_deref() == Some("nodes");
        complete(&mut reading, deployment_id, &mut page.rows, is_counted).await?;
        Ok(page)
    }

    /// The blocks with a transaction, and what pools did with it.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_transaction_events(
        &self,
        scope: &Scope,
        transaction: &TransactionRow,
    ) -> Result<(Vec<String>, Vec<TransactionEvent>), StoreError> {
        let mut reading = self.reading().await?;
        let blocks = sqlx::query_scalar(include_str!("sql/transaction_blocks.sql"))
            .bind(scope.deployment_id)
            .bind(&transaction.hash)
            .bind(transaction.included)
            .fetch_all(&mut *reading)
            .await?;
        let query = sqlx::query(include_str!("sql/transaction_events.sql"))
            .bind(scope.deployment_id)
            .bind(&transaction.hash);
        Ok((blocks, json_rows(query, &mut reading).await?))
    }

    /// SNARK work of the scope, and how much was open over time.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_snark_work(
        &self,
        scope: &Scope,
        filter: &SnarkWorkFilter,
        after: Option<&After>,
        limit: i64,
    ) -> Result<(Counted<SnarkWork>, OpenWork), StoreError> {
        let mut reading = self.reading().await?;
        let (key, at, id) = After::parameters(after);
        // A place that no work can have is after all others.
        let id = id.map(|id| id.parse().unwrap_or(i64::MAX));
        let rows = sqlx::query(include_str!("sql/snark_work.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(filter.prover.as_deref())
            .bind(key)
            .bind(limit.saturating_add(1))
            .bind(filter.kind.as_deref())
            .bind(filter.sort.as_deref().unwrap_or("first"))
            .bind(!filter.is_ascending)
            .bind(at)
            .bind(id)
            .fetch_all(&mut *reading)
            .await?;
        let query = sqlx::query(include_str!("sql/open_work.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us);
        let open: Vec<OpenWork> = json_rows(query, &mut reading).await?;
        let open = open.into_iter().next().unwrap_or_default();
        Ok((counted(rows, "work", limit)?, open))
    }
}

/// Adds the nodes that had each transaction, unless they are counted, and the block with it.
async fn complete(
    connection: &mut PgConnection,
    deployment_id: i32,
    rows: &mut [TransactionRow],
    is_counted: bool,
) -> Result<(), StoreError> {
    let mut begun: Vec<i64> = rows.iter().filter_map(|row| row.included).collect();
    begun.sort_unstable();
    begun.dedup();
    let found: Vec<(i64, String)> = sqlx::query_as(include_str!("sql/blocks_begun_at.sql"))
        .bind(deployment_id)
        .bind(&begun)
        .fetch_all(&mut *connection)
        .await?;
    let blocks: HashMap<i64, String> = found.into_iter().collect();
    for row in &mut *rows {
        row.block = row.included.and_then(|at| blocks.get(&at).cloned());
    }
    let seen = || rows.iter().filter_map(|row| row.seen);
    let (Some(first), Some(last)) = (seen().min(), seen().max()) else {
        return Ok(());
    };
    if is_counted {
        return Ok(());
    }
    let hashes: Vec<&str> = rows.iter().map(|row| row.hash.as_str()).collect();
    let found: Vec<(String, i64)> = sqlx::query_as(include_str!("sql/transaction_nodes.sql"))
        .bind(deployment_id)
        .bind(&hashes)
        .bind(first)
        .bind(last.saturating_add(SPREADING_US))
        .fetch_all(connection)
        .await?;
    let nodes: HashMap<String, i64> = found.into_iter().collect();
    for row in rows {
        row.nodes = nodes.get(&row.hash).copied().unwrap_or(0);
    }
    Ok(())
}

//! Transactions and SNARK work.

use results::answers::{Flow, OpenWork, Rejection, SnarkWork, TransactionEvent, TransactionRow};
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::{Scope, json, json_rows};
use crate::{Database, StoreError};

/// Which transactions of a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// `applied`, `failed` or `pending`.
    pub fate: Option<String>,
    /// zkApp commands (true) or others.
    pub is_zkapp: Option<bool>,
    /// Part of a hash or memo.
    pub text: Option<String>,
    /// One hash.
    pub hash: Option<String>,
}

/// Rows, and how many there are in all.
#[derive(Debug, Clone, Default)]
pub struct Counted<T> {
    /// A page.
    pub rows: Vec<T>,
    /// All.
    pub total: i64,
}

fn counted<T: DeserializeOwned>(rows: &[PgRow], column: &str) -> Result<Counted<T>, StoreError> {
    let total = rows.first().map(|row| row.try_get("total")).transpose()?;
    let read: Result<Vec<T>, StoreError> = rows.iter().map(|row| json(row, column)).collect();
    Ok(Counted {
        rows: read?,
        total: total.unwrap_or(0),
    })
}

impl Database {
    /// How many transactions of the scope came how far, as traces tell, and why pools rejected some.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_flow(&self, scope: &Scope) -> Result<(Flow, Vec<Rejection>), StoreError> {
        let mut reading = self.reading().await?;
        let row = sqlx::query(include_str!("sql/transaction_flow.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .fetch_one(&mut *reading)
            .await?;
        let (seen, included) = (row.try_get("seen")?, row.try_get("included")?);
        let flow = Flow {
            seen,
            included,
            applied: row.try_get("applied")?,
            failed: row.try_get("failed")?,
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

    /// Transactions of the scope, newest first.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_transactions(
        &self,
        scope: &Scope,
        filter: &TransactionFilter,
        offset: i64,
        limit: i64,
    ) -> Result<Counted<TransactionRow>, StoreError> {
        let mut reading = self.reading().await?;
        let rows = sqlx::query(include_str!("sql/transactions.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.run.as_deref())
            .bind(scope.round)
            .bind(filter.fate.as_deref())
            .bind(filter.is_zkapp)
            .bind(filter.text.as_deref())
            .bind(offset)
            .bind(limit)
            .bind(filter.hash.as_deref())
            .fetch_all(&mut *reading)
            .await?;
        counted(&rows, "transaction")
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

    /// SNARK work of the scope, newest first, and how much was open over time.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_snark_work(
        &self,
        scope: &Scope,
        prover: Option<&str>,
        offset: i64,
        limit: i64,
    ) -> Result<(Counted<SnarkWork>, OpenWork), StoreError> {
        let mut reading = self.reading().await?;
        let rows = sqlx::query(include_str!("sql/snark_work.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(prover)
            .bind(offset)
            .bind(limit)
            .fetch_all(&mut *reading)
            .await?;
        let query = sqlx::query(include_str!("sql/open_work.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us);
        let open: Vec<OpenWork> = json_rows(query, &mut reading).await?;
        let open = open.into_iter().next().unwrap_or_default();
        Ok((counted(&rows, "work")?, open))
    }
}

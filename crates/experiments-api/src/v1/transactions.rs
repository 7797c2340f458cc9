//! Transactions and SNARK work.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{
    Flow, FlowAnswer, LatencyAnswer, RoundResult, SnarkWorkAnswer, TransactionAnswer,
    TransactionsAnswer,
};
use serde::Deserialize;
use service::ErrorBody;
use service::extract::{Path, Query};
use store::Database;
use store::results::{SnarkWorkFilter, TransactionFilter};
use utoipa::IntoParams;

use super::answer::{answer, choice, failed, is_descending, unknown};
use super::parameters::{InScope, PageParameters, ScopeParameters};
use service::refusals::ReadRefusals as Refusals;

/// How many transactions came how far. With a run, those of the run, with every fate.
#[utoipa::path(get, path = "/api/v1/transactions/flow", params(ScopeParameters),
    responses((status = 200, body = FlowAnswer), Refusals))]
pub(crate) async fn flow(
    State(database): State<Database>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let (mut flow, reasons) = database.results_flow(&scope).await.map_err(failed)?;
    if let Some(run) = &scope.run {
        let results = database
            .run_results(run, scope.deployment_id)
            .await
            .map_err(failed)?;
        let part = results.and_then(|results| match scope.round {
            None => Some(results.run),
            Some(round) => results
                .rounds
                .into_iter()
                .find(|part| part.round == Some(round)),
        });
        flow = part.as_ref().map(flow_of).unwrap_or_default();
    }
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(
        &headers,
        &FlowAnswer {
            flow,
            reasons,
            meta,
        },
    )
}

/// How long transactions took from the pool into a block, over time. With a run, those of the run.
#[utoipa::path(get, path = "/api/v1/transactions/latency", params(ScopeParameters),
    responses((status = 200, body = LatencyAnswer), Refusals))]
pub(crate) async fn latency(
    State(database): State<Database>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let heat = database.results_latency(&scope).await.map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &LatencyAnswer { heat, meta })
}

fn flow_of(part: &RoundResult) -> Flow {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Flow {
        intended: part.intended.map(count),
        accepted: part.accepted.map(count),
        seen: count(part.seen),
        included: count(part.included),
        applied: count(part.applied),
        refused: part.intended.map(|_| count(part.refused)),
        never_seen: part.intended.map(|_| count(part.never_seen)),
        waiting: Some(count(part.waiting)),
        missed: Some(count(part.missed)),
        failed: count(part.failed),
        unknown: Some(count(part.unknown)),
        not_included: count(part.seen - part.included),
    }
}

/// The fates of transactions, and what they are in rows. Those that were refused or never seen have
/// no row: nobody knows their hashes.
const FATES: [(&str, &[&str]); 7] = [
    ("applied", &["applied"]),
    ("failed", &["failed"]),
    ("included", &["applied", "failed"]),
    ("waiting", &["waiting"]),
    ("missed", &["missed"]),
    ("unknown", &["unknown"]),
    ("pending", &["waiting", "missed", "unknown"]),
];

/// What transactions can be sorted by.
const SORT_KEYS: [&str; 4] = ["seen", "latency", "nodes", "fate"];

/// What SNARK work can be sorted by.
const WORK_SORT_KEYS: [&str; 4] = ["first", "delay", "fee", "interruptions"];

/// Which transactions, in what order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransactionsParameters {
    /// `applied`, `failed`, or `included` for both; `waiting`, `missed`, `unknown`, or `pending` for
    /// these three. Transactions that were refused or never seen have no row.
    fate: Option<String>,
    /// `zkapp`, or `payment` for all others.
    kind: Option<String>,
    /// Part of the reason of a failure.
    reason: Option<String>,
    /// Part of a hash or memo.
    q: Option<String>,
    /// `seen`, `latency`, `nodes` or `fate`; seen unless given.
    sort: Option<String>,
    /// `asc` or `desc`; the greatest first unless given.
    order: Option<String>,
}

impl TransactionsParameters {
    fn filter(self) -> Result<TransactionFilter, ErrorBody> {
        let fates = choice("fate", self.fate.as_deref(), &FATES)?;
        let kinds = [("payment", false), ("zkapp", true)];
        let keys = SORT_KEYS.map(|key| (key, key));
        let sort = choice("sort", self.sort.as_deref(), &keys)?;
        Ok(TransactionFilter {
            fates: fates.map(|fates| fates.iter().map(|fate| (*fate).to_owned()).collect()),
            is_zkapp: choice("kind", self.kind.as_deref(), &kinds)?,
            text: self.q.filter(|text| !text.is_empty()),
            hash: None,
            reason: self.reason.filter(|text| !text.is_empty()),
            sort: sort.map(str::to_owned),
            is_ascending: !is_descending(self.order.as_deref(), true)?,
        })
    }
}

/// Transactions, newest first unless sorted otherwise.
#[utoipa::path(get, path = "/api/v1/transactions",
    params(ScopeParameters, TransactionsParameters, PageParameters),
    responses((status = 200, body = TransactionsAnswer), Refusals))]
pub(crate) async fn transactions(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<TransactionsParameters>,
    Query(page): Query<PageParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let filter = parameters.filter()?;
    let (after, limit) = page.place()?;
    let found = database
        .results_transactions(&scope, &filter, after.as_ref(), limit)
        .await
        .map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = (!found.rows.is_empty() || after.is_none()).then_some(found.total);
    meta.next = found.next.map(|next| next.to_string());
    let transactions = found.rows;
    answer(&headers, &TransactionsAnswer { transactions, meta })
}

/// One transaction, and what nodes did with it.
#[utoipa::path(get, path = "/api/v1/transactions/{hash}",
    params(("hash" = String, Path, description = "Hash of the transaction"), ScopeParameters),
    responses((status = 200, body = TransactionAnswer), Refusals))]
pub(crate) async fn transaction(
    State(database): State<Database>,
    Path(hash): Path<String>,
    InScope(mut scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    // One transaction is wanted whenever it came.
    (scope.from_us, scope.until_us) = (None, None);
    (scope.run, scope.round) = (None, None);
    let filter = TransactionFilter {
        hash: Some(hash.clone()),
        ..TransactionFilter::default()
    };
    let found = database
        .results_transactions(&scope, &filter, None, 1)
        .await
        .map_err(failed)?;
    let transaction = found.rows.into_iter().next().ok_or_else(|| {
        unknown(
            "unknown_transaction",
            format!("the deployment has no transaction \"{hash}\""),
        )
    })?;
    let (blocks, events) = database
        .results_transaction_events(&scope, &transaction)
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(
        &headers,
        &TransactionAnswer {
            transaction,
            blocks,
            events,
            meta,
        },
    )
}

/// Which SNARK work.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SnarkWorkParameters {
    /// Part of a prover's public key.
    q: Option<String>,
    /// What one of its parts proves, such as `merge`.
    kind: Option<String>,
    /// `first` event, `delay`, `fee` or `interruptions`; first unless given.
    sort: Option<String>,
    /// `asc` or `desc`; the greatest first unless given.
    order: Option<String>,
}

/// SNARK work, newest first unless sorted otherwise, and how much was open over time.
#[utoipa::path(get, path = "/api/v1/snark-work",
    params(ScopeParameters, SnarkWorkParameters, PageParameters),
    responses((status = 200, body = SnarkWorkAnswer), Refusals))]
pub(crate) async fn snark_work(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<SnarkWorkParameters>,
    Query(page): Query<PageParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let (after, limit) = page.place()?;
    let keys = WORK_SORT_KEYS.map(|key| (key, key));
    let sort = choice("sort", parameters.sort.as_deref(), &keys)?;
    let filter = SnarkWorkFilter {
        prover: parameters.q.filter(|text| !text.is_empty()),
        kind: parameters.kind.filter(|text| !text.is_empty()),
        sort: sort.map(str::to_owned),
        is_ascending: !is_descending(parameters.order.as_deref(), true)?,
    };
    let (found, open) = database
        .results_snark_work(&scope, &filter, after.as_ref(), limit)
        .await
        .map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = (!found.rows.is_empty() || after.is_none()).then_some(found.total);
    meta.next = found.next.map(|next| next.to_string());
    let works = found.rows;
    answer(&headers, &SnarkWorkAnswer { works, open, meta })
}

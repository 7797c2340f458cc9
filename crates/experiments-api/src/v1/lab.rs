//! The laboratory itself: deployments, gaps, entries by the minute, the database.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{
    DatabaseAnswer, DeploymentsAnswer, GapsAnswer, LeaseRow, LeasesAnswer, MinutesAnswer,
};
use serde::Deserialize;
use service::ErrorBody;
use service::extract::Query;
use store::Database;
use utoipa::IntoParams;

use super::answer::{answer, failed, invalid};
use super::parameters::{InScope, PageParameters, ScopeParameters};
use service::refusals::ReadRefusals as Refusals;

/// Most columns of the matrix of minutes: a day.
const MINUTES_MAX: i64 = 1_440;

/// Most leases of an answer.
const LEASES_MAX: usize = 5_000;

/// Whether a page that has `rows` of at most `limit` rows may have a next one.
fn is_full(rows: usize, limit: i64) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= limit)
}

/// All deployments, newest first.
#[utoipa::path(get, path = "/api/v1/deployments", params(PageParameters),
    responses((status = 200, body = DeploymentsAnswer), Refusals))]
pub(crate) async fn deployments(
    State(database): State<Database>,
    Query(page): Query<PageParameters>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let (before, limit) = page.read()?;
    let before = before
        .map(i32::try_from)
        .transpose()
        .map_err(|_| invalid("cursor", "must be the \"next\" of an answer"))?;
    let deployments = database
        .results_deployments(before, limit)
        .await
        .map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = Some(database.results_deployment_count().await.map_err(failed)?);
    meta.next = deployments
        .last()
        .filter(|_| is_full(deployments.len(), limit))
        .map(|last| last.id.to_string());
    answer(&headers, &DeploymentsAnswer { deployments, meta })
}

/// Missing log entries, newest first.
#[utoipa::path(get, path = "/api/v1/gaps", params(ScopeParameters, PageParameters),
    responses((status = 200, body = GapsAnswer), Refusals))]
pub(crate) async fn gaps(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(page): Query<PageParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let (before, limit) = page.read()?;
    let (gaps, total) = database
        .results_gaps(&scope, before, limit)
        .await
        .map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = Some(total);
    meta.next = gaps
        .last()
        .filter(|_| is_full(gaps.len(), limit))
        .map(|(id, _)| id.to_string());
    let gaps = gaps.into_iter().map(|(_, gap)| gap).collect();
    answer(&headers, &GapsAnswer { gaps, meta })
}

/// How finely time is divided.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepsParameters {
    /// Most columns, 1 to 1440; 1440 unless given.
    #[param(minimum = 1, maximum = 1440)]
    steps: Option<i64>,
}

/// Stored and lost entries of each node by the minute, or by longer steps where those would be more
/// than `steps`.
#[utoipa::path(get, path = "/api/v1/completeness/minutes", params(ScopeParameters, StepsParameters),
    responses((status = 200, body = MinutesAnswer), Refusals))]
pub(crate) async fn minutes(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(divided): Query<StepsParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let steps = divided.steps.unwrap_or(MINUTES_MAX);
    if !(1..=MINUTES_MAX).contains(&steps) {
        return Err(invalid("steps", "must be from 1 to 1440"));
    }
    let minutes = database
        .results_minutes(&scope, steps)
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &MinutesAnswer { minutes, meta })
}

/// Sizes and load of the database.
#[utoipa::path(get, path = "/api/v1/database",
    responses((status = 200, body = DatabaseAnswer), Refusals))]
pub(crate) async fn database(
    State(database): State<Database>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let found = database.results_database().await.map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(
        &headers,
        &DatabaseAnswer {
            bytes: found.bytes,
            free_bytes: found.free_bytes,
            tables: found.tables,
            growth_bytes_day: found.growth_bytes_day,
            connections: found.connections,
            partitions: found.partitions,
            slow_queries: found.slow_queries,
            meta,
        },
    )
}

/// Which process does what only one may do at a time.
#[utoipa::path(get, path = "/api/v1/leases",
    responses((status = 200, body = LeasesAnswer), Refusals))]
pub(crate) async fn leases(
    State(database): State<Database>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let held = database.held_leases("").await.map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = i64::try_from(held.len()).ok();
    let leases = held.into_iter().take(LEASES_MAX).map(|lease| LeaseRow {
        resource: lease.resource,
        holder: lease.holder,
        remaining_s: lease.remaining.as_secs_f64(),
    });
    let leases = leases.collect();
    answer(&headers, &LeasesAnswer { leases, meta })
}

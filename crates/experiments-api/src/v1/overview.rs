//! The network at a glance, figures over time, what went wrong.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{IncidentsAnswer, OverviewAnswer, SeriesAnswer};
use serde::Deserialize;
use service::ErrorBody;
use service::extract::Query;
use store::Database;
use store::results::METRICS;
use utoipa::IntoParams;

use super::answer::{answer, failed, invalid, unreadable};
use super::parameters::{InScope, ScopeParameters, limit};
use service::refusals::ReadRefusals as Refusals;

/// The four questions in one answer: is the data complete, the network healthy, how are blocks,
/// how does the experiment go.
#[utoipa::path(get, path = "/api/v1/overview", params(ScopeParameters),
    responses((status = 200, body = OverviewAnswer), Refusals))]
pub(crate) async fn overview(
    State(database): State<Database>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let nodes = database.results_nodes(&scope).await.map_err(failed)?;
    let overview = database
        .results_overview(&scope, &nodes)
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &OverviewAnswer { overview, meta })
}

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesParameters {
    /// Names of figures with commas between them; all unless given.
    metric: Option<String>,
    /// Seconds between points, at least. They are whole minutes, and at most 600 points.
    #[param(minimum = 1, maximum = 31_536_000)]
    step: Option<i64>,
}

/// Figures over network time.
#[utoipa::path(get, path = "/api/v1/series", params(ScopeParameters, SeriesParameters),
    responses((status = 200, body = SeriesAnswer), Refusals))]
pub(crate) async fn series(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<SeriesParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let metrics = metrics(parameters.metric.as_deref())?;
    if parameters
        .step
        .is_some_and(|step| !(1..=31_536_000).contains(&step))
    {
        return Err(invalid("step", "must be from 1 to 31536000 seconds"));
    }
    let series = database
        .results_series(&scope, &metrics, parameters.step)
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &SeriesAnswer { series, meta })
}

fn metrics(names: Option<&str>) -> Result<Vec<&str>, ErrorBody> {
    let Some(names) = names else {
        return Ok(METRICS.to_vec());
    };
    let names: Vec<&str> = names.split(',').filter(|name| !name.is_empty()).collect();
    match names.iter().find(|name| !METRICS.contains(*name)) {
        None => Ok(names),
        Some(unknown) => Err(unreadable(
            "metric",
            &format!(
                "there is no metric \"{unknown}\"; there are {}",
                METRICS.join(", ")
            ),
            nearest::nearest(unknown, METRICS).map(str::to_owned),
        )),
    }
}

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct IncidentParameters {
    /// Most incidents, 1 to 500; 20 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What went wrong, newest first.
#[utoipa::path(get, path = "/api/v1/incidents", params(ScopeParameters, IncidentParameters),
    responses((status = 200, body = IncidentsAnswer), Refusals))]
pub(crate) async fn incidents(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<IncidentParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let limit = limit(parameters.limit, 20)?;
    let incidents = database
        .results_incidents(&scope, limit.into())
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &IncidentsAnswer { incidents, meta })
}

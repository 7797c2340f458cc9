//! Checkpoints, runs beside each other, and what made traces slow.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{AttributionAnswer, CheckpointsAnswer, ComparisonAnswer};
use results::attribution::{attribute, keep_usual};
use results::compare::{RUNS_MAX, compare};
use results::own_times::TraceSet;
use results::selection::Selection;
use serde::Deserialize;
use service::ErrorBody;
use service::extract::Query;
use store::Database;
use store::results::{Missing, Scope};
use utoipa::IntoParams;

use super::answer::{answer, failed, invalid, unknown};
use super::parameters::{InScope, ScopeParameters, unknown_run};
use crate::openapi::Refusals;

/// Which checkpoints.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckpointsParameters {
    /// Part of a name.
    q: Option<String>,
    /// `none`, or `node` for a row for each node.
    group: Option<String>,
}

/// The own times of checkpoints over the block traces of the scope, greatest sums first.
#[utoipa::path(get, path = "/api/v1/checkpoints",
    params(ScopeParameters, CheckpointsParameters),
    responses((status = 200, body = CheckpointsAnswer), Refusals))]
pub(crate) async fn checkpoints(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<CheckpointsParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let by_node = match parameters.group.as_deref() {
        None | Some("none") => false,
        Some("node") => true,
        Some(_) => return Err(invalid("\"group\" must be none or node")),
    };
    let text = parameters.q.as_deref().filter(|text| !text.is_empty());
    let bounds_s = bounds_s();
    let checkpoints = database
        .results_checkpoints(&scope, text, by_node, &bounds_s)
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(
        &headers,
        &CheckpointsAnswer {
            checkpoints,
            bounds_s,
            meta,
        },
    )
}

/// The upper ends of 36 buckets, four steps to a decade, from 1 µs to 1,000 s.
fn bounds_s() -> Vec<f64> {
    (0..=36)
        .map(|step| 10f64.powf(f64::from(step) / 4.0 - 6.0))
        .collect()
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ComparisonParameters {
    /// Two to eight names with commas between them. The last is compared with the base.
    runs: String,
    /// One of them; the first unless given.
    base: Option<String>,
}

/// Runs beside each other: what differs by more than chance.
#[utoipa::path(get, path = "/api/v1/comparison", params(ComparisonParameters),
    responses((status = 200, body = ComparisonAnswer), Refusals))]
pub(crate) async fn comparison(
    State(database): State<Database>,
    Query(parameters): Query<ComparisonParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let names: Vec<&str> = parameters
        .runs
        .split(',')
        .filter(|name| !name.is_empty())
        .collect();
    if !(2..=RUNS_MAX).contains(&names.len()) {
        return Err(invalid(format!(
            "\"runs\" must name 2 to {RUNS_MAX} experiments"
        )));
    }
    let base = match parameters.base.as_deref() {
        None => 0,
        Some(base) => names
            .iter()
            .position(|name| *name == base)
            .ok_or_else(|| invalid("\"base\" must be one of the runs"))?,
    };
    let mut runs = Vec::new();
    let mut last: Option<Scope> = None;
    for name in names {
        let found = database.measured_run(name).await.map_err(failed)?;
        let (run, scope) = found.ok_or_else(|| unknown_run(name))?;
        runs.push(run);
        last = Some(scope);
    }
    let comparison = compare(&runs, base);
    let (comparison, scope) = comparison
        .zip(last)
        .ok_or_else(|| invalid("\"runs\" must name two experiments or more"))?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &ComparisonAnswer { comparison, meta })
}

/// Which traces.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttributionParameters {
    /// The traces to explain, as in `blocks:868..871;nodes:a,b`, `run:ramp-3;round:4` or
    /// `slower:p95`.
    set: String,
    /// What they are compared with, likewise; the usual traces of the same nodes unless given.
    base: Option<String>,
    /// The deployment; that of a run, or else the newest, unless given.
    deployment: Option<i32>,
}

/// What made a set of traces slower than a base: the checkpoints by their share of the excess in own
/// time.
#[utoipa::path(get, path = "/api/v1/attribution", params(AttributionParameters),
    responses((status = 200, body = AttributionAnswer), Refusals))]
pub(crate) async fn attribution(
    State(database): State<Database>,
    Query(parameters): Query<AttributionParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let read = |text: &str| Selection::parse(text).map_err(|error| invalid(error.to_string()));
    let selection = read(&parameters.set)?;
    let (scope, set) = selected(&database, parameters.deployment, &selection).await?;
    let (base, rule) = if let Some(text) = parameters.base {
        let (_, base) = selected(&database, parameters.deployment, &read(&text)?).await?;
        (base, text)
    } else {
        let usual = Selection {
            nodes: selection.nodes,
            ..Selection::default()
        };
        let (_, mut base) = selected(&database, scope.deployment_id, &usual).await?;
        keep_usual(&mut base);
        let rule = "traces of the same nodes at or below the median";
        (base, rule.to_owned())
    };
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    let attribution = attribute(&set, &base, &rule);
    answer(&headers, &AttributionAnswer { attribution, meta })
}

async fn selected(
    database: &Database,
    deployment: Option<i32>,
    selection: &Selection,
) -> Result<(Scope, TraceSet), ErrorBody> {
    let found = database.selected_traces(deployment, selection).await;
    found.map_err(failed)?.map_err(|missing| match missing {
        Missing::Deployment(id) => {
            unknown("unknown_deployment", format!("there is no deployment {id}"))
        }
        Missing::Run(name) => unknown_run(&name),
    })
}

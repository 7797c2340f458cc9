//! Runs beside each other, and what made traces slow.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use results::answers::{AttributionAnswer, ComparisonAnswer};
use results::attribution::{attribute, keep_usual, weigh};
use results::compare::{RUNS_MAX, compare};
use results::own_times::TraceSet;
use results::selection::Selection;
use serde::Deserialize;
use service::ErrorBody;
use service::extract::Query;
use store::Database;
use store::results::Scope;
use utoipa::IntoParams;

use super::answer::{answer, failed, invalid, unreadable};
use super::parameters::{missing, unknown_run};
use service::refusals::ReadRefusals as Refusals;

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ComparisonParameters {
    /// Two to eight names with commas between them. The last is compared with the base. `name@7` is the
    /// run as deployment 7 has it; otherwise it is that of the deployment in which it was started, or
    /// else of the newest with it.
    runs: String,
    /// One of them; the first unless given.
    base: Option<String>,
}

/// Longest time of an attribution: pages do not wait longer for an answer either.
const ATTRIBUTION_TIME_MAX: Duration = Duration::from_secs(25);

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
        let message = format!("must name 2 to {RUNS_MAX} experiments");
        return Err(invalid("runs", &message));
    }
    let base = match parameters.base.as_deref() {
        None => 0,
        Some(base) => names
            .iter()
            .position(|name| *name == base)
            .ok_or_else(|| invalid("base", "must be one of the runs"))?,
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
        .ok_or_else(|| invalid("runs", "must name two experiments or more"))?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &ComparisonAnswer { comparison, meta })
}

/// Which traces.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttributionParameters {
    /// The traces to explain, as in `blocks:868..871;nodes:a,b`, `run:ramp-3;round:4`,
    /// `source:External`, `slower:p95` or `faster:p50`.
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
    let found = in_time(Box::pin(explain(&database, parameters)));
    answer(&headers, &found.await?)
}

/// What is found, or a refusal when that takes longer than a page waits.
async fn in_time<T>(finding: impl Future<Output = Result<T, ErrorBody>>) -> Result<T, ErrorBody> {
    let found = tokio::time::timeout(ATTRIBUTION_TIME_MAX, finding).await;
    found.map_err(|_| {
        ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_traces",
            format!(
                "this takes longer than {} s: choose fewer traces, such as set=blocks:100..120 or \
                 nodes:a,b",
                ATTRIBUTION_TIME_MAX.as_secs()
            ),
        )
    })?
}

async fn explain(
    database: &Database,
    parameters: AttributionParameters,
) -> Result<AttributionAnswer, ErrorBody> {
    let read = |parameter: &str, text: &str| {
        Selection::parse(text).map_err(|error| unreadable(parameter, &error.to_string(), None))
    };
    let selection = read("set", &parameters.set)?;
    let set = selected(database, parameters.deployment, &selection);
    let (scope, set, base_scope, base, rule) = if let Some(text) = parameters.base {
        let selection = read("base", &text)?;
        let base = selected(database, parameters.deployment, &selection);
        let ((scope, set), (base_scope, base)) = tokio::try_join!(set, base)?;
        (scope, set, base_scope, base, text)
    } else {
        let (scope, set) = set.await?;
        let usual = Selection {
            nodes: selection.nodes,
            source: selection.source,
            ..Selection::default()
        };
        let (base_scope, mut base) = selected(database, scope.deployment_id, &usual).await?;
        keep_usual(&mut base);
        let rule = "traces of the same nodes at or below the median";
        (scope, set, base_scope, base, rule.to_owned())
    };
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    let of_base = database.results_meta(&base_scope).await.map_err(failed)?;
    let mut attribution = attribute(&set, &base, &rule);
    weigh(
        &mut attribution,
        meta.completeness.share,
        of_base.completeness.share,
    );
    Ok(AttributionAnswer { attribution, meta })
}

async fn selected(
    database: &Database,
    deployment: Option<i32>,
    selection: &Selection,
) -> Result<(Scope, TraceSet), ErrorBody> {
    let found = database.selected_traces(deployment, selection).await;
    found.map_err(failed)?.map_err(missing)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::response::IntoResponse as _;
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_attribution_that_takes_too_long_is_refused() {
        let begun = Instant::now();
        let slow = async {
            sleep(ATTRIBUTION_TIME_MAX * 2).await;
            Ok(())
        };
        let refusal = in_time(slow).await.unwrap_err().into_response();
        assert_eq!(begun.elapsed(), ATTRIBUTION_TIME_MAX);
        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(refusal.into_body(), 1 << 16).await.unwrap();
        let body = String::from_utf8_lossy(&body);
        assert!(
            body.contains("too_many_traces") && body.contains("choose fewer traces"),
            "{body}"
        );
        let quick = async {
            sleep(ATTRIBUTION_TIME_MAX / 2).await;
            Ok(7)
        };
        assert!(in_time(quick).await.is_ok_and(|found| found == 7));
    }
}

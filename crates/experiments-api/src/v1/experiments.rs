//! Experiments and what they came to.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::Verdict;
use results::answers::{ExperimentsAnswer, ResultsAnswer};
use serde::Deserialize;
use service::ErrorBody;
use service::extract::{Path, Query};
use store::Database;
use store::results::{RunQuery, ScopeQuery};
use utoipa::IntoParams;

use super::answer::{answer, choice, failed, is_descending, unknown};
use super::parameters::{InScope, PageParameters, unknown_run};
use service::refusals::ReadRefusals as Refusals;

/// Which experiments.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExperimentsParameters {
    /// Part of a name.
    q: Option<String>,
    /// One deployment; all unless given.
    deployment: Option<i32>,
    /// `running`, `success`, `error`, `canceled`, …
    status: Option<String>,
    /// `pass`, `fail` or `not_enough_data`.
    verdict: Option<String>,
    /// `started`, `name`, `status`, `deployment`, `ended`, `duration`, `rounds`, `intended`,
    /// `included`, `latency_p95`, `completeness`, `verdict` or `seed`; started unless given. With a
    /// verdict, or sorted by one, by what was intended or by completeness, the newest 1,000 are
    /// looked at.
    sort: Option<String>,
    /// `asc` or `desc`; the greatest first unless given.
    order: Option<String>,
}

impl ExperimentsParameters {
    fn query(self) -> Result<RunQuery, ErrorBody> {
        let verdicts = [
            ("pass", Verdict::Pass),
            ("fail", Verdict::Fail),
            ("not_enough_data", Verdict::NotEnoughData),
        ];
        let keys = RunQuery::SORT_KEYS.map(|key| (key, key));
        let sort = choice("sort", self.sort.as_deref(), &keys)?;
        Ok(RunQuery {
            text: self.q.filter(|text| !text.is_empty()),
            deployment_id: self.deployment,
            status: self.status.filter(|text| !text.is_empty()),
            verdict: choice("verdict", self.verdict.as_deref(), &verdicts)?,
            sort: sort.unwrap_or("started").to_owned(),
            is_descending: is_descending(self.order.as_deref(), true)?,
        })
    }
}

/// Experiments with their verdicts, newest first unless sorted otherwise: those that were started
/// here, and those that are known by their transactions only.
#[utoipa::path(get, path = "/api/v1/experiments", operation_id = "experiments_with_results", params(ExperimentsParameters, PageParameters),
    responses((status = 200, body = ExperimentsAnswer), Refusals))]
pub(crate) async fn experiments(
    State(database): State<Database>,
    Query(parameters): Query<ExperimentsParameters>,
    Query(page): Query<PageParameters>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let (place, limit) = page.place()?;
    let found = database
        .results_experiments(&parameters.query()?, &place.unwrap_or_default(), limit)
        .await
        .map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = Some(found.total);
    meta.next = found.next.map(|next| next.to_string());
    answer(
        &headers,
        &ExperimentsAnswer {
            experiments: found.rows,
            meta,
        },
    )
}

/// Which traces.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultsParameters {
    /// The deployment; unless given, that in which the run was started, or else the newest that has
    /// transactions of it.
    deployment: Option<i32>,
}

/// What an experiment came to: verdict, thresholds, the fates of all transactions by round.
#[utoipa::path(get, path = "/api/v1/experiments/{name}/results",
    params(("name" = String, Path, description = "Name of the experiment"), ResultsParameters),
    responses((status = 200, body = ResultsAnswer), Refusals))]
pub(crate) async fn results(
    State(database): State<Database>,
    Path(name): Path<String>,
    Query(parameters): Query<ResultsParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let query = ScopeQuery {
        deployment: parameters.deployment,
        run: Some(name.clone()),
        ..ScopeQuery::default()
    };
    let scope = database.results_scope(query).await.map_err(failed)?;
    let scope = scope.map_err(|_| unknown_run(&name))?;
    let found = database
        .run_results(&name, scope.deployment_id)
        .await
        .map_err(failed)?;
    let results = found.ok_or_else(|| {
        unknown(
            "no_results",
            format!(
                "nothing was asked of nodes for \"{name}\", and no trace has a transaction of it"
            ),
        )
    })?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &ResultsAnswer { results, meta })
}

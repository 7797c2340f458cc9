//! How long checkpoints take.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{CheckpointAnswer, CheckpointRow, CheckpointsAnswer};
use results::checkpoints::{SORT_KEYS, SortKey, bounds_s, by_node, heat, slowest, sort};
use results::selection::SOURCES;
use serde::Deserialize;
use service::ErrorBody;
use service::extract::{Path, Query};
use store::Database;
use store::results::{CheckpointQuery, GroupBy, Missing, Place, Scope, Stat};
use utoipa::IntoParams;

use super::answer::{answer, choice, failed, invalid, is_descending, unknown};
use super::parameters::{InScope, PageParameters, ScopeParameters, missing};
use service::refusals::ReadRefusals as Refusals;

/// Most deployments beside each other.
const DEPLOYMENTS_MAX: usize = 8;

/// Which times.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimesParameters {
    /// `own` time, without the parts of a checkpoint, or `total` with them; own unless given.
    stat: Option<String>,
    /// Where the nodes got the blocks from: `External`, `Internal`, `Catchup`, `Reconstruct` or
    /// `Unknown`; any unless given.
    source: Option<String>,
    /// The traces of one block, by its state hash; those of all blocks unless given.
    block: Option<String>,
}

impl TimesParameters {
    fn query(self) -> Result<CheckpointQuery, ErrorBody> {
        let known = [("own", Stat::Own), ("total", Stat::Total)];
        let sources = SOURCES.map(|source| (source, source));
        let source = choice("source", self.source.as_deref(), &sources)?;
        Ok(CheckpointQuery {
            stat: choice("stat", self.stat.as_deref(), &known)?.unwrap_or_default(),
            source: source.map(str::to_owned),
            block: self.block.filter(|hash| !hash.is_empty()),
            ..CheckpointQuery::default()
        })
    }
}

/// Which checkpoints.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckpointsParameters {
    /// Part of a name.
    q: Option<String>,
    /// `none`, or `node`, `round` or `deployment` for a row for each. Rounds need a run.
    group: Option<String>,
    /// With `group=deployment`: up to eight of them with commas between them. Unless given, that of
    /// the scope and the one before it.
    deployments: Option<String>,
    /// `total`, `name`, `calls`, `p50`, `p90`, `p95`, `p99` or `max`; total unless given.
    sort: Option<String>,
    /// `asc` or `desc`; the greatest first, names from a to z, unless given.
    order: Option<String>,
}

/// The times of checkpoints over the block traces of the scope, of the newest 20,000 if it has more.
#[utoipa::path(get, path = "/api/v1/checkpoints",
    params(ScopeParameters, TimesParameters, CheckpointsParameters, PageParameters),
    responses((status = 200, body = CheckpointsAnswer), Refusals))]
pub(crate) async fn checkpoints(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(times): Query<TimesParameters>,
    Query(parameters): Query<CheckpointsParameters>,
    Query(page): Query<PageParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let known = [
        ("none", GroupBy::None),
        ("node", GroupBy::Node),
        ("round", GroupBy::Round),
        ("deployment", GroupBy::Deployment),
    ];
    let group = choice("group", parameters.group.as_deref(), &known)?.unwrap_or_default();
    if group == GroupBy::Round && scope.run.is_none() {
        return Err(invalid("group", "must not be round without a run"));
    }
    let key = choice("sort", parameters.sort.as_deref(), &SORT_KEYS)?.unwrap_or(SortKey::Total);
    let is_descending = is_descending(parameters.order.as_deref(), key != SortKey::Name)?;
    let (place, limit) = page.place::<Place>()?;
    let query = CheckpointQuery {
        group,
        deployments: deployments(&database, &scope, group, parameters.deployments.as_deref())
            .await?,
        text: parameters.q.filter(|text| !text.is_empty()),
        ..times.query()?
    };
    let bounds_s = bounds_s();
    let found = database
        .results_checkpoints(&scope, &query, &bounds_s)
        .await
        .map_err(failed)?;
    let mut rows = found.rows;
    sort(&mut rows, key, is_descending);
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let id_of = |row: &CheckpointRow| match &row.group {
        None => row.name.clone(),
        Some(group) => format!("{group}_{}", row.name),
    };
    let (checkpoints, next) = place.unwrap_or_default().page(rows, limit, id_of);
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = Some(total);
    meta.next = next.map(|next| next.to_string());
    answer(
        &headers,
        &CheckpointsAnswer {
            checkpoints,
            bounds_s,
            traces: found.traces,
            truncated: found.truncated,
            meta,
        },
    )
}

/// The deployments that stand beside each other; none where only that of the scope is meant.
async fn deployments(
    database: &Database,
    scope: &Scope,
    group: GroupBy,
    given: Option<&str>,
) -> Result<Vec<i32>, ErrorBody> {
    if group != GroupBy::Deployment {
        return Ok(Vec::new());
    }
    let all = database.deployments().await.map_err(failed)?;
    let Some(given) = given else {
        let until = scope.deployment_id.unwrap_or(i32::MAX);
        let older = all.into_iter().rev().filter(|id| *id <= until);
        return Ok(older.take(2).collect());
    };
    let message = format!("must be 1 to {DEPLOYMENTS_MAX} numbers with commas between them");
    let ids: Result<Vec<i32>, _> = given.split(',').map(str::parse).collect();
    let ids = ids.map_err(|_| invalid("deployments", &message))?;
    if ids.is_empty() || ids.len() > DEPLOYMENTS_MAX {
        return Err(invalid("deployments", &message));
    }
    match ids.iter().find(|id| !all.contains(id)) {
        Some(id) => Err(missing(Missing::Deployment(*id))),
        None => Ok(ids),
    }
}

/// Which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallsParameters {
    /// Names the slowest calls of one bucket instead of those of all: its position, from 0.
    #[param(minimum = 0, maximum = 37)]
    bucket: Option<usize>,
}

/// One checkpoint in detail: by node, over time, and its slowest calls.
#[utoipa::path(get, path = "/api/v1/checkpoints/{name}",
    params(("name" = String, Path, description = "Name of the checkpoint"),
           ScopeParameters, TimesParameters, CallsParameters),
    responses((status = 200, body = CheckpointAnswer), Refusals))]
pub(crate) async fn checkpoint(
    State(database): State<Database>,
    Path(name): Path<String>,
    InScope(scope): InScope,
    Query(times): Query<TimesParameters>,
    Query(parameters): Query<CallsParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let bounds_s = bounds_s();
    if parameters
        .bucket
        .is_some_and(|bucket| bucket > bounds_s.len())
    {
        return Err(invalid("bucket", "must be from 0 to 37"));
    }
    let found = database
        .results_checkpoint(&scope, &times.query()?, &name, &bounds_s)
        .await
        .map_err(failed)?;
    let (checkpoint, calls) = found.ok_or_else(|| {
        unknown(
            "unknown_checkpoint",
            format!("no block trace of the scope has a finished checkpoint \"{name}\""),
        )
    })?;
    let mut slowest = slowest(&calls.rows, &bounds_s, parameters.bucket);
    database
        .locate_calls(&name, &mut slowest)
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(
        &headers,
        &CheckpointAnswer {
            checkpoint,
            by_node: by_node(&calls.rows),
            heat: heat(&calls.rows, &bounds_s),
            bounds_s,
            slowest,
            traces: calls.traces,
            truncated: calls.truncated,
            meta,
        },
    )
}

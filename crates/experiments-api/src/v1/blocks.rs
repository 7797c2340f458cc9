//! Blocks, one block on all nodes, and the matrix of both.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{BlockAnswer, BlocksAnswer, MatrixAnswer};
use results::matrix::RowOrder;
use serde::Deserialize;
use service::ErrorBody;
use service::extract::{Path, Query};
use store::Database;
use store::results::{BlockOrder, CellMetric};
use utoipa::IntoParams;

use super::answer::{answer, choice, failed, unknown};
use super::parameters::{InScope, ScopeParameters, limit};
use service::refusals::ReadRefusals as Refusals;

/// Which blocks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlocksParameters {
    /// Only blocks at this height, or whose hash begins with this.
    q: Option<String>,
    /// `height` or `slot`: what blocks are ordered by, greatest first.
    by: Option<String>,
    /// Only blocks below this height or slot.
    before: Option<i64>,
    /// `next` of the page before, instead of `before`.
    cursor: Option<i64>,
    /// Most blocks, 1 to 500; 100 unless given. Blocks at one height stay together.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Blocks with what nodes did with them, newest first.
#[utoipa::path(get, path = "/api/v1/blocks", params(ScopeParameters, BlocksParameters),
    responses((status = 200, body = BlocksAnswer), Refusals))]
pub(crate) async fn blocks(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<BlocksParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let known = [("height", BlockOrder::Height), ("slot", BlockOrder::Slot)];
    let order = choice("by", parameters.by.as_deref(), &known)?.unwrap_or(BlockOrder::Height);
    let before = parameters.before.or(parameters.cursor);
    let limit = size(parameters.limit, 100)?;
    let wanted = parameters.q.as_deref();
    let page = database
        .results_blocks(&scope, order, before, wanted, limit)
        .await
        .map_err(failed)?;
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = i64::try_from(page.total).ok();
    meta.next = page.next.map(|next| next.to_string());
    let blocks = page.blocks;
    answer(&headers, &BlocksAnswer { blocks, meta })
}

fn size(rows: Option<u32>, default: u32) -> Result<usize, ErrorBody> {
    Ok(usize::try_from(limit(rows, default)?).unwrap_or(usize::MAX))
}

/// Which matrix.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MatrixParameters {
    /// `lag` after the first node, `lag2` after the second, or `apply` for the time of the trace of a
    /// block that the node did not make, all in seconds; or `completeness`, the stored part of the
    /// node's log entries at the time of the block, by whole minutes.
    metric: Option<String>,
    /// Most blocks, 1 to 500; 200 unless given.
    #[param(minimum = 1, maximum = 500)]
    blocks: Option<u32>,
    /// Only blocks below this height.
    before: Option<i64>,
    /// Order of the nodes: `name`, or `median` for the worst median first.
    order: Option<String>,
}

/// The newest blocks on all nodes.
#[utoipa::path(get, path = "/api/v1/blocks/matrix", params(ScopeParameters, MatrixParameters),
    responses((status = 200, body = MatrixAnswer), Refusals))]
pub(crate) async fn matrix(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<MatrixParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let known = [
        ("lag", CellMetric::Lag),
        ("lag2", CellMetric::Lag2),
        ("apply", CellMetric::Apply),
        ("completeness", CellMetric::Completeness),
    ];
    let metric = choice("metric", parameters.metric.as_deref(), &known)?;
    let metric = metric.unwrap_or(CellMetric::Lag);
    let known = [("median", RowOrder::Median), ("name", RowOrder::Name)];
    let order = choice("order", parameters.order.as_deref(), &known)?;
    let order = order.unwrap_or(RowOrder::Median);
    let blocks = size(parameters.blocks, 200)?;
    let matrix = database
        .results_matrix(&scope, metric, parameters.before, blocks, order)
        .await
        .map_err(failed)?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(&headers, &MatrixAnswer { matrix, meta })
}

/// One block on all nodes.
#[utoipa::path(get, path = "/api/v1/blocks/{hash}",
    params(("hash" = String, Path, description = "State hash of the block"), ScopeParameters),
    responses((status = 200, body = BlockAnswer), Refusals))]
pub(crate) async fn block(
    State(database): State<Database>,
    Path(hash): Path<String>,
    InScope(scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let found = database
        .results_block(&scope, &hash)
        .await
        .map_err(failed)?;
    let found = found.ok_or_else(|| {
        unknown(
            "unknown_block",
            format!("the deployment has no block \"{hash}\""),
        )
    })?;
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(
        &headers,
        &BlockAnswer {
            block: found.block,
            traces: found.traces,
            siblings: found.siblings,
            meta,
        },
    )
}

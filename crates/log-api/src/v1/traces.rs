//! One block trace, and one of its checkpoints.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use results::answers::{Trace, TraceAnswer, TraceCheckpointAnswer, TraceColumns};
use serde::Deserialize;
use service::ErrorBody;
use service::etag::answer;
use service::extract::{Path, Query};
use service::refusals::ReadRefusals;
use store::read::OUTSIDE;
use trace::Process;
use utoipa::IntoParams;

use super::parts::{Names, Parts, medians, number, push};
use super::reading::Reading;
use super::stored::{Name, failed, micros};

/// Most checkpoints of one answer: all that are read of one trace.
const ROWS_MAX: u32 = 100_000;

/// Which checkpoints.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TraceParameters {
    /// Leaves checkpoints out that are deeper than this; 0 leaves those at the top level.
    #[param(minimum = 0)]
    depth: Option<usize>,
    /// `next` of the page before; the first page unless given.
    cursor: Option<String>,
    /// Most checkpoints, 1 to 100,000, which is the default.
    #[param(minimum = 1, maximum = 100_000)]
    limit: Option<u32>,
}

impl TraceParameters {
    fn page(&self) -> Result<(usize, usize), ErrorBody> {
        let first = self.cursor.as_deref().map(|cursor| {
            let message = "must be the \"next\" of an answer";
            let first = cursor.parse::<u32>().ok();
            first.ok_or_else(|| ErrorBody::parameter("cursor", message, None))
        });
        let limit = self.limit.unwrap_or(ROWS_MAX);
        if !(1..=ROWS_MAX).contains(&limit) {
            let message = "must be from 1 to 100000";
            return Err(ErrorBody::parameter("limit", message, None));
        }
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Ok((size(first.transpose()?.unwrap_or(0)), size(limit)))
    }
}

/// The trace of a block at a node, with the tree of its checkpoints.
#[utoipa::path(get, path = "/api/v1/traces/{deployment}/{node}/{hash}",
    params(("deployment" = i32, Path, description = "The deployment"),
           ("node" = String, Path, description = "Name of the node"),
           ("hash" = String, Path, description = "State hash of the block"), TraceParameters),
    responses((status = 200, body = TraceAnswer), ReadRefusals))]
pub(crate) async fn trace(
    State(reading): State<Reading>,
    Path((deployment_id, node, hash)): Path<(i32, String, String)>,
    Query(parameters): Query<TraceParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let page = parameters.page()?;
    let name = Name {
        deployment_id,
        node,
        hash,
    };
    let (stored, times) = tokio::try_join!(reading.stored(&name), times(&reading, &name))?;
    let parts = Parts::new(stored);
    let span = parts.span();
    let gaps = async {
        let Some(span) = span else {
            // Without checkpoints there is no time of which entries could be missing.
            return Ok(Vec::new());
        };
        let gaps = reading.database.trace_gaps(deployment_id, &name.node, span);
        gaps.await.map_err(failed)
    };
    let meta = reading.meta(&name, span.unwrap_or((0, 0)));
    let (gaps, mut meta) = tokio::try_join!(gaps, meta)?;
    let depth = parameters.depth.unwrap_or(usize::MAX);
    reading
        .make(move || {
            let usual = times.map_or_else(Default::default, |mut times| {
                parts.add_times(&mut times);
                medians(times)
            });
            let mut names = Names::default();
            let (mut columns, mut after_success) =
                (TraceColumns::default(), TraceColumns::default());
            let shown = (0..parts.rows.len()).filter(|index| parts.rows[*index].depth <= depth);
            let total = shown.clone().count();
            let end = page.0.saturating_add(page.1);
            for index in shown.skip(page.0).take(page.1) {
                let Some((row, checkpoint)) = parts.row(index) else {
                    continue;
                };
                let process = parts.flat.processes.get(row.index).copied();
                let process = process.unwrap_or(Process::Main);
                let usual = usual.get(&checkpoint.name).copied();
                let usual = usual.filter(|_| process == Process::Main);
                push(
                    &mut columns,
                    &mut names,
                    (index, row),
                    (checkpoint, process),
                    usual,
                );
            }
            for position in 0..parts.after.len() {
                let index = parts.rows.len() + position;
                if let Some((row, checkpoint)) = parts.row(index) {
                    let of = (checkpoint, Process::Main);
                    push(&mut after_success, &mut names, (index, row), of, None);
                }
            }
            meta.total = Some(number(total));
            meta.next = (end < total).then(|| end.to_string());
            let trace = Trace {
                head: parts.head,
                names: names.names,
                columns,
                after_success,
                gaps,
                truncated: parts.truncated,
                block_metadata: parts.metadata,
            };
            answer(&headers, &TraceAnswer { trace, meta })
        })
        .await
}

/// How long the same steps took elsewhere; none for what happens outside of blocks, which has no usual
/// time.
async fn times(
    reading: &Reading,
    name: &Name,
) -> Result<Option<HashMap<String, Vec<i64>>>, ErrorBody> {
    if name.hash == OUTSIDE {
        return Ok(None);
    }
    let times = reading
        .database
        .times_of_others(name.deployment_id, &name.node, &name.hash);
    times.await.map(Some).map_err(failed)
}

/// One checkpoint of a trace with what the node noted with it.
#[utoipa::path(get, path = "/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}",
    params(("deployment" = i32, Path, description = "The deployment"),
           ("node" = String, Path, description = "Name of the node"),
           ("hash" = String, Path, description = "State hash of the block"),
           ("index" = u32, Path, description = "Its `index` in the trace")),
    responses((status = 200, body = TraceCheckpointAnswer), ReadRefusals))]
pub(crate) async fn checkpoint(
    State(reading): State<Reading>,
    Path((deployment_id, node, hash, index)): Path<(i32, String, String, u32)>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let name = Name {
        deployment_id,
        node,
        hash,
    };
    let parts = Parts::new(reading.stored(&name).await?);
    let position = usize::try_from(index).unwrap_or(usize::MAX);
    let (row, checkpoint) = parts.row(position).ok_or_else(|| {
        ErrorBody::new(
            StatusCode::NOT_FOUND,
            "unknown_checkpoint",
            format!(
                "the trace has {} checkpoints, counted from 0",
                parts.rows.len() + parts.after.len()
            ),
        )
    })?;
    let meta = reading.meta(&name, parts.span().unwrap_or((0, 0))).await?;
    answer(
        &headers,
        &TraceCheckpointAnswer {
            name: checkpoint.name.clone(),
            metadata: checkpoint.metadata.clone(),
            started: micros(checkpoint.started_at),
            total_us: row.total_us,
            own_us: row.own_us,
            meta,
        },
    )
}

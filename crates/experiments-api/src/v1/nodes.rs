//! The table of nodes, and one node.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{NodeAnswer, NodesAnswer, Role};
use results::node_table::{NodeFilter, SORT_KEYS, SortKey, window};
use serde::Deserialize;
use service::ErrorBody;
use service::extract::{Path, Query};
use store::Database;
use utoipa::IntoParams;

use super::answer::{answer, choice, failed, is_descending, unknown};
use super::parameters::{InScope, ScopeParameters, limit};
use service::refusals::ReadRefusals as Refusals;

/// Which nodes, in what order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NodesParameters {
    /// Part of a name, host or state.
    q: Option<String>,
    /// Their state.
    state: Option<String>,
    /// Their role.
    #[param(inline)]
    role: Option<Role>,
    /// `name`, `state`, `height`, `behind`, `lag`, `lag2`, `apply_p50`, `apply_p95`,
    /// `completeness`, `lost`, `unknown_gaps`, `poll`, `age` or `restarts`.
    sort: Option<String>,
    /// `asc` or `desc`.
    order: Option<String>,
    /// Nodes to pass over.
    #[param(minimum = 0)]
    offset: Option<u32>,
    /// Most nodes, 1 to 500; 200 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl NodesParameters {
    fn filter(self) -> Result<NodeFilter, ErrorBody> {
        let known = SORT_KEYS.map(|(key, name)| (name, key));
        let sort = choice("sort", self.sort.as_deref(), &known)?.unwrap_or(SortKey::Name);
        let is_descending = is_descending(self.order.as_deref(), false)?;
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(NodeFilter {
            text: self.q.filter(|text| !text.is_empty()),
            state: self.state,
            role: self.role,
            sort,
            is_descending,
            offset: size(self.offset.unwrap_or(0)),
            limit: size(limit(self.limit, 200)?),
        })
    }
}

/// A window of the nodes of a deployment.
#[utoipa::path(get, path = "/api/v1/nodes", params(ScopeParameters, NodesParameters),
    responses((status = 200, body = NodesAnswer), Refusals))]
pub(crate) async fn nodes(
    State(database): State<Database>,
    InScope(scope): InScope,
    Query(parameters): Query<NodesParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let filter = parameters.filter()?;
    let all = database.results_nodes(&scope).await.map_err(failed)?;
    let (nodes, total, counts) = window(all, &filter);
    let mut meta = database.results_meta(&scope).await.map_err(failed)?;
    meta.total = i64::try_from(total).ok();
    answer(
        &headers,
        &NodesAnswer {
            nodes,
            counts,
            meta,
        },
    )
}

/// One node of a deployment.
#[utoipa::path(get, path = "/api/v1/nodes/{name}",
    params(("name" = String, Path, description = "Name of the node"), ScopeParameters),
    responses((status = 200, body = NodeAnswer), Refusals))]
pub(crate) async fn node(
    State(database): State<Database>,
    Path(name): Path<String>,
    InScope(mut scope): InScope,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    // Its lag is against the others, so all are looked at.
    scope.nodes = None;
    let all = database.results_nodes(&scope).await.map_err(failed)?;
    let found = all.into_iter().find(|node| node.name == name);
    let node = found.ok_or_else(|| {
        unknown(
            "unknown_node",
            format!("the deployment has no node \"{name}\""),
        )
    })?;
    let details = database
        .results_node_details(&scope, &name)
        .await
        .map_err(failed)?;
    scope.nodes = Some(vec![name]);
    let meta = database.results_meta(&scope).await.map_err(failed)?;
    answer(
        &headers,
        &NodeAnswer {
            node,
            submitter: details.submitter,
            release: details.release,
            states: details.states,
            gaps: details.gaps,
            restart_events: details.restarts,
            meta,
        },
    )
}

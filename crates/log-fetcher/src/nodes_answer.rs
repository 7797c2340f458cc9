//! The elements of `/nodes`: the members that clients of the original read,
//! and after them how complete the data of the node are.

use std::collections::HashMap;

use serde::Serialize;
use store::fetch::{FetchedNode, NodeCompleteness};
use store::{Database, StoreError};

/// An element of `/nodes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct NodeAnswer {
    /// Address or name.
    ip: String,
    graphql_port: u16,
    submitter_pk: Option<String>,
    internal_trace_port: u16,
    is_block_producer: bool,
    /// From the map of names.
    name: Option<String>,
    node_name: String,
    state: String,
    problem: Option<String>,
    fetched_seconds_ago: Option<f64>,
    poll_interval_seconds: Option<f64>,
    /// In the newest deployment.
    stored_entries: i64,
    lost_entries: i64,
    unknown_gaps: i64,
    completeness: f64,
}

/// All active nodes, in order of name.
pub(crate) async fn nodes(
    database: &Database,
    names: &HashMap<String, String>,
) -> Result<Vec<NodeAnswer>, StoreError> {
    let nodes = database.fetched_nodes().await?;
    let completeness = match database.newest_deployment().await? {
        Some(deployment_id) => database.completeness(deployment_id, None).await?,
        None => Vec::new(),
    };
    let completeness: HashMap<&str, &NodeCompleteness> = completeness
        .iter()
        .map(|node| (node.node_name.as_str(), node))
        .collect();
    let answer = |node: FetchedNode| {
        let complete = completeness.get(node.node_name.as_str());
        let name = node.submitter.as_ref().and_then(|key| names.get(key));
        NodeAnswer {
            ip: node.host,
            graphql_port: node.graphql_port,
            internal_trace_port: node.trace_port.unwrap_or(0),
            is_block_producer: node.is_block_producer.unwrap_or(false),
            name: name.cloned(),
            state: node.state,
            problem: node.problem,
            fetched_seconds_ago: node.fetched_ago.map(|ago| ago.as_secs_f64()),
            poll_interval_seconds: node.poll_interval_seconds,
            stored_entries: complete.map_or(0, |node| node.stored_entries),
            lost_entries: complete.map_or(0, |node| node.lost_entries),
            unknown_gaps: complete.map_or(0, |node| node.unknown_gaps),
            completeness: complete.map_or(1.0, |node| node.completeness),
            submitter_pk: node.submitter,
            node_name: node.node_name,
        }
    };
    Ok(nodes.into_iter().map(answer).collect())
}

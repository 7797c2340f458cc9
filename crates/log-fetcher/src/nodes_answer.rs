//! The elements of `/nodes`: the members that clients of the original read,
//! and after them how complete the data of the node are. And a summary of all of them.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use store::fetch::{FetchControl, FetchedNode, NodeCompleteness};
use store::{Database, StoreError, Time};

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

/// What is fetched, in short.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// No node may be read.
    frozen: bool,
    /// When fetching was last frozen, unfrozen or reset.
    ordered: Time,
    /// Active nodes.
    nodes: usize,
    /// How many nodes are in each state.
    states: BTreeMap<String, usize>,
    /// Of all active nodes, in the newest deployment.
    stored_entries: i64,
    lost_entries: i64,
    unknown_gaps: i64,
    nodes_with_loss: usize,
}

/// The summary of these nodes under the present order.
pub(crate) fn summary(nodes: &[NodeAnswer], control: &FetchControl) -> Summary {
    let sum = |count: fn(&NodeAnswer) -> i64| nodes.iter().map(count).fold(0, i64::saturating_add);
    let mut states = BTreeMap::new();
    for node in nodes {
        *states.entry(node.state.clone()).or_default() += 1;
    }
    let has_loss = |node: &&NodeAnswer| node.lost_entries > 0 || node.unknown_gaps > 0;
    Summary {
        frozen: control.frozen,
        ordered: control.changed_at,
        nodes: nodes.len(),
        states,
        stored_entries: sum(|node| node.stored_entries),
        lost_entries: sum(|node| node.lost_entries),
        unknown_gaps: sum(|node| node.unknown_gaps),
        nodes_with_loss: nodes.iter().filter(has_loss).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_states_and_losses() {
        let node = |state: &str, lost, gaps| NodeAnswer {
            ip: "10.0.0.1".to_owned(),
            graphql_port: 3085,
            submitter_pk: None,
            internal_trace_port: 0,
            is_block_producer: false,
            name: None,
            node_name: "a".to_owned(),
            state: state.to_owned(),
            problem: None,
            fetched_seconds_ago: None,
            poll_interval_seconds: None,
            stored_entries: 10,
            lost_entries: lost,
            unknown_gaps: gaps,
            completeness: 1.0,
        };
        let control = FetchControl {
            frozen: true,
            resets: 0,
            newest_deployment: None,
            changed_at: Time(jiff::Timestamp::UNIX_EPOCH),
        };
        let nodes = [
            node("fetching", 0, 0),
            node("fetching", 2, 0),
            node("failing", 0, 1),
        ];
        let expected = Summary {
            frozen: true,
            ordered: control.changed_at,
            nodes: 3,
            states: [("failing".to_owned(), 1), ("fetching".to_owned(), 2)].into(),
            stored_entries: 30,
            lost_entries: 2,
            unknown_gaps: 1,
            nodes_with_loss: 2,
        };
        assert_eq!(summary(&nodes, &control), expected);
    }
}

//! What nodes are asked.

use crate::nodes::NodeError;

/// What one node is to be asked.
#[derive(Debug, Clone)]
pub(crate) struct NodeRequest {
    /// Position among the requests of the step.
    pub(crate) number: u32,
    /// The node's address.
    pub(crate) node: String,
    /// The kind in the journal.
    pub(crate) kind: &'static str,
    /// Rate, intended transactions, first key and number of keys, round.
    pub(crate) load: Option<LoadFacts>,
    /// In how many seconds of the network it ends by itself.
    pub(crate) runs_seconds: Option<f64>,
    /// Whether nodes that can take a handle of ours.
    pub(crate) takes_handle: bool,
    /// Whether asking twice does no harm.
    pub(crate) is_idempotent: bool,
}

/// What a request for load is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoadFacts {
    pub(crate) round: Option<u32>,
    pub(crate) tps: f64,
    pub(crate) intended: u64,
    pub(crate) first_key: u32,
    pub(crate) keys: u32,
}

/// Asks one node. The handle is ours if there is one. Gives the node's handle, if it has one.
pub(crate) type AskResult = Result<Option<String>, NodeError>;

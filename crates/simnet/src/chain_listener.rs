//! Hands what happens on the chain to the nodes: log entries into their queues, ends and beginnings
//! of their processes.

use std::sync::Arc;

use simulation::{LifecycleChange, LifecycleEvent, LogEntry, NodeId};
use tokio::sync::mpsc;

use crate::chain::Listener;
use crate::node::Node;

/// The nodes of a network, by their ids.
#[derive(Debug)]
pub(crate) struct NodeListener {
    pub(crate) nodes: Vec<Arc<Node>>,
    /// Takes the places of nodes whose processes ended or began.
    pub(crate) lifecycle: mpsc::UnboundedSender<usize>,
}

impl Listener for NodeListener {
    fn lifecycle(&self, event: LifecycleEvent) {
        let Some(node) = self.nodes.get(event.node.index()) else {
            return;
        };
        match event.change {
            LifecycleChange::Stopped { .. } => node.end_run(),
            LifecycleChange::Started { run } => node.begin_run(run),
        }
        // The receiver is gone when the network ends.
        let _ = self.lifecycle.send(event.node.index());
    }

    fn entry(&self, node: NodeId, entry: LogEntry) {
        if let Some(node) = self.nodes.get(node.index()) {
            node.write_log(entry);
        }
    }
}

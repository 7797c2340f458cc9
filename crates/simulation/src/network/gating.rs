//! Whom a node may be connected with.

use std::collections::BTreeSet;

use crate::ids::NodeId;

/// Whom a node may be connected with.
#[derive(Debug, Clone, Default)]
pub(super) struct Gating {
    pub(super) trusted: BTreeSet<NodeId>,
    pub(super) banned: BTreeSet<NodeId>,
    pub(super) isolate: bool,
}

impl Gating {
    pub(super) fn is_isolated(&self) -> bool {
        self.isolate
    }

    pub(super) fn is_open(&self) -> bool {
        !self.isolate && self.banned.is_empty()
    }

    /// Trusted beats banned; an isolated node is connected with trusted ones only.
    pub(super) fn permits(&self, peer: NodeId) -> bool {
        self.trusted.contains(&peer) || (!self.isolate && !self.banned.contains(&peer))
    }
}

/// The gating rules of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatingDetails {
    /// Nodes that are always permitted.
    pub trusted: Vec<NodeId>,
    /// Nodes that are never connected, unless trusted.
    pub banned: Vec<NodeId>,
    /// Whether only trusted nodes may connect.
    pub isolate: bool,
}

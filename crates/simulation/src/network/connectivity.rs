//! Which nodes hear of each other.

use std::collections::BTreeSet;

use super::Network;
use super::gating::{Gating, GatingDetails};
use crate::ids::NodeId;

/// A peer of the gossip network as the ITN server names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its name in the network, `12D3KooW…`.
    pub peer_id: String,
}

/// The peers a node may talk to, in place of those before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatingUpdate {
    /// Peers to connect to now.
    pub added_peers: Vec<Peer>,
    /// Whether only trusted peers may connect, in both directions.
    pub isolate: bool,
    /// Peers never connected, unless trusted.
    pub banned_peers: Vec<Peer>,
    /// Peers always permitted.
    pub trusted_peers: Vec<Peer>,
}

/// Some of the peers to add could not be reached. The rules are in force nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to add peers: {0}")]
pub struct GatingError(pub(super) String);

impl Network {
    /// Replaces the gating rules of a node, then connects to the peers to add, as the ITN
    /// server's `updateGating` does. Existing connections that the rules forbid are cut at once.
    pub fn update_gating(
        &mut self,
        node: NodeId,
        update: &GatingUpdate,
    ) -> Result<(), GatingError> {
        let find = |peers: &[Peer]| {
            let known = peers
                .iter()
                .filter_map(|peer| self.node_of_peer(&peer.peer_id));
            known.collect::<BTreeSet<_>>()
        };
        let gating = Gating {
            trusted: find(&update.trusted_peers),
            banned: find(&update.banned_peers),
            isolate: update.isolate,
        };
        self.node_mut(node).gating = gating;
        self.reconnect();
        self.add_peers(&update.added_peers)
    }

    /// Connects a node to peers, which fails for those that do not run or do not exist.
    pub fn add_peers(&self, peers: &[Peer]) -> Result<(), GatingError> {
        let failures: Vec<String> = peers
            .iter()
            .filter(|peer| {
                self.node_of_peer(&peer.peer_id)
                    .is_none_or(|id| !self.node(id).is_running())
            })
            .map(|peer| format!("failed to dial {}", peer.peer_id))
            .collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(GatingError(failures.join(", ")))
        }
    }

    /// The gating rules of a node.
    #[must_use]
    pub fn gating(&self, node: NodeId) -> GatingDetails {
        let gating = &self.node(node).gating;
        GatingDetails {
            trusted: gating.trusted.iter().copied().collect(),
            banned: gating.banned.iter().copied().collect(),
            isolate: gating.isolate,
        }
    }

    /// Cuts the network into groups that do not hear of each other. Nodes in none of them form
    /// one more group.
    pub fn partition(&mut self, groups: &[Vec<NodeId>]) {
        self.partition.fill(0);
        for (number, group) in groups.iter().enumerate() {
            for node in group {
                if let Some(place) = self.partition.get_mut(node.index()) {
                    *place = u32::try_from(number + 1).unwrap_or(u32::MAX);
                }
            }
        }
        self.reconnect();
    }

    /// Ends a partition.
    pub fn heal(&mut self) {
        self.partition(&[]);
    }

    fn node_of_peer(&self, peer_id: &str) -> Option<NodeId> {
        self.peers.get(peer_id).copied()
    }

    /// Whether what one node gossips reaches the other.
    pub(super) fn reaches(&self, one: NodeId, other: NodeId) -> bool {
        self.components[one.index()] == self.components[other.index()]
    }

    /// The nodes that a node is connected with.
    pub(super) fn peers(&self, node: NodeId) -> Vec<NodeId> {
        let peers = self.node_ids().filter(|&peer| {
            peer != node && self.node(node).is_running() && {
                let (one, other) = (node.index(), peer.index());
                self.connected(one, other)
            }
        });
        peers.collect()
    }

    fn connected(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.nodes[one], &self.nodes[other]);
        self.partition[one] == self.partition[other]
            && b.is_running()
            && (a.gating.is_open() || a.gating.permits(NodeId::from_index(other)))
            && (b.gating.is_open() || b.gating.permits(NodeId::from_index(one)))
    }

    /// Finds out anew which nodes reach each other, directly or over others, and lets those that
    /// met for the first time tell each other of their chains.
    pub(super) fn reconnect(&mut self) {
        let mut components = vec![u32::MAX; self.nodes.len()];
        let mut unseen: Vec<usize> = (0..self.nodes.len()).rev().collect();
        let mut count = 0;
        while let Some(first) = unseen.pop() {
            components[first] = count;
            let mut open = vec![first];
            while let Some(one) = open.pop() {
                if !self.nodes[one].is_running() {
                    continue;
                }
                unseen.retain(|&other| {
                    let joins = self.connected(one, other);
                    if joins {
                        components[other] = count;
                        open.push(other);
                    }
                    !joins
                });
            }
            count += 1;
        }
        self.components = components;
        self.tell_new_neighbours();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gating(trusted: &[usize], banned: &[usize], isolate: bool) -> Gating {
        let ids = |list: &[usize]| {
            list.iter()
                .map(|&index| NodeId::from_index(index))
                .collect()
        };
        Gating {
            trusted: ids(trusted),
            banned: ids(banned),
            isolate,
        }
    }

    #[test]
    fn trusted_beats_banned_and_isolation_leaves_only_the_trusted() {
        let peer = NodeId::from_index(1);
        assert!(gating(&[], &[], false).permits(peer));
        assert!(!gating(&[], &[1], false).permits(peer));
        assert!(gating(&[1], &[1], false).permits(peer));
        assert!(!gating(&[], &[], true).permits(peer));
        assert!(gating(&[1], &[], true).permits(peer));
    }
}

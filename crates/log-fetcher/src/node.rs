//! A node as the fetcher knows it: where it is, whose it is, how it is called.

use std::fmt;

use itn::{Endpoint, EndpointError};
use store::fetch::NewNode;

/// Characters of the submitter's key that are part of the node's name.
const KEY_TAIL: usize = 8;
/// A longer host is refused: it becomes part of names and labels. DNS names have
/// 253 characters at most, names of nodes 255 with key and port.
const HOST_BYTES_MAX: usize = 230;

/// What makes a node: two submissions that differ in any part are two nodes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// An IP address or the name of a host.
    pub host: String,
    /// The port of its ITN server.
    pub graphql_port: u16,
    /// The key it submits with; none for a node that was named by address.
    pub submitter: Option<String>,
}

/// Why a node cannot be fetched from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// The host is neither an address nor a name, or the port is 0.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The host is longer than any.
    #[error("the host is too long")]
    Host,
    /// The submitter is not a Mina public key.
    #[error("the submitter is not a Mina public key (B62…)")]
    Submitter,
}

impl Node {
    /// Checks the parts, which often come from outside.
    pub fn new(host: &str, graphql_port: u16, submitter: Option<&str>) -> Result<Self, NodeError> {
        if host.len() > HOST_BYTES_MAX {
            return Err(NodeError::Host);
        }
        Endpoint::new(host, graphql_port)?;
        if let Some(key) = submitter
            && key.parse::<mina::PublicKey>().is_err()
        {
            return Err(NodeError::Submitter);
        }
        Ok(Self {
            host: host.to_owned(),
            graphql_port,
            submitter: submitter.map(str::to_owned),
        })
    }

    /// As it is called in every table and API: `bEUwtxCa-10.1.2.3-3086`.
    #[must_use]
    pub fn name(&self) -> String {
        let key = self.submitter.as_deref().unwrap_or_default();
        // Keys are ASCII.
        let tail = &key[key.len().saturating_sub(KEY_TAIL)..];
        format!("{tail}-{}-{}", self.host, self.graphql_port)
    }

    /// Its ITN server.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, EndpointError> {
        Endpoint::new(&self.host, self.graphql_port)
    }

    pub(crate) fn to_new(&self) -> NewNode {
        NewNode {
            node_name: self.name(),
            host: self.host.clone(),
            graphql_port: self.graphql_port,
            submitter: self.submitter.clone(),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Node({:?})", self.name())
    }
}

#[cfg(test)]
pub(crate) const KEY: &str = "B62qoTqMG41DFgkyQmY2Pos1x671Gfzs9k8NKqUdSg7wQasEV6qnXQP";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_called_by_the_end_of_its_key_its_host_and_port() {
        let node = Node::new("10.1.2.3", 3086, Some(KEY)).unwrap();
        assert_eq!(node.name(), "EV6qnXQP-10.1.2.3-3086");
        let node = Node::new("10.1.2.3", 3086, None).unwrap();
        assert_eq!(node.name(), "-10.1.2.3-3086");
    }

    #[test]
    fn what_is_no_node_is_refused() {
        let check = |host: &str, port, key| Node::new(host, port, key).is_err();
        assert!(check("10.1.2.3", 0, None));
        assert!(check("a b", 1, None));
        assert!(check("evil/../x", 1, None));
        assert!(check(&"a".repeat(HOST_BYTES_MAX + 1), 1, None));
        for key in [
            "",
            "B62",
            "<script>alert(1)</script>",
            "B62qoTqMG41DFgkyQmY2Pos1x671Gfzs9k8NKqUdSg7wQasEV6qnXQQ",
        ] {
            assert_eq!(
                Node::new("a", 1, Some(key)),
                Err(NodeError::Submitter),
                "{key}"
            );
        }
    }
}

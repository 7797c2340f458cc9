//! Names of nodes, accounts and blocks within a network.

/// Names a node of a network: its place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The node at this place of the configuration.
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The place in the configuration, as a number for hashing.
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// The place in the configuration.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names an account; the same in every ledger of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AccountId(pub(crate) u32);

/// Names a block within a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BlockId(pub(crate) u32);

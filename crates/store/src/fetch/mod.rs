//! What log fetchers share through the database: which nodes there are, who
//! reads them, whether fetching is frozen, and how complete the result is.
//!
//! A node is read by the one fetcher that has its lease ([`node_resource`]),
//! within a session that every fetcher can take over where the last delivery
//! left it. Deliveries are fenced by lease and session, see
//! [`crate::ingest`].

mod completeness;
mod control;
mod node_session;
mod nodes;
mod runs;

pub use completeness::{BlockCompleteness, NodeCompleteness, SessionCompleteness};
pub use control::{FetchControl, Freeze, FreezeProgress};
pub use node_session::{NodeCursor, NodeSessionOpened, OpenedNodeSession, StoredSession};
pub use nodes::{FetchedNode, NewNode, NodeReport};
pub use runs::RunReader;

/// The resource of the lease of a node.
#[must_use]
pub fn node_resource(node_name: &str) -> String {
    format!("{NODE_PREFIX}{node_name}")
}

/// What the resources of all leases of nodes begin with.
pub const NODE_PREFIX: &str = "node/";

/// What the resources of the leases begin with by which fetchers know each
/// other.
pub const FETCHER_PREFIX: &str = "log-fetcher/";

#[cfg(test)]
mod tests;

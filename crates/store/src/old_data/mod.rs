//! What can go when it is old: whole deployments, and bookkeeping that only grows.

mod drop;
mod removal;
mod retention;

pub use drop::{DeploymentContents, DropError, TableContents};
pub use retention::Deleted;

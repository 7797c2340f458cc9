//! What can go when it is old: whole deployments, and bookkeeping that only grows.

mod drop;
mod expiry;
mod removal;
mod retention;

pub use drop::{DeploymentContents, DropError, TableContents};
pub use expiry::{Expired, Expiry, Kept, Policy, Reason};
pub use retention::Deleted;

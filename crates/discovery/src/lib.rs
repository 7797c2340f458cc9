//! Which nodes there are, by what they have submitted: elements of an uptime backend's online list
//! and objects of its bucket, and where a node's ITN server is by them.
//!
//! All of it is what submitters claim: a service that connects has to judge the address.

mod bucket;
mod error;
mod host_overrides;
mod online;
mod online_list;
mod submission;

pub use bucket::{Bucket, open_bucket};
pub use error::DiscoveryError;
pub use host_overrides::{HostOverrides, HostOverridesError, from_template};
pub use object_store::ObjectStore;
pub use online::Online;
pub use online_list::OnlineList;
pub use submission::{Submission, host_of};

//! Which nodes there are, by what they have submitted: elements of an uptime backend's online list
//! and objects of its bucket, and where a node's ITN server is by them.
//!
//! Nothing here does input or output. All of it is what submitters claim: who connects has to judge
//! the address.

mod host_overrides;
mod online_list;
mod submission;

pub use host_overrides::{HostOverrides, HostOverridesError, from_template};
pub use online_list::OnlineList;
pub use submission::{Submission, host_of};

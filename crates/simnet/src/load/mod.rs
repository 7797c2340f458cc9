//! The load generator: nodes that write a steady number of realistic log lines, at no cost until
//! they are asked for.
//!
//! A node repeats the lines of an empty block that it received, each time for a new block. Which
//! entry has which id follows from the rate and the time alone, so nothing is stored and nothing
//! runs in between: a thousand nodes with queues of any length cost what is read from them.

mod plan;
mod queue;
mod template;

pub(crate) use plan::LoadPlan;
pub use plan::{Burst, Load, LoadError};
pub(crate) use queue::LoadLog;
pub(crate) use template::burst_entry;

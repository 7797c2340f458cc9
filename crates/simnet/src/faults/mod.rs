//! What can go wrong with nodes and between them: as a value, by a schedule, by chance from a
//! seed, and in their answers.

mod action;
mod answer;
mod random;
mod schedule;

pub use action::{Fault, FaultError, FaultRequest};
pub use answer::AnswerFault;
pub use random::RandomFaults;
pub(crate) use random::random_faults;
pub use schedule::ScheduledFault;

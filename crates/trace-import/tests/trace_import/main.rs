//! Imports into real databases, of composed traces and of a real one where it
//! is at hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod again;
mod damage;
mod formats;
mod forms;
mod log_entries;
mod outage;
mod real_trace;
mod rotated;
mod scene;
mod shared;

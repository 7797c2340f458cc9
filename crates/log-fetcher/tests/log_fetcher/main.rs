//! The log fetcher against nodes over real HTTP and a real database.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod bench_of_nodes;
mod conservation;
mod control;
mod node;
mod outage;
mod simulated;
mod spans;
mod tasks;
mod trust;

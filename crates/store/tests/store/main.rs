//! Tests of the store on real servers.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod embedded;
mod experiment_runs;
mod ingest;
mod legacy;
mod partitions;
mod read_models;
mod schema;
mod views;

//! Tests of the store on real servers.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod connections;
mod embedded;
mod embedded_programs;
mod experiment_runs;
mod ingest;
mod legacy;
mod original;
mod partitions;
mod read_models;
mod schema;
mod survey;
mod taken_away;
mod tls;
mod views;

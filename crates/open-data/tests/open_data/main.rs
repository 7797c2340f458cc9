//! Exports of a whole deployment, against a real server.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod documented;
mod duckdb;
mod files;
mod interrupted;
mod python;
mod scene;

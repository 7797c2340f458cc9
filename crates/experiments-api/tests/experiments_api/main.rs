//! The experiments API with a database of its own, through its router.

#![expect(clippy::unwrap_used, reason = "a test that fails names the line")]

mod cleanup;
mod deployments;
mod experiments;
mod failures;
mod lab;
mod matrix_again;
mod reading;
mod reading_blocks;
mod reading_runs;
mod reading_traces;
mod restarts;

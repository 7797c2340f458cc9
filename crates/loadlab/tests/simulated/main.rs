//! Results of simulated networks against what really happened there.
//!
//! A network runs in virtual time, in this process. What its nodes write goes through the tracer and
//! the store as the log fetcher hands it over; what comes out is compared with the network itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod compared;
mod ingest;
mod observed;
mod scene;
mod truth;

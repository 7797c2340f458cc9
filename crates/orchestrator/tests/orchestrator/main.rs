//! Tests of the orchestrator against a small network and a real database.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod bad_setups;
mod cancel;
mod crash;
mod eight_hours;
mod http;
mod lab;
mod network;
mod postgres_proxy;
mod runs;
mod scripts;
mod secrets;
mod simulated;
mod webhooks;

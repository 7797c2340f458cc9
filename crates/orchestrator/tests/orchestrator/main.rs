//! Tests of the orchestrator against a small network and a real database.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod bad_setups;
mod cancel;
mod crash;
mod discovery;
mod eight_hours;
mod funding;
mod http;
mod killed_while_funding;
mod killed_while_refused;
mod lab;
mod load;
mod network;
mod node_actions;
mod paused;
mod plans;
mod postgres_proxy;
mod process;
mod rotation;
mod runs;
mod scripts;
mod secrets;
mod simnet_lab;
mod simulated;
mod undo;
mod waits;
mod webhooks;

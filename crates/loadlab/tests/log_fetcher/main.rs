//! The log fetcher as a process: killed, paused, and with a database server
//! that goes away; as the original's users start it; and what it says.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod command_line;
mod crashes;
#[path = "../../../log-fetcher/tests/log_fetcher/node.rs"]
#[expect(dead_code, reason = "the tests of the crate use more of it")]
mod node;
mod process;
mod trace_ports;

//! The uptime backend with a database of its own: through its router where the
//! network makes no difference, else on a port of its own.

#![expect(clippy::unwrap_used, reason = "a test that fails names the line")]

mod answer_table;
mod lab;
mod memory;
mod network;
mod online;
mod operators;
mod rate_limit;
mod real_submissions;

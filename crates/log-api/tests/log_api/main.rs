//! The log API over real HTTP, on a port of its own, with a database of its own.

#![expect(clippy::unwrap_used, reason = "a test that fails names the line")]

mod api;
mod budget;
mod errors;
mod export;
mod golden;
mod graphiql;
mod http;
mod introspection;
mod kept;
mod outage;
mod reading;

//! A simulated network over its sockets, as other programs meet it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod addresses;
mod faults;
mod folder;
mod load;
mod mina_sdk;
mod mina_stand_in;
mod payments;
mod public_graphql;
mod public_schema;
mod python_sdk;
mod rust_sdk;
mod shared;
mod status;
mod uptime;

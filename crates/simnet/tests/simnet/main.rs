//! A simulated network over its sockets, as other programs meet it.

mod addresses;
mod faults;
mod folder;
mod load;
mod mina_sdk;
mod mina_stand_in;
mod payments;
mod public_graphql;
mod shared;
mod status;
mod uptime;

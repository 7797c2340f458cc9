//! The servers of a simulated Mina network.

mod graphql;
#[cfg_attr(not(test), expect(dead_code, reason = "until the nodes are here"))]
mod itn_server;

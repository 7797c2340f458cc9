//! The client against a node over real TCP: the node's side is played by [`node::Node`], which
//! authenticates with the crate's own verifier and can misbehave in every way a test asks for.

#![expect(clippy::unwrap_used, reason = "a test that fails names the line")]

mod addresses;
mod hostile;
mod node;
mod operations;
mod sequencing;

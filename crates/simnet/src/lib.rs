//! The servers of a simulated Mina network.

//! The server before a node that only remembers, by raw requests over TCP.

mod garbage;
mod http;
mod node;
mod operations;
mod outcomes;

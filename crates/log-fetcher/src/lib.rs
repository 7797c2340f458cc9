//! The log fetcher: every log entry of every node, exactly once.
//!
//! Each node has a light task that polls it as often as its queue fills
//! ([`pace`]), traces what it says and hands it to a few shared writers; when
//! that is committed, cursor and tracer state with it, the node's queue is
//! flushed. Several fetchers on one database share the nodes by leases. What
//! a queue dropped before it was fetched is counted and told.
//!
//! It knows nodes by the ITN protocol only, and other services by the database
//! and HTTP only.

mod archive;
mod archiving;
mod buffer;
mod config;
pub mod discovery;
mod discovery_task;
mod fetcher;
mod http;
mod intake;
mod losses;
mod node;
mod node_task;
mod nodes_answer;
pub mod pace;
mod reconciler;
mod report;
mod shared;
mod span_export;
mod trace_ports;
mod upkeep;
mod writer;

pub use self::archive::{ArchiveConfig, ArchiveError};
pub use archiving::ArchivePolicy;
pub use config::{Config, DEFAULT_PORT, FIRST_TRACE_PORT, other_machines};
pub use fetcher::{LogFetcherError, run, run_on};
pub use ipnet::IpNet;
pub use node::{Node, NodeError};

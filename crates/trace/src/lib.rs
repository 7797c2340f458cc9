//! Internal traces of Mina nodes, without any input or output of their own.
//!
//! Bytes become lines ([`LineSplitter`]), lines become entries ([`RepetitionFilter`],
//! [`entry`]), the entries of one node go through its state machine
//! ([`Tracer`]) and come out as a [`batch`] of row operations. What was stored
//! is read back as a [`flat`] trace, a checkpoint [`tree`] with its [`rows`]
//! and [`distribution`]s; two trees beside each other are a [`diff`].

#![warn(clippy::missing_errors_doc)]

pub mod batch;
mod block;
mod block_context;
mod call_kind;
mod calls;
mod children;
mod compact_json;
mod compatibility;
mod derive;
pub mod diff;
pub mod distribution;
pub mod entry;
pub mod flat;
mod gossip;
mod json_object;
mod line_splitter;
pub mod log_entry;
mod log_ids;
mod log_intake;
mod repetitions;
pub mod rows;
mod state;
mod stored_json;
mod timestamp;
mod tracer;
pub mod tree;

pub use block::{BlockSource, BlockStatus, Process};
pub use block_context::BlockContext;
pub use compatibility::Compatibility;
pub use gossip::{PoolAction, Resource, block_outcome};
pub use line_splitter::{Line, LineSplitter};
pub use log_ids::{LogIdSeen, LogIds};
pub use log_intake::{LogIntake, LogTaken};
pub use repetitions::{LineCounts, RepetitionFilter, Taken};
pub use stored_json::{DEPTH_MAX, StoredJsonError};
pub use timestamp::{Timestamp, TimestampError};
pub use tracer::{RestoreError, Tracer, TracerOptions};

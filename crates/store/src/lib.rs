//! PostgreSQL: the only shared state, and this the only crate with SQL.
//!
//! [`Database`] is a connection to a migrated database of the product and
//! everything that is read from and written to it. [`embedded`] is the server
//! that runs where none is given.

#![warn(clippy::missing_errors_doc)]

pub mod access;
pub mod archive;
#[cfg(feature = "baseline")]
pub mod baseline;
pub mod citus;
mod connect;
mod database;
pub mod deployments;
mod disk;
pub mod embedded;
mod error;
pub mod experiment_runs;
pub mod experiments;
pub mod fetch;
pub mod ingest;
pub mod lease;
mod migrations;
pub mod old_data;
pub mod open_data;
mod original;
mod partitioned;
mod partitions;
pub mod read;
mod reader_role;
mod reading_in_parts;
pub mod results;
mod space;
mod supported_majors;
pub mod survey;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod trace_ids;
pub mod uptime;

pub use connect::{ConnectOptions, ForClients, TextError, for_clients, redacted_url};
pub use database::Database;
pub use disk::Disk;
pub use error::{Cause, StoreError};
pub use reader_role::{ReaderRole, ReaderRoleError};
pub use space::Space;
pub use time::Time;
pub use trace_ids::TraceIds;

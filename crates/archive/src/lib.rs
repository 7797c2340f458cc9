//! Deployments in an archive: a folder or a bucket of Parquet files that other engines read.
//!
//! What is in it lies at `v1/<table>/deployment_id=N/day=YYYY-MM-DD/part-0000.parquet`; the manifest
//! of a deployment, at `v1/manifest/deployment_id=N.json`, says what every file holds. It is put when
//! all files have been read back and compared, so an archive without one does not count.
//!
//! Never half, never twice: one process at a time works on a deployment, under a lease; names and
//! bytes follow from the rows alone, so the process that continues after a crash writes the same again; partitions
//! go in the transaction that records where their rows are, after the rows were compared with the
//! manifest once more.

mod check;
mod day_file;
mod digest;
mod error;
mod listing;
mod manifest;
mod names;
mod place;
mod progress;
mod read_back;
mod removal;
mod restore;
mod run;
mod sorted_day;
mod sorting;
mod tenure;
mod traces;
mod upload;

pub use check::verify;
pub use digest::NodeRows;
pub use error::ArchiveError;
pub use listing::{Listed, list};
pub use manifest::{ArchivedFile, Manifest};
pub use place::Place;
pub use progress::{Phase, Progress};
pub use removal::drop_archived;
pub use restore::restore;
pub use run::{Archived, run};

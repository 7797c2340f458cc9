//! Deployments whose large tables are in an archive: reading them for it, letting their partitions
//! go, and taking them back.
//!
//! What is in the archive is compared with what is here by the caller. Here is what must happen at
//! once: a snapshot for reading, a lock under which rows are compared and dropped, and one
//! transaction that takes rows back.

mod dropping;
mod error;
mod reading;
mod records;
mod restoring;
mod tables;

pub use error::ArchiveRefused;
pub use reading::{DayRange, Reading, TablePlan, TraceFacts};
pub use records::ArchivedDeployment;
pub(crate) use records::{hold_unarchived, refuse_archived};
pub use restoring::{CopyIn, Restoring};
pub use tables::{ARCHIVED, ArchivedTable, EXTRA};

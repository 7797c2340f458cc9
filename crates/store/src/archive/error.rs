//! Why a deployment is not archived, dropped or taken back.

use crate::{Cause, StoreError};

/// Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveRefused {
    /// Services write into it.
    #[error(
        "deployment {0} is the newest: services write into it, so its traces stay in the database; \
         they may go once there is a newer one"
    )]
    Newest(i32),
    /// Sessions of nodes write into it.
    #[error(
        "deployment {deployment_id} has {open_sessions} open sessions of nodes, which still write \
         into it; try again when they have ended"
    )]
    OpenSessions {
        /// The deployment.
        deployment_id: i32,
        /// How many.
        open_sessions: i64,
    },
    /// Its traces are not here.
    #[error("deployment {deployment_id} is archived already, at {url}")]
    Already {
        /// The deployment.
        deployment_id: i32,
        /// Where.
        url: String,
    },
    /// Its traces are here.
    #[error("the traces of deployment {0} are in the database: there is nothing to restore")]
    NotArchived(i32),
    /// Rows were written past the guards.
    #[error(
        "{table} holds rows of deployment {deployment_id} that were written after it was archived; \
         move them away, then restore again"
    )]
    Foreign {
        /// The table.
        table: String,
        /// The deployment.
        deployment_id: i32,
    },
    /// Long queries.
    #[error(
        "the tables were read all the time for a minute; stop what reads them, or try again later"
    )]
    InUse(#[source] Cause),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ArchiveRefused {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

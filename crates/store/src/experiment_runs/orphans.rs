//! Runs that an orchestrator of the original has left behind: nobody can continue them, as
//! they have no journal.

use crate::lease::{self, Lease};
use crate::{Database, StoreError};

/// The advisory lock that orchestrators of the original hold while they live: the FNV-1a
/// hash of `o1labs/mina-perf-testing:orchestrator-experiment-slot`.
const LOCK_OF_EXISTING_SYSTEM: i64 = -6_700_891_077_099_319_321;

/// What is added to the errors of such a run, in the words of the original.
const NOTE: &str =
    "Experiment interrupted: the orchestrator restarted while this run was in progress";

impl Database {
    /// Ends runs that count as running but are not ours, unless an orchestrator of the original lives that may be executing them. Gives their names.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] if the lease is lost; or the database does not answer or refuses.
    pub async fn close_orphaned_experiments(
        &self,
        lease: &Lease,
    ) -> Result<Vec<String>, StoreError> {
        let mut transaction = self.pool().begin().await?;
        lease::require(&mut transaction, lease).await?;
        // Held until the end of the transaction, so that none of them starts meanwhile.
        let nobody_lives: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
            .bind(LOCK_OF_EXISTING_SYSTEM)
            .fetch_one(&mut *transaction)
            .await?;
        if !nobody_lives {
            return Ok(Vec::new());
        }
        let names = sqlx::query_scalar(include_str!("sql/close_orphans.sql"))
            .bind(NOTE)
            .fetch_all(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(names)
    }
}

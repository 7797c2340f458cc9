//! What the database needs now and then: old bookkeeping goes, and how many ids of block traces are
//! used is told.

use std::time::Duration;

use metrics::{counter, gauge};
use store::Database;
use tokio_util::sync::CancellationToken;

use service::error_chain;

/// From one look at the ids to the next.
const LOOK: Duration = Duration::from_mins(1);
/// Looks from one deletion of old bookkeeping to the next.
const LOOKS_PER_DELETION: u32 = 60;
/// The used part of the ids from which a warning is logged.
const WARN_FROM: f64 = 0.8;

/// Works until `shutdown`.
pub(crate) async fn run(database: Database, keep: Duration, shutdown: CancellationToken) {
    let work = async {
        let mut interval = tokio::time::interval(LOOK);
        for look in 0_u32.. {
            interval.tick().await;
            let result = if look % LOOKS_PER_DELETION == 0 {
                delete_old(&database, keep).await
            } else {
                Ok(())
            };
            let result = match result {
                Ok(()) => look_at_ids(&database, look % LOOKS_PER_DELETION == 0).await,
                error => error,
            };
            if let Err(error) = result {
                tracing::warn!(error = %error_chain(&error), "the upkeep of the database has to wait");
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = work => {}
    }
}

async fn delete_old(database: &Database, keep: Duration) -> Result<(), store::StoreError> {
    let deleted = database.delete_old_bookkeeping(keep).await?;
    if deleted.rows() > 0 {
        counter!("log_fetcher_old_rows_deleted_total").increment(deleted.rows());
        tracing::info!(
            minutes = deleted.minutes,
            gaps = deleted.gaps,
            left_runs = deleted.left_runs,
            unknown_controls = deleted.unknown_controls,
            "old bookkeeping was deleted"
        );
    }
    // What a `deployment drop` that was stopped has left.
    let left = database.remove_dropped(|_| {}).await?;
    if left > 0 {
        counter!("log_fetcher_old_rows_deleted_total").increment(left);
        tracing::info!(rows = left, "what dropped deployments had left was removed");
    }
    Ok(())
}

async fn look_at_ids(database: &Database, warns: bool) -> Result<(), store::StoreError> {
    let ids = database.trace_ids().await?;
    let used_ratio = ids.used_ratio();
    gauge!("log_fetcher_block_trace_ids_used_ratio").set(used_ratio);
    if warns && used_ratio > WARN_FROM {
        tracing::warn!(
            used = ids.used,
            available = ids.available,
            "the ids of block traces come to their end; plan a new database"
        );
    }
    Ok(())
}

//! What the database needs now and then: the events of runs that ended long ago go.

use std::time::Duration;

use store::Database;
use tokio_util::sync::CancellationToken;

use service::error_chain;

const INTERVAL: Duration = Duration::from_hours(1);

/// Deletes old events until `shutdown`. Needs no lease: doing it twice does nothing.
pub(crate) async fn run(database: Database, keep: Duration, shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = interval.tick() => {}
        }
        let deleted = tokio::select! {
            () = shutdown.cancelled() => return,
            deleted = database.delete_old_events(keep) => deleted,
        };
        match deleted {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "events of old runs were deleted"),
            Err(error) => tracing::warn!("cannot delete old events: {}", error_chain(&error)),
        }
    }
}

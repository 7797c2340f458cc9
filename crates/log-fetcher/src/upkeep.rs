//! What the database needs now and then: old bookkeeping and old deployments go, and figures say
//! how much room there is.

use std::time::Duration;

use metrics::{counter, gauge};
use store::Database;
use store::access::NewAuditEntry;
use store::old_data::{DropError, Policy};
use tokio_util::sync::CancellationToken;

use service::error_chain;

/// From one look at the ids to the next.
const LOOK: Duration = Duration::from_mins(1);
/// Looks from one deletion of old bookkeeping to the next.
const LOOKS_PER_DELETION: u32 = 60;
/// The used part of the ids from which a warning is logged.
const WARN_FROM: f64 = 0.8;
/// Days until the disk is full below which a warning is logged.
const WARN_DAYS: f64 = 7.0;

/// Works until `shutdown`.
pub(crate) async fn run(
    database: Database,
    keep: Duration,
    drop_deployments: Policy,
    shutdown: CancellationToken,
) {
    let work = async {
        let mut interval = tokio::time::interval(LOOK);
        for look in 0_u32.. {
            interval.tick().await;
            let hourly = look % LOOKS_PER_DELETION == 0;
            if let Err(error) = once(&database, keep, drop_deployments, hourly).await {
                tracing::warn!(error = %error_chain(&error), "the upkeep of the database has to wait");
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = work => {}
    }
}

/// One look; what takes longer is done once an hour.
async fn once(
    database: &Database,
    keep: Duration,
    drop_deployments: Policy,
    hourly: bool,
) -> Result<(), DropError> {
    // First, so that figures are there whatever the rest does.
    look_at_ids(database, hourly).await?;
    look_at_space(database, hourly).await?;
    if hourly {
        drop_old_deployments(database, drop_deployments).await?;
        delete_old(database, keep).await?;
    }
    Ok(())
}

/// What they leave in tables without partitions goes with the old bookkeeping, right afterwards.
async fn drop_old_deployments(database: &Database, policy: Policy) -> Result<(), DropError> {
    if policy.is_empty() {
        return Ok(());
    }
    let by = NewAuditEntry {
        actor: "retention".to_owned(),
        role: "local".to_owned(),
        service: "log-fetcher".to_owned(),
        method: "RETENTION".to_owned(),
        path: "deployment drop".to_owned(),
        ..NewAuditEntry::default()
    };
    for dropped in database.drop_expired(policy, &by).await? {
        counter!("log_fetcher_deployments_dropped_total").increment(1);
        tracing::info!(
            deployment = dropped.deployment_id,
            bytes = dropped.bytes,
            reason = ?dropped.reason,
            "an old deployment was dropped"
        );
    }
    Ok(())
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

#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floating-point numbers"
)]
async fn look_at_space(database: &Database, warns: bool) -> Result<(), store::StoreError> {
    let space = database.space().await?;
    gauge!("log_fetcher_database_bytes").set(space.database_bytes as f64);
    if let Some(growth) = space.growth_bytes_per_day {
        gauge!("log_fetcher_database_growth_bytes_per_day").set(growth);
    }
    if let Some(disk) = space.disk {
        gauge!("log_fetcher_disk_free_bytes").set(disk.free_bytes as f64);
    }
    // Infinite where nothing grows, so that a condition on it does not hold.
    if space.disk.is_some() {
        gauge!("log_fetcher_disk_left_days").set(space.days_left().unwrap_or(f64::INFINITY));
    }
    if let Some(days) = space.days_left().filter(|days| warns && *days < WARN_DAYS) {
        tracing::warn!(
            days_left = format!("{days:.1}"),
            "the disk of the database will be full soon; drop old deployments"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use metrics::{
        Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    };
    use store::testing::TestDatabase;

    use super::*;

    /// Keeps one gauge and forgets all else.
    #[derive(Default)]
    struct OneGauge(Arc<AtomicU64>);

    impl Recorder for OneGauge {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }

        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            if key.name() == "log_fetcher_block_trace_ids_used_ratio" {
                Gauge::from_arc(Arc::clone(&self.0))
            } else {
                Gauge::noop()
            }
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[tokio::test]
    async fn the_gauge_of_ids_is_the_part_of_them_that_is_used() {
        let test = TestDatabase::create().await.unwrap();
        let recorder = OneGauge::default();
        let _local = metrics::set_default_local_recorder(&recorder);
        let shown = async || {
            look_at_ids(test.database(), false).await.unwrap();
            f64::from_bits(recorder.0.load(Ordering::Relaxed))
        };
        assert!(shown().await < 1e-6);
        for (used, ratio) in [(536_870_912, 0.25), (1_717_986_918, 0.8)] {
            test.execute(&format!(
                "SELECT setval('loadlab.block_trace_id_seq', {used})"
            ))
            .await
            .unwrap();
            let found = shown().await;
            assert!((found - ratio).abs() < 1e-6, "{found}, not {ratio}");
        }
    }
}

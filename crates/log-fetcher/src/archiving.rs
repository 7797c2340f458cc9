//! Old deployments go into an archive, and their traces out of the database.

use std::time::Duration;

use archive::{ArchiveError, Place, Progress};
use metrics::counter;
use store::archive::ArchiveRefused;
use store::lease::Holder;
use store::old_data::Policy;
use store::{Database, StoreError};
use tokio_util::sync::CancellationToken;

use service::error_chain;

/// From one look at deployments to the next.
const LOOK: Duration = Duration::from_hours(1);

/// Which deployments are archived, and where.
#[derive(Debug, Clone)]
pub struct ArchivePolicy {
    /// Where to.
    pub place: Place,
    /// Those into which nothing has been stored for longer than this.
    pub older_than: Option<Duration>,
    /// The oldest, while the disk of the database has fewer free bytes than this.
    pub free_bytes_min: Option<u64>,
}

/// Works until `shutdown`. Stopped at any moment, it continues at the next start.
pub(crate) async fn run(
    database: Database,
    holder: Holder,
    policy: ArchivePolicy,
    shutdown: CancellationToken,
) {
    let work = async {
        let mut interval = tokio::time::interval(LOOK);
        loop {
            interval.tick().await;
            if let Err(error) = once(&database, &holder, &policy).await {
                tracing::warn!(
                    error = %error_chain(&error),
                    "old deployments stay in the database until they can be archived"
                );
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = work => {}
    }
}

async fn once(
    database: &Database,
    holder: &Holder,
    policy: &ArchivePolicy,
) -> Result<(), ArchiveError> {
    for deployment_id in due(database, policy).await? {
        let place = &policy.place;
        let progress = Progress::default();
        let done = async {
            archive::run(database, holder, place, deployment_id, false, &progress).await?;
            archive::drop_archived(database, holder, place, deployment_id, &progress).await
        };
        match done.await {
            Ok(manifest) => {
                counter!("log_fetcher_deployments_archived_total").increment(1);
                tracing::info!(
                    deployment = deployment_id,
                    url = place.url(),
                    rows = manifest.rows(),
                    bytes = manifest.bytes(),
                    "an old deployment was archived, and its traces left the database"
                );
            }
            // It came into use, or another process is at it.
            Err(
                ArchiveError::Busy(_)
                | ArchiveError::Refused(
                    ArchiveRefused::Newest(_)
                    | ArchiveRefused::OpenSessions { .. }
                    | ArchiveRefused::Already { .. }
                    | ArchiveRefused::Store(StoreError::UnknownDeployment { .. }),
                ),
            ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The deployments that the policy speaks of, the oldest first.
async fn due(database: &Database, policy: &ArchivePolicy) -> Result<Vec<i32>, StoreError> {
    let mut limits = Policy {
        older_than: policy.older_than,
        bytes_max: None,
    };
    if let Some(free_bytes_min) = policy.free_bytes_min
        && let Some(disk) = database.space().await?.disk
        && disk.free_bytes < free_bytes_min
    {
        let total = database
            .expired_deployments(Policy::default())
            .await?
            .total_bytes;
        let total = u64::try_from(total).unwrap_or_default();
        limits.bytes_max = Some(total.saturating_sub(free_bytes_min - disk.free_bytes));
    }
    if limits.is_empty() {
        return Ok(Vec::new());
    }
    let archived: Vec<i32> = database
        .archived_deployments()
        .await?
        .iter()
        .map(|one| one.deployment_id)
        .collect();
    let expired = database.expired_deployments(limits).await?;
    let due = expired.to_drop().map(|one| one.deployment_id);
    Ok(due.filter(|id| !archived.contains(id)).collect())
}

#[cfg(test)]
mod tests {
    use store::testing::TestDatabase;

    use super::*;

    #[tokio::test]
    async fn old_deployments_go_into_the_archive_and_new_ones_stay() {
        let test = TestDatabase::create().await.unwrap();
        test.execute(
            "INSERT INTO deployment (metadata_json) SELECT '{}' FROM generate_series(1, 3);
             INSERT INTO block_trace
             SELECT id, id, 'a', '3NK', 1746628222 + id, NULL, 0, 'External', 1, 1, 'Pending', '{}'
               FROM generate_series(1, 3) AS id;
             INSERT INTO loadlab.session (deployment_id, node_name, kind, opened_at, ended_at)
             VALUES (1, 'a', 'node', now() - interval '40 days', now() - interval '30 days'),
                    (2, 'a', 'node', now() - interval '9 days', now() - interval '8 days')",
        )
        .await
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let place = Place::open(&format!("file://{}", folder.path().display())).unwrap();
        let mut policy = ArchivePolicy {
            place,
            older_than: Some(Duration::from_hours(24 * 14)),
            free_bytes_min: None,
        };
        let holder = Holder::new("log-fetcher");
        let archived = async |policy: &ArchivePolicy| {
            once(test.database(), &holder, policy).await.unwrap();
            test.texts("SELECT deployment_id::text FROM loadlab.archived_deployment ORDER BY 1")
                .await
                .unwrap()
        };
        assert_eq!(archived(&policy).await, ["1"]);
        assert_eq!(archived(&policy).await, ["1"]);
        policy.older_than = Some(Duration::from_hours(24 * 7));
        assert_eq!(archived(&policy).await, ["1", "2"]);
        // The newest stays whatever its age.
        policy.older_than = Some(Duration::ZERO);
        assert_eq!(archived(&policy).await, ["1", "2"]);
        let left = test
            .texts("SELECT node_name || deployment_id FROM block_trace")
            .await
            .unwrap();
        assert_eq!(left, ["a3"]);
    }

    #[tokio::test]
    async fn the_oldest_go_while_the_disk_has_too_little_room() {
        let test = TestDatabase::create().await.unwrap();
        test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}')")
            .await
            .unwrap();
        test.database().ensure_partitions(1).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let place = Place::open(&format!("file://{}", folder.path().display())).unwrap();
        let policy = |free_bytes_min| ArchivePolicy {
            place: place.clone(),
            older_than: None,
            free_bytes_min: Some(free_bytes_min),
        };
        if test.database().space().await.unwrap().disk.is_none() {
            eprintln!("SKIPPED: the server does not say where its data are");
            return;
        }
        assert_eq!(due(test.database(), &policy(1)).await.unwrap(), [0; 0]);
        assert_eq!(due(test.database(), &policy(u64::MAX)).await.unwrap(), [1]);
    }
}

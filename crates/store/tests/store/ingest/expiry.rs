//! Dropping deployments by age and size, and how much room there is.

use std::time::Duration;

use store::access::{AuditPage, NewAuditEntry};
use store::old_data::{DropError, Kept, Policy, Reason};
use store::testing::TestDatabase;

use super::{Node, database};

const DAY: Duration = Duration::from_hours(24);

const LINES: &str = r#"
    {"current_block":"3NA"}
    ["External_block_received",1760000000.5]
    ["Breadcrumb_integrated",1760000000.9375]
"#;

/// Three deployments: one that ended twenty days ago, one whose session is open, and the newest.
async fn deployments() -> TestDatabase {
    let test = database(3).await;
    for deployment_id in 1..=3 {
        let mut node = Node::begin(&test, deployment_id, "n").await;
        node.push(LINES);
        let delivery = node.delivery();
        test.database().deliver(&mut [delivery]).await.unwrap();
    }
    test.execute(
        "UPDATE loadlab.session
            SET opened_at = now() - interval '21 days',
                ended_at = CASE WHEN deployment_id = 1 THEN now() - interval '20 days' END",
    )
    .await
    .unwrap();
    test
}

/// In whose name deployments are dropped.
fn by() -> NewAuditEntry {
    NewAuditEntry {
        actor: "a test".to_owned(),
        ..NewAuditEntry::default()
    }
}

async fn left(test: &TestDatabase) -> Vec<i32> {
    test.database().deployments().await.unwrap()
}

#[tokio::test]
async fn old_deployments_go_but_never_the_newest_nor_one_that_is_written_into() {
    let test = deployments().await;
    let database = test.database();
    let policy = |days: u32| Policy {
        older_than: Some(DAY * days),
        bytes_max: None,
    };
    let none = database.expired_deployments(policy(22)).await.unwrap();
    assert_eq!(none.deployments, []);
    assert!(none.total_bytes > 3 * 8192, "{none:?}");

    let preview = database.expired_deployments(policy(14)).await.unwrap();
    let said: Vec<_> = preview
        .deployments
        .iter()
        .map(|one| (one.deployment_id, one.reason, one.kept))
        .collect();
    assert_eq!(
        said,
        [
            (1, Reason::Age, None),
            (2, Reason::Age, Some(Kept::OpenSessions)),
            (3, Reason::Age, Some(Kept::Newest)),
        ]
    );
    let days = preview.deployments[0].idle_days.unwrap();
    assert!((19.9..20.1).contains(&days), "{days}");
    assert_eq!(left(&test).await, [1, 2, 3], "a preview drops nothing");

    let dropped = database.drop_expired(policy(14), &by()).await.unwrap();
    assert_eq!(dropped.len(), 1);
    assert_eq!(left(&test).await, [2, 3]);
    assert_eq!(database.drop_expired(policy(14), &by()).await.unwrap(), []);
    let page = AuditPage {
        limit: 10,
        ..AuditPage::default()
    };
    let audit = database.audit(&page).await.unwrap();
    assert_eq!(audit.len(), 1, "one row for each that went: {audit:?}");
    let row = &audit[0];
    assert_eq!(
        (row.actor.as_str(), row.target.as_deref()),
        ("a test", Some("1"))
    );
    assert!(
        row.changed_at.is_some() && row.status == Some(200),
        "{row:?}"
    );

    // What came into use since the preview stays.
    let error = database.drop_idle_deployment(2).await.unwrap_err();
    assert!(matches!(error, DropError::OpenSessions { .. }), "{error}");
    let error = database.drop_idle_deployment(3).await.unwrap_err();
    assert!(matches!(error, DropError::Newest(3)), "{error}");
    assert_eq!(left(&test).await, [2, 3]);
}

#[tokio::test]
async fn too_much_data_loses_its_oldest_deployments() {
    let test = deployments().await;
    let database = test.database();
    let all = Policy {
        older_than: None,
        bytes_max: Some(0),
    };
    let preview = database.expired_deployments(all).await.unwrap();
    assert_eq!(preview.bytes_to_drop(), preview.deployments[0].bytes);
    let enough = Policy {
        bytes_max: Some(u64::try_from(preview.total_bytes).unwrap()),
        ..all
    };
    assert_eq!(database.drop_expired(enough, &by()).await.unwrap(), []);
    let dropped = database.drop_expired(all, &by()).await.unwrap();
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].reason, Reason::Size);
    assert_eq!(left(&test).await, [2, 3]);
}

#[tokio::test]
async fn the_age_of_what_has_no_sessions_is_that_of_its_last_trace() {
    let test = database(2).await;
    // As the original has stored it.
    test.execute(
        "INSERT INTO block_trace
         SELECT 1, 1, 'n', '3NA', extract(epoch FROM now() - interval '40 days'), -1, 0, 'External',
                1, 1, 'Success', '{}'",
    )
    .await
    .unwrap();
    let policy = Policy {
        older_than: Some(DAY * 30),
        bytes_max: None,
    };
    let dropped = test.database().drop_expired(policy, &by()).await.unwrap();
    assert_eq!(dropped.len(), 1);
    assert_eq!(left(&test).await, [2]);
}

#[tokio::test]
async fn growth_and_days_left_follow_from_what_nodes_wrote_in_the_last_day() {
    let test = deployments().await;
    let database = test.database();
    // Of each session, 2,100 entries in 21 days: 100 a day, of two sessions that are open.
    test.execute("UPDATE loadlab.session SET lines = 2100")
        .await
        .unwrap();
    let space = database.space().await.unwrap();
    assert!(space.database_bytes > 1 << 20);
    let bytes = database
        .expired_deployments(Policy::default())
        .await
        .unwrap()
        .total_bytes;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand bytes")]
    let expected = bytes as f64 / 6300.0 * 200.0;
    let growth = space.growth_bytes_per_day.unwrap();
    assert!(
        (growth / expected - 1.0).abs() < 0.01,
        "{growth} {expected}"
    );
    // The server of tests is on this machine.
    let disk = space.disk.unwrap();
    assert!(disk.free_bytes > 0 && disk.free_bytes <= disk.total_bytes);
    assert!(space.days_left().unwrap() > 0.0);

    test.execute("UPDATE loadlab.session SET opened_at = now(), ended_at = NULL")
        .await
        .unwrap();
    let space = database.space().await.unwrap();
    assert_eq!(space.growth_bytes_per_day, None, "it is too early to say");
    assert_eq!(space.days_left(), None);
}

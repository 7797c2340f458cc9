//! A partition for each deployment.

use sqlx::{Connection as _, PgConnection};
use store::StoreError;
use store::testing::TestDatabase;

async fn with_deployments(count: u32) -> TestDatabase {
    let test = TestDatabase::create().await.unwrap();
    let sql = format!(
        "INSERT INTO deployment (metadata_json) SELECT '{{}}' FROM generate_series(1, {count})"
    );
    test.execute(&sql).await.unwrap();
    test
}

const CHECKPOINT: &str = "INSERT INTO block_trace_checkpoint
     (block_trace_id, source, main_trace, is_control, name, started_at, call_id, deployment_id)
     VALUES (1, 'M', true, false, 'X', 1.5, 0,";

/// The tables in which the checkpoints of a deployment are.
async fn homes(test: &TestDatabase, deployment_id: i32) -> Vec<String> {
    let mut connection = PgConnection::connect(test.url()).await.unwrap();
    sqlx::query_scalar(
        "SELECT DISTINCT tableoid::regclass::text FROM block_trace_checkpoint
          WHERE deployment_id = $1 ORDER BY 1",
    )
    .bind(deployment_id)
    .fetch_all(&mut connection)
    .await
    .unwrap()
}

#[tokio::test]
async fn rows_go_to_the_partition_of_their_deployment() {
    let test = with_deployments(2).await;
    test.database().ensure_partitions(2).await.unwrap();
    for deployment in [1, 2] {
        test.execute(&format!("{CHECKPOINT} {deployment})"))
            .await
            .unwrap();
    }
    assert_eq!(
        homes(&test, 1).await,
        ["loadlab.block_trace_checkpoint_default"]
    );
    assert_eq!(homes(&test, 2).await, ["loadlab.block_trace_checkpoint_d2"]);
}

#[tokio::test]
async fn rows_stored_without_a_partition_stay_where_they_are() {
    let test = with_deployments(1).await;
    test.execute(&format!("{CHECKPOINT} 1)")).await.unwrap();
    test.database().ensure_partitions(1).await.unwrap();
    test.execute(&format!("{CHECKPOINT} 1)")).await.unwrap();
    assert_eq!(
        homes(&test, 1).await,
        ["loadlab.block_trace_checkpoint_default"]
    );
}

#[tokio::test]
async fn several_may_ask_for_the_same_partitions_at_once() {
    let test = with_deployments(1).await;
    let database = test.database();
    let (first, second, third) = tokio::join!(
        database.ensure_partitions(1),
        database.ensure_partitions(1),
        database.ensure_partitions(1),
    );
    first.and(second).and(third).unwrap();
    database.ensure_partitions(1).await.unwrap();
    test.execute(&format!("{CHECKPOINT} 1)")).await.unwrap();
    assert_eq!(homes(&test, 1).await, ["loadlab.block_trace_checkpoint_d1"]);
}

#[tokio::test]
async fn a_partition_has_the_keys_of_its_table() {
    let test = with_deployments(1).await;
    test.database().ensure_partitions(1).await.unwrap();
    let twice = "INSERT INTO tx_traces (block_trace_checkpoint_id, node_name, action, time, diff)
                 VALUES (1, 'n', 'received', now(), '[]'), (1, 'n', 'accepted', now(), '[]')";
    let error = test.execute(twice).await.unwrap_err();
    assert!(matches!(error, StoreError::Sql(_)), "{error}");
    let orphan = "INSERT INTO loadlab.block_trace_d1 VALUES
                  (1, 1, 'n', 'b', -1, -1, 0, 'Unknown', 0, 0, 'Pending', '{}');
                  DELETE FROM deployment";
    assert!(
        test.execute(orphan).await.is_err(),
        "the deployment is referred to"
    );
}

#[tokio::test]
async fn a_deployment_that_does_not_exist_gets_no_partition() {
    let test = with_deployments(2).await;
    let error = test.database().ensure_partitions(7).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no deployment 7; existing: 1, 2"
    );
}

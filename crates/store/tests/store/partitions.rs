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

/// The columns of a table in the order in which their values lie in a row.
async fn columns(test: &TestDatabase, table: &str) -> Vec<String> {
    let query = format!(
        "SELECT attname::text FROM pg_attribute
          WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    );
    test.texts(&query).await.unwrap()
}

#[tokio::test]
async fn a_partition_of_checkpoints_has_an_order_of_its_own_that_no_statement_sees() {
    let test = with_deployments(1).await;
    test.database().ensure_partitions(1).await.unwrap();
    let lean = columns(&test, "loadlab.block_trace_checkpoint_d1").await;
    assert_eq!(
        lean[..3],
        ["block_trace_checkpoint_id", "started_at", "block_trace_id"]
    );
    let public = columns(&test, "public.block_trace_checkpoint").await;
    assert_eq!(public.len(), lean.len());
    // As programs of the original write: by place, and without the deployment.
    test.execute(
        r#"INSERT INTO block_trace_checkpoint
           VALUES (7, 3, 'V', false, true, 'metadata', -1, '{"size": 2}', 9, true),
                  (8, 3, 'M', true, false, 'X', 1.5, '[]', 0, false);
           UPDATE block_trace_checkpoint SET call_id = 4 WHERE block_trace_checkpoint_id = 8"#,
    )
    .await
    .unwrap();
    let rows = "SELECT row::text FROM block_trace_checkpoint AS row ORDER BY 1";
    let expected = [
        r#"(7,3,V,f,t,metadata,-1,"{""size"": 2}",9,t,1)"#,
        "(8,3,M,t,f,X,1.5,[],4,f,1)",
    ];
    assert_eq!(test.texts(rows).await.unwrap(), expected);
    // And as COPY without a list of columns reads and writes them.
    let shares = test.database().copy_rows_out(1).await.unwrap();
    test.execute("TRUNCATE block_trace_checkpoint")
        .await
        .unwrap();
    test.database().copy_rows_in(&shares[0]).await.unwrap();
    assert_eq!(test.texts(rows).await.unwrap(), expected);
    assert_eq!(homes(&test, 1).await, ["loadlab.block_trace_checkpoint_d1"]);
}

/// Rows as a node writes them, with names of usual lengths: of four, three are checkpoints.
const MANY: &str = "INSERT INTO block_trace_checkpoint
     SELECT number, 1 + number / 80, 'M', true, number % 4 = 0,
            CASE number % 4 WHEN 0 THEN 'metadata' WHEN 1 THEN 'Batch_verify_backend_done'
                            WHEN 2 THEN 'Accumulator_check' ELSE 'Update_frontier_extension' END,
            1746628222.361262 + number, CASE number % 4 WHEN 0 THEN '{\"count\": 2}' ELSE '[]' END::jsonb,
            0, false, 1
       FROM generate_series(1, 20000) AS number";

#[tokio::test]
async fn a_stored_checkpoint_takes_at_most_110_bytes_with_its_indexes() {
    let test = with_deployments(1).await;
    test.database().ensure_partitions(1).await.unwrap();
    test.execute(MANY).await.unwrap();
    let bytes = test
        .texts(
            "SELECT (pg_total_relation_size('loadlab.block_trace_checkpoint_d1') / 20000)::text
              UNION ALL
             SELECT (pg_indexes_size('loadlab.block_trace_checkpoint_d1') / 20000)::text",
        )
        .await
        .unwrap();
    let bytes: Vec<u32> = bytes.iter().map(|text| text.parse().unwrap()).collect();
    // It is 105 and 10; with the order of the table 121, with a primary key, too, 151 and 40.
    assert!(bytes[0] <= 110, "{bytes:?}");
    assert!(bytes[1] <= 12, "{bytes:?}");
}

#[tokio::test]
async fn checkpoints_are_found_by_their_ids() {
    let test = with_deployments(1).await;
    test.database().ensure_partitions(1).await.unwrap();
    test.execute(MANY).await.unwrap();
    test.execute("ANALYZE block_trace_checkpoint")
        .await
        .unwrap();
    let plan = test
        .texts(
            "EXPLAIN SELECT name FROM block_trace_checkpoint
              WHERE deployment_id = 1 AND block_trace_checkpoint_id BETWEEN 9000 AND 9010",
        )
        .await
        .unwrap()
        .join("\n");
    assert!(
        plan.contains(
            "Bitmap Index Scan on block_trace_checkpoint_d1_block_trace_checkpoint_id_idx"
        ),
        "{plan}"
    );
}

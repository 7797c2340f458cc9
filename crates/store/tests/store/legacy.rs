//! Statements of the original and of its published guide still work.

use sqlx::{Connection as _, PgConnection, Row as _};
use store::testing::TestDatabase;

async fn database() -> (TestDatabase, PgConnection) {
    let test = TestDatabase::create().await.unwrap();
    let connection = PgConnection::connect(test.url()).await.unwrap();
    (test, connection)
}

#[tokio::test]
async fn inserts_that_do_not_know_the_deployment_column_store_the_newest() {
    let (test, mut connection) = database().await;
    test.execute(
        "INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}');
         INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
             trace_completed_at, total_time, source, blockchain_length, global_slot, status,
             metadata_json)
         VALUES (2, 'n', '0', -1, -1, 0, 'Unknown', 0, 0, 'Pending', '{}');
         INSERT INTO block_trace_checkpoint (block_trace_id, source, main_trace, is_control, name,
             started_at, metadata_json, call_id)
         VALUES (1, 'M', true, false, 'Begin', 1.5, '[]', 0);
         INSERT INTO tx_traces VALUES (1, 'n', 'received', now(), '[]', null, null);
         INSERT INTO sw_traces VALUES (1, 'n', 'received', now(), 1, 2);
         INSERT INTO unique_txs VALUES ('h', 2, 'payment', 'm', now());
         INSERT INTO node_restarts (node_name) VALUES ('n')",
    )
    .await
    .unwrap();
    for table in [
        "block_trace_checkpoint",
        "tx_traces",
        "sw_traces",
        "node_restarts",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT deployment_id FROM {table}"));
        let deployments: Vec<i32> = sqlx::query_scalar(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert_eq!(deployments, [2], "{table}");
    }
}

#[tokio::test]
async fn every_id_drawn_from_a_sequence_reserves_a_block_of_ids() {
    let (_test, mut connection) = database().await;
    let mut step = async |sequence: &str| -> i64 {
        let draw = "SELECT nextval($1::regclass)";
        let first: i64 = sqlx::query_scalar(draw)
            .bind(sequence)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let second: i64 = sqlx::query_scalar(draw)
            .bind(sequence)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        second - first
    };
    assert_eq!(step("block_trace_block_trace_id_seq").await, 32);
    assert_eq!(
        step("block_trace_checkpoint_block_trace_checkpoint_id_seq").await,
        1024
    );
}

#[tokio::test]
async fn cleaning_up_pending_traces_of_older_deployments_works() {
    let (test, mut connection) = database().await;
    test.execute(
        "INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}');
         INSERT INTO block_trace
         SELECT id, deployment, 'n', 'b', -1, -1, 0, 'Unknown', 0, 0, status, '{}'
           FROM (VALUES (1, 1, 'Pending'), (2, 1, 'Success'), (3, 2, 'Pending'))
                AS t (id, deployment, status);
         INSERT INTO block_trace_checkpoint
         SELECT id, id, 'M', true, false, 'X', 1.5, '[]', 0, false, (id + 1) / 2
           FROM generate_series(1, 3) AS id;
         DELETE FROM block_trace_checkpoint WHERE block_trace_id IN
             (SELECT block_trace_id FROM block_trace
               WHERE status = 'Pending' AND deployment_id < get_max_deployment_id());
         DELETE FROM block_trace
          WHERE status = 'Pending' AND deployment_id < get_max_deployment_id()",
    )
    .await
    .unwrap();
    for table in ["block_trace", "block_trace_checkpoint"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT block_trace_id FROM {table} ORDER BY 1"));
        let left: Vec<i32> = sqlx::query_scalar(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert_eq!(left, [2, 3], "{table}");
    }
}

#[tokio::test]
async fn the_query_of_the_guide_counts_transactions_by_type() {
    let (test, mut connection) = database().await;
    test.execute(
        r#"INSERT INTO deployment (metadata_json) VALUES ('{}');
         INSERT INTO block_trace
         SELECT id, 1, 'node-' || id, block, started, started, 0, 'External', 1, 1, 'Success',
                metadata::jsonb
           FROM (VALUES
             (1, 'A', 1746628222.5, '{"transactions":[["coinbase","720",["Applied"]],
                 ["payment","h1","m",["Applied"]],["payment","h2","m",["Failed"]]]}'),
             (2, 'A', 1746628221.5, '{"slot":"1"}'),
             (3, 'B', 1746628300.5, '{"transactions":[["zkapp:1:0","h3","m",["Applied"]],
                 ["fee_transfer",["Applied"]]]}')) AS t (id, block, started, metadata)"#,
    )
    .await
    .unwrap();
    let rows = sqlx::query(
        "SELECT bt.block_id, bt.time, txs.value ->> 0 as type, count(*) cnt
FROM (
  SELECT block_id, max(meta::text)::jsonb meta, to_timestamp(max(time)) time
  FROM (
    SELECT block_id, metadata_json meta, trace_started_at time
    FROM block_trace
    ORDER BY block_trace_id DESC
    LIMIT 2000
  ) AS subquery1
  GROUP BY block_id
) bt
CROSS JOIN jsonb_array_elements(bt.meta -> 'transactions') txs
WHERE txs.value ->> 0 NOT IN ('coinbase', 'fee_transfer')
GROUP BY bt.block_id, bt.time, txs.value ->> 0
ORDER BY bt.time DESC;",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let found: Vec<(String, String, i64)> = rows
        .iter()
        .map(|row| (row.get("block_id"), row.get("type"), row.get("cnt")))
        .collect();
    let expected = [("B", "zkapp:1:0", 1), ("A", "payment", 2)]
        .map(|(block, kind, count)| (block.to_owned(), kind.to_owned(), count));
    assert_eq!(found, expected);
}

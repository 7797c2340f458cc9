//! A database of the original is brought to this schema in place, with every row.

use serde_json::json;
use store::StoreError;
use store::ingest::SessionKind;
use store::testing::TestDatabase;

/// Every table of the original, and what orders its rows.
const TABLES: [(&str, &str); 13] = [
    ("deployment", "deployment_id"),
    ("block_trace", "block_trace_id"),
    ("block_trace_checkpoint", "block_trace_checkpoint_id"),
    ("data", "key"),
    (
        "last_block_trace_gossip_checkpoint",
        "block_trace_id, resource",
    ),
    ("tx_traces", "block_trace_checkpoint_id"),
    ("sw_traces", "block_trace_checkpoint_id"),
    ("unique_txs", "hash"),
    ("block_txs", "hash"),
    ("uniq_sws", "fst_work_id"),
    ("sw_interruptions", "block_trace_id"),
    ("node_restarts", "id"),
    ("experiment_state", "name"),
];

/// A database of the original with rows in every table, most of them by its triggers.
async fn original() -> TestDatabase {
    let test = TestDatabase::create_empty().await.unwrap();
    for sql in [
        include_str!("original/schema.sql"),
        include_str!("original/rows.sql"),
        include_str!("original/more_rows.sql"),
    ] {
        test.execute(sql).await.unwrap();
    }
    test
}

/// All rows, without the columns that only this schema has or that it leaves empty.
async fn rows(test: &TestDatabase) -> Vec<(&'static str, Vec<String>)> {
    let mut all = Vec::new();
    for (table, order) in TABLES {
        let ours = match table {
            "block_trace_checkpoint" | "tx_traces" | "sw_traces" => "- 'deployment_id'",
            "block_txs" => "- 'failure_reason'",
            "experiment_state" => "- 'webhook_url'",
            _ => "",
        };
        let sql =
            format!("SELECT (to_jsonb(t) {ours})::text FROM public.{table} AS t ORDER BY {order}");
        all.push((table, test.texts(&sql).await.unwrap()));
    }
    all
}

#[tokio::test]
async fn a_database_of_the_original_is_brought_over_with_every_row() {
    let test = original().await;
    let before = rows(&test).await;
    for (table, rows) in &before {
        assert!(!rows.is_empty(), "the test has no rows for {table}");
    }
    // As several services do that start at once.
    let database = test.database();
    let (one, other) = tokio::join!(database.migrate(), database.migrate());
    one.unwrap();
    other.unwrap();
    database.require_migrated().await.unwrap();
    assert_eq!(rows(&test).await, before);

    let texts = async |sql: &str| test.texts(sql).await.unwrap();
    let deployments = "SELECT deployment_id::text FROM";
    let of = async |table: &str| {
        let sql = format!("{deployments} {table} ORDER BY block_trace_checkpoint_id");
        texts(&sql).await
    };
    assert_eq!(of("block_trace_checkpoint").await, ["2"; 5]);
    assert_eq!(of("sw_traces").await, ["2"]);
    // The checkpoints of the first are gone, so nothing shows but that it is the oldest.
    assert_eq!(of("tx_traces").await, ["1", "2"]);
    let partition = texts("SELECT count(*)::text FROM loadlab.block_trace_checkpoint_d2").await;
    assert_eq!(partition, ["5"], "it can be dropped in a moment");
    let webhooks = texts("SELECT count(webhook_url)::text FROM experiment_state").await;
    assert_eq!(webhooks, ["0"], "a webhook's address is a credential");
    let left = "SELECT nspname::text FROM pg_namespace WHERE nspname = 'loadlab_original'
                UNION ALL
                SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                   AND proname <> 'get_max_deployment_id'
                UNION ALL
                SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(texts(left).await, Vec::<String>::new());

    // What comes next has ids of its own.
    let id = database.create_deployment(&serde_json::Map::new()).await;
    assert_eq!(id.unwrap(), 3);
    let cursor = json!({});
    let session = database.begin_session(3, "c", SessionKind::Node, &cursor);
    session.await.unwrap();
    let next = texts("SELECT nextval('loadlab.block_trace_id_seq')::text").await;
    assert_eq!(next, ["4"]);
    let pools = texts("SELECT hash::text FROM txs WHERE result = 'Applied'").await;
    assert_eq!(pools, ["7b"]);
    database.drop_deployment(1, false).await.unwrap();
}

/// What refuses leaves everything as it is.
#[tokio::test]
async fn what_would_be_lost_is_refused_and_nothing_changes() {
    let test = original().await;
    let before = rows(&test).await;
    test.execute("CREATE VIEW mine AS SELECT count(*) FROM txs")
        .await
        .unwrap();
    let error = test.database().migrate().await.unwrap_err();
    assert!(
        matches!(&error, StoreError::OriginalHasView { view } if view == "mine"),
        "{error}"
    );
    test.execute("DROP VIEW mine; ALTER TABLE node_restarts ADD COLUMN rack text")
        .await
        .unwrap();
    let error = test.database().migrate().await.unwrap_err();
    let StoreError::OriginalHasColumn { table, column } = &error else {
        panic!("{error}");
    };
    assert_eq!((table.as_str(), column.as_str()), ("node_restarts", "rack"));
    test.execute("ALTER TABLE node_restarts DROP COLUMN rack")
        .await
        .unwrap();
    assert_eq!(rows(&test).await, before);
    test.database().migrate().await.unwrap();
    assert_eq!(rows(&test).await, before);
}

#[tokio::test]
async fn a_database_of_the_original_that_is_in_use_is_left_alone() {
    let test = original().await;
    let before = rows(&test).await;
    let writer = test
        .execute("BEGIN; LOCK TABLE tx_traces IN ROW EXCLUSIVE MODE; SELECT pg_sleep(8); COMMIT");
    let (written, migrated) = tokio::join!(writer, test.database().migrate());
    written.unwrap();
    let error = migrated.unwrap_err();
    assert!(matches!(error, StoreError::OriginalInUse(_)), "{error}");
    assert!(error.to_string().contains("stop"), "{error}");
    assert_eq!(rows(&test).await, before);
}

#[tokio::test]
async fn an_early_version_without_later_tables_is_brought_over() {
    let test = TestDatabase::create_empty().await.unwrap();
    test.execute(include_str!("original/schema.sql"))
        .await
        .unwrap();
    test.execute("DROP VIEW sw_experiments; DROP TABLE experiment_state, node_restarts, uniq_sws")
        .await
        .unwrap();
    test.database().migrate().await.unwrap();
    test.database().require_migrated().await.unwrap();
}

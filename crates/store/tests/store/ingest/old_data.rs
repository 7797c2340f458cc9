//! Dropping deployments, deleting old bookkeeping, and how long the ids of traces last.

use std::time::Duration;

use store::StoreError;
use store::ingest::{LeftRun, Reading};
use store::old_data::{Deleted, DropError};
use store::testing::TestDatabase;

use super::{Node, database, gap, rows};

const MONTH: Duration = Duration::from_hours(24 * 30);

/// Something for every table that the ingest writes.
const LINES: &str = r#"
    {"current_block":"0"}
    ["Transaction_diff_received",1760000000.25]
    {"metadata":{"diff":[["payment","7m1","e-0-0-1"]]}}
    ["Snark_work_received",1760000000.375]
    {"metadata":{"work_ids":[7,1],"fee":"1"}}
    {"current_block":"3NA"}
    ["External_block_received",1760000000.5]
    {"block_metadata":{"blockchain_length":"2","transactions":[["payment","7m1","e-0-0-1",["Applied"]]]}}
    ["Build_breadcrumb",1760000000.625]
    ["Breadcrumb_integrated",1760000000.9375]
    {"news":1}
"#;

/// Every table with a column `deployment_id` that is no partition. Records of runs outlive their
/// deployment, as those of dropped and archived deployments do. The shape of partitions has no rows.
const TABLES: &str = "SELECT column_of.table_schema || '.' || column_of.table_name
    FROM information_schema.columns AS column_of
    JOIN pg_class ON oid = format('%I.%I', table_schema, table_name)::regclass
   WHERE column_name = 'deployment_id' AND relkind IN ('r', 'p') AND NOT relispartition
     AND table_name NOT IN ('dropped_deployment', 'archived_deployment', 'experiment_run',
                            'block_trace_checkpoint_shape')
   ORDER BY 1";

/// Every table with a column `session_id`.
const OF_SESSIONS: &str = "SELECT table_schema || '.' || table_name
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
   WHERE column_name = 'session_id' AND table_type = 'BASE TABLE' ORDER BY 1";

/// Every view with a column `deployment_id`.
const VIEWS: &str = "SELECT table_schema || '.' || table_name
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
   WHERE column_name = 'deployment_id' AND table_type = 'VIEW'
     AND table_schema IN ('public', 'loadlab') ORDER BY 1";

/// Fills every table for a deployment.
async fn fill(test: &TestDatabase, deployment_id: i32) -> Node {
    let mut node = Node::begin(test, deployment_id, "n").await;
    node.push(LINES);
    let mut delivery = node.delivery();
    delivery.gaps = vec![gap(Some(3)), gap(None)];
    delivery.reading = Reading {
        minutes: vec![(28_333_333, 2)],
        left_runs: vec![LeftRun {
            run: "old".to_owned(),
            last_log_id: 9,
            last_time: None,
        }],
        end: None,
    };
    test.database().deliver(&mut [delivery]).await.unwrap();
    test.execute(&format!(
        "INSERT INTO node_restarts (deployment_id, node_name) VALUES ({deployment_id}, 'n');
         INSERT INTO data (key, deployment_id, node_name, value)
             VALUES ('k', {deployment_id}, 'n', 'v') ON CONFLICT DO NOTHING;
         INSERT INTO sw_interruptions (block_trace_id, deployment_id, at, reason, fst_work_id)
             SELECT max(block_trace_id), {deployment_id}, 1, 'r', 7 FROM block_trace
             ON CONFLICT DO NOTHING;
         INSERT INTO last_block_trace_gossip_checkpoint
             SELECT max(block_trace_id), 'Snark_work', 'received', now() FROM block_trace
             ON CONFLICT DO NOTHING"
    ))
    .await
    .unwrap();
    node
}

/// How many rows each table has of a deployment.
async fn counts(test: &TestDatabase, deployment_id: i32) -> Vec<(String, u64)> {
    let mut counts = Vec::new();
    for table in test.texts(TABLES).await.unwrap() {
        let sql =
            format!("SELECT count(*)::text FROM {table} WHERE deployment_id = {deployment_id}");
        let count = test.texts(&sql).await.unwrap()[0].parse().unwrap();
        counts.push((table, count));
    }
    counts
}

#[tokio::test]
async fn a_dropped_deployment_leaves_nothing_and_the_others_alone() {
    let test = database(2).await;
    let database = test.database();
    // What others stored before there was a partition, too.
    test.execute(
        "INSERT INTO tx_traces (block_trace_checkpoint_id, node_name, action, time, diff, deployment_id)
             VALUES (1, 'n', 'received', now(), '[]', 1)",
    )
    .await
    .unwrap();
    let mut late = fill(&test, 1).await;
    fill(&test, 2).await;
    let before = counts(&test, 1).await;
    assert!(before.len() > 10);
    for (table, rows) in &before {
        assert!(*rows > 0, "the test has no rows for {table}");
    }
    let other = counts(&test, 2).await;

    let contents = database.deployment_contents(1).await.unwrap();
    assert!(!contents.is_newest);
    assert_eq!((contents.block_traces, contents.nodes), (1, 1));
    assert_eq!(contents.open_sessions, 1);
    assert!(
        contents
            .first_at
            .unwrap()
            .to_string()
            .starts_with("2025-10-09T08:53:20")
    );
    let listed: Vec<_> = contents.tables.iter().map(|table| &table.table).collect();
    assert_eq!(
        listed.len(),
        before.len() - 1,
        "all but the deployment: {listed:?}"
    );
    assert!(
        contents
            .tables
            .iter()
            .all(|table| table.rows > 0 || table.partition_bytes > Some(0))
    );

    database.drop_deployment(1, false).await.unwrap();
    database.remove_dropped(|_| {}).await.unwrap();
    for (table, rows) in counts(&test, 1).await {
        assert_eq!(rows, 0, "{table}");
    }
    assert_eq!(counts(&test, 2).await, other);
    for table in test.texts(OF_SESSIONS).await.unwrap() {
        let of_none = format!(
            "SELECT session_id::text FROM {table} WHERE session_id NOT IN
                 (SELECT session_id FROM loadlab.session WHERE deployment_id = 2)"
        );
        assert!(test.texts(&of_none).await.unwrap().is_empty(), "{table}");
    }
    let of_no_trace = "SELECT block_trace_id::text FROM last_block_trace_gossip_checkpoint
                        WHERE block_trace_id NOT IN (SELECT block_trace_id FROM block_trace)";
    assert!(test.texts(of_no_trace).await.unwrap().is_empty());
    let partitions = "SELECT relname::text FROM pg_class WHERE relname LIKE '%\\_d1'";
    assert!(test.texts(partitions).await.unwrap().is_empty());
    // A writer that was in the middle of it writes nothing.
    late.push(LINES);
    let result = late.store(&test).await;
    assert!(
        matches!(result, Err(StoreError::SessionTaken { .. })),
        "{result:?}"
    );
    for (table, rows) in counts(&test, 1).await {
        assert_eq!(rows, 0, "{table}");
    }
    let again = database.drop_deployment(1, false).await.unwrap_err();
    assert!(
        again
            .to_string()
            .contains("there is no deployment 1; existing: 2"),
        "{again}"
    );
}

/// Rows of tables without partitions are many, and deleting them takes long.
#[tokio::test]
async fn a_dropped_deployment_is_gone_before_its_rows_are_and_the_rest_goes_in_portions() {
    let test = database(2).await;
    let database = test.database();
    let mut late = fill(&test, 1).await;
    fill(&test, 2).await;
    test.execute(
        "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
             SELECT 'h' || n, 1, 'payment', 'exp-0-0-' || n, now() FROM generate_series(1, 25000) n;
         INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result)
             SELECT 'h' || n, 1, 'payment', 'exp-0-0-' || n, now(), 'Applied'
               FROM generate_series(1, 25000) n;
         UPDATE uniq_sws SET fst_work_tx_memo = 'exp-0-0-1', snd_work_tx_memo = 'exp-0-0-2'",
    )
    .await
    .unwrap();
    let views = test.texts(VIEWS).await.unwrap();
    assert!(views.len() >= 8, "{views:?}");
    let shown = async |view: &str| -> u64 {
        let sql = format!("SELECT count(*)::text FROM {view} WHERE deployment_id = 1");
        test.texts(&sql).await.unwrap()[0].parse().unwrap()
    };
    for view in &views {
        assert!(shown(view).await > 0, "the test has no row for {view}");
    }

    database.drop_deployment(1, false).await.unwrap();
    for view in &views {
        assert_eq!(shown(view).await, 0, "{view}");
    }
    assert_eq!(database.deployments().await.unwrap(), [2]);
    assert!(
        shown("unique_txs").await > 25_000,
        "the rows were not waited for"
    );
    late.push(LINES);
    let result = late.store(&test).await;
    assert!(
        matches!(result, Err(StoreError::SessionTaken { .. })),
        "{result:?}"
    );

    // The removal is killed after the first portion, and another one continues.
    {
        let (told, mut portion) = tokio::sync::mpsc::unbounded_channel();
        let removal = database.remove_dropped(move |rows| told.send(rows).unwrap());
        tokio::select! {
            // Looked at first: the removal may be ready to go on at the same time.
            biased;
            rows = portion.recv() => assert!(rows > Some(0)),
            removed = removal => panic!("it was not interrupted: {removed:?}"),
        }
    }
    assert!(shown("unique_txs").await > 10_000);
    assert_eq!(database.dropped_deployments().await.unwrap(), [1]);
    let mut portions = Vec::new();
    database
        .remove_dropped(|rows| portions.push(rows))
        .await
        .unwrap();
    let greatest = portions.windows(2).map(|two| two[1] - two[0]).max();
    assert!(greatest <= Some(10_000), "{portions:?}");
    assert_eq!(shown("unique_txs").await + shown("block_txs").await, 0);
    assert_eq!(
        database.dropped_deployments().await.unwrap(),
        [] as [i32; 0]
    );
    assert_eq!(database.remove_dropped(|_| {}).await.unwrap(), 0);
}

#[tokio::test]
async fn the_newest_deployment_is_dropped_on_request_only() {
    let test = database(2).await;
    let database = test.database();
    fill(&test, 2).await;
    let refused = database.drop_deployment(2, false).await.unwrap_err();
    assert!(matches!(refused, DropError::Newest(2)), "{refused}");
    assert!(counts(&test, 2).await.iter().any(|(_, rows)| *rows > 0));
    database.drop_deployment(2, true).await.unwrap();
    assert_eq!(database.deployments().await.unwrap(), [1]);
    // Its number is not given again.
    let next = database.create_deployment(&serde_json::Map::new()).await;
    assert_eq!(next.unwrap(), 3);
}

#[tokio::test]
async fn bookkeeping_goes_when_it_is_old_and_gaps_still_count() {
    let test = database(1).await;
    let database = test.database();
    fill(&test, 1).await;
    test.execute(
        "UPDATE loadlab.session_minute SET minute = now();
         INSERT INTO loadlab.unknown_control (session_id, line, process, content)
             SELECT session_id, 1, 'M', '{}' FROM loadlab.session",
    )
    .await
    .unwrap();
    let completeness = database.completeness(1, None).await.unwrap();
    assert_eq!(completeness[0].unknown_gaps, 1);
    let sessions = database.session_completeness(1, None, 10).await.unwrap();
    assert_eq!(sessions[0].gaps, 2);
    assert_eq!(database.minutes_since().await.unwrap(), None);
    let young = database.delete_old_bookkeeping(MONTH).await.unwrap();
    assert_eq!(young, Deleted::default());
    for (table, column) in [
        ("session_minute", "minute"),
        ("gap", "noted_at"),
        ("left_run", "left_at"),
        ("unknown_control", "noted_at"),
    ] {
        test.execute(&format!(
            "UPDATE loadlab.{table} SET {column} = {column} - interval '31 days'"
        ))
        .await
        .unwrap();
    }
    let old = database.delete_old_bookkeeping(MONTH).await.unwrap();
    let expected = Deleted {
        minutes: 1,
        gaps: 2,
        left_runs: 1,
        unknown_controls: 2,
    };
    assert_eq!(old, expected);
    assert_eq!(old.rows(), 6);
    assert_eq!(database.completeness(1, None).await.unwrap(), completeness);
    assert_eq!(
        database.session_completeness(1, None, 10).await.unwrap(),
        sessions
    );
    assert!(database.minutes_since().await.unwrap() > Some(1_700_000_000.0));
}

#[tokio::test]
async fn events_go_when_their_run_ended_long_ago() {
    let test = database(1).await;
    test.execute(
        "INSERT INTO loadlab.experiment_run (name, holds_slot, rounds, script, ended_at)
             VALUES ('old', false, '[]', '', now() - interval '31 days'),
                    ('new', false, '[]', '', now()), ('running', true, '[]', '', NULL);
         INSERT INTO loadlab.experiment_event (name, event, at, kind, message)
             SELECT name, event, now() - interval '32 days', 'log', ''
               FROM loadlab.experiment_run, generate_series(1, 3) AS event",
    )
    .await
    .unwrap();
    assert_eq!(test.database().delete_old_events(MONTH).await.unwrap(), 3);
    let left = "SELECT DISTINCT name FROM loadlab.experiment_event ORDER BY 1";
    assert_eq!(test.texts(left).await.unwrap(), ["new", "running"]);
}

/// With 32 ids for each transaction, the 32-bit numbers would end after some months of a thousand
/// nodes.
#[tokio::test]
async fn a_block_trace_takes_one_id_and_no_more() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    let used = async || test.database().trace_ids().await.unwrap().used;
    let before = used().await;
    for block in 0..20 {
        node.push(&format!(
            "{{\"current_block\":\"3N{block}\"}}\n[\"External_block_received\",17600000{block:02}.5]"
        ));
        node.store(&test).await.unwrap();
    }
    let stored = rows(&test, "block_trace").await.len();
    assert_eq!(used().await - before, i64::try_from(stored).unwrap());
    assert!(test.database().trace_ids().await.unwrap().used_ratio() < 0.01);
}

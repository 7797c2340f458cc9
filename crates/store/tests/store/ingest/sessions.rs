//! Sessions: several in one transaction, fenced against each other, taken up
//! again where they stopped.

use store::ingest::SessionKind;
use store::testing::{TestDatabase, assert_same};
use store::{ConnectOptions, Database, StoreError};

use super::{Node, database, rows};

const BLOCK: &str = r#"
    ["Snark_work_received",1760000401.5]
    {"metadata":{"work_ids":[1,2]}}
    {"current_block":"3NA"}
    ["External_block_received",1760000402.5]
    {"block_metadata":{"transactions":[["payment","7mA","m",["Failed"]]]}}
    ["Verify_commands",1760000403.5]
    ["Breadcrumb_integrated",1760000404.5]
"#;

/// Entries of a node in the order of their ids.
async fn entries(test: &TestDatabase, node: &str) -> Vec<String> {
    test.texts(&format!(
        "SELECT entry.name FROM block_trace_checkpoint AS entry
           JOIN block_trace USING (block_trace_id)
          WHERE node_name = '{node}' ORDER BY block_trace_checkpoint_id"
    ))
    .await
    .unwrap()
}

#[tokio::test]
async fn sessions_of_several_nodes_and_deployments_are_stored_together() {
    let together = database(2).await;
    let (mut a, mut b) = (
        Node::begin(&together, 1, "a").await,
        Node::begin(&together, 2, "b").await,
    );
    let mut c = Node::begin(&together, 1, "c").await;
    for node in [&mut a, &mut b, &mut c] {
        node.push(BLOCK);
    }
    let mut deliveries = [a.delivery(), b.delivery(), c.delivery()];
    let stored = together.database().deliver(&mut deliveries).await.unwrap();
    assert_eq!((stored.blocks, stored.snark_work), (3, 3));

    let apart = database(2).await;
    for (deployment, name) in [(1, "a"), (2, "b"), (1, "c")] {
        let mut node = Node::begin(&apart, deployment, name).await;
        node.push(BLOCK);
        node.store(&apart).await.unwrap();
    }
    assert_same(
        &together.dump().await.unwrap(),
        &apart.dump().await.unwrap(),
    );
    for table in ["block_txs", "uniq_sws"] {
        let found = rows(&together, &format!("{table} ORDER BY deployment_id")).await;
        let deployments: Vec<_> = found.iter().map(|row| &row["deployment_id"]).collect();
        assert_eq!(deployments, [1, 2], "{table}");
    }
}

#[tokio::test]
async fn a_writer_that_was_replaced_writes_nothing() {
    let test = database(1).await;
    let mut first = Node::begin(&test, 1, "n").await;
    let mut bystander = Node::begin(&test, 1, "m").await;
    first.push("[\"A\",1760000400.5]");
    first.store(&test).await.unwrap();
    let mut second = first.resumed(&test).await;
    second.push("[\"B\",1760000401.5]");
    second.store(&test).await.unwrap();

    let before = test.dump().await.unwrap();
    first.push("[\"C\",1760000402.5]");
    bystander.push("[\"D\",1760000402.5]");
    let error = test
        .database()
        .deliver(&mut [bystander.delivery(), first.delivery()])
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::SessionTaken { node } if node == "n"),
        "{error}"
    );
    assert_same(&test.dump().await.unwrap(), &before);
    assert_eq!(entries(&test, "n").await, ["A", "B"]);
    // Not even the cursor of the other session has moved.
    assert_eq!(
        test.texts("SELECT node_name || version FROM loadlab.session ORDER BY session_id")
            .await
            .unwrap(),
        ["n2", "m0"]
    );
}

#[tokio::test]
async fn a_session_goes_on_where_its_last_delivery_left_it() {
    let whole = database(1).await;
    let mut node = Node::begin(&whole, 1, "n").await;
    node.push(BLOCK);
    node.store(&whole).await.unwrap();

    // A new writer for every line: block, call, pairing and times go on.
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    for line in BLOCK.lines() {
        node.push(line);
        node.store(&test).await.unwrap();
        node = node.resumed(&test).await;
    }
    assert_same(&test.dump().await.unwrap(), &whole.dump().await.unwrap());
    assert_eq!(
        entries(&test, "n").await,
        [
            "Snark_work_received",
            "metadata",
            "External_block_received",
            "block_metadata",
            "Verify_commands",
            "Breadcrumb_integrated"
        ]
    );
    let sessions = test
        .database()
        .sessions(1, "n", SessionKind::Node)
        .await
        .unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].cursor["position"], 7);
    let others = test.database().sessions(1, "n", SessionKind::File).await;
    assert_eq!(others.unwrap(), []);
}

#[tokio::test]
async fn ids_of_a_node_ascend_over_sessions_and_writers() {
    let test = database(1).await;
    let mut expected = Vec::new();
    for session in 0..3 {
        let mut node = Node::begin(&test, 1, "n").await;
        let mut other = Node::begin(&test, 1, "m").await;
        for batch in 0..3 {
            // More than one block of ids, and a part of one.
            for entry in (0..1_030).map(|entry| format!("{session}.{batch}.{entry}")) {
                node.push(&format!("[\"{entry}\",1760000400.5]"));
                expected.push(entry);
            }
            other.push("[\"X\",1760000400.5]");
            let mut deliveries = [other.delivery(), node.delivery()];
            test.database().deliver(&mut deliveries).await.unwrap();
            node = node.resumed(&test).await;
        }
    }
    assert_eq!(entries(&test, "n").await, expected);
}

#[tokio::test]
async fn a_start_that_moves_back_takes_its_transactions_along() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    node.push(
        r#"{"current_block":"3NA"}
           ["External_block_received",1760000402.5]
           {"block_metadata":{"transactions":[["payment","7mA","m",["Failed"]]]}}"#,
    );
    node.store(&test).await.unwrap();
    let mut other = Node::begin(&test, 1, "m").await;
    other.push(
        r#"{"current_block":"3NA"}
           ["External_block_received",1760000409.5]
           {"block_metadata":{"transactions":[["payment","7mA","m",["Applied"]]]}}"#,
    );
    other.store(&test).await.unwrap();
    let received = async || {
        let found = rows(&test, "block_txs").await;
        (
            found[0]["block_received"].as_str().unwrap().to_owned(),
            found[0]["result"].clone(),
        )
    };
    // The earliest block counts, and of two results the lesser text.
    assert_eq!(
        received().await,
        ("2025-10-09T09:00:02.5+00:00".to_owned(), "Applied".into())
    );
    node.push("[\"Validate_transition\",1760000401.25]");
    node.store(&test).await.unwrap();
    assert_eq!(received().await.0, "2025-10-09T09:00:01.25+00:00");
}

#[tokio::test]
async fn the_reason_of_a_failure_is_stored_and_goes_when_another_block_applies_it() {
    let test = database(1).await;
    let block = |hash: &str, status: &str| {
        format!(
            r#"{{"current_block":"{hash}"}}
               ["External_block_received",1760000402.5]
               {{"block_metadata":{{"transactions":[["payment","7mA","m",{status}]]}}}}"#
        )
    };
    let reason = async || rows(&test, "block_txs").await[0]["failure_reason"].clone();
    let mut node = Node::begin(&test, 1, "n").await;
    // A node that names no reason, then one that does.
    node.push(&block("3NA", r#"["Failed"]"#));
    node.store(&test).await.unwrap();
    assert_eq!(reason().await, serde_json::Value::Null);
    node.push(&block("3NB", r#"["Failed",[[["Overflow"]]]]"#));
    node.store(&test).await.unwrap();
    assert_eq!(reason().await, "Overflow");
    node.push(&block("3NC", r#"["Failed"]"#));
    node.store(&test).await.unwrap();
    assert_eq!(reason().await, "Overflow");
    node.push(&block("3ND", r#"["Applied"]"#));
    node.store(&test).await.unwrap();
    assert_eq!(reason().await, serde_json::Value::Null);
}

#[tokio::test]
async fn many_first_imports_at_once_make_one_deployment() {
    let test = TestDatabase::create().await.unwrap();
    let first = || async { test.database().newest_or_first_deployment().await.unwrap() };
    let ids = tokio::join!(first(), first(), first(), first());
    assert_eq!(ids, (1, 1, 1, 1));
    assert_eq!(test.database().deployments().await.unwrap(), [1]);
}

#[tokio::test]
async fn what_was_deferred_is_on_disk_when_it_is_made_durable() {
    let test = database(1).await;
    // Tests' databases do not wait for the disk: this one does, for connections from now on.
    let name = test.texts("SELECT current_database()::text").await.unwrap();
    let wait = format!("ALTER DATABASE {} SET synchronous_commit = on", name[0]);
    test.execute(&wait).await.unwrap();
    let writing = ConnectOptions::for_writing();
    let database = Database::connect(test.url(), &writing).await.unwrap();
    let mut node = Node::begin(&test, 1, "n").await;
    for round in 0..20 {
        node.push(BLOCK);
        let stored = database.deliver_deferred(&mut [node.delivery()]).await;
        assert_eq!(stored.unwrap().snark_work, 1, "{round}");
        let position = &test
            .texts("SELECT pg_current_wal_insert_lsn()::text")
            .await
            .unwrap()[0];
        database.make_durable(&node.session).await.unwrap();
        let is_on_disk =
            format!("SELECT (pg_current_wal_flush_lsn() >= '{position}'::pg_lsn)::text");
        assert_eq!(test.texts(&is_on_disk).await.unwrap(), ["true"], "{round}");
    }
    assert_eq!(entries(&test, "n").await.len(), 20 * 6);

    // As a server does that crashes: the last delivery is gone.
    test.execute("UPDATE loadlab.session SET version = version - 1")
        .await
        .unwrap();
    let error = database.make_durable(&node.session).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database server has restarted and lost the last rows of node `n`; run the import \
         again, it continues from what is stored"
    );
    database.close().await;
}

#[tokio::test]
async fn a_first_import_that_is_dropped_uses_up_no_number() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    // A new deployment has its number by then, and waits for the lock of an import.
    let wait = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    PERFORM pg_advisory_xact_lock(9, hashtext('import n')); RETURN NEW; END $$;
                CREATE TRIGGER wait BEFORE INSERT ON deployment
                    FOR EACH ROW EXECUTE FUNCTION wait()";
    test.execute(wait).await.unwrap();
    let guard = database.lock_import(9, "n").await.unwrap();
    let waiting = "SELECT count(*)::text FROM pg_locks
                    WHERE locktype = 'advisory' AND classid = 9 AND NOT granted
                      AND database = (SELECT oid FROM pg_database
                                       WHERE datname = current_database())";
    let begun = async {
        while test.texts(waiting).await.unwrap() == ["0"] {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        id = database.newest_or_first_deployment() => panic!("deployment {id:?} did not wait"),
        () = begun => {}
    }
    guard.release().await;
    assert_eq!(database.newest_or_first_deployment().await.unwrap(), 1);
    assert_eq!(database.deployments().await.unwrap(), [1]);
}

#[tokio::test]
async fn the_lock_of_an_import_ends_with_its_guard() {
    let test = database(2).await;
    let database = test.database();
    let guard = database.lock_import(1, "n").await.unwrap();
    // Others are not concerned.
    database.lock_import(1, "m").await.unwrap().release().await;
    let elsewhere = database.lock_import(2, "n").await.unwrap();
    let refused = database.lock_import(1, "n").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "another process is writing the data of node `n`; let it finish"
    );
    drop(guard);
    database.lock_import(1, "n").await.unwrap().release().await;
    drop(elsewhere);
    for _ in 0..10 {
        drop(database.lock_import(2, "n").await.unwrap());
    }
}

#[tokio::test]
async fn a_session_needs_a_deployment_and_a_name_that_the_tables_hold() {
    let test = database(1).await;
    let begin = async |deployment, name: &str| {
        let cursor = serde_json::json!({});
        let database = test.database();
        let opened = database.begin_session(deployment, name, SessionKind::File, &cursor);
        opened.await.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(begin(1, &"é".repeat(255)).await, Ok(()));
    assert_eq!(
        begin(7, "n").await.unwrap_err(),
        "there is no deployment 7; existing: 1"
    );
    for name in [String::new(), "é".repeat(256), "a\0b".to_owned()] {
        assert_eq!(
            begin(1, &name).await.unwrap_err(),
            "a node name has 1 to 255 characters, none of them a control character"
        );
    }
}

#[tokio::test]
async fn ids_of_checkpoints_are_unique_though_no_index_says_so() {
    let test = database(1).await;
    let (mut a, mut b) = (
        Node::begin(&test, 1, "a").await,
        Node::begin(&test, 1, "b").await,
    );
    let many = "[\"A\",1760000400.5]\n".repeat(1_500);
    let writers = async |node: &mut Node| {
        for _ in 0..3 {
            node.push(&many);
            // One that is fenced out takes ids and writes nothing.
            let mut late = node.resumed(&test).await;
            node.store(&test).await.unwrap();
            late.push(&many);
            late.store(&test).await.unwrap_err();
        }
    };
    tokio::join!(writers(&mut a), writers(&mut b));
    let ids = "SELECT count(*) || ' ' || count(DISTINCT block_trace_checkpoint_id)
                 FROM block_trace_checkpoint";
    assert_eq!(test.texts(ids).await.unwrap(), ["9000 9000"]);
}

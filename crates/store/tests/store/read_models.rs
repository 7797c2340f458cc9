//! What the log API reads.

use store::read::{BlockTracesQuery, ReadBudget, TraceRange};
use store::testing::TestDatabase;

const SCENE: &str = r#"
INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}');
INSERT INTO block_trace
SELECT id, deployment, node, block, 1746628222.361262, 1746628223.206221, 0.844959020614624,
       'External', height, slot, 'Success', metadata::jsonb
  FROM (VALUES (1, 1, 'b', '0', 0, 0, '{}'),
               (2, 1, 'b', 'A', 461, 855, '{"slot":"855","diff_log":["large"],"winner":"B62"}'),
               (3, 1, 'b', 'B', 462, 857, '{}'),
               (4, 1, 'a', 'A', 461, 855, '{}'),
               (5, 1, 'b', 'A', 461, 855, '{"slot":"855","diff_log":["large"],"winner":"B63"}'),
               (6, 2, 'c', 'A', 461, 855, '[1]'),
               (7, 1, 'c', 'C', 463, 858, '{}'))
       AS t (id, deployment, node, block, height, slot, metadata);
"#;

/// The same rows with and without partitions.
async fn databases() -> [TestDatabase; 2] {
    let plain = TestDatabase::create().await.unwrap();
    plain.execute(SCENE).await.unwrap();
    let partitioned = TestDatabase::create().await.unwrap();
    let (deployments, traces) = SCENE.split_once(';').unwrap();
    partitioned.execute(deployments).await.unwrap();
    for deployment in [1, 2] {
        partitioned
            .database()
            .ensure_partitions(deployment)
            .await
            .unwrap();
    }
    partitioned.execute(traces).await.unwrap();
    [plain, partitioned]
}

#[tokio::test]
async fn deployments_are_listed_in_order() {
    let test = TestDatabase::create().await.unwrap();
    let database = test.database();
    assert_eq!(database.deployments().await.unwrap(), Vec::<i32>::new());
    assert_eq!(database.newest_deployment().await.unwrap(), None);
    test.execute("INSERT INTO deployment VALUES (7, '{}'), (3, '{}')")
        .await
        .unwrap();
    assert_eq!(database.deployments().await.unwrap(), [3, 7]);
    assert_eq!(database.newest_deployment().await.unwrap(), Some(7));
}

#[tokio::test]
async fn nodes_are_those_with_traces_in_the_deployment() {
    for test in databases().await {
        let nodes = async |deployment| test.database().nodes(deployment).await.unwrap();
        assert_eq!(nodes(1).await, ["a", "b", "c"]);
        assert_eq!(nodes(2).await, ["c"]);
        assert_eq!(nodes(3).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn traces_are_listed_by_id_within_the_range() {
    let blocks = async |test: &TestDatabase, range, newest_first, offset, limit| {
        let query = BlockTracesQuery {
            deployment_id: 1,
            node_name: "b".to_owned(),
            range,
            newest_first,
            offset,
            limit,
        };
        let rows = test
            .database()
            .block_traces(&query, &ReadBudget::unlimited())
            .await
            .unwrap();
        rows.into_iter().map(|row| row.block_id).collect::<String>()
    };
    let slots = |last, count| TraceRange::GlobalSlot { last, count };
    let heights = |last, count| TraceRange::Height { last, count };
    for test in databases().await {
        assert_eq!(blocks(&test, TraceRange::All, false, 0, 100).await, "0ABA");
        assert_eq!(blocks(&test, TraceRange::All, true, 1, 2).await, "BA");
        assert_eq!(blocks(&test, TraceRange::All, false, -1, -1).await, "");
        assert_eq!(blocks(&test, slots(857, 1), false, 0, 100).await, "B");
        assert_eq!(blocks(&test, slots(857, 3), false, 0, 100).await, "ABA");
        assert_eq!(blocks(&test, heights(462, 2), true, 0, 100).await, "ABA");
        assert_eq!(blocks(&test, heights(461, 0), true, 0, 100).await, "");
        let all = heights(i64::MAX, i64::MAX);
        assert_eq!(blocks(&test, all, false, 0, 100).await, "ABA");
        let none = slots(i64::MIN, i64::MAX);
        assert_eq!(blocks(&test, none, false, 0, 100).await, "");
    }
}

#[tokio::test]
async fn listed_metadata_comes_without_the_diff_log() {
    for test in databases().await {
        let metadata = async |deployment_id, node: &str, offset| {
            let query = BlockTracesQuery {
                deployment_id,
                node_name: node.to_owned(),
                range: TraceRange::All,
                newest_first: false,
                offset,
                limit: 1,
            };
            let rows = test
                .database()
                .block_traces(&query, &ReadBudget::unlimited())
                .await
                .unwrap();
            rows[0].metadata.get().to_owned()
        };
        assert_eq!(
            metadata(1, "b", 1).await,
            r#"{"slot": "855", "winner": "B62"}"#
        );
        assert_eq!(metadata(2, "c", 0).await, "[1]");
    }
}

#[tokio::test]
async fn the_newest_trace_of_a_block_is_read_with_its_main_entries() {
    for test in databases().await {
        test.execute(
            r#"INSERT INTO block_trace_checkpoint
             SELECT id, 5, source, main, control, name, started, metadata::jsonb, call, gossip, 1
               FROM (VALUES
                 (9, 'M', true, false, 'Second', 2.5, '[]', 0, false),
                 (4, 'M', true, false, 'First', 3.5, '[]', 0, false),
                 (10, 'M', true, true, 'metadata', -1, '{"b":1.5,"aa":[]}', 0, false),
                 (11, 'P', true, false, 'Prove', 4.5, null, 8, false),
                 (5, 'M', false, false, 'Other', 1.5, '[]', 0, false),
                 (6, 'M', true, false, 'Snark_work_received', 1.5, '[]', 0, true),
                 (7, 'X', true, false, 'Unknown process', 1.5, '[]', 0, false))
               AS t (id, source, main, control, name, started, metadata, call, gossip)"#,
        )
        .await
        .unwrap();
        let found = test
            .database()
            .block_trace(1, "b", "A")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            found.row.metadata.get(),
            r#"{"slot": "855", "winner": "B63", "diff_log": ["large"]}"#
        );
        assert_eq!(
            (found.row.started_at, found.row.total_time),
            (1_746_628_222.361_262, 0.844_959_020_614_624)
        );
        let entries: Vec<String> = found
            .entries
            .iter()
            .map(|entry| {
                format!(
                    "{} {} {} {} {} {}",
                    entry.process.letter_text(),
                    entry.is_control,
                    entry.name,
                    entry.started_at,
                    entry.metadata,
                    entry.call_id
                )
            })
            .collect();
        assert_eq!(
            entries,
            [
                "M false First 3.5 [] 0",
                "M false Second 2.5 [] 0",
                r#"M true metadata -1 {"b":1.5,"aa":[]} 0"#,
                "P false Prove 4.5 null 8",
            ]
        );
    }
}

#[tokio::test]
async fn a_trace_that_is_not_there_is_none() {
    let [test, _] = databases().await;
    for (deployment, node, block) in [(2, "b", "A"), (1, "a", "B"), (1, "x", "A")] {
        let found = test
            .database()
            .block_trace(deployment, node, block)
            .await
            .unwrap();
        assert!(found.is_none(), "{deployment} {node} {block}");
    }
}

#[tokio::test]
async fn distributions_are_those_of_node_and_deployment() {
    let [test, _] = databases().await;
    test.execute(
        "INSERT INTO data VALUES ('checkpoint_distributions', 1, 'b', 'text'),
                                 ('another key', 1, 'a', 'text')",
    )
    .await
    .unwrap();
    let text = async |deployment, node| {
        test.database()
            .distributions_text(deployment, node)
            .await
            .unwrap()
    };
    assert_eq!(text(1, "b").await.as_deref(), Some("text"));
    assert_eq!(text(1, "a").await, None);
    assert_eq!(text(2, "b").await, None);
}

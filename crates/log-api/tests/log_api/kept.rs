//! The answer about a trace is kept until something that it is made of has changed.

use serde_json::Value;

use crate::api::TestApi;

/// Traces of block 3Na at n1 and n2, of block 3Nb at n1 only. The log of n1 was read at their time.
const SCENE: &str = "
    INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}');
    INSERT INTO loadlab.session (deployment_id, node_name, kind, lines)
    VALUES (1, 'n1', 'node', 100), (1, 'n2', 'node', 100), (1, 'n1', 'file', 100);
    INSERT INTO loadlab.session_minute (session_id, minute, entries)
    VALUES (1, to_timestamp(1769850000), 50), (1, to_timestamp(1769853600), 50);
    INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
        trace_completed_at, total_time, source, blockchain_length, global_slot, status,
        metadata_json)
    SELECT 1, node, hash, 1769850000 + at, 1769850003 + at, 3, 'External', 4, 7, 'Success', '{}'
      FROM (VALUES ('n1', '3Na', 10), ('n2', '3Na', 11), ('n1', '3Nb', 30), ('n1', '3Nc', 40))
           AS t (node, hash, at);
    INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
        is_control, name, started_at, metadata_json, call_id, gossip)
    SELECT 1, block_trace_id, 'M', true, false, step.name, trace_started_at + step.at, '[]', 0, false
      FROM (SELECT * FROM block_trace ORDER BY block_trace_id) AS trace
     CROSS JOIN (VALUES ('External_block_received', 0), ('Build_breadcrumb', 1),
                        ('Breadcrumb_integrated', 3)) AS step (name, at)
     ORDER BY block_trace_id, at;";

/// What is written, and whether the answers about 3Na and 3Nb at n1 change with it.
const CHANGES: [(&str, bool, bool); 14] = [
    // Others write all the time.
    (
        "INSERT INTO deployment (metadata_json) VALUES ('{}')",
        false,
        false,
    ),
    (
        "INSERT INTO loadlab.session_minute VALUES (2, to_timestamp(1769850000), 7)",
        false,
        false,
    ),
    (
        "INSERT INTO loadlab.session_minute VALUES (1, to_timestamp(1769857200), 7)",
        false,
        false,
    ),
    (
        "UPDATE loadlab.session SET lines = lines + 1 WHERE kind = 'node'",
        false,
        false,
    ),
    // A block that only one node has is compared with its other blocks.
    (
        "UPDATE block_trace_checkpoint SET started_at = started_at + 0.5
          WHERE name = 'Build_breadcrumb' AND block_trace_id =
                (SELECT block_trace_id FROM block_trace WHERE block_id = '3Nc')",
        false,
        true,
    ),
    (
        "UPDATE block_trace_checkpoint SET started_at = started_at + 0.5
          WHERE name = 'Build_breadcrumb' AND block_trace_id =
                (SELECT block_trace_id FROM block_trace WHERE node_name = 'n2')",
        true,
        false,
    ),
    (
        "INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
             is_control, name, started_at, metadata_json, call_id, gossip)
         SELECT 1, block_trace_id, 'M', true, true, 'metadata', -1, '{\"peer\": 1}', 0, false
           FROM block_trace WHERE node_name = 'n1' AND block_id = '3Na'",
        true,
        true,
    ),
    (
        "UPDATE block_trace_checkpoint SET metadata_json = '{\"peer\": 2}' WHERE is_control",
        true,
        true,
    ),
    (
        "UPDATE block_trace SET global_slot = 8 WHERE node_name = 'n1' AND block_id = '3Nb'",
        false,
        true,
    ),
    // What is known of the node.
    (
        "UPDATE loadlab.session SET lines = lines + 1 WHERE kind = 'file'",
        true,
        true,
    ),
    (
        "UPDATE loadlab.session_minute SET entries = 51
          WHERE session_id = 1 AND minute = to_timestamp(1769850000)",
        true,
        true,
    ),
    (
        "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time)
         VALUES (1, 'M', 5, 'overrun', to_timestamp(1769850011))",
        true,
        true,
    ),
    (
        "INSERT INTO loadlab.session_minute VALUES (1, to_timestamp(1769860800), 7)",
        true,
        true,
    ),
    (
        "DELETE FROM block_trace_checkpoint WHERE is_control",
        true,
        true,
    ),
];

#[tokio::test]
async fn a_trace_is_read_again_only_when_what_its_answer_is_made_of_has_changed() {
    let api = TestApi::start().await;
    api.database.execute(SCENE).await.unwrap();
    // When it was read.
    let read = async |hash: &str| {
        let path = format!("/api/v1/traces/1/n1/{hash}");
        let response = api.get(&path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let body: Value = response.json().await.unwrap();
        body["meta"]["as_of"].clone()
    };
    let (mut of_a, mut of_b) = (read("3Na").await, read("3Nb").await);
    for (statement, changes_a, changes_b) in CHANGES {
        api.database.execute(statement).await.unwrap();
        let (a, b) = (read("3Na").await, read("3Nb").await);
        assert_eq!(
            (a != of_a, b != of_b),
            (changes_a, changes_b),
            "{statement}"
        );
        (of_a, of_b) = (a, b);
    }
    api.database
        .execute("DELETE FROM block_trace WHERE node_name = 'n1' AND block_id = '3Na'")
        .await
        .unwrap();
    let gone = api.get("/api/v1/traces/1/n1/3Na").send().await.unwrap();
    assert_eq!(gone.status(), 404);
}

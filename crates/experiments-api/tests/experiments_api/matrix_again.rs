//! The matrix and the list of blocks read only those blocks again into which something was written,
//! and show the same as a process that reads all of them.

use crate::reading_blocks::lab;

/// Everything that changes what the matrix shows.
const CHANGES: [&str; 12] = [
    "UPDATE block_trace SET trace_started_at = trace_started_at + 2, total_time = 9
      WHERE block_id = '3Ne' AND node_name = 'n2'",
    "UPDATE block_trace SET status = 'Failure' WHERE block_id = '3Nb'",
    // Its clock is behind that of the producer.
    "UPDATE block_trace SET trace_started_at = trace_started_at - 30
      WHERE block_id = '3Nd' AND node_name = 'n2'",
    "INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
         trace_completed_at, total_time, source, blockchain_length, global_slot, status,
         metadata_json)
     SELECT deployment_id, 'n7', block_id, trace_started_at + 5, trace_completed_at, total_time,
            'External', blockchain_length, global_slot, 'Pending', '{}'
       FROM block_trace WHERE node_name = 'n1' AND block_id IN ('3Nc', '3Nh')",
    "DELETE FROM block_trace WHERE node_name = 'n1' AND block_id = '3Ng'",
    // One goes and one comes.
    "DELETE FROM block_trace WHERE node_name = 'n7' AND block_id = '3Nh';
     INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
         trace_completed_at, total_time, source, blockchain_length, global_slot, status,
         metadata_json)
     SELECT deployment_id, 'n8', block_id, trace_started_at + 5, trace_completed_at, total_time,
            'External', blockchain_length, global_slot, 'Success', '{}'
       FROM block_trace WHERE node_name = 'n1' AND block_id = '3Nh'",
    "UPDATE block_trace SET metadata_json = metadata_json || '{\"creator\": \"B62other\",
         \"transactions\": [[\"payment\", \"t\", \"memo\", [\"Applied\"]]]}'
      WHERE block_id = '3Nf'",
    "UPDATE block_trace SET metadata_json = metadata_json || '{\"previous_state_hash\": \"3Nf\"}'
      WHERE block_id = '3Nh'",
    "UPDATE block_trace SET blockchain_length = 40 WHERE block_id = '3Nh'",
    "UPDATE block_trace SET block_id = '3Nnew' WHERE block_id = '3Ne'",
    "UPDATE block_trace SET source = 'Catchup' WHERE block_id = '3Nd' AND node_name = 'n2'",
    "INSERT INTO deployment (metadata_json) VALUES ('{}');
     INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
         trace_completed_at, total_time, source, blockchain_length, global_slot, status,
         metadata_json)
     SELECT (SELECT max(deployment_id) FROM deployment), node_name || 'b', block_id,
            trace_started_at, trace_completed_at, total_time, source, blockchain_length,
            global_slot, status, metadata_json
       FROM block_trace WHERE block_id LIKE '3N%'",
];

#[tokio::test]
async fn a_matrix_with_blocks_that_are_kept_is_that_of_blocks_that_are_read() {
    let lab = lab().await;
    let paths = [
        "/api/v1/blocks/matrix?metric=lag",
        "/api/v1/blocks/matrix?metric=lag2&order=name",
        "/api/v1/blocks/matrix?metric=apply&blocks=3",
        "/api/v1/blocks/matrix?before=5&blocks=2",
        "/api/v1/blocks/matrix?nodes=n2&from=1769850500000000",
        "/api/v1/blocks/matrix?deployment=1",
        "/api/v1/blocks?limit=4",
    ];
    let mut shown = Vec::new();
    for change in CHANGES {
        lab.scene(change).await;
        for (path, read) in paths.into_iter().zip(lab.answers_anew(&paths).await) {
            let kept = lab.get(path).await;
            assert_eq!(
                (kept.status, read.status),
                (200, 200),
                "{path}: {}",
                kept.body
            );
            let [kept, read] = [kept.json(), read.json()].map(|mut body| {
                body.as_object_mut().unwrap().remove("meta");
                body
            });
            assert_eq!(kept, read, "{path} after {change}");
            shown.push(kept.to_string());
        }
    }
    // Each change shows in one of them.
    for pair in shown.chunks(paths.len()).collect::<Vec<_>>().windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
}

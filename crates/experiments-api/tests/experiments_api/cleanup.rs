//! `POST /api/tracing/cleanup`.

use crate::lab::Lab;

const PATH: &str = "/api/tracing/cleanup";

/// In each of three deployments two pending traces and one of each other
/// status, each with two checkpoints, gossip, an interruption and a pool event.
const SCENE: &str = "
    INSERT INTO deployment (metadata_json) SELECT '{}' FROM generate_series(1, 3);
    INSERT INTO block_trace
    SELECT d * 10 + t, d, 'n', 'b' || t, 0, 0, 0, 'Unknown', 1, 1,
           (ARRAY['Pending', 'Pending', 'Success', 'Failure'])[t], '{}'
      FROM generate_series(1, 3) AS d, generate_series(1, 4) AS t;
    INSERT INTO block_trace_checkpoint
    SELECT block_trace_id * 10 + c, block_trace_id, 'M', true, false, 'c', 1, '[]', 0, c = 2,
           deployment_id
      FROM block_trace, generate_series(1, 2) AS c;
    INSERT INTO last_block_trace_gossip_checkpoint
    SELECT block_trace_id, 'Snark_work', 'received', now() FROM block_trace;
    INSERT INTO sw_interruptions
    SELECT block_trace_id, deployment_id, now(), 1, 'x', 1, 2 FROM block_trace;
    INSERT INTO tx_traces (block_trace_checkpoint_id, node_name, action, \"time\", diff, deployment_id)
    SELECT block_trace_checkpoint_id, 'n', 'received', now(), '[]', deployment_id
      FROM block_trace_checkpoint WHERE gossip;";

fn deleted(deployments: u32, traces: u32, checkpoints: u32) -> String {
    format!(
        r#"{{"message":"Historical data cleaned up","deleted":{{"deployments":{deployments},"traces":{traces},"checkpoints":{checkpoints}}}}}"#
    )
}

#[tokio::test]
async fn pending_traces_of_old_deployments_go_with_what_belongs_to_them() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let texts = async |sql: &str| lab.test.texts(sql).await.unwrap();
    // A rehearsal says the same and deletes nothing; what is no answer is none.
    let count = "SELECT count(*)::text FROM block_trace";
    lab.post(&format!("{PATH}?dry_run=true"), "").await.is(
        200,
        r#"{"message":"Nothing was deleted","would_delete":{"deployments":2,"traces":4,"checkpoints":8}}"#,
    );
    for wrong in ["dry_run=yes", "dry_run=", "dry_run"] {
        let answer = lab.post(&format!("{PATH}?{wrong}"), "").await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.body);
    }
    assert_eq!(texts(count).await, ["12"]);
    lab.post(PATH, "").await.is(201, &deleted(2, 4, 8));
    let left = ["13", "14", "23", "24", "31", "32", "33", "34"];
    let traces = "SELECT block_trace_id::text FROM block_trace ORDER BY block_trace_id";
    assert_eq!(texts(traces).await, left);
    for table in [
        "block_trace_checkpoint",
        "last_block_trace_gossip_checkpoint",
        "sw_interruptions",
    ] {
        let sql = format!(
            "SELECT DISTINCT block_trace_id::text FROM {table} ORDER BY block_trace_id::text"
        );
        assert_eq!(texts(&sql).await, left, "{table}");
    }
    // What was measured of the pool stays.
    assert_eq!(texts("SELECT count(*)::text FROM tx_traces").await, ["12"]);
    lab.post(PATH, "").await.is(201, &deleted(0, 0, 0));
}

#[tokio::test]
async fn the_newest_deployment_is_left_alone_also_if_it_is_the_only_one() {
    let lab = Lab::start().await;
    lab.post(PATH, "").await.is(201, &deleted(0, 0, 0));
    lab.scene(SCENE).await;
    lab.scene("DELETE FROM block_trace WHERE deployment_id < 3")
        .await;
    lab.post(PATH, "not JSON, and not looked at")
        .await
        .is(201, &deleted(0, 0, 0));
}

#[tokio::test]
async fn data_with_partitions_and_in_large_numbers_are_cleaned_up_in_no_time() {
    let lab = Lab::start().await;
    lab.scene("INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}')")
        .await;
    lab.test.database().ensure_partitions(1).await.unwrap();
    lab.scene(
        "INSERT INTO block_trace
         SELECT i, 1, 'n', 'b', 0, 0, 0, 'Unknown', 1, 1, 'Pending', '{}'
           FROM generate_series(1, 2000) AS i;
         INSERT INTO block_trace_checkpoint
         SELECT i, i % 2000 + 1, 'M', true, false, 'c', 1, '[]', 0, i % 2 = 0, 1
           FROM generate_series(1, 200000) AS i;",
    )
    .await;
    let begin = std::time::Instant::now();
    lab.post(PATH, "").await.is(201, &deleted(1, 2000, 200_000));
    let seconds = begin.elapsed().as_secs_f64();
    assert!(seconds < 20.0, "{seconds} s");
}

#[tokio::test]
async fn clean_ups_at_the_same_time_count_each_trace_once() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let (first, second) = tokio::join!(lab.post(PATH, ""), lab.post(PATH, ""));
    let traces = |answer: &crate::lab::Answer| answer.json()["deleted"]["traces"].as_u64();
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(traces(&first).unwrap() + traces(&second).unwrap(), 4);
}

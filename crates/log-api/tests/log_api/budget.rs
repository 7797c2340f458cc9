//! What one request may ask for in all its fields together.

use serde_json::Value;

use crate::api::TestApi;

/// A node with long metadata, one with many rows, and a block with many entries.
async fn filled() -> TestApi {
    let api = TestApi::start().await;
    let rows = |node: &str, count: u32, characters: u32| {
        format!(
            "INSERT INTO block_trace (deployment_id, node_name, block_id, blockchain_length,
                 global_slot, status, source, trace_started_at, total_time, metadata_json)
             SELECT 1, '{node}', 'b' || g, g, g, 'Success', 'External', g, 1,
                    jsonb_build_object('x', repeat('x', {characters}))
               FROM generate_series(1, {count}) g;"
        )
    };
    let sql = [
        "INSERT INTO deployment (metadata_json) VALUES ('{}');".to_owned(),
        rows("long", 100, 200_000),
        rows("many", 10_000, 1),
        rows("block", 1, 1),
        "INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, is_control,
             name, started_at, metadata_json, call_id, main_trace, gossip)
         SELECT 1, (SELECT block_trace_id FROM block_trace WHERE node_name = 'block'), 'M', false,
                'c', g, '{}', 0, true, false
           FROM generate_series(1, 60000) g;"
            .to_owned(),
    ];
    for statement in sql {
        api.database.execute(&statement).await.unwrap();
    }
    api
}

async fn ask(api: &TestApi, field: &str, times: usize) -> Result<usize, Value> {
    let fields: Vec<String> = (0..times).map(|i| format!("a{i}: {field}")).collect();
    let (status, answer) = api.query(&format!("{{{}}}", fields.join(" "))).await;
    assert_eq!(status, 200);
    match answer.get("errors") {
        None => Ok(answer["data"].to_string().len()),
        Some(errors) => {
            assert!(answer["data"].is_null(), "{:.200}", answer.to_string());
            Err(errors[0]["extensions"]["code"].clone())
        }
    }
}

#[tokio::test]
async fn rows_and_bytes_of_all_fields_together_are_bounded() {
    let api = filled().await;
    let page = |node: &str| format!("blockTraces(node_name:\"{node}\",maxLength:10000)");
    let block = "blockTrace(node_name:\"block\",block_identifier:\"b1\")";
    for (field, permitted, too_many) in [
        // Of 20 MB each.
        (page("long"), 1, 2),
        // Of 10,000 rows each.
        (page("many"), 10, 11),
        // Of 60,000 entries.
        (block.to_owned(), 1, 2),
        (block.replace("blockTrace", "blockStructuredTrace"), 1, 2),
    ] {
        let answered = ask(&api, &field, permitted).await;
        assert!(answered.is_ok_and(|bytes| bytes > 100_000), "{field}");
        let refused = ask(&api, &field, too_many).await;
        assert_eq!(refused, Err("TOO_MUCH".into()), "{field}");
    }
}

#[tokio::test]
async fn the_entries_of_a_block_are_answered_page_by_page() {
    let api = filled().await;
    for (field, place) in [
        ("blockTrace", "checkpoints"),
        ("blockStructuredTrace", "sections/0/checkpoints"),
    ] {
        let query = format!(
            "{{{field}(node_name:\"block\",block_identifier:\"b1\",offset:100,maxLength:3)}}"
        );
        let (_, answer) = api.query(&query).await;
        let checkpoints = answer.pointer(&format!("/data/{field}/{place}"));
        let starts: Vec<String> = checkpoints
            .and_then(Value::as_array)
            .unwrap()
            .iter()
            .map(|checkpoint| checkpoint["started_at"].as_f64().unwrap().to_string())
            .collect();
        assert_eq!(starts, ["101", "102", "103"], "{answer}");
    }
    let negative = "{blockTrace(node_name:\"block\",block_identifier:\"b1\",offset:-1)}";
    let (_, answer) = api.query(negative).await;
    assert!(
        answer["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("negative")
    );
}

//! The reading API: one trace, its checkpoints, two traces beside each other.

use serde_json::{Value, json};

use crate::api::TestApi;

/// Block 3Na at n1, n2 and n3, and 3Nb at n1. What n1 did with 3Na: within `Build_breadcrumb`, which
/// took 2 s, a call of the verifier; and something after success. n2 took half as long, n3 the same.
/// From n1, 5 entries are lost at that time. Times are seconds after 2026-01-31T09:00:00Z.
const SCENE: &str = r#"
    INSERT INTO deployment (metadata_json) VALUES ('{}');
    INSERT INTO loadlab.session (deployment_id, node_name, kind, lines)
    VALUES (1, 'n1', 'node', 100), (1, 'n2', 'node', 100);
    INSERT INTO loadlab.session_minute (session_id, minute, entries)
    SELECT session_id, '2026-01-31T09:00:00Z', 15 FROM loadlab.session;
    INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
    VALUES (1, 'M', 5, 'overrun', '2026-01-31T09:00:11.5Z', '2026-01-31T09:00:20Z');
    INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
        trace_completed_at, total_time, source, blockchain_length, global_slot, status,
        metadata_json)
    SELECT 1, node, hash, 1769850000 + at, 1769850000 + at + total, total, 'External', height, 7,
           'Success', '{"slot": "7", "diff_log": [1]}'
      FROM (VALUES ('n1', '3Na', 10, 3.0, 4), ('n2', '3Na', 11, 1.5, 4), ('n3', '3Na', 12, 3.0, 4),
                   ('n1', '3Nb', 30, 1.5, 5)) AS t (node, hash, at, total, height);
    INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
        is_control, name, started_at, metadata_json, call_id, gossip)
    SELECT 1, block_trace_id, step.source, true, name = 'metadata',
           name, CASE name WHEN 'metadata' THEN -1 ELSE trace_started_at + at * total_time / 3 END,
           CASE name WHEN 'metadata' THEN '{"peer": "x"}' ELSE '[]' END::jsonb, call, false
      FROM (SELECT * FROM block_trace ORDER BY block_trace_id) AS trace
     CROSS JOIN (VALUES (1, 'M', 'External_block_received', 0.0, 0), (2, 'M', 'metadata', 0, 0),
                   (3, 'M', 'Build_breadcrumb', 1.0, 0),
                   (4, 'M', 'Validate_staged_ledger_diff', 1.5, 0),
                   (5, 'M', 'Create_breadcrumb', 2.0, 0), (6, 'M', 'Breadcrumb_integrated', 3.0, 0),
                   (7, 'M', 'Frontier_extension', 3.3, 0))
             AS step (number, source, name, at, call)
     ORDER BY block_trace_id, number;"#;

async fn api() -> TestApi {
    let api = TestApi::start().await;
    api.database.execute(SCENE).await.unwrap();
    api
}

async fn read(api: &TestApi, path: &str) -> Value {
    let response = api.get(path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_trace_has_its_tree_in_columns() {
    let api = api().await;
    let body = read(&api, "/api/v1/traces/1/n1/3Na").await;
    let trace = &body["trace"];
    for (member, expected) in [
        ("node", json!("n1")),
        ("hash", json!("3Na")),
        ("height", json!(4)),
        ("slot", json!(7)),
        ("source", json!("External")),
        ("status", json!("Success")),
        ("started", json!(1_769_850_010_000_000_i64)),
        ("total_s", json!(3.0)),
        ("truncated", json!(false)),
        ("block_metadata", json!({"slot": "7"})),
        // from 1.5 s after its beginning to the end of what is known of it
        (
            "gaps",
            json!([{"start_us": 1_500_000, "end_us": 3_300_000, "missing": 5}]),
        ),
    ] {
        assert_eq!(trace[member], expected, "{member}");
    }
    let names = trace["names"].as_array().unwrap();
    let columns = &trace["columns"];
    let shown: Vec<&str> = columns["name"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| {
            names[usize::try_from(name.as_u64().unwrap()).unwrap()]
                .as_str()
                .unwrap()
        })
        .collect();
    let expected = [
        "External_block_received",
        "Build_breadcrumb",
        "Validate_staged_ledger_diff",
        "Create_breadcrumb",
        "Breadcrumb_integrated",
    ];
    assert_eq!(shown, expected);
    for (column, expected) in [
        ("index", json!([0, 1, 2, 3, 4])),
        ("depth", json!([0, 0, 1, 1, 0])),
        (
            "start_us",
            json!([0, 1_000_000, 1_500_000, 2_000_000, 3_000_000]),
        ),
        (
            "total_us",
            json!([1_000_000, 2_000_000, 500_000, 1_000_000, 0]),
        ),
        ("own_us", json!([1_000_000, 500_000, 500_000, 1_000_000, 0])),
        ("lane", json!("MMMMM")),
        ("has_metadata", json!("10000")),
        // The median of n1 and n3 with 2 s, and n2 with 1 s; the last step has no length.
        ("usual", json!([1.0, 1.0, 1.0, 1.0, null])),
    ] {
        assert_eq!(columns[column], expected, "{column}");
    }
    assert_eq!(trace["after_success"]["index"], json!([5]));
    let fast = read(&api, "/api/v1/traces/1/n2/3Na").await;
    assert_eq!(
        fast["trace"]["columns"]["usual"],
        json!([0.5, 0.5, 0.5, 0.5, null])
    );
    // Only n1 has 3Nb: its other blocks say what is usual.
    let alone = read(&api, "/api/v1/traces/1/n1/3Nb").await;
    assert_eq!(alone["trace"]["columns"]["usual"][0], 1.0);
    let complete = &body["meta"]["completeness"];
    assert_eq!(
        (
            &complete["share"],
            &complete["lost_entries"],
            &complete["nodes"]
        ),
        (&json!(0.75), &json!(5), &json!(1))
    );
    assert_eq!(fast["meta"]["completeness"]["share"], 1.0);
}

#[tokio::test]
async fn a_trace_is_read_by_depth_and_in_pages() {
    let api = api().await;
    let page = async |parameters: &str| {
        let body = read(&api, &format!("/api/v1/traces/1/n1/3Na?{parameters}")).await;
        let meta = &body["meta"];
        let index = body["trace"]["columns"]["index"].clone();
        (index, meta["total"].clone(), meta["next"].clone())
    };
    for (parameters, index, total, next) in [
        ("", json!([0, 1, 2, 3, 4]), 5, Value::Null),
        ("depth=0", json!([0, 1, 4]), 3, Value::Null),
        ("limit=2", json!([0, 1]), 5, json!("2")),
        ("limit=2&cursor=2", json!([2, 3]), 5, json!("4")),
        ("limit=2&cursor=4", json!([4]), 5, Value::Null),
        ("depth=0&limit=1&cursor=1", json!([1]), 3, json!("2")),
        ("cursor=9", json!([]), 5, Value::Null),
    ] {
        assert_eq!(
            page(parameters).await,
            (index, json!(total), next),
            "{parameters}"
        );
    }
}

#[tokio::test]
async fn a_checkpoint_has_its_metadata() {
    let api = api().await;
    let path = "/api/v1/traces/1/n1/3Na/checkpoints";
    let body = read(&api, &format!("{path}/0")).await;
    assert_eq!(
        (&body["name"], &body["metadata"], &body["total_us"]),
        (
            &json!("External_block_received"),
            &json!({"peer": "x"}),
            &json!(1_000_000)
        )
    );
    assert_eq!(body["started"], 1_769_850_010_000_000_i64);
    let after = read(&api, &format!("{path}/5")).await;
    assert_eq!(after["name"], "Frontier_extension");
}

#[tokio::test]
async fn two_traces_are_aligned_and_their_difference_is_explained() {
    let api = api().await;
    let body = read(&api, "/api/v1/trace-diff?a=1/n2/3Na&b=1/n1/3Na").await;
    let diff = &body["diff"];
    assert_eq!(
        (&diff["a"]["node"], &diff["b"]["node"]),
        (&json!("n2"), &json!("n1"))
    );
    let columns = &diff["columns"];
    assert_eq!(columns["a_index"], columns["b_index"]);
    assert_eq!(columns["depth"], json!([0, 0, 1, 1, 0]));
    assert_eq!(
        columns["a_total_us"],
        json!([500_000, 1_000_000, 250_000, 500_000, 0])
    );
    assert_eq!(
        columns["delta_own_us"],
        json!([500_000, 250_000, 250_000, 500_000, 0])
    );
    assert_eq!(
        (&diff["difference_s"], &diff["residue_s"]),
        (&json!(1.5), &json!(0.0))
    );
    let first = json!({"name": "Create_breadcrumb", "delta_s": 0.5, "share": 1.0 / 3.0});
    assert_eq!(diff["explained"][0], first);
    assert_eq!(diff["explained"].as_array().unwrap().len(), 4);
    // The other way round, signs turn.
    let turned = read(&api, "/api/v1/trace-diff?b=1/n2/3Na&a=1/n1/3Na").await;
    assert_eq!(turned["diff"]["difference_s"], -1.5);
    assert_eq!(turned["diff"]["explained"][0]["delta_s"], -0.5);
}

#[tokio::test]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let api = api().await;
    let path = "/api/v1/traces/1/n1/3Na";
    let first = api.get(path).send().await.unwrap();
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let again = api
        .get(path)
        .header("if-none-match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["etag"], tag);
    assert_eq!(again.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn what_is_not_there_or_cannot_be_read_is_refused() {
    let api = api().await;
    for (path, status, code) in [
        ("/api/v1/traces/1/n1/3Nz", 404, "unknown_trace"),
        ("/api/v1/traces/9/n1/3Na", 404, "unknown_trace"),
        ("/api/v1/traces/x/n1/3Na", 400, "bad_request"),
        ("/api/v1/traces/1/n1/3Na?limit=0", 400, "bad_request"),
        ("/api/v1/traces/1/n1/3Na?limit=100001", 400, "bad_request"),
        ("/api/v1/traces/1/n1/3Na?cursor=x", 400, "bad_request"),
        (
            "/api/v1/traces/1/n1/3Na/checkpoints/6",
            404,
            "unknown_checkpoint",
        ),
        ("/api/v1/traces/1/n1/3Na/checkpoints/-1", 400, "bad_request"),
        ("/api/v1/trace-diff?a=1/n1/3Na", 400, "bad_request"),
        ("/api/v1/trace-diff?a=1/n1/3Na&b=n1/3Na", 400, "bad_request"),
        (
            "/api/v1/trace-diff?a=1/n1/3Na&b=1/n9/3Na",
            404,
            "unknown_trace",
        ),
    ] {
        let response = api.get(path).send().await.unwrap();
        let found = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            (found, &body["error"]["code"]),
            (status, &json!(code)),
            "{path}"
        );
        assert!(body["error"]["request_id"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn a_long_trace_is_cut_and_says_so() {
    let api = api().await;
    api.database
        .execute(
            "INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
                 trace_completed_at, total_time, source, blockchain_length, global_slot, status,
                 metadata_json)
             VALUES (1, 'n1', '3Nlong', 1769850000, 1769850001, 1, 'External', 9, 9, 'Pending', '{}');
             INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
                 is_control, name, started_at, metadata_json, call_id, gossip)
             SELECT 1, (SELECT block_trace_id FROM block_trace WHERE block_id = '3Nlong'), 'M', true,
                    false, 'step', 1769850000 + n / 1e5, '[]', 0, false
               FROM generate_series(0, 100000) AS n",
        )
        .await
        .unwrap();
    let body = read(&api, "/api/v1/traces/1/n1/3Nlong?limit=1").await;
    assert_eq!(body["trace"]["truncated"], true);
    assert_eq!(
        (&body["meta"]["total"], &body["meta"]["next"]),
        (&json!(100_000), &json!("1"))
    );
}

#[tokio::test]
async fn an_archived_trace_says_where_it_is_and_how_it_comes_back() {
    let api = api().await;
    let archived = "
        DELETE FROM block_trace_checkpoint;
        DELETE FROM block_trace;
        INSERT INTO loadlab.archived_deployment (deployment_id, url, manifest_sha256)
        VALUES (1, 's3://traces/lab-a', 'ab12');";
    api.database.execute(archived).await.unwrap();
    for path in [
        "/api/v1/traces/1/n1/3Na",
        "/api/v1/traces/1/n1/3Na/export?format=json",
        "/api/v1/traces/1/n1/3Na/checkpoints/0",
        "/api/v1/trace-diff?a=1/n1/3Na&b=1/n2/3Na",
    ] {
        let response = api.get(path).send().await.unwrap();
        assert_eq!(response.status(), 410, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "archived", "{path}");
        let message = body["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("s3://traces/lab-a")
                && message.contains("`loadlab archive restore 1`"),
            "{path}: {message}"
        );
    }
    // Of a deployment that is not there, nothing else is said than before.
    let unknown = api.get("/api/v1/traces/2/n1/3Na").send().await.unwrap();
    assert_eq!(unknown.status(), 404);
}

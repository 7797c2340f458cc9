//! The reading API's blocks, checkpoints, transactions, comparisons and attributions.

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::reading::SCENE;

async fn lab() -> Lab {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab
}

fn column<'a>(rows: &'a Value, name: &str) -> Vec<&'a Value> {
    let rows = rows.as_array().unwrap();
    rows.iter().map(|row| &row[name]).collect()
}

#[tokio::test]
async fn blocks_have_their_place_in_the_chain() {
    let lab = lab().await;
    lab.scene(
        r#"UPDATE block_trace SET metadata_json = metadata_json || '{"creator": "B62one",
            "transactions": [["payment", "t1", "memo", ["Applied"]], ["zkapp:1:1", "t2", "", ["Failed"]],
                             ["coinbase", "720", ["Applied"]]],
            "diff_log": [{"end_resources": {"completed_work": [4, "0"]}},
                         {"end_resources": {"completed_work": [2, "0"]}}]}'
           WHERE block_id = '3Nb' AND node_name = 'n1'"#,
    )
    .await;
    let page = lab.read("/api/v1/blocks?limit=6").await;
    assert_eq!(
        column(&page["blocks"], "hash"),
        ["3Nh", "3Ng", "3Nf", "3Ne", "3Nd", "3Nc"]
    );
    assert_eq!(
        (&page["meta"]["total"], &page["meta"]["next"]),
        (&json!(9), &json!("3"))
    );
    let rest = lab.read("/api/v1/blocks?limit=1&cursor=3").await;
    let blocks = &rest["blocks"];
    // Both blocks of one height come together.
    assert_eq!(column(blocks, "hash"), ["3Nx", "3Nb"]);
    assert_eq!(column(blocks, "canonical"), [&json!(false), &json!(true)]);
    let block = &blocks[1];
    for (member, expected) in [
        ("height", json!(2)),
        ("slot", json!(2)),
        ("first_seen", json!(1_769_850_361_000_000_i64)),
        ("producer", json!("B62one")),
        ("user_commands", json!(1)),
        ("zkapps", json!(1)),
        ("snark_works", json!(6)),
        ("traces", json!(2)),
        ("success", json!(2)),
        ("lag_p50_s", json!(4.0)),
        ("apply_p95_s", json!(2.0)),
    ] {
        assert_eq!(block[member], expected, "{member}");
    }
    // What no trace tells is unknown.
    assert_eq!(blocks[0]["user_commands"], Value::Null);
    assert_eq!(blocks[0]["snark_works"], Value::Null);
    let one = lab.read("/api/v1/blocks/3Nb").await;
    assert_eq!(column(&one["siblings"], "hash"), ["3Nx"]);
    assert_eq!(column(&one["traces"], "node"), ["n1", "n2"]);
    assert_eq!(column(&one["traces"], "lag_s"), [&Value::Null, &json!(4.0)]);
    assert_eq!(lab.get("/api/v1/blocks/3Nz").await.status, 404);
}

#[tokio::test]
async fn the_matrix_has_a_cell_for_each_node_and_block() {
    let lab = lab().await;
    lab.scene(
        "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
         VALUES (2, 'M', 3, 'overrun', '2026-01-31T09:12:02Z', '2026-01-31T09:12:03Z')",
    )
    .await;
    let body = lab.read("/api/v1/blocks/matrix?blocks=7&order=name").await;
    let matrix = &body["matrix"];
    let hashes = ["3Nb", "3Nx", "3Nc", "3Nd", "3Ne", "3Nf", "3Ng", "3Nh"];
    assert_eq!(column(&matrix["blocks"], "hash"), hashes);
    assert_eq!(matrix["nodes"], json!(["n1", "n2"]));
    // n1 made all but the orphan; of n2 entries from the time of 3Nc are lost, and it has not
    // seen the last four.
    assert_eq!(matrix["states"], "vnvvvvvvvvuvnnnn");
    let values = matrix["values"].as_array().unwrap();
    assert_eq!(
        &values[8..],
        &[
            json!(4.0),
            json!(0.0),
            Value::Null,
            json!(3.0),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null
        ]
    );
    assert_eq!(matrix["medians"][0], 4.0);
    let apply = lab
        .read("/api/v1/blocks/matrix?metric=apply&blocks=1")
        .await;
    assert_eq!(apply["matrix"]["values"], json!([2.0, null]));
}

#[tokio::test]
async fn transactions_are_found_by_run_fate_and_text() {
    let lab = lab().await;
    lab.scene(
        "INSERT INTO tx_traces (block_trace_checkpoint_id, deployment_id, node_name, action, time,
                                diff, sender, reason)
         VALUES (1, 1, 'n1', 'received', '2026-01-31T09:04:00Z', '[[\"payment\", \"t0\", \"m\"]]',
                 null, null),
                (2, 1, 'n1', 'rejected', '2026-01-31T09:04:01Z', '[[\"payment\", \"t0\", \"m\"]]',
                 null, 'Invalid_nonce');
         UPDATE block_trace SET metadata_json = metadata_json
             || '{\"transactions\": [[\"payment\", \"t0\", \"m\", [\"Failed\"]]]}'
          WHERE block_id = '3Nb'",
    )
    .await;
    let flow = lab.read("/api/v1/transactions/flow?run=ramp").await;
    let expected = json!({
        "intended": 15, "accepted": 10, "seen": 8, "included": 7, "applied": 6, "refused": 5,
        "never_seen": 2, "waiting": 0, "missed": 1, "failed": 1, "unknown": 0, "not_included": 1,
    });
    assert_eq!(flow["flow"], expected);
    assert_eq!(
        flow["reasons"],
        json!([{"reason": "Invalid_nonce", "count": 1, "nodes": 1}])
    );
    let all = lab.read("/api/v1/transactions/flow").await;
    assert_eq!(
        (&all["flow"]["seen"], &all["flow"]["missed"]),
        (&json!(8), &Value::Null)
    );

    let page = lab.read("/api/v1/transactions?run=ramp&limit=2").await;
    assert_eq!(column(&page["transactions"], "hash"), ["t7", "t6"]);
    assert_eq!(
        (&page["meta"]["total"], &page["meta"]["next"]),
        (&json!(8), &json!("2"))
    );
    assert_eq!(page["transactions"][0]["fate"], "pending");
    let failed = lab.read("/api/v1/transactions?fate=failed").await;
    let row = &failed["transactions"][0];
    assert_eq!(
        (&row["hash"], &row["reason"]),
        (&json!("t0"), &json!("Overflow"))
    );
    assert_eq!(
        (&row["latency_s"], &row["round"]),
        (&json!(121.0), &json!(0))
    );
    let zkapps = lab.read("/api/v1/transactions?kind=zkapp").await;
    assert_eq!(zkapps["meta"]["total"], 0);
    let found = lab.read("/api/v1/transactions?q=ramp-0-0-3").await;
    assert_eq!(column(&found["transactions"], "hash"), ["t3"]);

    let one = lab.read("/api/v1/transactions/t0").await;
    assert_eq!(one["blocks"], json!(["3Nb"]));
    assert_eq!(column(&one["events"], "action"), ["received", "rejected"]);
    assert_eq!(lab.get("/api/v1/transactions/t9").await.status, 404);
}

#[tokio::test]
async fn snark_work_is_listed_with_what_is_open() {
    let lab = lab().await;
    lab.scene(
        "INSERT INTO uniq_sws (deployment_id, fst_work_id, snd_work_id, fee, prover, fst_work_type,
                               snd_work_type, time_added, time_received, time_scheduled)
         VALUES (1, 7, 8, '0.01', 'B62p', 'payment', 'merge', null, '2026-01-31T09:00:30Z',
                 '2026-01-31T09:00:00Z'),
                (1, 9, null, null, null, 'coinbase', null, null, null, '2026-01-31T09:00:10Z')",
    )
    .await;
    let body = lab.read("/api/v1/snark-work").await;
    let works = &body["works"];
    assert_eq!(column(works, "ids"), [&json!([9]), &json!([7, 8])]);
    assert_eq!(column(works, "delay_s"), [&Value::Null, &json!(30.0)]);
    assert_eq!(works[1]["kinds"], json!(["payment", "merge"]));
    let counts = body["open"]["count"].as_array().unwrap();
    assert_eq!(counts.len(), 600);
    assert_eq!(
        (&counts[0], &counts[300], &counts[599]),
        (&json!(1), &json!(2), &json!(1))
    );
    let proved = lab.read("/api/v1/snark-work?q=B62p").await;
    assert_eq!(proved["meta"]["total"], 1);
}

/// Traces of 12 blocks on two nodes in deployment 1; step `Slow` takes `slow` seconds at n2.
fn steps(slow: f64) -> String {
    format!(
        "INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
             trace_completed_at, total_time, source, blockchain_length, global_slot, status,
             metadata_json)
         SELECT 1, node, '3Ns' || n, 1770000000 + n * 180, 1770000000 + n * 180 + 1 + slow, 1 + slow,
                'External', 100 + n, 100 + n, 'Success', '{{}}'
           FROM generate_series(1, 12) AS n,
                (VALUES ('n1', 1.0), ('n2', {slow}::float8)) AS t (node, slow);
         INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
             is_control, name, started_at, metadata_json, call_id, gossip)
         SELECT 1, block_trace_id, 'M', true, false, name,
                CASE name WHEN 'Fast' THEN trace_started_at WHEN 'Slow' THEN trace_started_at + 1
                          ELSE trace_completed_at END, '[]', 0, false
           FROM block_trace, unnest(ARRAY['Fast', 'Slow', 'Done']) AS name
          WHERE block_id LIKE '3Ns%'"
    )
}

#[tokio::test]
async fn checkpoints_have_their_own_times() {
    let lab = lab().await;
    lab.scene(&steps(3.0)).await;
    let body = lab.read("/api/v1/checkpoints?group=node").await;
    let rows = &body["checkpoints"];
    assert_eq!(column(rows, "name"), ["Slow", "Fast", "Fast", "Slow"]);
    assert_eq!(column(rows, "group")[0], "n2");
    assert_eq!(
        (&rows[0]["calls"], &rows[0]["total_s"]),
        (&json!(12), &json!(36.0))
    );
    assert_eq!(
        (&rows[0]["p50_s"], &rows[0]["max_s"]),
        (&json!(3.0), &json!(3.0))
    );
    let bounds = body["bounds_s"].as_array().unwrap();
    let buckets = rows[0]["buckets"].as_array().unwrap();
    assert_eq!((bounds.len(), buckets.len()), (37, 38));
    // Three seconds are below 10^0.5.
    let full = buckets.iter().position(|count| count == 12).unwrap();
    assert!(bounds[full - 1].as_f64().unwrap() <= 3.0 && bounds[full].as_f64().unwrap() > 3.0);
    let all = lab.read("/api/v1/checkpoints?q=SLO").await;
    assert_eq!(column(&all["checkpoints"], "calls"), [&json!(24)]);
}

#[tokio::test]
async fn an_attribution_names_step_and_node() {
    let lab = lab().await;
    lab.scene(&steps(3.0)).await;
    let body = lab
        .read("/api/v1/attribution?set=nodes:n2&base=nodes:n1")
        .await;
    let found = &body["attribution"];
    assert_eq!(
        (&found["verdict"], &found["excess_s"]),
        (&json!("explained"), &json!(2.0))
    );
    assert_eq!(
        (&found["set"]["traces"], &found["set"]["mean_s"]),
        (&json!(12), &json!(4.0))
    );
    let first = &found["checkpoints"][0];
    assert_eq!(
        (&first["name"], &first["share"]),
        (&json!("Slow"), &json!(1.0))
    );
    assert_eq!(first["by_node"], json!([{"key": "n2", "share": 1.0}]));
    assert_eq!(
        (&first["slow"]["node"], &first["typical"]["node"]),
        (&json!("n2"), &json!("n1"))
    );
    let slow = lab.read("/api/v1/attribution?set=slower:p50").await;
    assert_eq!(slow["attribution"]["set"]["nodes"], 1);
    assert_eq!(slow["attribution"]["checkpoints"][0]["name"], "Slow");
    let few = lab.read("/api/v1/attribution?set=blocks:101..102").await;
    assert_eq!(few["attribution"]["verdict"], "not_enough_data");
    for (path, status) in [
        ("/api/v1/attribution?set=fast", 400),
        ("/api/v1/attribution?set=run:none", 404),
        ("/api/v1/attribution", 400),
        ("/api/v1/comparison?runs=ramp", 400),
        ("/api/v1/comparison?runs=ramp,none", 404),
        ("/api/v1/comparison?runs=ramp,ramp&base=other", 400),
        ("/api/v1/transactions?fate=lost", 400),
        ("/api/v1/transactions?kind=vote", 400),
        ("/api/v1/blocks?by=hash", 400),
        ("/api/v1/blocks/matrix?metric=height", 400),
        ("/api/v1/checkpoints?group=colour", 400),
    ] {
        let answer = lab.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn two_runs_stand_beside_each_other() {
    let lab = lab().await;
    lab.scene(
        "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         SELECT 's' || n, 1, 'payment', 'slow-0-0-' || n, '2026-01-31T09:14:00Z'::timestamptz + n * interval '10 s'
           FROM generate_series(0, 3) AS n;
         INSERT INTO experiment_state (name, description, status, setup_json)
         VALUES ('slow', '', 'success', '{\"Gap\": 9}')",
    )
    .await;
    let body = lab.read("/api/v1/comparison?runs=ramp,slow").await;
    let found = &body["comparison"];
    assert_eq!(
        (&found["base"], &found["verdict"]),
        (&json!("ramp"), &json!("unknown"))
    );
    assert_eq!(column(&found["runs"], "name"), ["ramp", "slow"]);
    let metrics = found["metrics"].as_array().unwrap();
    let included = metrics
        .iter()
        .find(|metric| metric["metric"] == "included")
        .unwrap();
    assert_eq!(included["values"], json!([7.0 / 15.0, 0.0]));
    assert_eq!(included["difference"], json!(-7.0 / 15.0));
    assert_eq!(
        (&included["noise"], &included["verdict"]),
        (&Value::Null, &json!("unknown"))
    );
    assert_eq!(included["reason"], "fewer than 3 rounds in common");
    assert_eq!(
        found["setup"],
        json!([{"parameter": "Gap", "values": [null, 9]}])
    );
}

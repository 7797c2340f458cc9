//! The reading API's checkpoints, comparisons and attributions.

use serde_json::{Value, json};

use crate::reading_blocks::{column, lab};

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
    assert_eq!(
        (&all["traces"], &all["truncated"]),
        (&json!(24), &json!(false))
    );
    let first = lab.read("/api/v1/checkpoints?group=node&limit=3").await;
    let next = first["meta"]["next"].as_str().unwrap();
    let last = lab
        .read(&format!(
            "/api/v1/checkpoints?group=node&limit=3&cursor={next}"
        ))
        .await;
    assert_eq!(column(&last["checkpoints"], "name"), ["Slow"]);
    assert_eq!(
        (&last["meta"]["total"], &last["meta"]["next"]),
        (&json!(4), &Value::Null)
    );
    for (sort, first) in [
        ("name", "Fast"),
        ("name&order=desc", "Slow"),
        ("max", "Slow"),
    ] {
        let body = lab.read(&format!("/api/v1/checkpoints?sort={sort}")).await;
        assert_eq!(body["checkpoints"][0]["name"], first, "{sort}");
    }
    let received = lab.read("/api/v1/checkpoints?source=Internal").await;
    assert_eq!(received["traces"], 0);
    // One block on its two nodes: what the same step takes elsewhere.
    let block = lab.read("/api/v1/checkpoints/Slow?block=3Ns5").await;
    assert_eq!((&block["calls"], &block["traces"]), (&json!(2), &json!(2)));
    assert_eq!(column(&block["by_node"], "node"), ["n2", "n1"]);
    assert_eq!(
        column(&block["by_node"], "p50_s"),
        [&json!(3.0), &json!(1.0)]
    );
    let unknown = lab.get("/api/v1/checkpoints/Slow?block=3Nnone").await;
    assert_eq!(unknown.status, 404, "{}", unknown.body);
    let rows = lab.read("/api/v1/checkpoints?group=node&block=3Ns5").await;
    assert_eq!(column(&rows["checkpoints"], "calls"), [&json!(1); 4]);
}

/// A block of which n1 spent half a second in a step within another.
const NESTED: &str = "
    INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
        trace_completed_at, total_time, source, blockchain_length, global_slot, status,
        metadata_json)
    VALUES (1, 'n1', '3Nt', 1769850270, 1769850273, 3, 'External', 200, 200, 'Success', '{}');
    INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
        is_control, name, started_at, metadata_json, call_id, gossip)
    SELECT 1, block_trace_id, 'M', true, false, name, 1769850270 + at, '[]', 0, false
      FROM block_trace,
           (VALUES ('External_block_received', 0), ('Build_breadcrumb', 1),
                   ('Validate_staged_ledger_diff', 1.5), ('Create_breadcrumb', 2),
                   ('Breadcrumb_integrated', 3)) AS step (name, at)
     WHERE block_id = '3Nt';";

#[tokio::test]
async fn checkpoints_have_parents_and_times_with_their_parts() {
    let lab = lab().await;
    lab.scene(NESTED).await;
    let row = async |stat: &str, name: &str| {
        let body = lab.read(&format!("/api/v1/checkpoints?stat={stat}")).await;
        let rows = body["checkpoints"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    };
    let own = row("own", "Build_breadcrumb").await;
    let total = row("total", "Build_breadcrumb").await;
    assert_eq!(
        (&own["total_s"], &total["total_s"]),
        (&json!(0.5), &json!(2.0))
    );
    assert_eq!(own["parent"], Value::Null);
    let part = row("own", "Validate_staged_ledger_diff").await;
    assert_eq!(
        (&part["parent"], &part["total_s"]),
        (&json!("Build_breadcrumb"), &json!(0.5))
    );

    let detail = lab
        .read("/api/v1/checkpoints/Create_breadcrumb?stat=total")
        .await;
    assert_eq!(
        (&detail["calls"], &detail["p50_s"]),
        (&json!(1), &json!(1.0))
    );
    assert_eq!(
        detail["by_node"],
        json!([{"node": "n1", "calls": 1, "p50_s": 1.0, "p95_s": 1.0}])
    );
    let call = json!({"deployment_id": 1, "node": "n1", "hash": "3Nt", "index": 3,
                      "started": 1_769_850_272_000_000_i64, "total_s": 1.0});
    assert_eq!(detail["slowest"], json!([call]));
    let heat = &detail["heat"];
    assert_eq!(heat["t"], json!([1_769_850_272_000_000_i64]));
    let counts = heat["counts"].as_array().unwrap();
    let full = counts.iter().position(|count| count == 1).unwrap();
    assert_eq!((counts.len(), &detail["buckets"][full]), (38, &json!(1)));
    let path = format!("/api/v1/checkpoints/Create_breadcrumb?stat=total&bucket={full}");
    assert_eq!(lab.read(&path).await["slowest"], json!([call]));
    let none = lab
        .read("/api/v1/checkpoints/Create_breadcrumb?bucket=0")
        .await;
    assert_eq!(none["slowest"], json!([]));
    assert_eq!(lab.get("/api/v1/checkpoints/Nothing").await.status, 404);
    let answer = lab
        .get("/api/v1/checkpoints/Create_breadcrumb?bucket=38")
        .await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn checkpoints_are_grouped_by_round_and_deployment() {
    let lab = lab().await;
    lab.scene(NESTED).await;
    lab.scene(
        "INSERT INTO deployment (metadata_json) VALUES ('{}');
         INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
             trace_completed_at, total_time, source, blockchain_length, global_slot, status,
             metadata_json)
         VALUES (2, 'n1', '3Nu', 1769950000, 1769950004, 4, 'External', 2, 2, 'Success', '{}');
         INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
             is_control, name, started_at, metadata_json, call_id, gossip)
         SELECT 2, block_trace_id, 'M', true, false, name, 1769950000 + at, '[]', 0, false
           FROM block_trace, (VALUES ('Create_breadcrumb', 0), ('Breadcrumb_integrated', 4))
                             AS step (name, at)
          WHERE block_id = '3Nu'",
    )
    .await;
    let groups = async |parameters: &str| {
        let path = format!("/api/v1/checkpoints?q=Create_breadcrumb&{parameters}");
        let body = lab.read(&path).await;
        let rows = body["checkpoints"].as_array().unwrap();
        rows.iter()
            .map(|row| (row["group"].clone(), row["total_s"].as_f64().unwrap()))
            .collect::<Vec<_>>()
    };
    let [one, two] = [(json!("1"), 1.0), (json!("2"), 4.0)];
    let both = [two.clone(), one.clone()];
    assert_eq!(groups("group=deployment").await, both);
    assert_eq!(groups("group=deployment&deployments=1,2").await, both);
    assert_eq!(groups("group=deployment&deployments=2").await, [two]);
    assert_eq!(groups("group=deployment&deployment=1").await, [one]);
    assert_eq!(groups("group=round&run=ramp").await, [(json!("0"), 1.0)]);
    for (parameters, status) in [
        ("group=round", 400),
        ("group=deployment&deployments=1,9", 404),
        ("group=deployment&deployments=1,x", 400),
        ("group=deployment&deployments=1,1,1,1,1,1,1,1,1", 400),
        ("stat=mean", 400),
        ("source=disk", 400),
        ("sort=colour", 400),
    ] {
        let answer = lab.get(&format!("/api/v1/checkpoints?{parameters}")).await;
        assert_eq!(answer.status, status, "{parameters}: {}", answer.body);
    }
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
    let made = lab
        .read("/api/v1/attribution?set=nodes:n1;source:Internal")
        .await;
    assert_eq!(made["attribution"]["set"]["traces"], 0);
    for (path, status) in [
        ("/api/v1/attribution?set=fast", 400),
        ("/api/v1/attribution?set=source:disk", 400),
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
async fn an_attribution_over_lost_entries_has_no_verdict() {
    let lab = lab().await;
    lab.scene(&steps(3.0)).await;
    // Of n2, a tenth of the entries of that time are lost.
    lab.scene(
        "INSERT INTO loadlab.session_minute (session_id, minute, entries)
         SELECT session_id, to_timestamp(1770000000) + n * interval '3 min', 9
           FROM loadlab.session, generate_series(1, 12) AS n;
         INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
         VALUES (2, 'M', 12, 'overrun', to_timestamp(1770000400), to_timestamp(1770000401)),
                (2, 'M', 99, 'overrun', '2026-01-31T09:12:02Z', '2026-01-31T09:12:03Z')",
    )
    .await;
    let path = "/api/v1/attribution?set=nodes:n2&base=nodes:n1";
    let body = lab.read(path).await;
    let found = &body["attribution"];
    assert_eq!(found["verdict"], "not_enough_data");
    let reason = "90.00 % of the log entries of the set are stored; a verdict needs 99 %";
    assert_eq!(found["reason"], reason);
    assert_eq!(
        (
            &found["set"]["completeness"],
            &found["base"]["completeness"]
        ),
        (&json!(0.9), &json!(1.0))
    );
    // What was measured is there all the same.
    assert_eq!(found["checkpoints"][0]["name"], "Slow");
    assert_eq!(body["meta"]["completeness"]["lost_entries"], 12);
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

#[tokio::test]
async fn one_run_in_two_deployments_is_compared_with_itself() {
    let lab = lab().await;
    lab.scene(
        "INSERT INTO deployment (metadata_json) VALUES ('{\"note\": \"second\"}');
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         VALUES ('r', 2, 'payment', 'ramp-0-0-0', '2026-02-01T09:00:00Z')",
    )
    .await;
    let body = lab.read("/api/v1/comparison?runs=ramp@1,ramp@2").await;
    let found = &body["comparison"];
    assert_eq!(
        column(&found["runs"], "deployment_id"),
        [&json!(1), &json!(2)]
    );
    assert_eq!(
        found["setup"],
        json!([{"parameter": "deployment.note", "values": ["first", "second"]}])
    );
    assert_eq!(
        lab.get("/api/v1/comparison?runs=ramp@1,ramp@3")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_trace_that_goes_over_a_stop_of_its_node_has_no_time() {
    let lab = lab().await;
    lab.scene(&steps(3.0)).await;
    let block = "/api/v1/blocks/3Ns5";
    let totals = async || {
        let body = lab.read(block).await;
        let traces = body["traces"].as_array().unwrap().clone();
        let total = |trace: &Value| (trace["node"].clone(), trace["total_s"].clone());
        traces.iter().map(total).collect::<Vec<_>>()
    };
    let time = "from=1770000000000000&until=1770010000000000";
    let slowest = async || {
        let attribution = lab.read("/api/v1/checkpoints?group=node").await;
        let rows = attribution["checkpoints"].as_array().unwrap().clone();
        let of_n1 = |row: &&Value| row["group"] == "n1" && row["name"] == "Slow";
        let row = rows.iter().find(of_n1).unwrap();
        (row["calls"].clone(), row["max_s"].clone())
    };
    let apply = async || {
        let path = format!("/api/v1/series?{time}&step=10000");
        let series = lab.read(&path).await;
        let all = series["series"]["columns"]["apply_p95"]
            .as_array()
            .unwrap()
            .clone();
        all.iter().filter_map(Value::as_f64).fold(0.0, f64::max)
    };
    assert_eq!(
        totals().await,
        [(json!("n1"), json!(2.0)), (json!("n2"), json!(4.0))]
    );
    assert_eq!(slowest().await, (json!(12), json!(1.0)));
    assert!((apply().await - 4.0).abs() < 1e-9);

    // n1 was stopped after it had received the block, and has loaded it 500 seconds later.
    lab.scene(
        "UPDATE block_trace SET trace_completed_at = trace_started_at + 501, total_time = 501
          WHERE block_id = '3Ns5' AND node_name = 'n1';
         UPDATE block_trace_checkpoint SET started_at = started_at + 500
          WHERE name = 'Done' AND block_trace_id = (SELECT block_trace_id FROM block_trace
                                                     WHERE total_time = 501);
         INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
             is_control, name, started_at, metadata_json, call_id, gossip)
         SELECT 1, block_trace_id, 'M', true, false, 'Loaded_transition_from_storage',
                trace_started_at + 500.5, '[]', 0, false
           FROM block_trace WHERE total_time = 501",
    )
    .await;
    assert_eq!(
        totals().await,
        [(json!("n1"), Value::Null), (json!("n2"), json!(4.0))]
    );
    assert_eq!(slowest().await, (json!(11), json!(1.0)));
    assert!((apply().await - 4.0).abs() < 1e-9);
    let longest = lab.test.database().longest_block_trace(1, "n1").await;
    assert_ne!(longest.unwrap().unwrap(), "3Ns5");
    let matrix = lab
        .read(&format!("/api/v1/blocks/matrix?metric=apply&{time}"))
        .await;
    assert!(!matrix.to_string().contains("501"), "{matrix}");
    // A block that was loaded first has its time: nothing was before.
    lab.scene(
        "UPDATE block_trace_checkpoint AS entry SET started_at = trace.trace_started_at
           FROM block_trace AS trace
          WHERE trace.block_trace_id = entry.block_trace_id
            AND entry.name = 'Loaded_transition_from_storage'",
    )
    .await;
    assert_eq!(totals().await[0], (json!("n1"), json!(501.0)));
}

//! The reading API below `/api/v1`.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::reading_blocks::column;

/// Every route that needs no name.
const ROUTES: [&str; 17] = [
    "/api/v1/overview",
    "/api/v1/series",
    "/api/v1/incidents",
    "/api/v1/nodes",
    "/api/v1/deployments",
    "/api/v1/gaps",
    "/api/v1/completeness/minutes",
    "/api/v1/database",
    "/api/v1/leases",
    "/api/v1/experiments",
    "/api/v1/blocks",
    "/api/v1/blocks/matrix",
    "/api/v1/checkpoints",
    "/api/v1/transactions",
    "/api/v1/transactions/flow",
    "/api/v1/transactions/latency",
    "/api/v1/snark-work",
];

/// Two nodes that were read, five blocks of which one is an orphan, and a run of one round: ten
/// payments asked of node 1, of which eight were seen and seven are in blocks, one failed; and five
/// of node 2, which refused. Slots are of 180 s; the first is at 2026-01-31T09:00:00Z.
pub(crate) const SCENE: &str = "
    INSERT INTO deployment (metadata_json) VALUES ('{\"note\": \"first\"}');
    INSERT INTO loadlab.fetched_node
        (node_name, host, graphql_port, submitter, is_block_producer, state, problem)
    VALUES ('n1', '10.0.0.1', 3086, 'B62one', true, 'fetching', null),
           ('n2', '10.0.0.2', 3086, 'B62two', false, 'failing', 'refused');
    INSERT INTO loadlab.session (deployment_id, node_name, kind, lines, opened_at)
    VALUES (1, 'n1', 'node', 600, '2026-01-31T09:00:00Z'),
           (1, 'n2', 'node', 400, '2026-01-31T09:00:00Z');
    INSERT INTO loadlab.session_minute (session_id, minute, entries)
    SELECT session_id, '2026-01-31T09:00:00Z'::timestamptz + n * interval '1 minute', 10
      FROM loadlab.session, generate_series(0, 39) AS n;
    INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
                             trace_completed_at, total_time, source, blockchain_length,
                             global_slot, status, metadata_json)
    SELECT 1, node, hash, 1769850000 + slot * 180 + delay, 1769850000 + slot * 180 + delay + total,
           total, source, height, slot, 'Success',
           jsonb_build_object('previous_state_hash', parent)
      FROM (VALUES ('3Na', '3N0', 1, 1, 'n1', 'Internal', 1, 2.0), ('3Na', '3N0', 1, 1, 'n2', 'External', 4, 1.0),
                   ('3Nb', '3Na', 2, 2, 'n1', 'Internal', 1, 2.0), ('3Nb', '3Na', 2, 2, 'n2', 'External', 5, 1.5),
                   ('3Nx', '3Na', 2, 2, 'n2', 'External', 6, 1.0),
                   ('3Nc', '3Nb', 3, 4, 'n1', 'Internal', 1, 2.0), ('3Nc', '3Nb', 3, 4, 'n2', 'External', 4, 1.0),
                   ('3Nd', '3Nc', 4, 5, 'n1', 'Internal', 1, 2.0), ('3Nd', '3Nc', 4, 5, 'n2', 'External', 4, 1.0),
                   ('3Ne', '3Nd', 5, 6, 'n1', 'Internal', 1, 2.0),
                   ('3Nf', '3Ne', 6, 7, 'n1', 'Internal', 1, 2.0),
                   ('3Ng', '3Nf', 7, 8, 'n1', 'Internal', 1, 2.0),
                   ('3Nh', '3Ng', 8, 9, 'n1', 'Internal', 1, 2.0)
           ) AS t (hash, parent, height, slot, node, source, delay, total);
    INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
    SELECT 't' || n, 1, 'payment', 'ramp-0-0-' || n, '2026-01-31T09:04:00Z'::timestamptz + n * interval '10 s'
      FROM generate_series(0, 7) AS n;
    INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result, failure_reason)
    SELECT 't' || n, 1, 'payment', 'ramp-0-0-' || n, '2026-01-31T09:06:01Z',
           CASE n WHEN 0 THEN 'Failed' ELSE 'Applied' END, CASE n WHEN 0 THEN 'Overflow' END
      FROM generate_series(0, 6) AS n;
    INSERT INTO experiment_state (name, description, status, setup_json, created_at, ended_at)
    VALUES ('ramp', '', 'success', '{}', '2026-01-31T09:00:00', '2026-01-31T09:30:00');
    INSERT INTO loadlab.experiment_run (name, holds_slot, rounds, script, accepted_at, ended_at)
    VALUES ('ramp', false, '[{}]', '', '2026-01-31T09:00:00Z', '2026-01-31T09:30:00Z');
    INSERT INTO loadlab.experiment_request
        (name, step, request, node, kind, round, handle_is_ours, intended, asked_at, runs_until, outcome)
    VALUES ('ramp', 1, 0, '10.0.0.1:3086', 'payments', 0, true, 10, '2026-01-31T09:03:00Z',
            '2026-01-31T09:08:00Z', 'accepted'),
           ('ramp', 1, 1, '10.0.0.2:3086', 'payments', 0, true, 5, '2026-01-31T09:03:00Z', null,
            'refused');
    INSERT INTO node_restarts (deployment_id, node_name, time, reason)
    VALUES (1, 'n2', '2026-01-31T09:05:00Z', 'OOMKilled'), (1, 'n2', '2026-01-31T10:00:00Z', null);";

impl Lab {
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }
}

#[tokio::test]
async fn an_empty_database_has_answers_without_numbers() {
    let lab = Lab::start().await;
    for route in ROUTES {
        let body = lab.read(route).await;
        assert_eq!(body["meta"]["deployment_id"], Value::Null, "{route}");
        assert_eq!(
            body["meta"]["completeness"]["share"],
            Value::Null,
            "{route}"
        );
        assert_eq!(body["meta"]["next"], Value::Null, "{route}");
    }
    let overview = lab.read("/api/v1/overview").await;
    assert_eq!(overview["overview"]["height"]["best"], Value::Null);
    assert_eq!(overview["overview"]["latency_s"]["p95"], Value::Null);
}

#[tokio::test]
async fn every_transaction_of_a_run_has_one_fate() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let body = lab.read("/api/v1/experiments/ramp/results").await;
    let results = &body["results"];
    let round = &results["rounds"][0];
    for part in [round, &results["run"]] {
        for (figure, expected) in [
            ("intended", 15),
            ("accepted", 10),
            ("refused", 5),
            ("seen", 8),
            ("included", 7),
            ("applied", 6),
            ("failed", 1),
            ("missed", 1),
            ("never_seen", 2),
            ("waiting", 0),
            ("unknown", 0),
            ("total", 15),
            ("blocks", 1),
            ("orphans", 0),
            ("restarts", 1),
        ] {
            assert_eq!(part[figure], expected, "{figure} of {part}");
        }
        assert_eq!(
            part["failures"],
            json!([{"reason": "Overflow", "count": 1}])
        );
        let cause = "the node skipped what it was too busy to send before its time was over";
        assert_eq!(
            part["never_seen_causes"],
            json!([{"cause": cause, "count": 2}])
        );
        // 121 s for the first, 10 s less for each that follows
        let latency = json!({"p50": 91.0, "p90": 121.0, "p95": 121.0, "p99": 121.0, "max": 121.0});
        assert_eq!(part["latency_s"], latency);
        // 70 s from the first to the last
        assert_eq!(part["rate"]["included"], json!(6.0));
        assert_eq!(part["completeness"], 1.0);
        assert_eq!(part["verdict"], "fail");
    }
    assert_eq!(round["from"], 1_769_850_240_000_000_i64);
    assert_eq!(round["until"], 1_769_850_361_000_000_i64);
    assert_eq!(results["slot_s"], 180.0);
    assert_eq!(results["verdict"], "fail");
    assert_eq!(
        results["reason"],
        "does not hold: included >= 99%, applied >= 99%"
    );
    assert_eq!(results["thresholds"][0]["value"], json!(700.0 / 15.0));
    assert_eq!(body["meta"]["deployment_id"], 1);
}

#[tokio::test]
async fn where_blocks_compete_the_best_chain_says_what_became_of_a_transaction() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    // 3Nx is beside the chain. What is stored is the best outcome of all blocks.
    lab.scene(
        r#"UPDATE block_trace SET metadata_json = metadata_json || '{"transactions":
             [["payment", "t1", "", ["Applied"]], ["payment", "t2", "", ["Failed", [[["Overflow"]]]]],
              ["payment", "t3", "", ["Applied"]], ["coinbase", "720", ["Applied"]]]}'
            WHERE block_id = '3Nx';
           UPDATE block_trace SET metadata_json = metadata_json || '{"transactions":
             [["payment", "t1", "", ["Failed", [[["Invalid_nonce"]]]]],
              ["payment", "t2", "", ["Applied"]], ["coinbase", "720", ["Applied"]]]}'
            WHERE block_id = '3Nb' AND node_name = 'n2';
           UPDATE block_trace SET metadata_json = metadata_json || '{"transactions":
             [["payment", "t3", "", ["Applied"]], "odd", ["payment", "t4", "", "odd"]]}'
            WHERE block_id = '3Nc'"#,
    )
    .await;
    let body = lab.read("/api/v1/experiments/ramp/results").await;
    for part in [&body["results"]["rounds"][0], &body["results"]["run"]] {
        assert_eq!(
            (&part["applied"], &part["failed"], &part["included"]),
            (&json!(5), &json!(2), &json!(7)),
            "{part}"
        );
        let failure = |reason: &str| json!({"reason": reason, "count": 1});
        let reasons = [failure("Invalid_nonce"), failure("Overflow")];
        assert_eq!(part["failures"], json!(reasons));
    }
    // The rows of the run say the same.
    let failed = lab.read("/api/v1/transactions?run=ramp&fate=failed").await;
    let found = failed["transactions"].as_array().unwrap().iter();
    let found: Vec<[&Value; 3]> = found
        .map(|row| [&row["hash"], &row["result"], &row["reason"]])
        .collect();
    assert_eq!(
        json!(found),
        json!([
            ["t1", "Failed", "Invalid_nonce"],
            ["t0", "Failed", "Overflow"]
        ])
    );
    let applied = lab.read("/api/v1/transactions?run=ramp&fate=applied").await;
    assert_eq!(applied["meta"]["total"], 5);
}

#[tokio::test]
async fn lost_entries_make_fates_unknown_and_take_the_verdict_away() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(
        "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
         SELECT session_id, 'M', 30, 'overrun', '2026-01-31T09:04:30Z', '2026-01-31T09:05:40Z'
           FROM loadlab.session",
    )
    .await;
    let body = lab.read("/api/v1/experiments/ramp/results").await;
    let run = &body["results"]["run"];
    assert_eq!(
        (&run["unknown"], &run["missed"], &run["never_seen"]),
        (&json!(3), &json!(0), &json!(0))
    );
    assert_eq!(run["total"], 15);
    // minutes 9:04 to 9:06 of two nodes, and the loss of both
    assert_eq!(run["completeness"], json!(60.0 / 120.0));
    assert_eq!(body["results"]["verdict"], "not_enough_data");
    let reason = "50.00 % of the log entries are stored; a verdict needs 99 %";
    assert_eq!(body["results"]["reason"], reason);
}

#[tokio::test]
async fn thresholds_of_the_setup_decide() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(
        "UPDATE experiment_state SET setup_json =
            '{\"Thresholds\": [\"latency.p95 < 1 slot\", \"restarts <= 1\"]}'",
    )
    .await;
    let body = lab.read("/api/v1/experiments/ramp/results").await;
    let results = &body["results"];
    assert_eq!(
        (&results["verdict"], &results["reason"]),
        (&json!("pass"), &Value::Null)
    );
    assert_eq!(results["default_thresholds"], false);
    let latency = &results["thresholds"][0];
    assert_eq!(latency["value"], json!(121.0 / 180.0));
    assert_eq!(
        (&latency["op"], &latency["unit"]),
        (&json!("<"), &json!("slots"))
    );
    assert_eq!(latency["rounds"][0]["verdict"], "pass");
}

#[tokio::test]
async fn experiments_are_listed_with_those_that_only_traces_know() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(
        "INSERT INTO deployment (metadata_json) VALUES ('{}');
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         VALUES ('o', 2, 'payment', 'other-0-0-0', '2026-02-01T09:00:00Z'),
                ('r', 2, 'payment', 'ramp-0-0-0', '2026-02-01T09:00:00Z')",
    )
    .await;
    let body = lab.read("/api/v1/experiments?limit=2").await;
    let names = |body: &Value| -> Vec<(String, Value, Value)> {
        let rows = body["experiments"].as_array().unwrap();
        rows.iter()
            .map(|row| {
                let name = row["name"].as_str().unwrap().to_owned();
                (
                    name,
                    row["deployment_id"].clone(),
                    row["recorded_only"].clone(),
                )
            })
            .collect()
    };
    let expected = [
        ("other".to_owned(), json!(2), json!(true)),
        ("ramp".to_owned(), json!(2), json!(false)),
    ];
    assert_eq!(names(&body), expected);
    assert_eq!(
        (&body["meta"]["total"], &body["meta"]["next"]),
        (&json!(3), &json!("2_ramp@2"))
    );
    // What comes meanwhile moves nothing.
    lab.scene(
        "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         VALUES ('p', 2, 'payment', 'newest-0-0-0', '2026-02-01T10:00:00Z')",
    )
    .await;
    let body = lab
        .read("/api/v1/experiments?limit=2&cursor=2_ramp@2")
        .await;
    assert_eq!(names(&body), [("ramp".to_owned(), json!(1), json!(false))]);
    assert_eq!(body["meta"]["next"], Value::Null);
    let row = &body["experiments"][0];
    assert_eq!(
        (&row["included"], &row["latency_p95_s"]),
        (&json!(7), &json!(121.0))
    );
    // What was asked belongs to the newest deployment with transactions of the run.
    assert_eq!(row["intended"], Value::Null);
    let body = lab.read("/api/v1/experiments?q=RAM&deployment=1").await;
    assert_eq!(names(&body), [("ramp".to_owned(), json!(1), json!(false))]);
}

#[tokio::test]
async fn nodes_have_height_lag_and_completeness() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let body = lab.read("/api/v1/nodes?sort=lag&order=desc").await;
    assert_eq!(body["counts"], json!({"fetching": 1, "failing": 1}));
    assert_eq!(body["meta"]["total"], 2);
    let [second, first] = [&body["nodes"][0], &body["nodes"][1]];
    assert_eq!(
        (&second["name"], &first["name"]),
        (&json!("n2"), &json!("n1"))
    );
    assert_eq!(
        (&first["role"], &second["role"]),
        (&json!("producer"), &json!("other"))
    );
    // Blocks that it made itself have no lag.
    assert_eq!(
        (&first["lag_s"], &second["lag_s"]),
        (&Value::Null, &json!(3.0))
    );
    assert_eq!(
        (&first["height"], &second["height"]),
        (&json!(8), &json!(4))
    );
    assert_eq!(second["behind"], 4);
    assert_eq!(
        (&second["apply_p50_s"], &second["apply_p95_s"]),
        (&json!(1.0), &json!(1.5))
    );
    assert_eq!(
        (&second["stored"], &second["completeness"]),
        (&json!(400), &json!(1.0))
    );
    assert_eq!(second["restarts"], 2);
    assert_eq!(second["spark"].as_array().unwrap().len(), 9);
    let node = lab.read("/api/v1/nodes/n2").await;
    assert_eq!(
        (&node["name"], &node["submitter"]),
        (&json!("n2"), &json!("B62two"))
    );
    assert_eq!(
        (&node["states"][0]["state"], &node["states"][0]["problem"]),
        (&json!("failing"), &json!("refused"))
    );
    assert_eq!(node["meta"]["completeness"]["stored_entries"], 400);
    lab.scene(
        "INSERT INTO loadlab.left_run (session_id, run, last_log_id, left_at)
         SELECT session_id, 'u-1', 7, '2026-01-31T09:30:00Z' FROM loadlab.session
          WHERE node_name = 'n2'",
    )
    .await;
    let node = lab.read("/api/v1/nodes/n2").await;
    let events = &node["restart_events"];
    // A reported restart is usually seen in the log, too: it counts once and is listed twice.
    assert_eq!(node["restarts"], 2);
    assert_eq!(
        column(events, "source"),
        ["reported", "new_process", "reported"]
    );
    assert_eq!(events[2]["reason"], "OOMKilled");
    assert_eq!(events[2]["at"], "2026-01-31T09:05:00.000Z");
    assert_eq!(events[1]["reason"], Value::Null);
    assert_eq!(lab.get("/api/v1/nodes/n3").await.status, 404);
}

#[tokio::test]
async fn a_node_with_a_wrong_clock_is_no_zero_point() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(
        "INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
             trace_completed_at, total_time, source, blockchain_length, global_slot, status,
             metadata_json)
         VALUES (1, 'n3', '3Na', 1769850000 + 175, 1769850000 + 176, 1, 'External', 1, 1,
                 'Success', '{}')",
    )
    .await;
    let body = lab.read("/api/v1/nodes").await;
    let nodes = body["nodes"].as_array().unwrap();
    let suspect: Vec<bool> = nodes
        .iter()
        .map(|node| node["clock_suspect"].as_bool().unwrap())
        .collect();
    assert_eq!(suspect, [false, false, true]);
    assert_eq!(
        (&nodes[1]["lag_s"], &nodes[2]["lag_s"]),
        (&json!(3.0), &Value::Null)
    );
}

#[tokio::test]
async fn the_overview_sums_up_its_scope() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let body = lab.read("/api/v1/overview?run=ramp&round=0").await;
    let overview = &body["overview"];
    assert_eq!(
        overview["nodes"],
        json!({"up": 1, "total": 2, "failing": 1, "behind": 0})
    );
    assert_eq!(overview["blocks"]["count"], 1);
    let minutes = 121.000_001 / 60.0;
    assert_eq!(
        overview["transactions"]["intended_min"],
        json!(15.0 / minutes)
    );
    assert_eq!(
        overview["transactions"]["accepted_min"],
        json!(10.0 / minutes)
    );
    let whole = lab.read("/api/v1/overview").await;
    let overview = &whole["overview"];
    assert_eq!(
        (
            &overview["height"]["best"],
            &overview["height"]["behind_max"]
        ),
        (&json!(8), &json!(4))
    );
    let blocks = &overview["blocks"];
    assert_eq!(
        (
            &blocks["count"],
            &blocks["orphaned"],
            &blocks["missed_slots"]
        ),
        (&json!(9), &json!(1), &json!(1))
    );
    assert_eq!(overview["transactions"]["intended_min"], Value::Null);
    assert_eq!(
        overview["latency_s"],
        json!({"p50": 91.0, "p95": 121.0, "max": 121.0})
    );
    assert_eq!(
        overview["worst"][0],
        json!({"node": "n2", "lag_s": 3.0, "lost": 0})
    );
}

#[tokio::test]
async fn series_are_unknown_where_no_node_was_read() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let path = "/api/v1/series?metric=tx_seen,tx_intended&from=2026-01-31T08:59:00Z\
                &until=2026-01-31T09:07:00Z";
    let body = lab.read(path).await;
    let series = &body["series"];
    assert_eq!(series["step_s"], 60.0);
    let columns = series["columns"].as_object().unwrap();
    assert_eq!(columns.len(), 2);
    assert_eq!(
        columns["tx_seen"],
        json!([null, 0.0, 0.0, 0.0, 0.0, 6.0, 2.0, 0.0])
    );
    assert_eq!(
        series["quality"],
        json!([null, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    );
    // What was asked is spread over the time of the round: 15 within 70 s.
    let intended: f64 = columns["tx_intended"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .sum();
    assert!((intended - 15.0).abs() < 1e-6, "{intended}");
    let hours = lab.read("/api/v1/series?step=3600").await;
    assert_eq!(hours["series"]["t"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn gaps_incidents_and_minutes_tell_what_is_missing() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(
        "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
         VALUES (1, 'M', 5, 'overrun', '2026-01-31T09:01:10Z', '2026-01-31T09:02:10Z'),
                (1, 'P', null, 'restart', '2026-01-31T09:03:10Z', null),
                (2, 'M', 1, 'overrun', '2026-01-31T09:04:10Z', '2026-01-31T09:04:20Z')",
    )
    .await;
    let first = lab.read("/api/v1/gaps?limit=2").await;
    assert_eq!(
        (&first["meta"]["total"], &first["meta"]["next"]),
        (&json!(3), &json!("2"))
    );
    assert_eq!(first["gaps"][1]["missing"], Value::Null);
    assert_eq!(first["gaps"][0]["from"], 1_769_850_250_000_000_i64);
    let second = lab.read("/api/v1/gaps?limit=2&cursor=2").await;
    assert_eq!(
        (&second["gaps"][0]["missing"], &second["meta"]["next"]),
        (&json!(5), &Value::Null)
    );
    let one = lab.read("/api/v1/gaps?nodes=n2").await;
    assert_eq!(
        (&one["meta"]["total"], &one["gaps"][0]["node"]),
        (&json!(1), &json!("n2"))
    );

    let minutes = lab
        .read("/api/v1/completeness/minutes?until=2026-01-31T09:05:00Z")
        .await;
    let minutes = &minutes["minutes"];
    assert_eq!(minutes["t"].as_array().unwrap().len(), 5);
    assert_eq!(minutes["nodes"], json!(["n1", "n2"]));
    assert_eq!(minutes["lost"], json!([0, 0, 5, null, 0, 0, 0, 0, 0, 1]));
    assert_eq!(minutes["stored"][0], 10);
    let coarse = lab
        .read("/api/v1/completeness/minutes?until=2026-01-31T09:05:00Z&steps=3")
        .await;
    let coarse = &coarse["minutes"];
    assert_eq!(coarse["step_s"], 120);
    assert_eq!(coarse["t"].as_array().unwrap().len(), 3);
    assert_eq!(coarse["lost"], json!([0, null, 0, 0, 0, 1]));

    let incidents = lab.read("/api/v1/incidents").await;
    let found: Vec<(&str, &str)> = incidents["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|incident| {
            (
                incident["kind"].as_str().unwrap(),
                incident["href"].as_str().unwrap(),
            )
        })
        .collect();
    for expected in [
        ("gap", "/nodes/n1?tab=sessions"),
        ("restart", "/nodes/n2?tab=restarts"),
        ("node_down", "/nodes/n2?tab=sessions"),
        ("fork", "/blocks/3Nb?tab=forks"),
    ] {
        assert!(
            found.contains(&expected),
            "{expected:?} is not in {found:?}"
        );
    }
    let text = incidents["incidents"].to_string();
    assert!(
        text.contains("an unknown number of log entries is missing"),
        "{text}"
    );
}

#[tokio::test]
async fn deployments_and_the_database_are_measured() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let body = lab.read("/api/v1/deployments").await;
    let first = &body["deployments"][0];
    assert_eq!(
        (&first["note"], &first["nodes"], &first["blocks"]),
        (&json!("first"), &json!(2), &json!(9))
    );
    assert_eq!(
        (&first["entries"], &first["runs"]),
        (&json!(1000), &json!(1))
    );
    assert_eq!(first["created"], "2026-01-31T09:00:00.000Z");
    let database = lab.read("/api/v1/database").await;
    assert!(database["bytes"].as_i64().unwrap() > 1_000_000);
    // Known where the server runs on this machine and lets us see its folder.
    let free = &database["free_bytes"];
    assert!(free.is_null() || free.as_i64() > Some(0), "{free}");
    let names = database["tables"].to_string();
    assert!(names.contains("block_trace_checkpoint"), "{names}");
}

#[tokio::test]
async fn latencies_are_counted_over_time_for_the_run_that_is_asked_for() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    for path in [
        "/api/v1/transactions/latency",
        "/api/v1/transactions/latency?run=ramp",
        "/api/v1/transactions/latency?run=ramp&round=0",
    ] {
        let heat = lab.read(path).await["heat"].clone();
        let times = heat["t"].as_array().unwrap();
        // Seven transactions, first seen every 10 s, are in the block of 09:06:01.
        assert_eq!(times.len(), 60, "{path}");
        assert_eq!(times[0], 1_769_850_240_000_000_i64);
        let bounds = heat["bounds_s"].as_array().unwrap();
        let counts = heat["counts"].as_array().unwrap();
        assert_eq!(counts.len(), (bounds.len() + 1) * times.len());
        let of_row = |row: usize| -> i64 {
            let cells = counts.iter().skip(row * times.len()).take(times.len());
            cells.map(|count| count.as_i64().unwrap()).sum()
        };
        let up_to = |seconds: f64| bounds.iter().position(|bound| bound == seconds).unwrap();
        assert_eq!(of_row(up_to(100.0)), 4, "{path}");
        assert_eq!(of_row(up_to(180.0)), 3, "{path}");
        assert_eq!(counts[up_to(180.0) * times.len()], 1, "the first, 121 s");
    }
    for path in [
        "/api/v1/transactions/latency?run=ram",
        "/api/v1/transactions/latency?run=ramp&round=1",
    ] {
        let answer = lab.get(path).await;
        let nothing = answer.status == 404 || answer.json()["heat"]["counts"] == json!([]);
        assert!(nothing, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn leases_say_which_process_does_what_until_they_have_expired() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(
        "INSERT INTO loadlab.lease (resource, holder, token, acquired_at, expires_at) VALUES
         ('node/n1', 'loadlab log-fetcher a', 1, now(), now() + interval '1 minute'),
         ('experiment', 'loadlab orchestrator b', 2, now(), now() + interval '1 minute'),
         ('node/n2', 'loadlab log-fetcher c', 3, now(), now() - interval '1 second')",
    )
    .await;
    let answer = lab.read("/api/v1/leases").await;
    let leases = answer["leases"].as_array().unwrap();
    let held: Vec<_> = leases
        .iter()
        .map(|lease| (&lease["resource"], &lease["holder"]))
        .collect();
    assert_eq!(
        held,
        [
            (&json!("experiment"), &json!("loadlab orchestrator b")),
            (&json!("node/n1"), &json!("loadlab log-fetcher a")),
        ]
    );
    let remaining = leases[0]["remaining_s"].as_f64().unwrap();
    assert!((50.0..=60.0).contains(&remaining), "{remaining}");
    assert_eq!(answer["meta"]["total"], 2);
}

#[tokio::test]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let path = "/api/v1/experiments/ramp/results";
    let tag = lab.get(path).await.headers[header::ETAG].clone();
    let again = Request::get(path)
        .header(header::IF_NONE_MATCH, &tag)
        .body(Body::empty())
        .unwrap();
    let answer = lab.send(again).await;
    assert_eq!((answer.status, answer.body.as_str()), (304, ""));
    assert_eq!(answer.headers[header::ETAG], tag);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_reason() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    for (path, status, text) in [
        (
            "/api/v1/overview?deployment=9",
            404,
            "there is no deployment 9",
        ),
        ("/api/v1/overview?run=none", 404, "there is no experiment"),
        (
            "/api/v1/experiments/none/results",
            404,
            "there is no experiment",
        ),
        ("/api/v1/overview?deployment=x", 400, "deployment"),
        ("/api/v1/overview?round=1", 400, "give the run"),
        (
            "/api/v1/overview?from=yesterday",
            400,
            "\\\"from\\\" must be a time",
        ),
        ("/api/v1/overview?from=2&until=1", 400, "must not be after"),
        ("/api/v1/nodes?sort=colour", 400, "must be one of name"),
        ("/api/v1/nodes?order=up", 400, "asc or desc"),
        ("/api/v1/nodes?limit=501", 400, "from 1 to 500"),
        (
            "/api/v1/completeness/minutes?steps=0",
            400,
            "from 1 to 1440",
        ),
        ("/api/v1/nodes?role=king", 400, "role"),
        ("/api/v1/gaps?limit=0", 400, "from 1 to 500"),
        ("/api/v1/gaps?cursor=-1", 400, "must be the"),
        ("/api/v1/deployments?cursor=9999999999", 400, "must be the"),
        ("/api/v1/transactions?cursor=7", 400, "must be the"),
        ("/api/v1/snark-work?cursor=x_1_2", 400, "must be the"),
        ("/api/v1/experiments?cursor=x", 400, "must be the"),
        ("/api/v1/series?metric=tx_sen", 400, "there is no metric"),
        ("/api/v1/series?step=0", 400, "31536000"),
        ("/api/v1/nodes?sorted=lag", 400, "did you mean sort?"),
        (
            "/api/v1/overview?limit=3",
            400,
            "is no parameter of this route",
        ),
        (
            "/api/v1/experiments/ramp/results?x=1",
            400,
            "there are deployment",
        ),
        ("/api/v1/audit?nam=x", 400, "is no parameter of this route"),
    ] {
        let answer = lab.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.contains(text), "{path}: {}", answer.body);
        assert!(answer.json()["error"]["code"].is_string(), "{path}");
    }
    // The original's clients may send what they like.
    let lenient = lab.get("/api/experiments?_=17&limit=1").await;
    assert_eq!(lenient.status, 200, "{}", lenient.body);
}

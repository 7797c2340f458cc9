//! The reading API's blocks, transactions and SNARK work.

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::reading::SCENE;

pub(crate) async fn lab() -> Lab {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab
}

pub(crate) fn column<'a>(rows: &'a Value, name: &str) -> Vec<&'a Value> {
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
        // What took its producer 2 s is no application.
        ("apply_p95_s", json!(1.5)),
    ] {
        assert_eq!(block[member], expected, "{member}");
    }
    // What no trace shows is unknown.
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
        .read("/api/v1/blocks/matrix?metric=apply&blocks=5&order=name")
        .await;
    let values = apply["matrix"]["values"].as_array().unwrap();
    // n1 made all of them.
    assert_eq!(&values[..5], [(); 5].map(|()| Value::Null));
    assert_eq!(values[5], json!(1.0));
}

#[tokio::test]
async fn the_matrix_shows_how_complete_each_cell_is() {
    let lab = lab().await;
    lab.scene(
        "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
         VALUES (2, 'M', 10, 'overrun', '2026-01-31T09:12:02Z', '2026-01-31T09:12:03Z'),
                (1, 'M', null, 'overrun', '2026-01-31T09:24:01Z', '2026-01-31T09:24:02Z')",
    )
    .await;
    let path = "/api/v1/blocks/matrix?metric=completeness&blocks=7";
    let body = lab.read(path).await;
    let matrix = &body["matrix"];
    // The least complete stands first: its median is 1, too, and so its name decides.
    assert_eq!(matrix["nodes"], json!(["n1", "n2"]));
    assert_eq!(matrix["states"], "vnvvvvuvvvuvnnnn");
    let share = 10.0 / 20.0;
    let expected = json!([
        1.0, 1.0, 1.0, 1.0, 1.0, 1.0, null, 1.0, 1.0, 1.0, share, 1.0, 1.0, 1.0, 1.0, 1.0
    ]);
    assert_eq!(matrix["values"], expected);
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
    // Without a run, six blocks after it make a transaction missed.
    assert_eq!(
        (&all["flow"]["seen"], &all["flow"]["missed"]),
        (&json!(8), &json!(1))
    );
    assert_eq!(
        (&all["flow"]["waiting"], &all["flow"]["unknown"]),
        (&json!(0), &json!(0))
    );

    let page = lab.read("/api/v1/transactions?run=ramp&limit=2").await;
    assert_eq!(column(&page["transactions"], "hash"), ["t7", "t6"]);
    assert_eq!(page["meta"]["total"], 8);
    let next = page["meta"]["next"].as_str().unwrap().to_owned();
    // Its round has settled.
    assert_eq!(page["transactions"][0]["fate"], "missed");
    // A transaction that comes meanwhile moves nothing.
    lab.scene(
        "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         VALUES ('t8', 1, 'payment', 'ramp-0-0-8', '2026-01-31T09:08:00Z')",
    )
    .await;
    let second = lab
        .read(&format!(
            "/api/v1/transactions?run=ramp&limit=2&cursor={next}"
        ))
        .await;
    assert_eq!(column(&second["transactions"], "hash"), ["t5", "t4"]);
    assert_eq!(second["meta"]["total"], 9);
    lab.scene("DELETE FROM unique_txs WHERE hash = 't8'").await;
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

    assert_eq!((&row["nodes"], &row["block"]), (&json!(1), &json!("3Nb")));
    assert_eq!(page["transactions"][0]["block"], Value::Null);

    let one = lab.read("/api/v1/transactions/t0").await;
    assert_eq!(one["blocks"], json!(["3Nb"]));
    assert_eq!(column(&one["events"], "action"), ["received", "rejected"]);
    assert_eq!(lab.get("/api/v1/transactions/t9").await.status, 404);
}

#[tokio::test]
async fn transactions_are_sorted_and_found_by_what_became_of_them() {
    let lab = lab().await;
    lab.scene(
        "INSERT INTO tx_traces (block_trace_checkpoint_id, deployment_id, node_name, action, time,
                                diff)
         SELECT number, 1, node, 'received', '2026-01-31T09:05:30Z', diff::jsonb
           FROM (VALUES (1, 'n1', '[[\"payment\", \"t3\", \"m\"], [\"payment\", \"t4\", \"m\"]]'),
                        (2, 'n2', '[[\"payment\", \"t3\", \"m\"]]'),
                        (3, 'n2', '[[\"payment\", \"t3\", \"m\"]]'),
                        (4, 'n2', '{}')) AS event (number, node, diff);
         -- nothing has followed it yet
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         VALUES ('late', 1, 'zkapp:1:2', 'by hand', '2026-01-31T09:26:00Z');",
    )
    .await;
    let hashes = async |parameters: &str| {
        let body = lab
            .read(&format!("/api/v1/transactions?{parameters}"))
            .await;
        let rows = column(&body["transactions"], "hash");
        let hashes = rows.iter().map(|hash| hash.as_str().unwrap());
        hashes.collect::<Vec<_>>().join(" ")
    };
    for (parameters, expected) in [
        ("", "late t7 t6 t5 t4 t3 t2 t1 t0"),
        ("sort=seen&order=asc&limit=2", "t0 t1"),
        ("sort=latency&limit=2", "t0 t1"),
        // Without a latency last, both ways.
        ("sort=latency&order=asc&limit=2", "t6 t5"),
        ("sort=nodes&limit=3", "t3 t4 late"),
        ("sort=nodes&order=asc&limit=7", "late t7 t6 t5 t2 t1 t0"),
        ("fate=missed", "t7"),
        ("fate=waiting", "late"),
        ("fate=pending", "late t7"),
        ("fate=included&limit=1", "t6"),
        ("fate=unknown", ""),
        ("reason=OVER", "t0"),
        ("reason=nonce", ""),
        ("kind=zkapp", "late"),
        ("run=ramp&round=0&fate=missed", "t7"),
        ("run=ramp&fate=waiting", ""),
    ] {
        assert_eq!(hashes(parameters).await, expected, "{parameters}");
    }
    // Every order continues behind the last row of a page, to the last of all.
    for order in ["seen", "latency", "nodes", "fate"]
        .iter()
        .flat_map(|sort| [format!("sort={sort}"), format!("sort={sort}&order=asc")])
    {
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/transactions?{order}&limit=2{cursor}");
            let body = lab.read(&path).await;
            let rows = column(&body["transactions"], "hash");
            paged.extend(rows.iter().map(|hash| hash.as_str().unwrap().to_owned()));
            match body["meta"]["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged.join(" "), hashes(&order).await, "{order}");
    }
    let fates = lab.read("/api/v1/transactions?sort=fate&order=asc").await;
    let fates = column(&fates["transactions"], "fate");
    assert_eq!(
        (fates[0], fates[6], fates[7], fates[8]),
        (
            &json!("applied"),
            &json!("failed"),
            &json!("missed"),
            &json!("waiting")
        )
    );
    let sorted = lab.read("/api/v1/transactions?sort=nodes&limit=2").await;
    assert_eq!(
        column(&sorted["transactions"], "nodes"),
        [&json!(2), &json!(1)]
    );

    // A loss on all nodes: nobody knows whether a block had it.
    lab.scene(
        "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
         SELECT session_id, 'M', 30, 'overrun', '2026-01-31T09:05:30Z', '2026-01-31T09:05:40Z'
           FROM loadlab.session",
    )
    .await;
    for scope in ["", "&run=ramp"] {
        assert_eq!(hashes(&format!("fate=unknown{scope}")).await, "t7");
        let flow = lab
            .read(&format!("/api/v1/transactions/flow?deployment=1{scope}"))
            .await;
        assert!(flow["flow"]["unknown"].as_i64().unwrap() >= 1, "{flow}");
    }
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
    let ids = async |parameters: &str| {
        let body = lab.read(&format!("/api/v1/snark-work?{parameters}")).await;
        let rows = column(&body["works"], "ids");
        rows.iter()
            .map(|ids| ids[0].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    for (parameters, expected) in [
        ("kind=merge", &[7][..]),
        ("kind=coinbase", &[9]),
        ("kind=other", &[]),
        ("sort=first&order=asc", &[7, 9]),
        // Without a delay or a fee last, both ways.
        ("sort=delay", &[7, 9]),
        ("sort=delay&order=asc", &[7, 9]),
        ("sort=fee", &[7, 9]),
        ("sort=interruptions", &[9, 7]),
    ] {
        assert_eq!(ids(parameters).await, expected, "{parameters}");
    }
    let first = lab.read("/api/v1/snark-work?limit=1").await;
    let next = first["meta"]["next"].as_str().unwrap();
    let second = lab
        .read(&format!("/api/v1/snark-work?limit=1&cursor={next}"))
        .await;
    assert_eq!(column(&second["works"], "ids"), [&json!([7, 8])]);
    assert_eq!(second["meta"]["next"], Value::Null);
    let proved = lab.read("/api/v1/snark-work?q=B62p").await;
    assert_eq!(proved["meta"]["total"], 1);
}

/// Traces of all kinds, with one wrong clock, and a SQL function that knows the same rules as the
/// program.
async fn lab_of_lags() -> Lab {
    let lab = Lab::start().await;
    // Of 12 nodes, one has a clock that is 40 s behind; some load blocks from the disk, catch up, or
    // have a block twice; some traces begin at one moment.
    lab.scene(
        "INSERT INTO deployment (metadata_json) VALUES ('{}');
         INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
                                  trace_completed_at, total_time, source, blockchain_length,
                                  global_slot, status, metadata_json)
         SELECT 1, 'n' || lpad(node::text, 2, '0'), '3N' || block, started, started + 2,
                CASE WHEN (block + node) % 5 = 0 THEN -1 ELSE 2 END, source, block, block,
                CASE (block * 7 + node) % 11 WHEN 0 THEN 'Pending' WHEN 1 THEN 'Failure'
                                             ELSE 'Success' END, '{}'
           FROM generate_series(1, 30) AS block
          CROSS JOIN generate_series(0, 11) AS node
          CROSS JOIN generate_series(1, 2) AS copy
          CROSS JOIN LATERAL (
                SELECT CASE WHEN copy = 2 THEN 'Catchup' WHEN node = block % 10 THEN 'Internal'
                            WHEN node = 9 THEN 'Reconstruct' WHEN node % 4 = 1 THEN 'Catchup'
                            ELSE 'External' END AS source) AS kind
          CROSS JOIN LATERAL (
                SELECT 1769850000 + block * 180 + (copy - 1) * 50
                       + CASE WHEN source = 'Internal' THEN 0 WHEN node = 11 THEN -40
                              ELSE 3 + node * block % 7 END AS started) AS time
          WHERE copy = 1 OR node % 3 = 0",
    )
    .await;
    lab.scene(include_str!("trace_lag.sql")).await;
    lab
}

#[tokio::test]
async fn the_matrix_has_the_lags_of_the_sql_function() {
    let lab = lab_of_lags().await;
    for (metric, value) in [
        ("lag", "lag"),
        ("lag2", "lag2"),
        (
            "apply",
            "CASE WHEN status = 'Success' AND total > 0 AND source <> 'Internal' THEN total END",
        ),
    ] {
        let path = format!("/api/v1/blocks/matrix?metric={metric}&order=name");
        let body = lab.read(&path).await;
        let sql = format!(
            "SELECT jsonb_agg({value} ORDER BY node_name, height)::text
               FROM loadlab.trace_lag(1, NULL, NULL)"
        );
        let expected: Value = serde_json::from_str(&lab.text(&sql).await).unwrap();
        let (values, expected) = (&body["matrix"]["values"], expected.as_array().unwrap());
        assert_eq!(expected.len(), 360);
        for (found, expected) in values.as_array().unwrap().iter().zip(expected) {
            assert_eq!(found.as_f64(), expected.as_f64(), "{metric}");
        }
        assert!(expected.iter().any(Value::is_null) && !expected.iter().all(Value::is_null));
    }
}

#[tokio::test]
async fn nodes_blocks_and_forks_have_the_lags_of_the_sql_function() {
    let lab = lab_of_lags().await;
    let expected = |sql: &str| {
        let sql = sql.to_owned();
        let lab = &lab;
        async move { serde_json::from_str::<Value>(&lab.text(&sql).await).unwrap() }
    };
    let members = |rows: &Value, names: &[&str]| -> Value {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| {
            names
                .iter()
                .map(|name| row[name].clone())
                .collect::<Value>()
        })
        .collect()
    };
    for time in ["", "?from=1769851000300000&until=1769853000900000"] {
        let body = lab.read(&format!("/api/v1/nodes{time}")).await;
        let names = [
            "name",
            "height",
            "behind",
            "lag_s",
            "lag2_s",
            "apply_p50_s",
            "apply_p95_s",
            "clock_suspect",
            "spark",
        ];
        let (since, until) = match time {
            "" => ("NULL", "NULL"),
            _ => ("1769851000.3", "1769853000.9"),
        };
        let sql = format!(
            "WITH lag AS (SELECT * FROM loadlab.trace_lag(1, {since}, {until})),
                  block AS (SELECT block_id, min(first_seen) AS first_seen FROM lag GROUP BY 1),
                  node AS (
             SELECT node_name, max(height) FILTER (WHERE status = 'Success') AS height,
                    percentile_disc(0.5) WITHIN GROUP (ORDER BY lag) AS lag,
                    percentile_disc(0.5) WITHIN GROUP (ORDER BY lag2) AS lag2,
                    percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY total)
                        FILTER (WHERE status = 'Success' AND total > 0 AND source <> 'Internal')
                        AS apply, bool_or(clock_suspect) AS clock_suspect
               FROM lag GROUP BY node_name)
             SELECT jsonb_agg(jsonb_build_array(node_name, height,
                        (SELECT max(height) FROM node) - height, lag, lag2, apply[1], apply[2],
                        clock_suspect,
                        (SELECT jsonb_agg(lag.lag ORDER BY block.first_seen)
                           FROM block LEFT JOIN lag ON lag.block_id = block.block_id
                                                    AND lag.node_name = node.node_name))
                        ORDER BY node_name)::text
               FROM node"
        );
        let expected = expected(&sql).await;
        assert_eq!(expected.as_array().unwrap().len(), 12);
        assert_eq!(
            members(&body["nodes"], &names).to_string(),
            floats(expected),
            "{time}"
        );
    }
    let body = lab.read("/api/v1/blocks/3N7").await;
    let names = [
        "node",
        "source",
        "status",
        "lag_s",
        "lag2_s",
        "clock_suspect",
    ];
    let sql =
        "SELECT jsonb_agg(jsonb_build_array(node_name, source, status, lag, lag2, clock_suspect)
                                ORDER BY started, node_name)::text
                 FROM loadlab.trace_lag(1, NULL, NULL) WHERE block_id = '3N7'";
    let found = members(&body["traces"], &names).to_string();
    assert_eq!(found, floats(expected(sql).await));
    // The clock of the last node is wrong: it is not the first that had a block of a fork.
    lab.scene("UPDATE block_trace SET blockchain_length = 7 WHERE block_id = '3N8'")
        .await;
    let body = lab.read("/api/v1/incidents").await;
    let fork = body["incidents"].as_array().unwrap().iter();
    let fork = fork
        .clone()
        .find(|incident| incident["kind"] == "fork")
        .unwrap();
    let sql = "SELECT to_json(loadlab.rfc3339(to_timestamp(max(first_seen))))::text
                 FROM loadlab.trace_lag(1, NULL, NULL) WHERE height = 7";
    assert_eq!(fork["at"], expected(sql).await);
    assert_eq!(fork["text"], "2 blocks at height 7");
    assert_eq!(fork["href"], "/blocks/3N7?tab=forks");
}

/// The database writes whole numbers without a point, in the places where the answer has one.
fn floats(mut rows: Value) -> String {
    for row in rows.as_array_mut().unwrap() {
        for value in row.as_array_mut().unwrap().iter_mut().skip(3) {
            let values = match value {
                Value::Array(values) => &mut values[..],
                one => std::slice::from_mut(one),
            };
            for value in values {
                if let Some(number) = value.as_f64() {
                    *value = json!(number);
                }
            }
        }
    }
    rows.to_string()
}

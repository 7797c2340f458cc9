//! `GET /api/experiments` and `GET /api/experiment/:name`.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

use crate::lab::Lab;

/// The synthetic round of the specification of the view, and one of a single
/// transaction that is in no block.
const TWO_ROUNDS: &str = "
    INSERT INTO deployment (metadata_json) VALUES ('{}');
    INSERT INTO unique_txs (hash, deployment_id, type, memo, time) VALUES
        ('a', 1, 'payment',    'exp-a-0-1-0', '2026-01-31T10:00:00.123456+01'),
        ('b', 1, 'payment',    'exp-a-0-1-1', '2026-01-31T10:00:00.123456+01'),
        ('c', 1, 'zkapp:9:2',  'exp-a-0-2-0', '2026-01-31T10:00:20.143456+01'),
        ('d', 1, 'payment',    'exp-a-0-1-9', '2026-01-31T10:00:36.203456+01'),
        ('e', 1, 'payment',    'exp-a-1-1-0', '2026-01-31T11:00:00+01'),
        ('f', 1, 'payment',    'no experiment', '2026-01-31T11:00:00+01');
    INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result) VALUES
        ('a', 1, 'payment',   'exp-a-0-1-0', '2026-01-31T10:01:27.767161+01', 'Applied'),
        ('b', 1, 'payment',   'exp-a-0-1-1', '2026-01-31T10:00:30.123456+01', 'Applied'),
        ('c', 1, 'zkapp:9:2', 'exp-a-0-2-0', '2026-01-31T10:00:30.143456+01', 'Applied');";

#[tokio::test]
async fn experiments_are_the_rows_of_the_view_as_node_postgres_gives_them() {
    let lab = Lab::start().await;
    lab.get("/api/experiments").await.is(200, "[]");
    lab.scene(TWO_ROUNDS).await;
    let first = concat!(
        r#"{"exp":"exp-a","round":0,"deployment_id":1,"rate_min":"6.67","zkapp_rate_min":"1.67","#,
        r#""payment_rate_min":"5.00","duration":{"seconds":36},"#,
        r#""max_latency":{"minutes":1,"seconds":27,"milliseconds":643.705},"missed":"0.25","#,
        r#""failed":"0.00","successful":"0.75","start":"2026-01-31T09:00:00.123Z","total":"4","#,
        r#""zkapps":"1","included_count":"3","applied_count":"3","failed_count":"0","#,
        r#""failures":{},"warning":null}"#
    );
    let second = concat!(
        r#"{"exp":"exp-a","round":1,"deployment_id":1,"rate_min":null,"zkapp_rate_min":null,"#,
        r#""payment_rate_min":null,"duration":{},"max_latency":{},"missed":"1.00","#,
        r#""failed":"0.00","successful":"0.00","start":"2026-01-31T10:00:00.000Z","total":"1","#,
        r#""zkapps":"0","included_count":"0","applied_count":"0","failed_count":"0","#,
        r#""failures":{},"warning":null}"#
    );
    let all = lab.get("/api/experiments").await;
    all.is(200, &format!("[{first},{second}]"));
    let page = lab.get("/api/experiments?limit=1&offset=1").await;
    page.is(200, &format!("[{second}]"));
    let page = lab.get("/api/experiments/?limit=1").await;
    page.is(200, &format!("[{first}]"));
}

#[tokio::test]
async fn the_list_is_as_new_as_the_request() {
    let lab = Lab::start().await;
    lab.scene(TWO_ROUNDS).await;
    for round in 2..5 {
        lab.get("/api/experiments").await;
        lab.scene(&format!(
            "INSERT INTO unique_txs
             VALUES ('new {round}', 1, 'payment', 'exp-a-{round}-1-0', now())"
        ))
        .await;
        let all = lab.get("/api/experiments").await.json();
        assert_eq!(all.as_array().unwrap().len(), round + 1);
    }
    lab.scene("DELETE FROM unique_txs").await;
    let answers = (0..20).map(|_| lab.get("/api/experiments"));
    for answer in futures_util::future::join_all(answers).await {
        answer.is(200, "[]");
    }
    // A failure is nobody's list.
    lab.scene("ALTER TABLE unique_txs RENAME COLUMN memo TO note; DROP VIEW experiments")
        .await;
    lab.scene("DROP VIEW loadlab.experiment_outcome").await;
    let failed = (0..3).map(|_| lab.get("/api/experiments"));
    for answer in futures_util::future::join_all(failed).await {
        assert_eq!(answer.status, 500);
    }
}

/// As long as no row has changed, nothing is computed: the table need not even be readable.
#[tokio::test]
async fn the_list_is_computed_once_for_each_state_of_the_database() {
    let lab = Lab::start().await;
    lab.scene(TWO_ROUNDS).await;
    // Others use the server, too: what they change between two requests makes the list be computed
    // again.
    for _ in 0..60 {
        let first = lab.get("/api/experiments").await;
        let locked = lab.test.lock("unique_txs").await.unwrap();
        let again = timeout(Duration::from_secs(1), lab.get("/api/experiments")).await;
        drop(locked);
        if let Ok(again) = again {
            assert_eq!(again.body, first.body);
            return;
        }
    }
    panic!("every request has waited for the table");
}

/// The routes that the original dashboard reads. Every interval of the view, which a column's type
/// shows, is an object there; a null one breaks the table.
#[tokio::test]
async fn no_interval_is_ever_null() {
    let lab = Lab::start().await;
    lab.scene(TWO_ROUNDS).await;
    lab.scene(
        "INSERT INTO experiment_state (name, description, status, setup_json, created_at)
         VALUES ('exp-a', '', 'running', '{}', now())",
    )
    .await;
    let intervals = lab
        .test
        .texts(
            "SELECT column_name::text FROM information_schema.columns
              WHERE table_name IN ('experiments', 'experiment_state') AND data_type = 'interval'
              ORDER BY ordinal_position",
        )
        .await
        .unwrap();
    assert_eq!(intervals, ["duration", "max_latency"]);
    for route in [
        "/api/experiments",
        "/api/experiments/?limit=2",
        "/api/experiment/exp-a",
    ] {
        let rows = lab.get(route).await.json();
        for row in rows.as_array().unwrap() {
            for name in &intervals {
                let value = row.get(name);
                assert!(
                    value.is_none_or(serde_json::Value::is_object),
                    "{route}: {row}"
                );
            }
        }
    }
}

/// Four transactions over 26 hours and a minute: one applied after two and a half hours, one failed
/// after a day and a millisecond, two in no block.
const A_LONG_ROUND: &str = "
    INSERT INTO deployment (metadata_json) VALUES ('{}');
    INSERT INTO unique_txs (hash, deployment_id, type, memo, time) VALUES
        ('a', 1, 'payment',   'exp-b-7-0-0', '2026-01-31T10:00:00+00'),
        ('b', 1, 'zkapp:9:2', 'exp-b-7-0-1', '2026-01-31T10:00:00+00'),
        ('c', 1, 'payment',   'exp-b-7-1-0', '2026-01-31T10:00:00+00'),
        ('d', 1, 'payment',   'exp-b-7-1-1', '2026-02-01T12:01:00.999+00');
    INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result) VALUES
        ('a', 1, 'payment',   'exp-b-7-0-0', '2026-01-31T12:30:00+00', 'Applied'),
        ('b', 1, 'zkapp:9:2', 'exp-b-7-0-1', '2026-02-01T10:00:00.001+00', 'Failed');
    UPDATE block_txs SET failure_reason = 'Overflow' WHERE hash = 'b';";

#[tokio::test]
async fn intervals_of_days_and_fractions_that_failed_have_their_encoding() {
    let lab = Lab::start().await;
    lab.scene(A_LONG_ROUND).await;
    let expected = concat!(
        r#"[{"exp":"exp-b","round":7,"deployment_id":1,"rate_min":"0.00","zkapp_rate_min":"0.00","#,
        r#""payment_rate_min":"0.00","duration":{"days":1,"hours":2,"minutes":1},"#,
        r#""max_latency":{"days":1,"milliseconds":1},"missed":"0.50","failed":"0.25","#,
        r#""successful":"0.25","start":"2026-01-31T10:00:00.000Z","total":"4","zkapps":"1","#,
        r#""included_count":"2","applied_count":"1","failed_count":"1","failures":{"Overflow":1},"#,
        r#""warning":"the ledger refused transactions: 1 of 2 in blocks failed there and only paid "#,
        r#"their fees (1 for Overflow)"}]"#
    );
    lab.get("/api/experiments").await.is(200, expected);
}

#[tokio::test]
async fn numbers_and_texts_of_a_setup_stay_as_they_are() {
    let lab = Lab::start().await;
    lab.scene(
        r#"INSERT INTO experiment_state
                  (name, description, status, setup_json, created_at, logs, updated_at)
           VALUES ('x', '', 'running',
                   '{"f": 0.1, "i": 20000000000, "b": [true, null, -1.5e-7], "s": "ä\n\"<>"}',
                   timestamptz '2026-07-01 10:00:00.0005+02' AT TIME ZONE 'UTC', '{"<&>"}', NULL)"#,
    )
    .await;
    let expected = concat!(
        r#"[{"name":"x","description":"","created_at":"2026-07-01T08:00:00.000Z","updated_at":null,"#,
        r#""ended_at":null,"status":"running","comment":null,"#,
        r#""setup_json":{"b":[true,null,-1.5e-7],"f":0.1,"i":20000000000,"s":"ä\n\"<>"},"#,
        r#""current_step_no":null,"current_step_name":null,"warnings":null,"errors":null,"#,
        r#""logs":["<&>"]}]"#
    );
    lab.get("/api/experiment/x").await.is(200, expected);
}

#[tokio::test]
async fn an_experiment_is_its_row_or_nothing() {
    let lab = Lab::start().await;
    lab.scene(
        r#"INSERT INTO experiment_state VALUES
               ('full', 'text', '2026-01-31 09:00:00.5', '2026-01-31 09:00:01.25',
                '2026-01-31 10:00:00', 'success', 'fine',
                '{"MinTps": 0.01, "Nested": {"a": [1, null, "x"]}}', 7, 'payments',
                '{one,NULL}', '{}', '{"a \"quoted\" line",ä}'),
               ('bare/name with ünïcode', '', '2026-01-31 09:00:00', NULL, NULL, 'running', NULL,
                '[]', NULL, NULL, NULL, NULL, NULL)"#,
    )
    .await;
    let expected = concat!(
        r#"[{"name":"full","description":"text","created_at":"2026-01-31T09:00:00.500Z","#,
        r#""updated_at":"2026-01-31T09:00:01.250Z","ended_at":"2026-01-31T10:00:00.000Z","#,
        r#""status":"success","comment":"fine","#,
        r#""setup_json":{"MinTps":0.01,"Nested":{"a":[1,null,"x"]}},"current_step_no":7,"#,
        r#""current_step_name":"payments","warnings":["one",null],"errors":[],"#,
        r#""logs":["a \"quoted\" line","ä"]}]"#
    );
    lab.get("/api/experiment/full").await.is(200, expected);
    let bare = lab
        .get("/api/experiment/bare%2Fname%20with%20%C3%BCn%C3%AFcode")
        .await;
    assert_eq!(
        bare.json(),
        json!([{
            "name": "bare/name with ünïcode", "description": "",
            "created_at": "2026-01-31T09:00:00.000Z", "updated_at": null, "ended_at": null,
            "status": "running", "comment": null, "setup_json": [], "current_step_no": null,
            "current_step_name": null, "warnings": null, "errors": null, "logs": null,
        }])
    );
    for unknown in ["other", "FULL", "'%20OR%20'1'='1"] {
        let answer = lab.get(&format!("/api/experiment/{unknown}")).await;
        answer.is(200, "[]");
    }
    // PostgreSQL has no such text.
    let answer = lab.get("/api/experiment/%00").await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn times_that_have_no_end_are_null() {
    let lab = Lab::start().await;
    lab.scene(
        "INSERT INTO experiment_state (name, description, status, setup_json, created_at, ended_at)
         VALUES ('x', '', 'running', '{}', '-infinity', 'infinity')",
    )
    .await;
    let state = lab.get("/api/experiment/x").await.json();
    assert_eq!(state[0]["created_at"], json!(null));
    assert_eq!(state[0]["ended_at"], json!(null));
}

#[tokio::test]
async fn what_is_no_page_is_refused() {
    let lab = Lab::start().await;
    let answer = lab.get("/api/experiments?limit=many").await;
    let expected = r#"{"error":"\"limit\" must be a number from 0 to 100000"}"#;
    answer.is(400, expected);
}

async fn seconds(lab: &Lab) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..2 {
        let begin = Instant::now();
        // The whole list is not computed again as long as nothing changes.
        assert_eq!(lab.get("/api/experiments?limit=99999").await.status, 200);
        best = best.min(begin.elapsed().as_secs_f64());
    }
    best
}

/// 40 rounds, whatever the number of transactions, so that only the
/// transactions can make a difference; then ten times as many rounds.
#[tokio::test]
async fn the_time_grows_with_the_transactions_and_not_with_their_square() {
    let lab = Lab::start().await;
    lab.scene("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await;
    let fill = |from: u32, to: u32, rounds: u32| {
        format!(
            "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
             SELECT 'h' || i, 1, 'payment', 'exp-' || i % {rounds} || '-1-' || i,
                    timestamptz '2026-01-31' + i * interval '10 ms'
               FROM generate_series({from}, {to}) AS i;
             INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result)
             SELECT hash, 1, type, memo, time + interval '3 min', 'Applied' FROM unique_txs
             ON CONFLICT DO NOTHING;
             ANALYZE unique_txs, block_txs;"
        )
    };
    lab.scene(&fill(1, 10_000, 40)).await;
    let few = seconds(&lab).await;
    lab.scene(&fill(10_001, 100_000, 40)).await;
    let many = seconds(&lab).await;
    let rounds = lab.get("/api/experiments").await.json();
    assert_eq!(rounds.as_array().unwrap().len(), 40);
    assert_eq!(rounds[0]["total"], json!("2500"));
    // Ten times the rows; a square would take a hundred times as long.
    assert!(many < 30.0 * few.max(0.01), "{few} s, then {many} s");
    assert!(many < Duration::from_secs(10).as_secs_f64(), "{many} s");
    lab.scene("TRUNCATE unique_txs, block_txs").await;
    lab.scene(&fill(1, 100_000, 400)).await;
    let more_rounds = seconds(&lab).await;
    assert!(
        more_rounds < 3.0 * many,
        "{many} s for 40 rounds, {more_rounds} s for 400"
    );
}

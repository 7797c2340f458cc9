//! The reading API's runs: the one that is executed, thresholds that broke, lists in order.

use axum::http::Method;
use serde_json::{Value, json};

use crate::lab::{Lab, request};
use crate::reading::SCENE;

/// A run of four waits, of which one is over and one has begun: two minutes of the network took 12 s.
const RUNNING: &str = r#"
    INSERT INTO experiment_state (name, description, status, setup_json)
    VALUES ('now', '', 'running', '{}');
    INSERT INTO loadlab.experiment_run
        (name, holds_slot, rounds, script, seed, waiting_for, waiting_until)
    VALUES ('now', true, '[{}, {}]',
            '"round 0" {"action": "wait", "params": {"min": 2}} {"action": "stop"}
             {"action": "wait", "params": {"min": 10}} {"action": "wait", "params": {"min": 30}}',
            42, 'time', '2099-01-01T00:00:00Z');
    INSERT INTO loadlab.experiment_step (name, step, last_step, action, started_at, ended_at)
    VALUES ('now', 0, 0, 'wait', '2098-12-31T23:00:00Z', '2098-12-31T23:00:12Z'),
           ('now', 1, 1, 'stop', '2098-12-31T23:00:12Z', '2098-12-31T23:00:13Z'),
           ('now', 2, 2, 'wait', '2098-12-31T23:59:00Z', null);"#;

#[tokio::test]
async fn the_overview_knows_when_the_run_ends() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(RUNNING).await;
    let run = async || lab.read("/api/v1/overview").await["overview"]["run"].clone();
    let running = run().await;
    assert_eq!(
        (&running["name"], &running["step"]),
        (&json!("now"), &json!(2))
    );
    // 30 min at ten times the speed
    assert_eq!(running["ends_at"], "2099-01-01T00:03:00.000Z");
    lab.scene("UPDATE loadlab.experiment_run SET waiting_until = '2020-01-01T00:00:00Z' WHERE name = 'now'")
        .await;
    assert_eq!(run().await["ends_at"], Value::Null, "that is past");
}

#[tokio::test]
async fn a_threshold_that_does_not_hold_is_an_incident() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(
        "UPDATE experiment_state SET setup_json =
            '{\"Thresholds\": [\"included >= 99%\", \"restarts <= 1\"]}'",
    )
    .await;
    let broken = async |parameters: &str| {
        let body = lab.read(&format!("/api/v1/incidents{parameters}")).await;
        let incidents = body["incidents"].as_array().unwrap().clone();
        let broken = incidents
            .into_iter()
            .filter(|one| one["kind"] == "threshold");
        broken.collect::<Vec<Value>>()
    };
    let expected = json!([{
        "id": "threshold-ramp-included >= 99%", "at": "2026-01-31T09:06:01.000Z",
        "clock": "network", "kind": "threshold", "node": null, "run": "ramp",
        "text": "included >= 99% does not hold: it is 46.67 %", "until": null,
        "href": "/experiments/ramp?tab=results",
    }]);
    assert_eq!(json!(broken("").await), expected);
    assert_eq!(json!(broken("?run=ramp").await), expected);
    assert!(broken("?from=2026-01-31T09:10:00Z").await.is_empty());
    // The newest first, whatever they are.
    let body = lab.read("/api/v1/incidents").await;
    let times: Vec<&str> = body["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["at"].as_str().unwrap())
        .collect();
    assert!(
        times.len() > 3 && times.is_sorted_by(|a, b| a >= b),
        "{times:?}"
    );
}

#[tokio::test]
async fn experiments_are_sorted_and_filtered() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    lab.scene(RUNNING).await;
    lab.scene(
        "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         VALUES ('o1', 1, 'payment', 'other-0-0-0', '2026-02-01T09:00:00Z'),
                ('o2', 1, 'payment', 'other-1-0-0', '2026-02-01T09:01:00Z')",
    )
    .await;
    let names = async |parameters: &str| {
        let body = lab.read(&format!("/api/v1/experiments?{parameters}")).await;
        let rows = body["experiments"].as_array().unwrap();
        let names = rows.iter().map(|row| row["name"].as_str().unwrap());
        (
            names.collect::<Vec<_>>().join(" "),
            body["meta"]["total"].clone(),
        )
    };
    for (parameters, expected) in [
        ("sort=name", "ramp other now"),
        ("sort=name&order=asc", "now other ramp"),
        ("sort=included", "ramp now other"),
        ("sort=rounds&order=asc&limit=1", "ramp"),
        ("sort=latency_p95", "ramp now other"),
        ("sort=duration&order=asc", "other ramp now"),
        ("sort=seed", "now other ramp"),
        ("sort=status", "ramp now other"),
        ("sort=verdict&order=asc&limit=1", "ramp"),
        ("sort=intended&limit=2&cursor=1", "now other"),
        ("verdict=fail", "ramp"),
        ("verdict=pass", ""),
        ("status=running", "now"),
    ] {
        assert_eq!(names(parameters).await.0, expected, "{parameters}");
    }
    assert_eq!(names("verdict=fail").await.1, 1);
    let body = lab.read("/api/v1/experiments?q=now").await;
    let row = &body["experiments"][0];
    assert_eq!(
        (&row["status"], &row["seed"]),
        (&json!("running"), &json!(42))
    );
}

#[tokio::test]
async fn a_refusal_names_parameter_value_and_request() {
    let lab = Lab::start().await;
    let mut asked = request(Method::GET, "/api/v1/nodes?sort=heigth", None, "");
    asked
        .headers_mut()
        .insert("x-request-id", "page-17".parse().unwrap());
    let answer = lab.send(asked).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.headers["x-request-id"], "page-17");
    let error = &answer.json()["error"];
    assert_eq!(
        (&error["code"], &error["request_id"]),
        (&json!("bad_request"), &json!("page-17"))
    );
    let detail = &error["details"][0];
    assert_eq!(
        (&detail["parameter"], &detail["nearest"]),
        (&json!("sort"), &json!("height"))
    );
    let message = error["message"].as_str().unwrap();
    assert!(message.ends_with("did you mean height?"), "{message}");
    for (path, parameter) in [
        ("/api/v1/gaps?limit=0", "limit"),
        ("/api/v1/series?metric=tx_sen", "metric"),
        ("/api/v1/overview?from=yesterday", "from"),
        ("/api/v1/attribution?set=fast", "set"),
        ("/api/v1/transactions?fate=never_seen", "fate"),
        ("/api/v1/experiments?verdict=good", "verdict"),
    ] {
        let answer = lab.get(path).await.json();
        assert_eq!(
            answer["error"]["details"][0]["parameter"], parameter,
            "{answer}"
        );
        assert!(answer["error"]["request_id"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn application_times_leave_produced_blocks_out() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    // A producer needs a minute, which says nothing of applying.
    lab.scene("UPDATE block_trace SET total_time = 60 WHERE source = 'Internal'")
        .await;
    let series = lab
        .read("/api/v1/series?metric=apply_p50,apply_p95&step=3600")
        .await;
    let columns = &series["series"]["columns"];
    assert_eq!(
        (&columns["apply_p50"], &columns["apply_p95"]),
        (&json!([1.0]), &json!([1.5]))
    );
    let nodes = lab.read("/api/v1/nodes").await;
    assert_eq!(
        nodes["nodes"][0]["apply_p95_s"],
        Value::Null,
        "it only produced"
    );
    assert_eq!(nodes["nodes"][1]["apply_p95_s"], 1.5);
    let results = lab.read("/api/v1/experiments/ramp/results").await;
    assert_eq!(results["results"]["run"]["apply_s"]["max"], Value::Null);
}

#[tokio::test]
async fn a_loss_without_an_end_ends_where_the_nodes_own_entries_go_on() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    // It was noted by the clock of the laboratory, which is years ahead of that of the nodes.
    lab.scene(
        "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, noted_at)
         VALUES (2, 'M', 10, 'restart', '2026-01-31T09:12:01Z', '2030-01-01T00:00:00Z')",
    )
    .await;
    let body = lab.read("/api/v1/blocks/matrix?blocks=7&order=name").await;
    // Only 3Nc is at that time.
    assert_eq!(body["matrix"]["states"], "vnvvvvvvvvuvnnnn");
    let later = lab.read("/api/v1/overview?from=2026-01-31T09:15:00Z").await;
    assert_eq!(later["meta"]["completeness"]["lost_entries"], 0);
    let then = lab
        .read("/api/v1/overview?from=2026-01-31T09:12:00Z&until=2026-01-31T09:13:00Z")
        .await;
    assert_eq!(then["meta"]["completeness"]["lost_entries"], 10);
}

#[tokio::test]
async fn a_gap_of_unknown_size_is_told_beside_the_share() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    let gap = async |session: i32, missing: &str| {
        lab.scene(&format!(
            "INSERT INTO loadlab.gap (session_id, process, missing, reason, from_time, until_time)
             VALUES ({session}, 'M', {missing}, 'overrun', '2026-01-31T09:04:30Z',
                     '2026-01-31T09:05:40Z')"
        ))
        .await;
    };
    let told = async || {
        let results = lab.read("/api/v1/experiments/ramp/results").await;
        let list = lab.read("/api/v1/experiments").await;
        let comparison = lab.read("/api/v1/comparison?runs=ramp,ramp").await;
        let deployments = lab.read("/api/v1/deployments").await;
        [
            &results["results"]["run"],
            &results["results"]["rounds"][0],
            &list["experiments"][0],
            &comparison["comparison"]["runs"][1],
            &deployments["deployments"][0],
        ]
        .map(|row| {
            let share = row["completeness"].as_f64();
            (share, json!([row["lost_entries"], row["unknown_gaps"]]))
        })
    };
    for (share, counts) in told().await {
        assert_eq!((share, counts), (Some(1.0), json!([0, 0])));
    }
    gap(1, "NULL").await;
    for (share, counts) in told().await {
        assert_eq!(
            (share, counts),
            (Some(1.0), json!([0, 1])),
            "no entry is known"
        );
    }
    gap(2, "1").await;
    lab.scene("UPDATE loadlab.session SET lost_entries = 1 WHERE session_id = 2")
        .await;
    for (share, counts) in told().await {
        assert!(share < Some(1.0), "{share:?}");
        assert_eq!(counts, json!([1, 1]));
    }
}

#[tokio::test]
async fn a_run_is_looked_for_in_the_deployment_that_it_was_started_in() {
    let lab = Lab::start().await;
    lab.scene(SCENE).await;
    // Traces with one of its transactions are imported again.
    lab.scene(
        "INSERT INTO deployment (metadata_json) VALUES ('{}');
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         SELECT hash, 2, type, memo, time FROM unique_txs WHERE memo = 'ramp-0-0-3'",
    )
    .await;
    let found = async || {
        let results = lab.read("/api/v1/experiments/ramp/results").await;
        let comparison = lab.read("/api/v1/comparison?runs=ramp,ramp@2").await;
        let runs = comparison["comparison"]["runs"].clone();
        (
            results["meta"]["deployment_id"].clone(),
            results["results"]["run"]["seen"].clone(),
            [0, 1].map(|run| runs[run]["deployment_id"].clone()),
        )
    };
    // Of a run that was started before deployments were noted, nobody knows it: the newest is taken.
    assert_eq!(found().await, (json!(2), json!(1), [json!(2), json!(2)]));
    lab.scene("UPDATE loadlab.experiment_run SET deployment_id = 1")
        .await;
    assert_eq!(found().await, (json!(1), json!(8), [json!(1), json!(2)]));
    let results = lab.read("/api/v1/experiments/ramp/results").await;
    assert_eq!(results["results"]["run"]["intended"], 15, "asked for there");
}

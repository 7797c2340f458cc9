//! `experiment compare` and `trace diff`: what differs, for people and for programs.

use serde_json::Value;
use store::testing::TestDatabase;

use crate::calls::Service;
use crate::program::{Said, loadlab};

/// Three runs: `slow` has the rounds of `fast` with latencies that are 30 s longer, `other` one
/// round, long after them.
const RUNS: &str = "
    INSERT INTO deployment (metadata_json) VALUES ('{}');
    INSERT INTO loadlab.session (deployment_id, node_name, kind, lines, opened_at)
    VALUES (1, 'n', 'node', 600, '2026-01-31T09:00:00Z');
    INSERT INTO loadlab.session_minute (session_id, minute, entries)
    SELECT session_id, '2026-01-31T09:00:00Z'::timestamptz + n * interval '1 minute', 10
      FROM loadlab.session, generate_series(0, 600) AS n;
    CREATE TEMPORARY TABLE tx AS
    SELECT run.name || round || '-' || n AS hash, run.name || '-' || round || '-0-' || n AS memo,
           '2026-01-31T09:00:00Z'::timestamptz + (hour + round) * interval '1 hour'
               + n * interval '10 s' AS sent,
           (60 + 30 * longer + 5 * round + n) * interval '1 s' AS latency
      FROM (VALUES ('fast', 0, 0, 4), ('slow', 4, 1, 4), ('other', 9, 0, 1))
               AS run (name, hour, longer, rounds),
           generate_series(0, 3) AS round, generate_series(0, 9) AS n
     WHERE round < rounds;
    INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
    SELECT hash, 1, 'payment', memo, sent FROM tx;
    INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result)
    SELECT hash, 1, 'payment', memo, sent + latency, 'Applied' FROM tx;
    INSERT INTO experiment_state (name, description, status, setup_json)
    SELECT name, '', 'success', jsonb_build_object('ExperimentName', name, 'BaseTps', tps)
      FROM (VALUES ('fast', 0.5), ('slow', 0.75)) AS run (name, tps);";

fn compare(test: &TestDatabase, arguments: &[&str]) -> Said {
    let mut command = loadlab(["experiment", "compare"]);
    Said::of(command.args(arguments).env("DATABASE_URL", test.url()))
}

#[tokio::test]
async fn runs_are_compared_for_people_programs_and_scripts() {
    let test = TestDatabase::create().await.unwrap();
    test.execute(RUNS).await.unwrap();
    let text = compare(&test, &["fast", "slow"]).success();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "slow against fast: worse");
    let latency = lines.iter().find(|line| line.starts_with("latency.p50"));
    let words: Vec<&str> = latency.unwrap().split_whitespace().collect();
    assert_eq!(
        (words[5], words.last()),
        ("+30.000", Some(&"worse")),
        "{text}"
    );
    assert!(text.contains("BaseTps   0.5  0.75\n"), "{text}");

    // Programs get the answer of the reading API, scripts an exit code if they ask for it.
    let json = compare(&test, &["fast", "slow", "--format", "json", "--check"]);
    assert_eq!(json.code, Some(1), "{}", json.err);
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(answer["comparison"]["verdict"], "worse");
    assert_eq!(answer["meta"]["deployment_id"], 1);
    assert_eq!(compare(&test, &["slow", "fast", "--check"]).code, Some(0));
    let based = compare(&test, &["slow", "fast", "--base", "fast", "--check"]);
    assert_eq!(based.code, Some(0), "{}", based.out);
    assert!(
        based.out.contains("fast against fast: no difference"),
        "{}",
        based.out
    );
}

#[tokio::test]
async fn a_lab_compares_as_the_database_does() {
    let test = TestDatabase::create().await.unwrap();
    test.execute(RUNS).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start("experiments-api", folder.path(), &test);
    let of_lab = |names: &[&str]| {
        let mut command = loadlab(["experiment", "compare"]);
        command.args(names).arg("--check");
        Said::of(command.env("LOADLAB_EXPERIMENTS_API_URL", &service.address))
    };
    let lab = of_lab(&["fast", "slow"]);
    let database = compare(&test, &["fast", "slow", "--check"]);
    assert_eq!(
        (lab.code, &lab.out),
        (Some(1), &database.out),
        "{}",
        lab.err
    );
    of_lab(&["fast", "none"]).assert_failure("there is no experiment \"none\"");
}

#[tokio::test]
async fn a_lab_reports_as_the_database_does_and_nobody_on_what_is_not_known() {
    let test = TestDatabase::create().await.unwrap();
    test.execute(RUNS).await.unwrap();
    // One of two nodes is slow in one step.
    test.execute(
        "INSERT INTO block_trace (deployment_id, node_name, block_id, trace_started_at,
             trace_completed_at, total_time, source, blockchain_length, global_slot, status,
             metadata_json)
         SELECT 1, node, '3N' || n, started, started + 1 + slow, 1 + slow, 'External', n, n,
                'Success', '{}'
           FROM generate_series(1, 12) AS n, (VALUES ('n', 1), ('m', 3)) AS of (node, slow),
                LATERAL (SELECT 1769850000 + n * 180 AS started) AS time;
         INSERT INTO block_trace_checkpoint (deployment_id, block_trace_id, source, main_trace,
             is_control, name, started_at, metadata_json, call_id, gossip)
         SELECT 1, block_trace_id, 'M', true, false, name,
                CASE name WHEN 'Fast' THEN trace_started_at WHEN 'Slow' THEN trace_started_at + 1
                          ELSE trace_completed_at END, '[]', 0, false
           FROM block_trace, unnest(ARRAY['Fast', 'Slow', 'Done']) AS name",
    )
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start("experiments-api", folder.path(), &test);
    let report = |name: &str, format: &str, of_lab: bool| {
        let mut command = loadlab(["experiment", "report", name, "--format", format]);
        command.args(["--output", "-", "--check"]);
        Said::of(if of_lab {
            command.env("LOADLAB_EXPERIMENTS_API_URL", &service.address)
        } else {
            command.env("DATABASE_URL", test.url())
        })
    };
    for format in ["markdown", "csv", "html", "json"] {
        let (lab, database) = (report("fast", format, true), report("fast", format, false));
        let without_time = |text: &str| {
            let is_time = |line: &str| line.contains("\"as_of\"") || line.contains(", read 2");
            let lines = text.lines().filter(|line| !is_time(line));
            lines.map(str::to_owned).collect::<Vec<String>>()
        };
        assert_eq!(lab.code, database.code, "{format}: {}", lab.err);
        assert_eq!(
            without_time(&lab.out),
            without_time(&database.out),
            "{format}"
        );
        assert!(lab.out.contains("Slow") || format == "csv", "{}", lab.out);
    }
    report("none", "json", true).assert_failure("there is no experiment \"none\"");
    report("none", "json", false).assert_failure("nothing is known of an experiment \"none\"");
    let page = folder.path().join("none.html");
    let mut command = loadlab(["experiment", "report", "none", "--output"]);
    Said::of(command.arg(&page).env("DATABASE_URL", test.url()))
        .assert_failure("nothing is known of an experiment \"none\"");
    assert!(!page.exists(), "nothing is half-written");
}

#[tokio::test]
async fn what_cannot_be_compared_gets_one_clear_answer() {
    let test = TestDatabase::create().await.unwrap();
    compare(&test, &["fast", "slow"]).assert_failure("nothing is known of an experiment \"fast\"");
    test.execute(RUNS).await.unwrap();
    compare(&test, &["fast", "none"]).assert_failure("nothing is known of an experiment \"none\"");
    compare(&test, &["fast", "slow", "--base", "other"])
        .assert_failure("--base must be one of fast, slow");
    let one = compare(&test, &["fast"]);
    assert_eq!(one.code, Some(2), "{}", one.err);

    let nothing = compare(&test, &["fast", "other", "--check"]);
    assert_eq!(nothing.code, Some(2), "{}", nothing.err);
    let first = nothing.out.lines().next().unwrap();
    assert!(
        first.starts_with("other cannot be compared with fast: ")
            && first.contains("fewer than 3 rounds in common"),
        "{first}"
    );
    assert!(!nothing.out.contains("latency"), "{}", nothing.out);
}

/// A block of two nodes; `apply` is how long the second step takes.
fn trace(block: &str, apply: u32) -> String {
    let time = 1_760_000_000;
    let end = f64::from(time) + 0.5 + f64::from(apply);
    format!(
        "{{\"current_block\":\"{block}\"}}\n[\"External_block_received\",{time}.0]\n\
         [\"Build_breadcrumb\",{time}.25]\n[\"Prediff\",{time}.375]\n\
         [\"Apply_diff\",{time}.5]\n[\"Breadcrumb_integrated\",{end}]\n"
    )
}

#[tokio::test]
async fn two_traces_stand_beside_each_other_with_what_makes_the_difference() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    for (node, blocks) in [
        ("n", trace("3NOne", 1) + &trace("3NTwo", 4)),
        ("m", trace("3NOne", 2)),
    ] {
        std::fs::write(&path, blocks).unwrap();
        let mut command = loadlab(["trace", "import", "--node", node]);
        Said::of(command.arg(&path).env("DATABASE_URL", test.url())).success();
    }
    let diff = |arguments: &[&str]| {
        let mut command = loadlab(["trace", "diff"]);
        Said::of(command.args(arguments).env("DATABASE_URL", test.url()))
    };
    let text = diff(&["n/3NO", "3NT"]).success();
    assert!(
        text.starts_with("A  block 3NOne of node n (deployment 1)"),
        "{text}"
    );
    let row = text
        .lines()
        .find(|line| line.contains("Apply_diff"))
        .unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        words,
        [
            "Apply_diff",
            "1.000",
            "s",
            "4.000",
            "s",
            "+3.000",
            "s",
            "+3.000",
            "s"
        ]
    );
    assert!(text.contains("100 % of it in 1 checkpoint\n"), "{text}");
    // These traces have no calls.
    assert_eq!(diff(&["n/3NO", "3NT", "--calls"]).success(), text);

    let json = diff(&["1/n/3NOne", "m/3NOne", "--format", "json"]).success();
    let diff_of: Value = serde_json::from_str(&json).unwrap();
    let diff_of = &diff_of["diff"];
    assert_eq!(diff_of["explained"][0]["name"], "Apply_diff");
    assert_eq!(diff_of["explained"][0]["delta_s"], 1.0);
    let columns = &diff_of["columns"];
    let sum: i64 = columns["delta_own_us"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delta| delta.as_i64().unwrap())
        .sum();
    assert_eq!(sum, 1_000_000, "{diff_of}");
    assert_eq!(diff_of["a"]["node"], "n");

    diff(&["n/3NOne", "n/3NOne"]).assert_failure("both are block 3NOne of node n");
    diff(&["n/3NOne", "m/3NTwo"]).assert_failure("no block of node `m`");
    diff(&["9/n/3NOne", "3NTwo"]).assert_failure("there is no deployment 9");
    assert_eq!(diff(&["/", "x"]).code, Some(2));
}

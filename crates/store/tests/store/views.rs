//! The views: names, types and meaning of their columns.

use sqlx::{Connection as _, PgConnection};
use store::testing::TestDatabase;

async fn database(scene: &str) -> (TestDatabase, PgConnection) {
    let test = TestDatabase::create().await.unwrap();
    let deployments = "INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}')";
    test.execute(deployments).await.unwrap();
    test.execute(scene).await.unwrap();
    let connection = PgConnection::connect(test.url()).await.unwrap();
    (test, connection)
}

/// Every row of the query as text, in the form `(a,b,,c)`.
async fn rows(connection: &mut PgConnection, query: &str) -> Vec<String> {
    let sql = format!("SELECT row::text FROM ({query}) AS row");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_all(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_columns_of_the_views_are_those_that_clients_know() {
    let (_test, mut connection) = database("").await;
    let mut check = async |view: &str, expected: &[&str]| {
        let columns: Vec<String> = sqlx::query_scalar(
            "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
              WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum",
        )
        .bind(view)
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(columns, expected, "{view}");
    };
    let time = |name: &str| format!("{name} timestamp with time zone");
    check(
        "tx_diffs",
        &[
            "deployment_id bigint",
            &time("time"),
            "diff jsonb",
            "node_name character varying(255)",
            "sender character varying(255)",
            "outcome pool_action_t",
            "reason text",
            &time("outcome_time"),
        ],
    )
    .await;
    check(
        "received_txs",
        &[
            "deployment_id bigint",
            "node_name character varying(255)",
            &time("time"),
            "sender character varying(255)",
            &time("outcome_time"),
            "outcome pool_action_t",
            "reason text",
            "type text",
            "hash text",
            "memo text",
        ],
    )
    .await;
    check(
        "txs",
        &[
            "deployment_id integer",
            "hash character varying(128)",
            "type character varying(64)",
            "memo text",
            &time("time"),
            &time("block_received"),
            "latency interval",
            "result character varying(64)",
        ],
    )
    .await;
    check(
        "experiments",
        &[
            "exp text",
            "round integer",
            "deployment_id integer",
            "rate_min numeric",
            "zkapp_rate_min numeric",
            "payment_rate_min numeric",
            "duration interval",
            "max_latency interval",
            "missed numeric",
            "failed numeric",
            "successful numeric",
            &time("start"),
            "total bigint",
            "zkapps bigint",
        ],
    )
    .await;
    check(
        "sw_experiments",
        &[
            "exp text",
            "round integer",
            "deployment_id integer",
            "fst_tx_type character varying(64)",
            "snd_tx_type character varying(64)",
            "total_sws bigint",
            "min_received_scheduled_sec numeric",
            "avg_received_scheduled_sec numeric",
            "max_received_scheduled_sec numeric",
            "min_received_added_sec numeric",
            "avg_received_added_sec numeric",
            "max_received_added_sec numeric",
        ],
    )
    .await;
}

#[tokio::test]
async fn the_ending_of_a_memo_is_three_numbers_behind_hyphens() {
    let (_test, mut connection) = database("").await;
    let memos = [
        "a-1-2-3",
        "a-b-1-2-3",
        "-1-2-3",
        "1-2-3",
        "a-123456789-2-3",
        "a-1234567890-2-3",
        "a--2-3",
        "a-1--3",
        "a-1-2-",
        "a-1-2-3x",
        "a-1-2-3\n",
        "",
        "---",
        "a-1-2-33333333333333333333333",
        "ü-0-0-0",
        "a-٣-1-2",
    ];
    let different: Vec<String> = sqlx::query_scalar(
        "SELECT memo FROM unnest($1::text[]) AS memo
          WHERE loadlab.memo_ending(memo)
                IS DISTINCT FROM substring(memo FROM '-[0-9]{1,9}-[0-9]+-[0-9]+$')",
    )
    .bind(&memos[..])
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(different, [""; 0]);
}

const EXPERIMENT: &str = "
INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
SELECT hash, 1, type, memo, '2025-05-07 14:00:00Z'::timestamptz + after * interval '1 s'
  FROM (VALUES ('h0', 'payment', 'exp-a-0-1-0', 0),
               ('h1', 'payment', 'exp-a-0-1-1', 0),
               ('h2', 'zkapp:9:2', 'exp-a-0-2-0', 20.02),
               ('h9', 'payment', 'exp-a-0-1-9', 36.08)) AS t (hash, type, memo, after);
INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result)
SELECT hash, deployment_id, type, memo, time + latency, 'Applied'
  FROM unique_txs
  JOIN (VALUES ('h0', interval '87.643705 s'), ('h1', interval '60 s'),
               ('h2', interval '30 s')) AS t (hash, latency) USING (hash);
";

const EXPERIMENT_ROW: &str = "(exp-a,0,1,6.67,1.67,5.00,00:00:36,00:01:27.643705,0.25,0.00,0.75,\
                              \"2025-05-07 14:00:00+00\",4,1)";

#[tokio::test]
async fn an_experiment_is_summed_up() {
    let (_test, mut connection) = database(EXPERIMENT).await;
    let found = rows(&mut connection, "SELECT * FROM experiments").await;
    assert_eq!(found, [EXPERIMENT_ROW]);
}

#[tokio::test]
async fn an_experiment_counts_only_what_its_deployment_has_seen() {
    let (_test, mut connection) = database(&format!(
        "{EXPERIMENT}
         INSERT INTO unique_txs VALUES
             ('h0', 2, 'payment', 'exp-a-0-1-0', '2025-05-08 14:00:00Z'),
             ('m1', 2, 'payment', 'exp-a-0-1-1', '2025-05-08 14:00:00Z');
         INSERT INTO block_txs VALUES
             ('h0', 2, 'payment', 'exp-a-0-1-0', '2025-05-08 14:01:00Z', 'Failed'),
             ('in a block only', 2, 'payment', 'exp-a-0-1-2', '2025-05-08 14:01:00Z', 'Failed')"
    ))
    .await;
    let found = rows(&mut connection, "SELECT * FROM experiments").await;
    // A group without duration has no rates.
    let second = "(exp-a,0,2,,,,00:00:00,00:01:00,0.50,0.50,0.00,\"2025-05-08 14:00:00+00\",2,0)";
    assert_eq!(found, [EXPERIMENT_ROW, second]);
}

#[tokio::test]
async fn only_the_last_three_numbers_of_a_memo_count() {
    let memos = [
        ("a-1-2-3-4-5", Some("(a-1-2,3)")),
        ("-0-0-0", Some("(\"\",0)")),
        ("two\nlines-7-0-0", Some("(\"two\nlines\",7)")),
        ("a-999999999-0-99999999999999999999", Some("(a,999999999)")),
        ("a-1234567890-0-0", None),
        ("a-1-2", None),
        ("a-1-2-x", None),
        ("a-1-2-", None),
        ("a-1-2-3-", None),
        ("a-1-2-3 ", None),
        ("a-١-2-3", None),
    ];
    let (_test, mut connection) = database("").await;
    for (memo, expected) in memos {
        sqlx::raw_sql("TRUNCATE unique_txs")
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::query("INSERT INTO unique_txs VALUES ('h', 1, 'payment', $1, now())")
            .bind(memo)
            .execute(&mut connection)
            .await
            .unwrap();
        let found = rows(&mut connection, "SELECT exp, round FROM experiments").await;
        assert_eq!(found.first().map(String::as_str), expected, "{memo:?}");
    }
}

/// Batches and reasons are summed up, and what has no index is not among them.
#[tokio::test]
async fn a_round_sums_up_all_of_its_batches() {
    let (_test, mut connection) = database(
        "INSERT INTO unique_txs
         SELECT 'h' || n, 1, 'payment', 'e-7-' || n % 3 || '-' || n,
                '2025-05-07 14:00Z'::timestamptz + n * interval '1 s'
           FROM generate_series(0, 299) AS n;
         INSERT INTO unique_txs VALUES ('x', 1, 'payment', 'e-7-1-', '2025-05-07 13:00Z'),
                                       ('y', 1, 'payment', 'e-7-1', '2025-05-07 13:00Z');
         INSERT INTO block_txs
         SELECT hash, 1, type, memo, time + interval '9 s',
                CASE WHEN right(hash, 1) IN ('1', '2') THEN 'Failed' ELSE 'Applied' END,
                CASE WHEN right(hash, 1) = '1' THEN 'Overflow' END
           FROM unique_txs WHERE right(hash, 1) <> '0'",
    )
    .await;
    let query = "SELECT exp, round, total, included_count, applied_count, failed_count, failures,
                        extract(epoch FROM duration)::int AS seconds
                   FROM loadlab.experiment_outcome";
    assert_eq!(
        rows(&mut connection, query).await,
        [r#"(e,7,300,270,210,60,"{""Overflow"": 30, ""unknown reason"": 30}",299)"#]
    );
}

#[tokio::test]
async fn a_transaction_is_joined_with_its_block_in_the_same_deployment_only() {
    let (_test, mut connection) = database(
        "INSERT INTO unique_txs VALUES ('both', 1, 'payment', 'pool', '2025-05-07 14:00Z'),
                                       ('pool', 1, 'payment', 'm', '2025-05-07 14:00Z');
         INSERT INTO block_txs VALUES
             ('both', 1, 'payment', 'block', '2025-05-07 14:01Z', 'Applied'),
             ('pool', 2, 'payment', 'm', '2025-05-07 14:01Z', 'Applied')",
    )
    .await;
    let query = "SELECT deployment_id, hash, memo, latency, result FROM txs
                  ORDER BY hash, deployment_id";
    let found = rows(&mut connection, query).await;
    let expected = [
        "(1,both,block,00:01:00,Applied)",
        "(1,pool,m,,)",
        "(,pool,m,,Applied)",
    ];
    assert_eq!(found, expected);
}

const DIFFS: &str = r#"
INSERT INTO tx_traces
    (block_trace_checkpoint_id, node_name, action, time, diff, sender, reason, deployment_id)
SELECT id, node, action::pool_action_t,
       '2025-05-07 14:00:00Z'::timestamptz + id * interval '1 s', diff::jsonb, sender, reason,
       deployment
  FROM (VALUES (1, 'n', 'received', '[["payment","h1","m1"],["payment","h2"]]', 's', null, 1),
               (2, 'n', 'received', '[["payment","h3","m3"]]', 's', null, 1),
               (3, 'other', 'rejected', '[["payment","h3","m3"]]', 's', 'elsewhere', 1),
               (4, 'n', 'rejected', '[["payment","h3","m3"]]', 's', 'fee', 1),
               (5, 'n', 'accepted', '[["payment","h1","m1"],["payment","h2"]]', 's', null, 1),
               (6, 'n', 'received', '[["payment","h3","m3"]]', null, null, 1),
               (7, 'n', 'accepted', '[["payment","h3","m3"]]', null, null, 2),
               (8, 'n', 'received', '"no list"', 's', null, 2))
       AS t (id, node, action, diff, sender, reason, deployment);
"#;

#[tokio::test]
async fn a_diff_meets_the_next_event_of_its_node_sender_and_deployment() {
    let (_test, mut connection) = database(DIFFS).await;
    let query = "SELECT deployment_id, node_name, sender, outcome, reason,
                        extract(second FROM outcome_time)::int AS second
                   FROM tx_diffs ORDER BY time";
    let expected = [
        "(1,n,s,accepted,,5)",
        "(1,n,s,rejected,fee,4)",
        "(1,n,,,,)",
        "(2,n,s,,,)",
    ];
    assert_eq!(rows(&mut connection, query).await, expected);
}

#[tokio::test]
async fn every_transaction_of_a_diff_is_listed() {
    let (_test, mut connection) = database(DIFFS).await;
    let query = "SELECT deployment_id, outcome, type, hash, memo
                   FROM received_txs ORDER BY time, hash";
    let expected = [
        "(1,accepted,payment,h1,m1)",
        "(1,accepted,payment,h2,)",
        "(1,rejected,payment,h3,m3)",
        "(1,,payment,h3,m3)",
    ];
    assert_eq!(rows(&mut connection, query).await, expected);
}

#[tokio::test]
async fn snark_work_is_summed_up_where_both_memos_agree() {
    let (_test, mut connection) = database(
        "INSERT INTO uniq_sws (deployment_id, fst_work_id, snd_work_id, fst_work_type,
             snd_work_type, fst_work_tx_memo, snd_work_tx_memo, time_scheduled, time_added,
             time_received)
         SELECT 1, id, id + 1, 'payment', 'payment', fst, snd, t, t + interval '1 s',
                t + received * interval '1 s'
           FROM (VALUES (1, 'e-0-1-1', 'e-0-1-2', 2), (3, 'e-0-2-1', 'e-0-1-2', 5),
                        (5, 'e-0-1-1', 'e-1-1-2', 9), (7, 'e-0-1-1', null, 9),
                        (9, 'e-12345678901-1-1', 'e-12345678901-1-1', 9))
                AS work (id, fst, snd, received),
                (VALUES ('2025-05-07 14:00Z'::timestamptz)) AS start (t)",
    )
    .await;
    let query = "SELECT exp, round, deployment_id, fst_tx_type, total_sws,
                        min_received_scheduled_sec::float8, avg_received_scheduled_sec::float8,
                        max_received_added_sec::float8
                   FROM sw_experiments";
    assert_eq!(
        rows(&mut connection, query).await,
        ["(e,0,1,payment,2,2,3.5,4)"]
    );
}

/// With a million transactions, one process alone takes several seconds.
#[tokio::test]
async fn parallel_processes_share_the_work_of_the_view_of_experiments() {
    let scene = "INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
                 SELECT 'h' || n, 1, 'payment', 'a-0-0-' || n, to_timestamp(n)
                   FROM generate_series(1, 1000) AS n;
                 INSERT INTO block_txs (hash, deployment_id, type, memo, block_received, result)
                 SELECT hash, 1, type, memo, time + '1 s', 'Applied' FROM unique_txs;
                 ANALYZE unique_txs, block_txs;";
    let (_test, mut connection) = database(scene).await;
    sqlx::raw_sql(
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
         SET min_parallel_table_scan_size = 0",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let plan: Vec<String> = sqlx::query_scalar("EXPLAIN SELECT * FROM experiments")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let plan = plan.join("\n");
    assert!(
        plan.contains("Partial HashAggregate") || plan.contains("Partial GroupAggregate"),
        "{plan}"
    );
}

//! Freeze, unfreeze, reset, deployments, several fetchers.

use std::time::{Duration, Instant};

use crate::bench_of_nodes::{Bench, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_ends_all_sessions_committed_and_outlives_the_fetcher() {
    let bench = Bench::start(3, 500).await;
    let fetcher = bench.fetch(bench.config()).await;
    for node in &bench.nodes {
        node.write(10);
    }
    bench.wait_for_entries(30).await;
    for node in &bench.nodes {
        node.write(5);
    }
    // By GET, as the guide of the cluster says.
    assert_eq!(fetcher.get("/freeze").await, (200, String::new()));
    assert_eq!(
        bench.stored_and_lost().await,
        (45, 0),
        "the last entries, too"
    );
    let open = "SELECT count(*)::text FROM loadlab.session WHERE ended_at IS NULL";
    assert_eq!(bench.text(open).await, "0");
    let reasons = "SELECT DISTINCT end_reason FROM loadlab.session";
    assert_eq!(bench.text(reasons).await, "freeze");
    fetcher.stop().await;
    let fetcher = bench.fetch(bench.config()).await;
    for node in &bench.nodes {
        node.write(1);
    }
    let frozen = "SELECT count(*)::text FROM loadlab.fetched_node WHERE state = 'frozen'";
    eventually("the new fetcher is frozen", async || {
        bench.text(frozen).await == "3"
    })
    .await;
    assert_eq!(bench.stored_and_lost().await.0, 45);
    bench
        .test
        .execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    let posted = service::proxy::direct()
        .build()
        .unwrap()
        .post(format!("{}/unfreeze", fetcher.url));
    assert_eq!(posted.send().await.unwrap().status(), 200);
    bench.wait_for_entries(48).await;
    let by_deployment = "SELECT deployment_id || ' ' || sum(lines) FROM loadlab.session
                          GROUP BY deployment_id ORDER BY deployment_id";
    let by_deployment = bench.test.texts(by_deployment).await;
    assert_eq!(by_deployment.unwrap(), ["1 45", "2 3"]);
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_begins_after_an_unfreeze_is_not_ended_by_the_freeze_before() {
    let bench = Bench::start(1, 500).await;
    let mut config = bench.config();
    config.freeze_time = Duration::from_secs(2);
    let fetcher = bench.fetch(config).await;
    bench.nodes[0].write(1);
    bench.wait_for_entries(1).await;
    // A session that nobody will end: the freeze has to wait for it.
    bench
        .test
        .execute(
            "INSERT INTO loadlab.session (deployment_id, node_name, kind) VALUES (1, 'gone', 'node')",
        )
        .await
        .unwrap();
    let url = format!("{}/freeze", fetcher.url);
    let freezing = tokio::spawn(async move {
        service::proxy::direct()
            .build()
            .unwrap()
            .get(url)
            .send()
            .await
            .unwrap()
    });
    let frozen = "SELECT count(*)::text FROM loadlab.session WHERE end_reason = 'freeze'";
    eventually("the node's session has ended", async || {
        bench.text(frozen).await == "1"
    })
    .await;
    assert_eq!(fetcher.get("/unfreeze").await.0, 200);
    bench.nodes[0].write(1);
    bench.wait_for_entries(2).await;
    let answer = freezing.await.unwrap();
    assert_eq!(answer.status(), 409);
    let body = answer.text().await.unwrap();
    assert!(body.contains(r#""code":"unfrozen""#), "{body}");
    // Longer than the freeze would have waited.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    bench.nodes[0].write(1);
    bench.wait_for_entries(3).await;
    assert_eq!(bench.text(frozen).await, "1");
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_and_a_new_deployment_begin_sessions_and_lose_nothing() {
    let bench = Bench::start(2, 500).await;
    let fetcher = bench.fetch(bench.config()).await;
    let sessions = "SELECT count(*)::text FROM loadlab.session WHERE ended_at IS NULL";
    for node in &bench.nodes {
        node.write(10);
    }
    bench.wait_for_entries(20).await;
    assert_eq!(fetcher.get("/reset").await.0, 200);
    let ended = "SELECT count(*)::text FROM loadlab.session WHERE end_reason = 'reset'";
    eventually("sessions were begun anew", async || {
        bench.text(ended).await == "2"
    })
    .await;
    eventually("both are open again", async || {
        bench.text(sessions).await == "2"
    })
    .await;
    for node in &bench.nodes {
        node.write(10);
    }
    bench
        .test
        .execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    let newer = "SELECT count(*)::text FROM loadlab.session WHERE deployment_id = 2";
    eventually("sessions of the new deployment", async || {
        bench.text(newer).await == "2"
    })
    .await;
    for node in &bench.nodes {
        node.write(10);
    }
    bench.wait_for_entries(60).await;
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_answer_as_the_original_does() {
    let bench = Bench::start(1, 500).await;
    let mut config = bench.config();
    config.node_names = [(
        crate::bench_of_nodes::SUBMITTER.to_owned(),
        "whale".to_owned(),
    )]
    .into();
    let fetcher = bench.fetch(config).await;
    bench.nodes[0].write(1);
    bench.wait_for_entries(1).await;
    eventually("the node's own word is known", async || {
        fetcher
            .get("/nodes")
            .await
            .1
            .contains(r#""is_block_producer":true"#)
    })
    .await;
    let nodes: serde_json::Value = serde_json::from_str(&fetcher.get("/nodes").await.1).unwrap();
    let address = bench.nodes[0].address;
    assert_eq!(nodes[0]["ip"], address.ip().to_string());
    assert_eq!(nodes[0]["graphql_port"], address.port());
    assert_eq!(nodes[0]["submitter_pk"], crate::bench_of_nodes::SUBMITTER);
    assert_eq!(nodes[0]["internal_trace_port"], 11_000);
    assert_eq!(nodes[0]["name"], "whale");
    let name = format!("EV6qnXQP{}", bench.nodes[0].name());
    assert_eq!(nodes[0]["node_name"], name);
    let client = service::proxy::direct().build().unwrap();
    let put = client
        .put(format!("{}/freeze", fetcher.url))
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 405);
    assert_eq!(put.text().await.unwrap(), "HTTP method not allowed");
    let post = client
        .post(format!("{}/nodes", fetcher.url))
        .send()
        .await
        .unwrap();
    assert_eq!(post.status(), 405);
    assert_eq!(fetcher.get("/other").await, (404, String::new()));
    let get = client
        .get(format!("{}/nodes", fetcher.url))
        .header("origin", "http://a.example");
    let response = get.send().await.unwrap();
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "http://a.example"
    );
    // A foreign page must not freeze the fetcher.
    let freeze = client
        .get(format!("{}/freeze", fetcher.url))
        .header("origin", "http://a.example");
    assert_eq!(freeze.send().await.unwrap().status(), 403);
    let (_, wrong) = fetcher.get("/api/v1/completeness?from=2&until=1").await;
    assert!(wrong.contains("bad_request"), "{wrong}");
    // A misspelt parameter must not be as none; the original's routes take what they took.
    for (path, status, part) in [
        ("/api/v1/completeness?nodes=a", 400, "did you mean node?"),
        (
            "/api/v1/sessions?deploymnt=1",
            400,
            "did you mean deployment?",
        ),
        ("/api/v1/sessions?deployment=1", 200, ""),
        ("/nodes?_=1", 200, ""),
    ] {
        let (found, text) = fetcher.get(path).await;
        assert_eq!(found, status, "{path}: {text}");
        assert!(text.contains(part), "{path}: {text}");
    }
    fetcher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_fetchers_share_the_nodes_and_one_takes_over_from_the_other() {
    let bench = Bench::start(10, 2_000).await;
    let one = bench.fetch(bench.config()).await;
    let holders = "SELECT count(*) || ' ' || count(DISTINCT holder) FROM loadlab.lease
                    WHERE resource LIKE 'node/%' AND expires_at > clock_timestamp()";
    eventually("one has all", async || bench.text(holders).await == "10 1").await;
    let other = bench.fetch(bench.config()).await;
    let share = "SELECT coalesce(string_agg(n::text, ' '), '') FROM (
                   SELECT count(*) AS n FROM loadlab.lease
                    WHERE resource LIKE 'node/%' AND expires_at > clock_timestamp()
                    GROUP BY holder) AS shares";
    eventually("each has half", async || bench.text(share).await == "5 5").await;
    for node in &bench.nodes {
        node.write(100);
    }
    one.kill();
    let begun = Instant::now();
    eventually("the other has all", async || {
        bench.text(holders).await == "10 1"
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(15));
    for node in &bench.nodes {
        node.write(100);
    }
    bench.wait_for_entries(2_000).await;
    other.stop().await;
    assert_eq!(bench.stored_and_lost().await, (2_000, 0));
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_discovery_the_known_nodes_stay() {
    let bench = Bench::start(2, 500).await;
    let mut config = bench.config();
    config.node_grace = Duration::from_millis(100);
    let fetcher = bench.fetch(config).await;
    bench.nodes[0].write(1);
    bench.nodes[1].write(1);
    bench.wait_for_entries(2).await;
    "[]".clone_into(&mut bench.online.lock().unwrap());
    tokio::time::sleep(Duration::from_secs(1)).await;
    "no list".clone_into(&mut bench.online.lock().unwrap());
    tokio::time::sleep(Duration::from_secs(1)).await;
    bench.nodes[0].write(1);
    bench.nodes[1].write(1);
    bench.wait_for_entries(4).await;
    bench.list(&bench.nodes[..1]);
    let gone = "SELECT count(*)::text FROM loadlab.session WHERE end_reason = 'gone'";
    eventually("the node that is not listed is gone", async || {
        bench.text(gone).await == "1"
    })
    .await;
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_deployments_go_by_themselves_if_that_is_wanted() {
    let bench = Bench::start(1, 500).await;
    bench
        .test
        .execute(
            "INSERT INTO deployment (metadata_json) VALUES ('{}'), ('{}'), ('{}');
             INSERT INTO block_trace
             SELECT id, id, 'n', '3NA', extract(epoch FROM now()) - age * 86400, -1, 0, 'External',
                    1, 1, 'Success', '{}'
               FROM (VALUES (1, 40), (2, 10), (3, 50)) AS old (id, age)",
        )
        .await
        .unwrap();
    let deployments = "SELECT deployment_id::text FROM deployment ORDER BY 1";
    // Unless it is wanted, nothing goes.
    let fetcher = bench.fetch(bench.config()).await;
    bench.nodes[0].write(5);
    bench.wait_for_entries(5).await;
    fetcher.stop().await;
    assert_eq!(bench.text(deployments).await, "1,2,3");

    let mut config = bench.config();
    config.drop_deployments.older_than = Some(Duration::from_hours(30 * 24));
    let fetcher = bench.fetch(config).await;
    eventually("the old one is gone, the newest is not", async || {
        bench.text(deployments).await == "2,3"
    })
    .await;
    let changes = "SELECT actor || ' ' || path || ' ' || target FROM loadlab.audit
                    WHERE changed_at IS NOT NULL";
    assert_eq!(bench.text(changes).await, "retention deployment drop 1");
    bench.nodes[0].write(5);
    bench.wait_for_entries(10).await;
    fetcher.stop().await;
}

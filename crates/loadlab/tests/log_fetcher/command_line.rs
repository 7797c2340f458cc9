//! The command line and the environment of the original, and what the fetcher
//! says when something is wrong.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use serde_json::{Value, json};
use store::testing::TestDatabase;
use tokio::net::TcpListener;

use crate::process::{Lab, SUBMITTER, connect, eventually, spawn, stored_and_lost, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_of_the_original_is_taken() {
    let lab = Lab::start(1, 500).await;
    let test = TestDatabase::create().await.unwrap();
    let names = json!({ SUBMITTER: "whale" }).to_string();
    std::fs::write(lab.folder.path().join("names.json"), names).unwrap();
    // Beside the node two that submit the ports of a gateway.
    let mut list: Vec<Value> = serde_json::from_str(&lab.listed()).unwrap();
    for port in [10_001, 20_002] {
        list.push(json!({
            "remote_addr": "10.0.0.1:8302",
            "submitter": SUBMITTER,
            "graphql_control_port": port,
        }));
    }
    lab.list(&serde_json::to_string(&list).unwrap());
    let output = lab.folder.path().join("output");
    let mut command = lab.command();
    command
        .args(["log-fetcher", "-k"])
        .arg(lab.key_file())
        .arg("-o")
        .arg(&output)
        .args([
            "--host-overrides",
            "plain-{}.a.invalid",
            "other-{}.b.invalid",
        ])
        .args(["--allow-network", "127.0.0.0/8", "--port", "0", "-n"])
        .arg(lab.folder.path().join("names.json"))
        .args(["--db-uri", test.url(), "discovery"])
        .env("ONLINE_URL", lab.online_url())
        .env("FETCH_INTERVAL_MS", "150")
        .env("HANDLE_STATUS_CHANGE", "true")
        .env_remove("DATABASE_URL");
    let fetcher = spawn(command);
    lab.write(20);
    wait_for(test.database(), 20).await;
    let mut nodes = Vec::new();
    eventually("three nodes are listed and one is read", async || {
        nodes = fetcher.get("/nodes").await.as_array().unwrap().clone();
        nodes.len() == 3
            && nodes
                .iter()
                .any(|node| node["poll_interval_seconds"] == 0.15)
    })
    .await;
    let mut addresses: Vec<String> = nodes
        .iter()
        .map(|node| format!("{}:{} {}", node["ip"], node["graphql_port"], node["name"]))
        .collect();
    addresses.sort();
    let node = lab.nodes[0].address;
    assert_eq!(
        addresses,
        [
            format!(r#""127.0.0.1":{} "whale""#, node.port()),
            r#""other-2.b.invalid":80 "whale""#.to_owned(),
            r#""plain-1.a.invalid":80 "whale""#.to_owned(),
        ]
    );
    fetcher.stop();
    // The folder of the node, with its trace lines, compressed.
    let folder = output.join(format!("EV6qnXQP-127.0.0.1-{}", node.port()));
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let file = files[0].as_ref().unwrap().path();
    assert!(file.to_string_lossy().ends_with(".jsonl.zst"), "{file:?}");
    let imported = lab
        .command()
        .args([
            "trace",
            "import",
            "--node",
            "again",
            "--database-url",
            test.url(),
        ])
        .arg(&file)
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    let again = "SELECT count(*)::text FROM block_trace_checkpoint WHERE deployment_id IS NOT NULL";
    assert_eq!(
        test.texts(again).await.unwrap(),
        ["40"],
        "the archive has all"
    );
}

/// Seconds that processing a block took, and how many distributions there are,
/// as stored by a fetcher that is told how to handle changes of status.
async fn times_of_a_block(handle_status_change: &str) -> Vec<String> {
    let lab = Lab::start(1, 500).await;
    let test = TestDatabase::create().await.unwrap();
    let mut command = lab.usual(test.url());
    command
        .arg("discovery")
        .env("HANDLE_STATUS_CHANGE", handle_status_change);
    let fetcher = spawn(command);
    let block = "3NKPvaHBvJUnCSBkzZDvsqbDuHqhsGLJgbDFKrURiaywSnSWHbLz";
    let current = json!([{"item": "current_block", "value": block}]);
    for (message, time, metadata) in [
        ("@control", "14:30:22.361262", current),
        ("External_block_received", "14:30:22.361262", json!([])),
        ("Add_and_finalize_done", "14:30:23.206221", json!([])),
        ("Breadcrumb_integrated", "14:30:23.206491", json!([])),
    ] {
        let timestamp = format!("2025-05-07 {time}Z");
        let mut state = lab.nodes[0].state();
        state.daemon.queue(&timestamp, message, &metadata);
    }
    wait_for(test.database(), 4).await;
    fetcher.stop();
    let times = "SELECT concat_ws(' ', status, round(total_time::numeric, 6),
                        (SELECT coalesce(sum(json_array_length(value::json)), 0)
                           FROM data WHERE key = 'checkpoint_distributions'))
                   FROM block_trace WHERE block_id <> '0'";
    test.texts(times).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_status_are_handled_as_the_original_is_told_to() {
    let (on, off) = tokio::join!(times_of_a_block("true"), times_of_a_block("false"));
    assert_eq!(on, ["Success 0.844959 2"]);
    assert_eq!(off, ["Success 0.845229 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_node_is_fetched_from_by_address_and_port() {
    let lab = Lab::start(2, 500).await;
    let test = TestDatabase::create().await.unwrap();
    let port = lab.nodes[1].address.port().to_string();
    let mut command = lab.command();
    command
        .args(["log-fetcher", "-k"])
        .arg(lab.key_file())
        .args(["--port", "0", "node-address-port", "127.0.0.1", "-p", &port])
        .env("DATABASE_URL", test.url());
    let fetcher = spawn(command);
    lab.write(30);
    wait_for(test.database(), 30).await;
    let nodes = fetcher.get("/nodes").await;
    assert_eq!(nodes.as_array().unwrap().len(), 1);
    assert_eq!(nodes[0]["node_name"], format!("-127.0.0.1-{port}"));
    assert_eq!(nodes[0]["submitter_pk"], Value::Null);
    fetcher.stop();
    assert_eq!(stored_and_lost(test.database()).await, Some((30, 0)));
    assert_eq!(lab.nodes[0].state().requests, 0);
}

/// What a bucket has: names and bodies.
type Objects = Vec<(String, String)>;

/// As S3 lists objects.
async fn list(
    State(objects): State<Objects>,
    Query(query): Query<Vec<(String, String)>>,
) -> String {
    let parameter = |name: &str| {
        let found = query.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str()).to_owned()
    };
    let (prefix, after) = (parameter("prefix"), parameter("start-after"));
    let listed = objects
        .iter()
        .filter(|(name, _)| name.starts_with(&prefix) && *name > after);
    let entries: Vec<String> = listed
        .map(|(name, body)| {
            format!(
                "<Contents><Key>{name}</Key><LastModified>2025-05-07T14:30:22.000Z</LastModified>\
                 <ETag>\"1\"</ETag><Size>{}</Size></Contents>",
                body.len()
            )
        })
        .collect();
    let entries = entries.concat();
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>{entries}\
         </ListBucketResult>"
    )
}

async fn object(State(objects): State<Objects>, Path(name): Path<String>) -> String {
    let found = objects.iter().find(|(known, _)| *known == name);
    found.map(|(_, body)| body.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_found_by_the_submissions_in_a_bucket() {
    let lab = Lab::start(1, 500).await;
    let test = TestDatabase::create().await.unwrap();
    let now = jiff::Timestamp::now();
    let name = |time: jiff::Timestamp| {
        let day = time.strftime("%Y-%m-%d");
        format!("net/submissions/{day}/{time:.0}-{SUBMITTER}.json")
    };
    let submission = |port: u16| {
        json!({
            "remote_addr": "127.0.0.1:1",
            "submitter": SUBMITTER,
            "graphql_control_port": port,
        })
        .to_string()
    };
    let long_ago = now - jiff::SignedDuration::from_mins(30);
    let objects: Objects = vec![
        (name(long_ago), submission(3_999)),
        (name(now), submission(lab.nodes[0].address.port())),
        (format!("{}x", name(now)), "no submission".to_owned()),
    ];
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/bucket", get(list))
        .route("/bucket/{*name}", get(object))
        .with_state(objects);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut command = lab.command();
    command
        .args(["log-fetcher", "-k"])
        .arg(lab.key_file())
        .args(["--allow-network", "127.0.0.0/8", "--port", "0", "discovery"])
        .env("AWS_BUCKET", "bucket")
        .env("AWS_PREFIX", "net")
        .env("AWS_ENDPOINT", endpoint)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-west-2")
        .env("DATABASE_URL", test.url());
    let fetcher = spawn(command);
    lab.write(10);
    wait_for(test.database(), 10).await;
    let nodes = fetcher.get("/nodes").await;
    assert_eq!(nodes.as_array().unwrap().len(), 1, "{nodes}");
    assert_eq!(nodes[0]["graphql_port"], lab.nodes[0].address.port());
    fetcher.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_said_once_for_each_node() {
    let lab = Lab::start(3, 500).await;
    let test = TestDatabase::create().await.unwrap();
    lab.nodes[0].refuse_key();
    lab.nodes[1].refuse_key();
    let fetcher = lab.fetch(test.url());
    lab.write(10);
    let says = |text: &str| {
        let lines = fetcher.lines();
        lines.iter().filter(|line| line.contains(text)).count()
    };
    eventually("it is said", async || says("does not permit") >= 2).await;
    // Other nodes are not kept from anything, and polls go on meanwhile.
    wait_for(test.database(), 10).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for node in &lab.nodes[..2] {
        let port = node.address.port().to_string();
        let lines = fetcher.lines();
        let of_node = lines.iter().filter(|line| line.contains(&port)).count();
        assert_eq!(of_node, 1, "{lines:?}");
    }
    assert_eq!(says("--itn-keys"), 2, "it says what to do");
    fetcher.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_discovery_known_nodes_are_kept_and_it_is_said_once() {
    let lab = Lab::start(1, 500).await;
    let test = TestDatabase::create().await.unwrap();
    let fetcher = lab.fetch(test.url());
    lab.write(10);
    wait_for(test.database(), 10).await;
    lab.list("gateway timeout");
    let says = |text: &str| {
        let lines = fetcher.lines();
        lines.iter().filter(|line| line.contains(text)).count()
    };
    eventually("it is said", async || says("known nodes are kept") > 0).await;
    lab.write(10);
    wait_for(test.database(), 20).await;
    // Discovery has failed again by then.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(says("known nodes are kept"), 1);
    lab.list("[]");
    eventually("that is another problem", async || {
        says("no node at all") == 1
    })
    .await;
    fetcher.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_node_has_announced_itself_nothing_is_wrong() {
    let lab = Lab::start(1, 500).await;
    lab.list("[]");
    let test = TestDatabase::create().await.unwrap();
    let fetcher = lab.fetch(test.url());
    let says = |text: &str| fetcher.lines().iter().any(|line| line.contains(text));
    eventually("it is said", async || says("no node has been heard of yet")).await;
    assert!(!says("discovery does not work"), "{:?}", fetcher.lines());
    fetcher.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_before_anything_starts() {
    let lab = Lab::start(0, 500).await;
    let no_key = lab.folder.path().join("no_key");
    std::fs::write(&no_key, "not base64 of a seed").unwrap();
    let key = lab.key_file();
    let cases: [(&[&str], &std::path::Path, &str); 5] = [
        (&["discovery"], &key, "nothing says where nodes are found"),
        (
            &["discovery"],
            &no_key,
            "does not hold the base64 of a 32-byte Ed25519 seed",
        ),
        (
            &["discovery"],
            &lab.folder.path().join("none"),
            "cannot read the key",
        ),
        (&["node-address-port", "a b", "-p", "3086"], &key, "host"),
        (&["node-address-port", "127.0.0.1", "-p", "0"], &key, "port"),
    ];
    for (source, key, told) in cases {
        let output = lab
            .command()
            .args(["log-fetcher", "-k"])
            .arg(key)
            .args(source)
            // Nobody listens there.
            .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && error.contains(told),
            "{source:?}: {error}"
        );
    }
}

/// The lease that a fetcher has unless told otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn others_take_over_within_fifteen_seconds_with_the_usual_lease() {
    let lab = Lab::start(4, 100_000).await;
    let test = TestDatabase::create().await.unwrap();
    let one = spawn(lab.usual(test.url()));
    lab.write(10);
    wait_for(test.database(), 40).await;
    let other = spawn(lab.usual(test.url()));
    let database = connect(test.url()).await;
    eventually("they share the nodes", async || {
        let holders = "SELECT count(DISTINCT holder)::text FROM loadlab.lease
                        WHERE resource LIKE 'node/%' AND expires_at > clock_timestamp()";
        test.texts(holders).await.unwrap() == ["2"]
    })
    .await;
    one.kill();
    let begun = std::time::Instant::now();
    lab.write(10);
    wait_for(&database, 80).await;
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    other.stop();
    assert_eq!(stored_and_lost(&database).await, Some((80, 0)));
    database.close().await;
}

//! Tests with a folder, and with a server that speaks as much S3 as is needed.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use mina::UptimeBlockHash;
use serde_json::{Value, json};

use super::*;
use crate::examine::Contents;

const SUBMITTER: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";

fn examined() -> Examined {
    let block = b"a block".to_vec();
    Examined {
        submitter: SUBMITTER.parse().unwrap(),
        created_at_unix_seconds: 1_686_582_955,
        peer_id: "12D3".to_owned(),
        block_hash: UptimeBlockHash::of_block(&block),
        graphql_control_port: Some(3086),
        built_with_commit_sha: None,
        has_snark_work: true,
        contents: Some(Contents {
            block,
            snark_work: Some("Bjto".to_owned()),
        }),
    }
}

fn received_at() -> Timestamp {
    "2023-06-12T15:16:01.987654Z".parse().unwrap()
}

fn expected_submission() -> Value {
    json!({
        "remote_addr": "10.0.0.7",
        "peer_id": "12D3",
        "snark_work": "Bjto",
        "submitter": SUBMITTER,
        "created_at": "2023-06-12T15:15:55Z",
        "block_hash": examined().block_hash.to_string(),
        "graphql_control_port": 3086
    })
}

#[tokio::test]
async fn a_folder_gets_the_layout_of_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("made/on/demand");
    let sink = ObjectSink::open(&ObjectStorage::Folder(root.clone())).unwrap();
    let block_file = root.join(format!("blocks/{}.dat", examined().block_hash));
    for _ in 0..2 {
        sink.store(&examined(), "10.0.0.7", received_at())
            .await
            .unwrap();
        assert_eq!(fs::read(&block_file).unwrap_or_default(), b"a block");
    }
    let name = format!("submissions/2023-06-12/2023-06-12T15:16:01Z-{SUBMITTER}.json");
    let json: Value = serde_json::from_slice(&fs::read(root.join(name)).unwrap()).unwrap();
    assert_eq!(json, expected_submission());
}

#[tokio::test]
async fn a_block_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let storage = ObjectStorage::Folder(folder.path().to_owned());
    let sink = ObjectSink::open(&storage).unwrap();
    let block_file = folder
        .path()
        .join(format!("blocks/{}.dat", examined().block_hash));
    fs::create_dir_all(block_file.parent().unwrap()).unwrap();
    fs::write(&block_file, "written before").unwrap();
    sink.store(&examined(), "10.0.0.7", received_at())
        .await
        .unwrap();
    assert_eq!(fs::read(&block_file).unwrap(), b"written before");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let storage = ObjectStorage::Folder(file.join("below"));
    let error = ObjectSink::open(&storage).unwrap_err();
    assert!(error.to_string().contains("file/below"), "{error}");
}

type Objects = Arc<Mutex<BTreeMap<String, Bytes>>>;

#[expect(clippy::unused_async, reason = "a handler")]
async fn serve_object(
    objects: Objects,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 2], Bytes) {
    const HEADERS: [(&str, &str); 2] = [
        ("etag", "\"1\""),
        ("last-modified", "Mon, 12 Jun 2023 15:16:01 GMT"),
    ];
    assert!(
        headers["authorization"]
            .to_str()
            .unwrap()
            .contains("Credential=A/")
    );
    let mut objects = objects.lock().unwrap();
    let key = uri.path().to_owned();
    if method == Method::GET {
        return (StatusCode::OK, HEADERS, objects[&key].clone());
    }
    assert_eq!(method, Method::PUT);
    if headers.contains_key("if-none-match") && objects.contains_key(&key) {
        return (StatusCode::PRECONDITION_FAILED, HEADERS, Bytes::new());
    }
    objects.insert(key, body);
    (StatusCode::OK, HEADERS, Bytes::new())
}

/// A sink into a bucket whose objects are these.
async fn bucket(objects: &Objects) -> ObjectSink {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let objects = Arc::clone(objects);
    let router = Router::new().fallback(move |method, uri, headers, body| {
        serve_object(Arc::clone(&objects), method, uri, headers, body)
    });
    tokio::spawn(async { axum::serve(listener, router).await });
    // It chooses the cryptography of every client, as where the sink is made.
    let _proxy = service::proxy::for_s3();
    let bucket = AmazonS3Builder::new()
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_region("us-west-2")
        .with_bucket_name("7-block-producers-uptime")
        .with_access_key_id("A")
        .with_secret_access_key("S")
        .build()
        .unwrap();
    ObjectSink {
        objects: Arc::new(bucket),
        prefix: Path::parse("lab").unwrap(),
    }
}

/// The nodes share their key, as those of one operator do.
#[tokio::test]
async fn two_nodes_of_one_key_in_one_second_keep_two_objects_in_every_storage() {
    let folder = tempfile::tempdir().unwrap();
    let storage = ObjectStorage::Folder(folder.path().to_owned());
    let objects = Objects::default();
    for sink in [ObjectSink::open(&storage).unwrap(), bucket(&objects).await] {
        for remote_addr in ["10.0.0.7", "10.0.0.8", "10.0.0.7", "10.0.0.9", "10.0.0.8"] {
            let examined = examined();
            let storing = sink.store(&examined, remote_addr, received_at());
            storing.await.unwrap();
        }
        let day = sink.prefix.clone().join("submissions").join("2023-06-12");
        for (ending, remote_addr) in [
            (".json", "10.0.0.7"),
            ("-2.json", "10.0.0.8"),
            ("-3.json", "10.0.0.9"),
        ] {
            let name = format!("2023-06-12T15:16:01Z-{SUBMITTER}{ending}");
            let object = sink.objects.get(&day.clone().join(name)).await.unwrap();
            let json: Value = serde_json::from_slice(&object.bytes().await.unwrap()).unwrap();
            assert_eq!(json["remote_addr"], remote_addr, "{ending}");
        }
    }
    let in_folder = fs::read_dir(folder.path().join("submissions/2023-06-12"));
    assert_eq!(in_folder.unwrap().count(), 3);
    assert_eq!(objects.lock().unwrap().len(), 4, "with the block");
}

#[tokio::test]
async fn a_bucket_gets_the_layout_of_the_original_and_a_block_once() {
    let objects = Objects::default();
    let sink = bucket(&objects).await;
    for _ in 0..2 {
        sink.store(&examined(), "10.0.0.7", received_at())
            .await
            .unwrap();
    }
    let objects = objects.lock().unwrap();
    let names: Vec<String> = objects
        .keys()
        .map(|name| name.replace("%3A", ":"))
        .collect();
    assert_eq!(
        names,
        [
            format!(
                "/7-block-producers-uptime/lab/blocks/{}.dat",
                examined().block_hash
            ),
            format!(
                "/7-block-producers-uptime/lab/submissions/2023-06-12/\
                 2023-06-12T15:16:01Z-{SUBMITTER}.json"
            ),
        ]
    );
    let stored: Vec<&Bytes> = objects.values().collect();
    assert_eq!(stored[0], "a block");
    let json: Value = serde_json::from_slice(stored[1]).unwrap();
    assert_eq!(json, expected_submission());
}

#[test]
fn a_bucket_of_another_shape_is_refused() {
    let storage = ObjectStorage::S3 {
        account_id: "7".to_owned(),
        region: "us-west-2".to_owned(),
        prefix: "a//b".to_owned(),
        credentials: Some(S3Credentials {
            access_key_id: "A".to_owned(),
            secret_access_key: "S".to_owned(),
        }),
    };
    let error = ObjectSink::open(&storage).unwrap_err();
    assert!(matches!(error, ObjectStorageError::Prefix(_)), "{error}");
}

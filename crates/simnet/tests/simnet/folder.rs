//! The files that other services need are there, right, and for the owner alone.

use std::os::unix::fs::PermissionsExt as _;

use itn::SigningKey;
use mina::KeyFile;
use serde_json::Value;
use simnet::{Config, FolderError, NODE_KEY_PASSWORD, NetworkFile, Simnet, SimnetError};

use crate::shared::start;

#[tokio::test]
async fn every_service_finds_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net");
    let mut config = Config::nodes(2);
    config.time_scale = 60;
    config.folder = Some(path.clone());
    config.uptime_url = Some("http://127.0.0.1:9/v1/submit".parse().unwrap());
    config.loadlab = Some("/opt/it's/loadlab".into());
    let simnet = start(config).await;
    let text = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
    let json = |name: &str| serde_json::from_str::<Value>(&text(name)).unwrap();
    let mode = |name: &str| {
        let metadata = path.join(name).metadata().unwrap();
        metadata.permissions().mode() & 0o777
    };

    assert_eq!(text("fetcher_sk").trim(), simnet.fetcher_key());
    SigningKey::from_base64(&text("fetcher_sk")).unwrap();
    assert_eq!(mode("fetcher_sk"), 0o600);

    let nodes = simnet.nodes();
    let whitelist = &json("uptime-backend/config.json")["whitelist"];
    assert_eq!(whitelist[1], nodes[1].submitter);
    assert_eq!(json("names.json")[&nodes[0].submitter], "node-0");

    let orchestrator = json("orchestrator/config.json");
    assert_eq!(orchestrator["key"], simnet.orchestrator_key());
    assert_eq!(orchestrator["onlineURL"], "http://127.0.0.1:9/v1/online");
    // Of real time, like genesis: 180 s of network time.
    assert_eq!(orchestrator["slotDurationMs"], 3_000);
    assert_eq!(orchestrator["timeScale"], 60);
    assert_eq!(
        orchestrator["fundDaemonPorts"][0],
        nodes[0].public_graphql.to_string()
    );
    let genesis = orchestrator["genesisTimestamp"].as_str().unwrap();
    assert!(genesis.ends_with('Z') && genesis.contains('T'), "{genesis}");
    assert_eq!(mode("orchestrator/config.json"), 0o600);

    assert_eq!(mode("mina"), 0o755);
    assert!(text("mina").contains(r"exec '/opt/it'\''s/loadlab' simnet mina --network"));

    for (name, password) in [
        ("keys/plain1", ""),
        ("keys/nodes/node-1", NODE_KEY_PASSWORD),
    ] {
        assert_eq!(mode(name), 0o600);
        let file = KeyFile::from_json(text(name).as_bytes()).unwrap();
        let key = file.decrypt(password.as_bytes()).unwrap();
        let public = text(&format!("{name}.pub"));
        assert_eq!(key.public_key().to_string(), public.trim());
        assert!(file.decrypt(b"another").is_err());
    }
    assert_eq!(text("keys/nodes/node-1.pub").trim(), nodes[1].submitter);

    let network = NetworkFile::read(&path).unwrap();
    assert_eq!(network.nodes, nodes);
    assert_eq!(network.status, simnet.status_address());
    simnet.stop().await;
    assert!(
        NetworkFile::read(&path).is_err(),
        "it does not run any more"
    );
}

#[tokio::test]
async fn a_folder_belongs_to_one_network_at_a_time_and_to_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let config = |name: &str| Config {
        folder: Some(folder.path().join(name)),
        ..Config::nodes(1)
    };
    let refusal = async |name: &str| match Simnet::start(config(name)).await {
        Err(SimnetError::Folder(error)) => error,
        other => panic!("{other:?}"),
    };
    let first = start(config("net")).await;
    assert!(matches!(refusal("net").await, FolderError::InUse(_)));
    first.stop().await;
    start(config("net")).await.stop().await;

    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::write(folder.path().join("mine/letter.txt"), "dear").unwrap();
    assert!(matches!(refusal("mine").await, FolderError::Foreign(_)));
    let left: Vec<_> = std::fs::read_dir(folder.path().join("mine"))
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_keys() {
    let keys = async |seed| {
        let simnet = start(Config {
            seed,
            ..Config::nodes(2)
        })
        .await;
        let keys = (simnet.fetcher_key(), simnet.nodes()[1].submitter.clone());
        simnet.stop().await;
        keys
    };
    assert_eq!(keys(7).await, keys(7).await);
    let (one, other) = (keys(7).await, keys(8).await);
    assert!(one.0 != other.0 && one.1 != other.1);
}

#[test]
fn a_damaged_list_of_addresses_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        NetworkFile::read(folder.path()),
        Err(FolderError::File { .. })
    ));
    std::fs::write(folder.path().join("network.json"), "{\"nodes\":1}").unwrap();
    assert!(matches!(
        NetworkFile::read(folder.path()),
        Err(FolderError::NetworkFile { .. })
    ));
}

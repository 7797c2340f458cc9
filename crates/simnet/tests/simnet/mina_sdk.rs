//! The protocol makers' own client, unchanged, against a simulated network.

#![expect(clippy::unwrap_used, reason = "a test that fails names the line")]

use mina_sdk::itn::{
    CreateAccountsDetails, GatingUpdate, ItnClient, ItnKey, NetworkPeer, PaymentsDetails,
    ZkappCommandsDetails,
};
use mina_sdk::{ClientConfig, Currency, Error};
use simnet::{Config, Fault, NodeInfo, Simnet};

use crate::shared::{eventually, start};

const HANDLE: &str = "11111111-2222-4333-8444-555555555555";

struct Network {
    simnet: Simnet,
    _folder: tempfile::TempDir,
    funded: mina::PrivateKey,
}

impl Network {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::nodes(2);
        config.time_scale = 1_000;
        config.folder = Some(folder.path().join("simnet"));
        let simnet = start(config).await;
        let file = std::fs::read(simnet.folder().unwrap().join("keys/plain1")).unwrap();
        let funded = mina::KeyFile::from_json(&file)
            .unwrap()
            .decrypt(b"")
            .unwrap();
        Self {
            simnet,
            _folder: folder,
            funded,
        }
    }

    fn node(&self) -> NodeInfo {
        self.simnet.nodes().swap_remove(0)
    }

    fn client(&self) -> ItnClient {
        let key = ItnKey::from_base64(&self.simnet.orchestrator_key()).unwrap();
        self.client_with(key)
    }

    fn client_with(&self, key: ItnKey) -> ItnClient {
        let config = ClientConfig {
            graphql_uri: format!("http://{}/graphql", self.node().itn),
            retries: 1,
            ..ClientConfig::default()
        };
        ItnClient::with_config(config, key)
    }

    fn payments(&self, memo_prefix: &str) -> PaymentsDetails {
        PaymentsDetails {
            duration_min: 60,
            tps: 0.1,
            memo_prefix: memo_prefix.to_owned(),
            max_fee: Currency::from_mina("2").unwrap(),
            min_fee: Currency::from_mina("1").unwrap(),
            amount: Currency::from_mina("1").unwrap(),
            receiver: self.funded.public_key().to_string(),
            senders: vec![self.funded.to_base58check().to_string()],
        }
    }

    fn zkapps(&self) -> ZkappCommandsDetails {
        ZkappCommandsDetails {
            max_account_updates: Some(2),
            max_cost: false,
            account_queue_size: 5,
            deployment_fee: Currency::from_mina("1").unwrap(),
            max_fee: Currency::from_mina("2").unwrap(),
            min_fee: Currency::from_mina("1").unwrap(),
            init_balance: Currency::from_mina("10").unwrap(),
            max_new_zkapp_balance: Currency::from_mina("3").unwrap(),
            min_new_zkapp_balance: Currency::from_mina("2").unwrap(),
            max_balance_change: Currency::from_mina("1").unwrap(),
            min_balance_change: Currency::from_nanomina(1),
            no_precondition: false,
            memo_prefix: "zkapps-0-0".to_owned(),
            duration_min: 60,
            tps: 0.1,
            num_new_accounts: 0,
            num_zkapps_to_deploy: 2,
            fee_payers: vec![self.funded.to_base58check().to_string()],
            non_default_token: Some(true),
        }
    }
}

#[track_caller]
fn graphql_message(error: &Error) -> &str {
    match error {
        Error::Graphql { messages, .. } => messages,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn handshake_and_sequenced_requests() {
    let network = Network::start().await;
    let client = network.client();
    let node = network.node();
    let auth = client.auth().await.unwrap();
    assert_eq!(auth.signer_sequence_number, 0);
    assert_eq!(auth.peer_id.as_deref(), Some(node.peer_id.as_str()));
    assert_eq!(auth.is_block_producer, node.is_block_producer);
    for _ in 0..3 {
        client.internal_logs(0).await.unwrap();
    }
    assert_eq!(
        client.set_zkapp_command_limit(Some(7)).await.unwrap(),
        Some(7)
    );
    assert_eq!(client.set_zkapp_command_limit(None).await.unwrap(), None);
    assert_eq!(client.auth().await.unwrap().signer_sequence_number, 5);
    assert!(client.commit_id().await.unwrap().len() >= 7);
    if let Err(error) = client.slots_won().await {
        assert!(!graphql_message(&error).is_empty());
    }
    let error = network
        .client_with(ItnKey::generate())
        .auth()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ItnUnauthorized { .. }), "{error:?}");
}

#[tokio::test]
async fn recovery_from_a_stale_number_a_lost_state_and_a_restart() {
    let network = Network::start().await;
    let (one, other) = (network.client(), network.client());
    for _ in 0..2 {
        one.internal_logs(0).await.unwrap();
        other.internal_logs(0).await.unwrap();
    }
    let name = network.node().name;
    network
        .simnet
        .fault(&name, Fault::LoseSequence)
        .await
        .unwrap();
    one.internal_logs(0).await.unwrap();
    let before = one.auth().await.unwrap().server_uuid;
    network.simnet.fault(&name, Fault::Restart).await.unwrap();
    other.internal_logs(0).await.unwrap();
    assert_ne!(other.auth().await.unwrap().server_uuid, before);
}

#[tokio::test]
async fn logs_and_flush() {
    let network = Network::start().await;
    let client = network.client();
    let name = network.node().name;
    network.simnet.fault(&name, Fault::Burst(20)).await.unwrap();
    let logs = client.internal_logs(0).await.unwrap();
    assert!(logs.len() >= 20);
    assert!(logs.windows(2).all(|pair| pair[0].id < pair[1].id));
    // Not among the first: a queue that is full loses those with each new entry.
    let middle = logs[logs.len() - 10].id;
    let from_middle = client.internal_logs(middle).await.unwrap();
    assert_eq!(from_middle[0].id, middle);
    let text = client.flush_internal_logs(middle).await.unwrap();
    assert!(
        text.starts_with("Deleted ") && text.ends_with(" logs"),
        "{text}"
    );
    let rest = client.internal_logs(0).await.unwrap();
    assert!(rest.iter().all(|log| log.id > middle));
    let text = client.flush_internal_logs(middle).await.unwrap();
    assert_eq!(text, "Deleted 0 log");
}

#[tokio::test]
async fn scheduling_and_handles() {
    let network = Network::start().await;
    let client = network.client();
    let payments = network.payments("sdk-0-0");
    let random = client.schedule_payments(&payments).await.unwrap();
    let chosen = client
        .schedule_payments_with_handle(&payments, HANDLE)
        .await
        .unwrap();
    assert_eq!(chosen, HANDLE);
    let again = client
        .schedule_payments_with_handle(&payments, HANDLE)
        .await
        .unwrap();
    assert_eq!(again, HANDLE);
    let zkapps = client
        .schedule_zkapp_commands(&network.zkapps())
        .await
        .unwrap();
    let running = client.scheduled_transactions().await.unwrap();
    for handle in [&random, &chosen, &zkapps] {
        assert!(running.contains(handle), "{handle} of {running:?}");
        let text = client.stop_scheduled_transactions(handle).await.unwrap();
        assert_eq!(
            text,
            format!("Requesting stop of scheduled transactions with handle {handle}")
        );
    }
    eventually("schedulers stop", async || {
        let running = client.scheduled_transactions().await.unwrap();
        running.is_empty().then_some(())
    })
    .await;
    let error = client
        .stop_scheduled_transactions(&random)
        .await
        .unwrap_err();
    assert_eq!(
        graphql_message(&error),
        format!("Could not find scheduled transactions with handle {random}")
    );
    let mut wrong = network.payments("sdk-0-1");
    wrong.senders.clear();
    let error = client.schedule_payments(&wrong).await.unwrap_err();
    assert_eq!(graphql_message(&error), "Empty list of senders");
    let mut wrong = network.payments("sdk-0-1");
    wrong.memo_prefix = "x".repeat(33);
    let error = client.schedule_payments(&wrong).await.unwrap_err();
    assert_eq!(
        graphql_message(&error),
        "Memo too long, limited to 32 characters"
    );
}

#[tokio::test]
async fn account_creation() {
    let network = Network::start().await;
    let client = network.client();
    let details = CreateAccountsDetails {
        fee_payer: network.funded.to_base58check().to_string(),
        num_accounts: 3,
        fee: Currency::from_mina("0.1").unwrap(),
        amount: Currency::from_mina("6").unwrap(),
    };
    let created = client
        .create_accounts(&details, Some(HANDLE))
        .await
        .unwrap();
    assert_eq!(
        (created.handle.as_str(), created.accounts.len()),
        (HANDLE, 3)
    );
    let listed = client.scheduled_transactions().await.unwrap();
    if listed.iter().any(|handle| handle == HANDLE) {
        let again = client
            .create_accounts(&details, Some(HANDLE))
            .await
            .unwrap();
        assert_eq!(again.accounts, created.accounts);
    }
    eventually("accounts are funded", async || {
        let running = client.scheduled_transactions().await.unwrap();
        let is_running = running.iter().any(|handle| handle == HANDLE);
        (!is_running).then_some(())
    })
    .await;
    // What was funded can pay.
    let mut payments = network.payments("sdk-0-0");
    payments.senders = vec![created.accounts[0].private_key.clone()];
    client.schedule_payments(&payments).await.unwrap();
}

#[tokio::test]
async fn gating_and_stopping() {
    let network = Network::start().await;
    let client = network.client();
    let update = GatingUpdate::default();
    assert_eq!(client.update_gating(&update).await.unwrap(), "success");
    let other = network.simnet.nodes().swap_remove(1);
    let peer = NetworkPeer {
        host: "127.0.0.1".to_owned(),
        libp2p_port: 8302,
        peer_id: other.peer_id,
    };
    let update = GatingUpdate {
        added_peers: vec![peer.clone()],
        trusted_peers: vec![peer],
        isolate: true,
        clean_added_peers: true,
        ..GatingUpdate::default()
    };
    assert_eq!(client.update_gating(&update).await.unwrap(), "success");

    let error = client.stop_daemon(Some(1), None).await.unwrap_err();
    assert_eq!(
        graphql_message(&error),
        "Delay of 1 seconds is less than minimum 5"
    );
    let before = client.auth().await.unwrap().server_uuid;
    let text = client.stop_daemon(None, None).await.unwrap();
    assert_eq!(text, "Stopping daemon in 5 seconds");
    // A supervisor starts it again.
    eventually("the daemon stops and is started again", async || {
        let auth = client.auth().await.ok()?;
        (auth.server_uuid != before).then_some(())
    })
    .await;
}

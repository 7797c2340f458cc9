//! All public operations of the protocol makers' Rust SDK, unchanged, against a simulated network.

#![expect(clippy::unwrap_used, reason = "a test that fails names the line")]

use mina_sdk::itn::{ItnClient, ItnKey};
use mina_sdk::{
    BlockRef, ClientConfig, Currency, Delegation, Error, MinaClient, Payment, SignatureInput,
    SyncStatus, TransactionRef, TransactionStatus,
};
use serde_json::{Value, json};
use simnet::{Config, NODE_KEY_PASSWORD, Simnet};

use crate::shared::{eventually, start};

const DEFAULT_TOKEN: &str = "wSHV2S4qX9jFsLjQo8r1BsMLH2ZRKsZx6EJd1sbozGPieEC4Jf";
const OTHER_TOKEN: &str = "xosVXFFDvDiKvHSDAaHvrTSRtoa5Graf2J7LM5Smb4GNTrT2Hn";

async fn network(time_scale: u32) -> Simnet {
    let mut config = Config::nodes(2);
    config.time_scale = time_scale;
    start(config).await
}

fn client(simnet: &Simnet, node: usize) -> MinaClient {
    MinaClient::with_config(ClientConfig {
        graphql_uri: format!("http://{}/graphql", simnet.nodes()[node].public_graphql),
        retries: 1,
        ..ClientConfig::default()
    })
}

fn mina(text: &str) -> Currency {
    Currency::from_mina(text).unwrap()
}

fn key(number: u64) -> String {
    simulation::key_from_seed(99, "somebody", number)
        .public_key()
        .to_string()
}

/// The client of node 0, which has unlocked its own account.
async fn unlocked(simnet: &Simnet) -> (MinaClient, String) {
    let client = client(simnet, 0);
    let sender = simnet.nodes()[0].submitter.clone();
    let unlocked = client.unlock_account(&sender, NODE_KEY_PASSWORD).await;
    assert_eq!(unlocked.unwrap(), sender);
    (client, sender)
}

async fn included(client: &MinaClient, transaction: impl Fn() -> TransactionRef) {
    eventually("the transaction is in a block", async || {
        let status = client.get_transaction_status(transaction()).await.unwrap();
        (status == TransactionStatus::Included).then_some(())
    })
    .await;
}

#[track_caller]
fn graphql_message(error: Error) -> String {
    match error {
        Error::Graphql { messages, .. } => messages,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn daemon_and_network() {
    let simnet = network(1_000).await;
    let client = client(&simnet, 1);
    let status = eventually("three blocks", async || {
        let status = client.get_daemon_status().await.unwrap();
        (status.blockchain_length >= Some(3)).then_some(status)
    })
    .await;
    let nodes = simnet.nodes();
    assert_eq!(status.sync_status, SyncStatus::Synced);
    assert_eq!(client.get_sync_status().await.unwrap(), SyncStatus::Synced);
    assert!(status.highest_block_length_received >= status.blockchain_length);
    assert!(status.uptime_secs.unwrap() > 0);
    assert!(status.state_hash.unwrap().starts_with("3N"));
    assert!(status.commit_id.unwrap().len() >= 7);
    assert!(status.num_accounts.unwrap() > 2);
    assert!(status.ledger_merkle_root.unwrap().starts_with('j'));
    assert_eq!(status.chain_id.unwrap().len(), 64);
    assert_eq!(status.block_production_keys, [nodes[1].submitter.as_str()]);
    let time = status.consensus_time_now.unwrap();
    assert_eq!(time.slot, time.global_slot);
    assert!(time.start_time < time.end_time);
    assert!(status.global_slot_since_genesis_best_tip.unwrap() <= time.global_slot);
    let addresses = status.addrs_and_ports.unwrap();
    assert_eq!(addresses.peer.unwrap().peer_id, nodes[1].peer_id);
    let peers = client.get_peers().await.unwrap();
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0].peer_id, nodes[0].peer_id);
    assert_eq!(status.peers.unwrap(), peers);

    let metrics = client.get_daemon_metrics().await.unwrap();
    assert_eq!(metrics.transaction_pool_size, 0);
    assert_eq!(client.get_network_id().await.unwrap(), "mina:testnet");
    let constants = client.get_genesis_constants().await.unwrap();
    assert_eq!(constants.coinbase, mina("720"));
    assert_eq!(constants.account_creation_fee, mina("1"));
    assert!(constants.genesis_timestamp.ends_with('Z'));
    let fork = client.get_fork_config().await.unwrap();
    assert!(fork["proof"]["fork"]["state_hash"].is_string(), "{fork}");
    simnet.stop().await;
}

#[tokio::test]
async fn blocks() {
    let simnet = network(1_000).await;
    let client = client(&simnet, 0);
    let chain = eventually("four blocks", async || {
        let chain = client.get_best_chain(None).await.unwrap();
        (chain.len() >= 4).then_some(chain)
    })
    .await;
    let genesis = client.get_genesis_block().await.unwrap();
    assert_eq!((genesis.height, genesis.global_slot_since_genesis), (1, 0));
    assert_eq!(genesis.coinbase, Currency::from_nanomina(0));
    assert_eq!(chain[0].state_hash, genesis.state_hash);
    let producers: Vec<String> = simnet
        .nodes()
        .into_iter()
        .map(|node| node.submitter)
        .collect();
    for pair in chain.windows(2) {
        let [before, block] = pair else { continue };
        assert_eq!(block.height, before.height + 1);
        assert_eq!(block.previous_state_hash, before.state_hash);
        assert!(producers.contains(&block.creator_pk), "{block:?}");
        assert_eq!(block.block_creator, block.creator_pk);
        assert_eq!(
            block.coinbase_receiver_account.as_ref(),
            Some(&block.creator_pk)
        );
        assert_eq!(block.coinbase, mina("720"));
        assert!(block.date > before.date);
        assert!(block.staking_epoch.seed.starts_with("2v"), "{block:?}");
        assert!(block.next_epoch.ledger_hash.starts_with('j'), "{block:?}");
    }
    assert_eq!(client.get_best_chain(Some(2)).await.unwrap().len(), 2);
    let second = client.get_block(BlockRef::Height(2)).await.unwrap();
    let same = BlockRef::StateHash(second.state_hash.clone());
    assert_eq!(client.get_block(same).await.unwrap().height, 2);
    let missing = client.get_block(BlockRef::Height(1_000_000)).await;
    assert!(graphql_message(missing.unwrap_err()).contains("Could not find block"));
    let missing = client
        .get_block(BlockRef::StateHash("3NK".to_owned()))
        .await;
    assert!(graphql_message(missing.unwrap_err()).contains("not found"));

    let work = eventually("SNARK work", async || {
        client.get_snark_pool().await.unwrap().into_iter().next()
    })
    .await;
    assert_eq!(work.work_ids.len(), 2);
    assert_eq!(work.fee, mina("0.01"));
    simnet.stop().await;
}

#[tokio::test]
async fn accounts() {
    let simnet = network(1_000).await;
    let client = client(&simnet, 1);
    let submitter = simnet.nodes()[0].submitter.clone();
    let account = client.get_account(&submitter, None).await.unwrap();
    assert_eq!(account.public_key, submitter);
    assert_eq!(account.nonce, 0);
    assert_eq!(account.delegate.as_ref(), Some(&submitter));
    assert_eq!(account.token_id.as_deref(), Some(DEFAULT_TOKEN));
    assert_eq!(account.balance.liquid, Some(account.balance.total));
    assert_eq!(account.balance.locked, Some(Currency::from_nanomina(0)));
    assert!(account.balance.block_height.unwrap() >= 1);
    assert_eq!(account.timing, None);
    let permissions = account.permissions.unwrap();
    assert_eq!(permissions.send.as_deref(), Some("Signature"));
    assert_eq!(permissions.receive.as_deref(), Some("None"));
    let with_token = client.get_account(&submitter, Some(DEFAULT_TOKEN)).await;
    assert_eq!(with_token.unwrap().public_key, submitter);
    for missing in [
        client.get_account(&submitter, Some(OTHER_TOKEN)).await,
        client.get_account(&key(1), None).await,
    ] {
        let error = missing.unwrap_err();
        assert!(matches!(error, Error::AccountNotFound(_)), "{error:?}");
    }
    let tracked = client.get_tracked_accounts().await.unwrap();
    let own = tracked.iter().find(|one| one.public_key == submitter);
    assert!(own.unwrap().balance >= mina("1"));
    let wrong = client.unlock_account(&submitter, "guess").await;
    assert!(graphql_message(wrong.unwrap_err()).contains("password"));
    simnet.stop().await;
}

#[tokio::test]
async fn a_payment_is_gossiped_included_and_seen_in_traces() {
    let simnet = network(60).await;
    let (client, sender) = unlocked(&simnet).await;
    let receiver = key(2);
    let payment = Payment::sender(&sender)
        .to(&receiver)
        .amount(mina("5"))
        .fee(mina("0.1"))
        .memo("coffee");
    let sent = client.send_payment(payment).await.unwrap();
    assert!(sent.hash.starts_with("5J"), "{sent:?}");
    assert_eq!(
        (sent.kind.as_str(), sent.nonce, &sent.source, &sent.receiver),
        ("PAYMENT", 0, &sender, &receiver)
    );
    assert_eq!(
        (sent.amount, sent.fee),
        (Some(mina("5")), Some(mina("0.1")))
    );
    let memo = mina::Memo::from_text("coffee").unwrap().to_string();
    assert_eq!(sent.memo, memo);
    let other = self::client(&simnet, 1);
    let pooled = eventually("the other node has it", async || {
        let pooled = other.get_pooled_user_commands(None).await.unwrap();
        let found = pooled.into_iter().find(|command| command.id == sent.id);
        let status = other.get_transaction_status(TransactionRef::Payment(sent.id.clone()));
        // In a block already: then it has been in the pool.
        let is_included = status.await.unwrap() == TransactionStatus::Included;
        found.map(Some).or(is_included.then_some(None))
    })
    .await;
    if let Some(pooled) = pooled {
        assert_eq!((&pooled.hash, &pooled.from), (&sent.hash, &sender));
        assert_eq!((&pooled.to, pooled.nonce.as_str()), (&receiver, "0"));
        assert_eq!(pooled.valid_until.as_deref(), Some("4294967295"));
        assert_eq!(pooled.token, DEFAULT_TOKEN);
    }
    let nobody = other.get_pooled_user_commands(Some(&key(1))).await.unwrap();
    assert!(nobody.is_empty(), "{nobody:?}");
    for node in [&client, &other] {
        included(node, || TransactionRef::Payment(sent.id.clone())).await;
    }
    let unknown = TransactionRef::Payment("unknown".to_owned());
    let unknown = client.get_transaction_status(unknown).await.unwrap();
    assert_eq!(unknown, TransactionStatus::Unknown);

    let blocks = other.get_best_chain(None).await.unwrap();
    let holds = |command: &&mina_sdk::BlockTransaction| command.hash == sent.hash;
    let block = blocks
        .iter()
        .find(|block| block.user_commands.iter().any(|one| holds(&one)))
        .unwrap();
    assert_eq!(block.command_transaction_count, 1);
    let command = block.user_commands.iter().find(holds).unwrap();
    assert_eq!(command.failure_reason, None);
    assert_eq!((&command.source, &command.receiver), (&sender, &receiver));
    let fees: u64 = block
        .fee_transfers
        .iter()
        .map(|one| one.fee.nanomina())
        .sum();
    assert_eq!(fees, mina("0.1").nanomina());
    // Less the fee for the new account.
    let account = other.get_account(&receiver, None).await.unwrap();
    assert_eq!(account.balance.total, mina("4"));
    let account = client.get_account(&sender, None).await.unwrap();
    assert_eq!(account.nonce, 1);

    for node in simnet.nodes() {
        let logs = ItnClient::with_config(
            ClientConfig {
                graphql_uri: format!("http://{}/graphql", node.itn),
                retries: 1,
                ..ClientConfig::default()
            },
            ItnKey::from_base64(&simnet.fetcher_key()).unwrap(),
        );
        let logs = logs.internal_logs(0).await.unwrap();
        let mentions = logs
            .iter()
            .filter(|log| format!("{:?}", log.metadata).contains(&sent.id));
        assert!(mentions.count() >= 2, "{} has no traces of it", node.name);
    }
    simnet.stop().await;
}

#[tokio::test]
async fn signatures_from_outside_need_no_unlocked_account() {
    let simnet = network(200).await;
    let client = client(&simnet, 1);
    let sender = simnet.nodes()[0].submitter.clone();
    let payment = || {
        Payment::sender(&sender)
            .to(&key(3))
            .amount(mina("3"))
            .fee(mina("0.1"))
    };
    let locked = client.send_payment(payment()).await;
    assert!(graphql_message(locked.unwrap_err()).contains("unlock"));
    let signature = |field: &str, scalar: &str| SignatureInput {
        field: field.to_owned(),
        scalar: scalar.to_owned(),
    };
    let wrong = payment().signature(signature("no number", "1"));
    let wrong = client.send_payment(wrong).await;
    assert!(graphql_message(wrong.unwrap_err()).contains("signature"));
    let signed = payment()
        .valid_until(4_000_000_000)
        .nonce(0)
        .signature(signature("123456789", "987654321"));
    let sent = client.send_payment(signed).await.unwrap();
    assert!(sent.hash.starts_with("5J"), "{sent:?}");
    included(&client, || TransactionRef::Payment(sent.id.clone())).await;
    let expired = payment().valid_until(0).signature(signature("1", "2"));
    let refused = client.send_payment(expired).await;
    assert!(graphql_message(refused.unwrap_err()).contains("Expired"));
    let gap = payment().nonce(7).signature(signature("1", "2"));
    let refused = client.send_payment(gap).await;
    assert!(graphql_message(refused.unwrap_err()).contains("nonce"));

    let delegation = Delegation::sender(&sender)
        .to(&simnet.nodes()[1].submitter)
        .fee(mina("0.1"))
        .signature(signature("3", "4"));
    let sent = client.send_delegation(delegation).await.unwrap();
    assert_eq!(sent.kind, "STAKE_DELEGATION");
    simnet.stop().await;
}

#[tokio::test]
async fn delegations() {
    let simnet = network(200).await;
    let (client, sender) = unlocked(&simnet).await;
    let delegate = simnet.nodes()[1].submitter.clone();
    let delegation = |to: &str| {
        Delegation::sender(&sender)
            .to(to)
            .fee(mina("0.1"))
            .memo("stake")
    };
    let sent = client.send_delegation(delegation(&delegate)).await.unwrap();
    assert_eq!(
        (sent.kind.as_str(), &sent.source, &sent.receiver),
        ("STAKE_DELEGATION", &sender, &delegate)
    );
    assert!(sent.hash.starts_with("5J"), "{sent:?}");
    included(&client, || TransactionRef::Payment(sent.id.clone())).await;
    let account = client.get_account(&sender, None).await.unwrap();
    assert_eq!(account.delegate.as_ref(), Some(&delegate));

    let to_nobody = client.send_delegation(delegation(&key(4))).await.unwrap();
    included(&client, || TransactionRef::Payment(to_nobody.id.clone())).await;
    let blocks = client.get_best_chain(None).await.unwrap();
    let mut commands = blocks.iter().flat_map(|block| &block.user_commands);
    let failed = commands.find(|command| command.hash == to_nobody.hash);
    assert_eq!(
        failed.unwrap().failure_reason.as_deref(),
        Some("Receiver_not_present")
    );
    simnet.stop().await;
}

/// A command of a fee payer who gives 10 MINA to a new account.
fn zkapp(fee_payer: &str, receiver: &str, nonce: u32) -> Value {
    let signature = mina::Signature::from_decimals("77", "78")
        .unwrap()
        .to_string();
    let update = |key: &str, magnitude: &str, sign: &str| {
        json!({
            "authorization": { "signature": signature, "proof": null },
            "body": {
                "publicKey": key, "tokenId": DEFAULT_TOKEN,
                "update": {
                    "appState": [null, null, null, null, null, null, null, null],
                    "delegate": null, "verificationKey": null, "permissions": null,
                    "zkappUri": null, "tokenSymbol": null, "timing": null, "votingFor": null,
                },
                "balanceChange": { "magnitude": magnitude, "sgn": sign },
                "incrementNonce": false, "events": [], "actions": [["1", "2"]],
                "callData": "0", "callDepth": 0,
                "preconditions": {
                    "network": {
                        "snarkedLedgerHash": null, "blockchainLength": null,
                        "stakingEpochData": { "ledger": {} }, "nextEpochData": { "ledger": {} },
                    },
                    "account": { "state": [null, null, null, null, null, null, null, null] },
                    "validWhile": { "lower": "0", "upper": "4294967295" },
                },
                "useFullCommitment": true, "implicitAccountCreationFee": false,
                "mayUseToken": { "parentsOwnToken": false, "inheritFromParent": false },
                "authorizationKind": {
                    "isSigned": true, "isProved": false, "verificationKeyHash": "0",
                },
            },
        })
    };
    json!({
        "feePayer": {
            "authorization": signature,
            "body": {
                "publicKey": fee_payer, "fee": "100000000", "nonce": nonce.to_string(),
                "validUntil": null,
            },
        },
        "memo": mina::Memo::from_text("zkapp").unwrap().to_string(),
        "accountUpdates": [
            // The account creation fee is paid beside the amount.
            update(fee_payer, "11000000000", "Negative"),
            update(receiver, "10000000000", "Positive"),
        ],
    })
}

#[tokio::test]
async fn zkapp_commands() {
    let simnet = network(60).await;
    let client = client(&simnet, 0);
    let fee_payer = simnet.nodes()[0].submitter.clone();
    let receiver = key(5);
    let sent = client.send_zkapp(zkapp(&fee_payer, &receiver, 0)).await;
    let sent = sent.unwrap();
    assert!(sent.hash.starts_with("5J"), "{sent:?}");
    assert_eq!(
        (&sent.fee_payer.public_key, sent.fee_payer.nonce),
        (&fee_payer, 0)
    );
    assert_eq!(sent.fee_payer.fee, mina("0.1"));
    let pooled = client.get_pooled_zkapp_commands(Some(&fee_payer)).await;
    let pooled = pooled.unwrap();
    assert!(pooled.is_empty() || pooled[0] == sent, "{pooled:?}");
    included(&client, || TransactionRef::Zkapp(sent.id.clone())).await;
    let blocks = client.get_best_chain(None).await.unwrap();
    let mut commands = blocks.iter().flat_map(|block| &block.zkapp_commands);
    let command = commands.find(|command| command.hash == sent.hash).unwrap();
    assert_eq!(command.failure_reason, None);
    assert_eq!(command.account_updates.len(), 2);
    let body = &command.account_updates[1]["body"];
    assert_eq!(body["publicKey"], receiver.as_str());
    assert_eq!(body["actions"], json!([["1", "2"]]));
    let account = client.get_account(&receiver, None).await.unwrap();
    assert_eq!(account.balance.total, mina("10"));

    let mut unbalanced = zkapp(&fee_payer, &receiver, 1);
    unbalanced["accountUpdates"][0]["body"]["balanceChange"]["magnitude"] = json!("1");
    unbalanced["feePayer"]["authorization"] = json!(
        mina::Signature::from_decimals("7", "8")
            .unwrap()
            .to_string()
    );
    let sent = client.send_zkapp(unbalanced).await.unwrap();
    included(&client, || TransactionRef::Zkapp(sent.id.clone())).await;
    let blocks = client.get_best_chain(None).await.unwrap();
    let mut commands = blocks.iter().flat_map(|block| &block.zkapp_commands);
    let failed = commands.find(|command| command.hash == sent.hash).unwrap();
    let reasons = failed.failure_reason.as_ref().unwrap();
    assert_eq!(reasons[0].failures, ["Invalid_fee_excess"]);
    let refused = client.send_zkapp(json!({ "memo": 1 })).await;
    assert!(graphql_message(refused.unwrap_err()).contains("feePayer"));
    simnet.stop().await;
}

#[tokio::test]
async fn snark_workers() {
    let simnet = network(1_000).await;
    let client = client(&simnet, 0);
    let own = simnet.nodes()[0].submitter.clone();
    let (first, second) = (key(6), key(7));
    let last = client.set_snark_worker(Some(&first)).await.unwrap();
    assert_eq!(last.as_ref(), Some(&own));
    let last = client.set_snark_work_fee(mina("0.5")).await.unwrap();
    assert_eq!(last, mina("0.01").to_nanomina_str());
    eventually("work of the new worker", async || {
        let pool = client.get_snark_pool().await.unwrap();
        let mut found = pool.iter().filter(|work| work.prover == first);
        found.any(|work| work.fee == mina("0.5")).then_some(())
    })
    .await;
    let last = client.set_snark_worker(Some(&second)).await.unwrap();
    assert_eq!(last, Some(first));
    let last = client.set_snark_worker(None).await.unwrap();
    assert_eq!(last, Some(second));
    assert_eq!(client.set_snark_worker(None).await.unwrap(), None);
    simnet.stop().await;
}

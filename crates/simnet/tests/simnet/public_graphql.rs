//! The public GraphQL of a node, as wallets and smoke checks ask it.

use serde_json::{Value, json};
use simnet::{Config, NODE_KEY_PASSWORD, Simnet};

use crate::shared::{eventually, start};

pub(crate) async fn ask(simnet: &Simnet, node: usize, query: &str, variables: Value) -> Value {
    let url = format!("http://{}/graphql", simnet.nodes()[node].public_graphql);
    let body = json!({"query": query, "variables": variables});
    let answer = service::proxy::direct()
        .build()
        .unwrap()
        .post(url)
        .json(&body)
        .send()
        .await;
    answer.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn status_chain_and_accounts_can_be_asked() {
    let mut config = Config::nodes(2);
    config.time_scale = 1_000;
    let simnet = start(config).await;
    let query = "{ syncStatus version bestChain(maxLength: 3) { stateHash creator \
                 protocolState { previousStateHash consensusState { blockHeight slotSinceGenesis } } \
                 transactions { userCommands { id memo } } commandTransactionCount } \
                 daemonStatus { syncStatus blockchainLength } }";
    let data = eventually("three blocks", async || {
        let answer = ask(&simnet, 1, query, json!({})).await;
        let chain = answer["data"]["bestChain"].as_array()?.len();
        (chain == 3).then(|| answer["data"].clone())
    })
    .await;
    assert_eq!(data["syncStatus"], "SYNCED");
    let chain = &data["bestChain"];
    assert_eq!(
        chain[1]["protocolState"]["previousStateHash"],
        chain[0]["stateHash"]
    );
    let height = |index: usize| {
        let height = &chain[index]["protocolState"]["consensusState"]["blockHeight"];
        height.as_str().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(height(2), height(1) + 1);

    let account =
        "query ($key: PublicKey!) { account(publicKey: $key) { nonce balance { total } } }";
    let submitter = &simnet.nodes()[0].submitter;
    let answer = ask(&simnet, 1, account, json!({"key": submitter})).await;
    let total = answer["data"]["account"]["balance"]["total"]
        .as_str()
        .unwrap();
    assert!(
        total.parse::<u64>().unwrap() >= 1_000_000_000_000_000,
        "{total}"
    );
    let nobody = simulation::key_from_seed(99, "nobody", 0).public_key();
    let answer = ask(&simnet, 1, account, json!({"key": nobody.to_string()})).await;
    assert_eq!(answer["data"]["account"], Value::Null);
    simnet.stop().await;
}

#[tokio::test]
async fn a_payment_needs_an_unlocked_account_and_reaches_the_chain() {
    const UNLOCK: &str = "mutation ($i: UnlockInput!) { unlockAccount(input: $i) { publicKey } }";
    const PAY: &str =
        "mutation ($i: SendPaymentInput!) { sendPayment(input: $i) { payment { id nonce } } }";
    let mut config = Config::nodes(2);
    config.time_scale = 500;
    let simnet = start(config).await;
    let nodes = simnet.nodes();
    let receiver = simulation::key_from_seed(99, "receiver", 0)
        .public_key()
        .to_string();
    let payment = json!({"i": {
        "from": nodes[0].submitter, "to": receiver, "amount": "5000000000", "fee": "1000000000",
        "memo": "rotation",
    }});
    let error = |answer: &Value| answer["errors"][0]["message"].as_str().unwrap().to_owned();

    let locked = ask(&simnet, 1, PAY, payment.clone()).await;
    assert!(error(&locked).contains("unlock"), "{locked}");
    let unlock = |password: &str, key: &str| json!({"i": {"publicKey": key, "password": password}});
    let wrong = ask(&simnet, 1, UNLOCK, unlock("guess", &nodes[0].submitter)).await;
    assert!(error(&wrong).contains("password"), "{wrong}");
    let unknown = ask(&simnet, 1, UNLOCK, unlock("", &receiver)).await;
    assert!(error(&unknown).contains("Could not find"), "{unknown}");
    ask(
        &simnet,
        1,
        UNLOCK,
        unlock(NODE_KEY_PASSWORD, &nodes[0].submitter),
    )
    .await;
    let sent = ask(&simnet, 1, PAY, payment.clone()).await;
    let id = sent["data"]["sendPayment"]["payment"]["id"].as_str();
    assert!(id.is_some_and(|id| id.starts_with("7mX")), "{sent}");

    let mut long = payment.clone();
    long["i"]["memo"] = json!("a memo that is longer than thirty-two bytes");
    let refused = ask(&simnet, 1, PAY, long).await;
    assert!(error(&refused).contains("memo"), "{refused}");

    let query = "query ($key: PublicKey!) { account(publicKey: $key) { balance { total } } }";
    let total = eventually("the receiver's account", async || {
        let answer = ask(&simnet, 0, query, json!({"key": receiver})).await;
        let total = answer["data"]["account"]["balance"]["total"].as_str()?;
        Some(total.to_owned())
    })
    .await;
    // Less the fee for the new account.
    assert_eq!(total, "4000000000");
    simnet.stop().await;
}

#[tokio::test]
async fn requests_that_are_none_are_refused() {
    let simnet = start(Config::nodes(1)).await;
    let url = format!("http://{}/graphql", simnet.nodes()[0].public_graphql);
    let client = service::proxy::direct().build().unwrap();
    for (body, status) in [("", 400), ("{", 400)] {
        let answer = client
            .post(&url)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{body:?}");
    }
    let answer = ask(
        &simnet,
        0,
        "{ account(publicKey: \"B62\") { nonce } }",
        json!({}),
    )
    .await;
    assert!(answer["errors"].is_array(), "{answer}");
    let huge = client.post(&url).body(vec![b' '; 2 << 20]).send().await;
    assert!(huge.unwrap().status().is_client_error());
    simnet.stop().await;
}

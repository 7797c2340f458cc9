//! `rotate-balance` against public GraphQL servers that note what they are asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post as post_route;
use mina::PrivateKey;
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::network::serve;

/// A node's public GraphQL.
struct Server {
    address: String,
    /// Name of the operation and its input.
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Server {
    /// It has these balances by key, none of which it reports to its first asker, and refuses to
    /// unlock this key.
    async fn start(balances: Value, is_shy: bool, locked: String) -> Self {
        let asked: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let list = Arc::clone(&asked);
        let answer = async move |axum::Json(body): axum::Json<Value>| {
            let query = body["query"].as_str().unwrap();
            let refused = |text: &str| json!({"errors": [{"message": text}], "data": null});
            let mut list = list.lock().unwrap();
            let input = body["variables"]["input"].clone();
            let data = if query.contains("unlockAccount") {
                list.push(("unlock".to_owned(), input.clone()));
                if input["publicKey"] == locked.as_str() {
                    return axum::Json(refused("no such key"));
                }
                json!({"unlockAccount": {"account": {"publicKey": input["publicKey"]}}})
            } else if query.contains("sendPayment") {
                list.push(("pay".to_owned(), input));
                json!({"sendPayment": {"payment": {"id": "x"}}})
            } else {
                let key = body["variables"]["k0"].as_str().unwrap();
                let is_first = !list.iter().any(|(name, _)| name == "balance");
                list.push(("balance".to_owned(), json!(key)));
                if is_shy && is_first {
                    return axum::Json(refused("still in bootstrap"));
                }
                json!({"a0": {"balance": {"total": balances[key]}}})
            };
            axum::Json(json!({ "data": data }))
        };
        let address = serve(Router::new().route("/graphql", post_route(answer))).await;
        Self {
            address: address.to_string(),
            asked,
        }
    }

    fn asked(&self, operation: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        let of_it = asked.iter().filter(|(name, _)| name == operation);
        of_it.map(|(_, input)| input.clone()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_unlocked_and_pay_on_and_failures_are_warnings() {
    let lab = Lab::new(1, true).await;
    let keys: Vec<String> = (1..=4)
        .map(|number| {
            let key = PrivateKey::from_uniform_bytes(&[number; 64]).unwrap();
            key.public_key().to_string()
        })
        .collect();
    let balances = json!({
        keys[0].as_str(): "12000000001", keys[1].as_str(): "12000000000",
        // less than the fee
        keys[2].as_str(): "1999999999", keys[3].as_str(): "5000000000",
    });
    let locked = keys[1].clone();
    let first = Server::start(balances.clone(), false, locked.clone()).await;
    let shy = Server::start(balances, true, locked).await;
    let servers = [&first, &shy, &first, &shy].map(|server| server.address.as_str());
    let script = json!({"action": "rotate-balance", "params": {
        "pubkeys": keys, "servers": servers, "ratio": 0.3, "mapping": [1, 0, 0, 3],
        "passwordEnv": "CARGO_MANIFEST_DIR",
    }});
    let run = lab.run_to_end("x", &script.to_string()).await;
    assert_eq!(run.summary.status.as_str(), "success", "{:?}", run.errors);
    let password = env!("CARGO_MANIFEST_DIR");
    let unlock = |key: &str| json!({"publicKey": key, "password": password});
    assert_eq!(first.asked("unlock"), [unlock(&keys[0])]);
    assert_eq!(shy.asked("unlock"), [unlock(&keys[1]), unlock(&keys[3])]);
    let pay = |from: &str, to: &str, amount: &str| {
        json!({
            "from": from, "to": to, "amount": amount, "fee": "2000000000", "memo": "rotation",
        })
    };
    assert_eq!(first.asked("pay"), [pay(&keys[0], &keys[1], "3000000000")]);
    // Who passes on to itself does so.
    assert_eq!(shy.asked("pay"), [pay(&keys[3], &keys[3], "900000000")]);
    // The second key's balance came from the server after its own.
    assert_eq!(
        first.asked("balance"),
        [json!(keys[0]), json!(keys[1]), json!(keys[2])]
    );
    let told = |line: String| assert!(run.logs.contains(&line), "{line}: {:?}", run.logs);
    told("Retrieved balances for rotation: [12000000001 12000000000 1999999999 5000000000]".into());
    told(format!(
        "Rotated: {} -> {} (3000000000 nanomina)",
        keys[0], keys[1]
    ));
    told(format!(
        "Rotated: {} -> {} (900000000 nanomina)",
        keys[3], keys[3]
    ));
    let has = |beginning: &str| run.warnings.iter().any(|text| text.starts_with(beginning));
    assert!(
        has("failed to get balance, retrying in 1 minutes: "),
        "{:?}",
        run.warnings
    );
    let refused = format!("failed to rotate balance of {}: ", keys[1]);
    assert!(has(&refused), "{:?}", run.warnings);
    let poor = format!("balance of {} does not pay for passing on", keys[2]);
    assert!(has(&poor), "{:?}", run.warnings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balance_that_nobody_tells_is_asked_for_five_times() {
    let lab = Lab::new(1, true).await;
    let key = PrivateKey::from_uniform_bytes(&[1; 64])
        .unwrap()
        .public_key();
    let server = Server::start(json!({}), false, String::new()).await;
    let script = json!({"action": "rotate-balance", "params": {
        "pubkeys": [key], "servers": [server.address], "ratio": 0.3, "mapping": [0],
    }});
    let run = lab.run_to_end("x", &script.to_string()).await;
    assert_eq!(run.summary.status.as_str(), "error");
    let text = format!("Error running step 0: failed to get balance of public key {key}: ");
    assert!(run.errors[1].starts_with(&text), "{:?}", run.errors);
    assert_eq!(server.asked("balance").len(), 5);
}
